"""The call document that recorders rely on is taken, with every field that interfaces.md shows."""

import json

import pytest

from recstore.ingest.documents import read_call

AT = "2026-11-20T09:00:00Z"
ANN = {
    "ref": "p1",
    "name": "Ann",
    "authenticated": "ann@acme.example",
    "intervals": [[AT, None]],
    "quality": {"packet_loss": 0.004, "jitter_ms": 11, "network": "wifi"},
}
GUEST = {
    "ref": "p2",
    "name": "Bo (guest)",
    "authenticated": None,
    "claimed_email": "ann@acme.example",
    "intervals": [],
}
SHOWN = {
    "occurrence": AT,
    "started_at": AT,
    "ended_at": AT,
    "vmr": {
        "ref": "room-7",
        "title": "Weekly",
        "link": "https://conf.example/7",
        "organizer": "ann@acme.example",
        "invitees": ["ann@acme.example"],
    },
    "participants": [ANN, GUEST],
    "recorded_by": "p1",
    "notice": {"announced_at": AT, "agreed": ["p1", "p2"]},
    "features": ["video", "screen_share", "record", "chat"],
    "events": [{"at": AT, "actor": "p1", "action": "record_start"}],
}

TAKEN = {
    "as it is shown": SHOWN,
    "of a direct call": SHOWN | {"vmr": None},
    "with more than is known here": SHOWN
    | {"from": "the future", "participants": [ANN | {"role": "host"}, GUEST]},
    "with a guest of whom nothing is asserted": SHOWN | {"participants": [ANN, {"ref": "p2", "name": "Bo"}]},
}


@pytest.mark.parametrize("document", TAKEN.values(), ids=TAKEN)
def test_a_call_document_is_taken(document: dict[str, object]) -> None:
    line = read_call(json.dumps(document).encode()).participants[0]
    assert line.authenticated == "ann@acme.example"

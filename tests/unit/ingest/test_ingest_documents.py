"""The call document that recorders rely on is taken, with every field that interfaces.md shows."""

import json
from typing import Any

import pytest

from recstore.errors import BadInput
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
SHOWN: dict[str, Any] = {
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


def without(document: dict[str, Any], field: str, **more: object) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != field} | more


ROOM: dict[str, Any] = SHOWN["vmr"]
# title → (document, the field that its refusal names)
MISSPELT = {
    "an organizer": (SHOWN | {"vmr": without(ROOM, "organizer", organiser="ann@acme.example")}, "organizer"),
    "intervals": (
        SHOWN | {"participants": [without(ANN, "intervals", interval=[[AT, None]]), GUEST]},
        "intervals",
    ),
    "an identity": (
        SHOWN | {"participants": [without(ANN, "authenticated", authentificated="ann@acme.example"), GUEST]},
        "authenticated",
    ),
    "a room": (without(SHOWN, "vmr", room=ROOM), "vmr"),
}


@pytest.mark.parametrize(("document", "field"), MISSPELT.values(), ids=MISSPELT)
def test_a_misspelt_field_that_decides_who_sees_it_is_refused_by_name(
    document: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput, match=field) as refused:
        read_call(json.dumps(document).encode())
    assert refused.value.code == "bad_document"
    assert "ann@" not in refused.value.message

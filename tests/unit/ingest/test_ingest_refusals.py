"""Every refused hand-over has its code, leaves an entry with it, and changes nothing else."""

import hashlib
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from recstore.catalog import accounts
from recstore.errors import BadInput, StoreUnavailable
from recstore.ingest.content import SealedStore
from recstore.ingest.described import read_description
from recstore.ingest.receiving import Body
from recstore.ingest.recordings import RecordingIntake
from recstore.journal.log import SYSTEM
from recstore.storage.memory import MemoryBlobs
from recstore.switches import Change
from tests.core_fixtures import JOURNAL, MEDIA, Case
from tests.films import film_of
from tests.statements import statements

Attempt = Callable[[Case], Any]


def put_call(case: Case, ref: str = "call-2", **document: Any) -> None:
    case.house.call(case.account_id, ref, **document)


def put_call_bytes(body: bytes) -> Attempt:
    return lambda case: case.house.recstore.calls.put(case.account_id, "call-2", body, actor=SYSTEM)


def put_recording(
    body: bytes = MEDIA,
    *,
    ref: str = "rec-2",
    call: str = "call-1",
    size: int | None = None,
    described_size: str | None = None,
    **fields: str,
) -> Attempt:
    def attempt(case: Case) -> None:
        source = Body(io.BytesIO(body), limit=4096, declared=size)
        described = read_description(fields | ({"size": described_size} if described_size else {}))
        case.house.recstore.recordings.put(case.account_id, call, ref, source, described, actor=SYSTEM)

    return attempt


def put_chat(messages: Any, *, ref: str = "chat-2", call: str = "call-1") -> Attempt:
    return put_chat_bytes(json.dumps({"messages": messages}).encode(), ref=ref, call=call)


def put_chat_bytes(body: bytes, *, ref: str = "chat-2", call: str = "call-1") -> Attempt:
    return lambda case: case.house.recstore.transcripts.put(case.account_id, call, ref, body, actor=SYSTEM)


def message(**more: Any) -> dict[str, Any]:
    usual = {"ref": "m1", "at": "2026-11-20T09:00:00Z", "sender": "p1", "to": "everyone", "body": "hello"}
    return usual | more


REFUSALS: dict[str, tuple[str, Attempt]] = {
    "a call that is not JSON": ("not_json", put_call_bytes(b"{")),
    "a call that is empty": ("not_json", put_call_bytes(b"")),
    "a call of broken UTF-8": ("not_json", put_call_bytes(b'{"started_at": "\xff"}')),
    "a call that is a list": ("bad_document", put_call_bytes(b"[]")),
    "a call without its start": ("bad_document", put_call_bytes(b'{"participants": []}')),
    "a call whose start is a number": ("bad_document", lambda case: put_call(case, started_at=1_700_000_000)),
    "a call whose start is digits": ("bad_document", lambda case: put_call(case, started_at="1700000000")),
    "a call whose start has no zone": (
        "bad_document",
        lambda case: put_call(case, started_at="2026-11-20T09:00:00"),
    ),
    "a call that starts after the end of time": (
        "bad_document",
        lambda case: put_call(case, started_at="9999-12-31T23:59:59-05:00"),
    ),
    "a call that ends before it starts": (
        "bad_document",
        lambda case: put_call(case, ended_at="2001-01-01T00:00:00Z"),
    ),
    "a call with two participants of one ref": (
        "bad_document",
        lambda case: put_call(case, participants=[case.house.line("p1", "ann")] * 2),
    ),
    "a call that does not say whether it had a room": (
        "bad_document",
        put_call_bytes(b'{"started_at": "2026-11-20T09:00:00Z", "participants": []}'),
    ),
    "a participant whose identity is misspelt": (
        "bad_document",
        lambda case: put_call(
            case, participants=[{"ref": "p1", "name": "Ann", "authenticatd": "ann@acme.example"}]
        ),
    ),
    "a call recorded by nobody in it": ("bad_document", lambda case: put_call(case, recorded_by="p9")),
    "a call of 5,001 participants": (
        "bad_document",
        lambda case: put_call(case, participants=[{"ref": f"p{n}", "name": ""} for n in range(5_001)]),
    ),
    "a call of more than 2 MiB": (
        "too_large",
        lambda case: put_call(case, events=[{"x": "y" * (2 << 20)}]),
    ),
    "a room title with NUL": (
        "bad_document",
        lambda case: put_call(case, vmr={"ref": "room-2", "title": "a\0b"}),
    ),
    "a room title that is a number": (
        "bad_document",
        lambda case: put_call(case, vmr={"ref": "room-2", "title": 7}),
    ),
    "a room title of a megabyte": (
        "bad_document",
        lambda case: put_call(case, vmr={"ref": "room-2", "title": "x" * (1 << 20)}),
    ),
    "a room ref with a slash": (
        "bad_document",
        lambda case: put_call(case, vmr={"ref": "../room", "title": "x"}),
    ),
    "a call ref with a slash": ("bad_ref", lambda case: put_call(case, "a/b")),
    "a call ref with a dot first": ("bad_ref", lambda case: put_call(case, "..")),
    "a call ref with a line feed": ("bad_ref", lambda case: put_call(case, "call\n")),
    "a call ref of another writing": ("bad_ref", lambda case: put_call(case, "сall")),
    "an empty call ref": ("bad_ref", lambda case: put_call(case, "")),
    "a call ref of 201 characters": ("bad_ref", lambda case: put_call(case, "c" * 201)),
    "another room under a known call": (
        "call_changed",
        lambda case: put_call(case, "call-1", vmr={"ref": "room-9", "title": "Other"}),
    ),
    "another organizer under a known call": (
        "call_changed",
        lambda case: put_call(
            case, "call-1", vmr={"ref": "room-1", "title": "Weekly", "organizer": "bo@acme.example"}
        ),
    ),
    "a recording of an unknown call": ("call_unknown", put_recording(call="call-9")),
    "a recording with a strange ref": ("bad_ref", put_recording(ref="a b")),
    "an empty recording": ("empty_body", put_recording(b"")),
    "a recording that is text": ("not_media", put_recording(b"hello world" * 100)),
    "a recording that is text, said to be video": (
        "not_media",
        put_recording(b"hello world" * 100, filetype="video/mp4"),
    ),
    "a recording of another type than stated": ("bad_metadata", put_recording(filetype="video/webm")),
    "a recording stated to be a page": ("bad_metadata", put_recording(filetype="text/html")),
    "a recording cut short": ("cut_short", put_recording(size=len(MEDIA) + 1)),
    "a recording longer than declared": ("size_mismatch", put_recording(size=len(MEDIA) - 1)),
    "a recording whose description lies about its size": ("size_mismatch", put_recording(described_size="5")),
    "a recording with another SHA-256": ("sha256_mismatch", put_recording(sha256="ab" * 32)),
    "a recording that declares too much": ("too_large", put_recording(size=4097)),
    "a recording that is too large undeclared": ("too_large", put_recording(film_of(b"x" * 4097))),
    "a recording started by nobody in the call": ("participant_unknown", put_recording(started_by="p9")),
    "other bytes under a known ref": ("recording_exists", put_recording(b"other", ref="rec-1")),
    "the same bytes again with a wrong SHA-256": (
        "sha256_mismatch",
        put_recording(ref="rec-1", sha256="ab" * 32),
    ),
    "the same bytes again with a wrong size": (
        "size_mismatch",
        put_recording(ref="rec-1", described_size="5"),
    ),
    "no bytes under a known ref": ("empty_body", put_recording(b"", ref="rec-1")),
    "a chat that is not JSON": ("not_json", put_chat_bytes(b"hello")),
    "a chat that is empty": ("not_json", put_chat_bytes(b"")),
    "a chat without messages": ("empty_body", put_chat([])),
    "a chat whose messages are a text": ("bad_document", put_chat("hello")),
    "a message to a text": ("bad_document", put_chat([message(to="p2")])),
    "a message of a number": ("bad_document", put_chat([message(body=7)])),
    "a chat of 50,001 messages": (
        "bad_document",
        put_chat([message(ref=f"m{n}", body="") for n in range(50_001)]),
    ),
    "two messages of one ref": ("bad_document", put_chat([message(), message()])),
    "a message from nobody in the call": ("participant_unknown", put_chat([message(sender="p9")])),
    "a message to nobody in the call": ("participant_unknown", put_chat([message(to=["p2", "p9"])])),
    "a chat of an unknown call": ("call_unknown", put_chat([message()], call="call-9")),
    "a chat with a strange ref": ("bad_ref", put_chat([message()], ref="/")),
}


@pytest.mark.parametrize(("code", "attempt"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refused_with_its_code_and_nothing_changed(case: Case, code: str, attempt: Attempt) -> None:
    before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
    entries = len(case.house.journal(case.account_id))
    with pytest.raises(BadInput) as refused:
        attempt(case)
    assert refused.value.code == code
    assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == before
    noted = [json.loads(line.text) for line in case.house.journal(case.account_id)[entries:]]
    assert [(one["event"], one["detail"]) for one in noted] == [("hand-over-refused", {"code": code})]


def check_taken(case: Case, attempt: Attempt) -> None:
    def items() -> int:
        return len(case.house.snapshot(case.account_id)["items"])

    before = items()
    attempt(case)
    assert items() == before + 1


METADATA = {
    "a size that is a word": {"size": "big"},
    "a negative size": {"size": "-1"},
    "a SHA-256 that is none": {"sha256": "xyz"},
    "a length that is no number": {"duration_s": "nan"},
    "a start without a zone": {"started_at": "2026-11-20T09:00:00"},
    "a start after the end of time": {"started_at": "9999-12-31T23:59:59-05:00"},
    "a title with NUL": {"title": "a\0b"},
    "a strange ref": {"started_by": "../p1"},
}


@pytest.mark.parametrize("fields", METADATA.values(), ids=METADATA.keys())
def test_a_description_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        read_description(fields)
    assert refused.value.code == "bad_metadata"


def test_a_refusal_repeats_nothing_of_what_was_sent(case: Case) -> None:
    with pytest.raises(BadInput) as refused:
        put_call(case, vmr={"ref": "room-2", "title": ["very secret"]})
    assert "secret" not in refused.value.message


def switch_off(case: Case, *, recording: bool, minutes_after_start: float) -> None:
    start = case.house.began - timedelta(hours=1)
    with case.house.catalog.change(case.account_id) as tx:
        settings = accounts.settings(tx)
        at = start + timedelta(minutes=minutes_after_start)
        if recording:
            settings.recording_off_at = at
        else:
            settings.chat_off_at = at


SWITCHES: dict[str, tuple[float, float | None, bool]] = {
    # minutes after the call's start: when the switch went off, when the recording began, whether it is taken
    "off before the call": (-5, 10, False),
    "off as the call began": (0, None, False),
    "off between call and recording": (5, 10, False),
    "off as the recording began": (10, 10, False),
    "off after the recording began": (15, 10, True),
    "off after the call began, nothing said of the recording": (5, None, True),
    "off before the call, a start long before it claimed": (-5, -600, False),
}


@pytest.mark.parametrize(("off", "began", "is_taken"), SWITCHES.values(), ids=SWITCHES.keys())
def test_recording_switched_off(case: Case, off: float, began: float | None, is_taken: bool) -> None:
    switch_off(case, recording=True, minutes_after_start=off)
    start = case.house.began - timedelta(hours=1)
    fields = {} if began is None else {"started_at": (start + timedelta(minutes=began)).isoformat()}
    if is_taken:
        check_taken(case, put_recording(**fields))
    else:
        test_refused_with_its_code_and_nothing_changed(case, "recording_off", put_recording(**fields))


@pytest.mark.parametrize(("off", "is_taken"), [(0, False), (-1, False), (1, True)])
def test_chat_switched_off(case: Case, off: float, is_taken: bool) -> None:
    switch_off(case, recording=False, minutes_after_start=off)
    if is_taken:
        check_taken(case, put_chat([message()]))
    else:
        test_refused_with_its_code_and_nothing_changed(case, "chat_off", put_chat([message()]))


def test_recording_off_leaves_chats_alone_and_the_other_way_round(case: Case) -> None:
    switch_off(case, recording=True, minutes_after_start=-5)
    check_taken(case, put_chat([message()]))


class TestSwitchedOnAgain:
    """What began while a switch was off stays refused (R1), however late it comes; the rest is taken."""

    BEGAN: ClassVar = {
        "before": (-5, True),
        "as it went off": (0, False),
        "while it was off": (5, False),
        "as it went on": (10, True),
    }

    def turn(self, case: Case, *, on: bool) -> None:
        case.house.recstore.switches.change(case.ada, Change(recording=on, chat=on))

    @pytest.mark.parametrize(("began", "is_taken"), BEGAN.values(), ids=BEGAN)
    def test_attacker_waits_until_it_is_on_again(self, case: Case, began: float, is_taken: bool) -> None:
        house, at = case.house, case.house.clock() + timedelta(minutes=began)
        put_call(case, "late", started_at=at.isoformat())
        self.turn(case, on=False)
        house.clock.move(minutes=10)
        self.turn(case, on=True)
        house.clock.move(minutes=10)
        for code, attempt in (
            ("recording_off", put_recording(call="late")),
            ("chat_off", put_chat([message()], call="late")),
        ):
            if is_taken:
                check_taken(case, attempt)
            else:
                test_refused_with_its_code_and_nothing_changed(case, code, attempt)

    def test_one_switch_leaves_the_other_kind_alone(self, case: Case) -> None:
        put_call(case, "late", started_at=case.house.clock().isoformat())
        case.house.recstore.switches.change(case.ada, Change(recording=False))
        case.house.clock.move(minutes=10)
        case.house.recstore.switches.change(case.ada, Change(recording=True))
        check_taken(case, put_chat([message()], call="late"))


def test_a_roster_of_thousands_asks_for_their_addresses_once(case: Case) -> None:
    """One recorder's call held up every account: a query for each participant, under the only lock."""
    lines = [{"ref": f"p{n}", "name": "", "authenticated": f"{n}@acme.example"} for n in range(5_000)]
    with statements(case.house.catalog.engine) as asked:
        put_call(case, participants=lines)
    assert len(asked) < 20


class GoneForDeleting(MemoryBlobs):
    def delete(self, name: str) -> None:
        raise StoreUnavailable("down")


def test_a_refusal_is_told_though_the_store_cannot_delete(case: Case) -> None:
    """A recorder that got 503 would send the same bad body again and again, and no entry would tell."""
    store = SealedStore(case.house.catalog, GoneForDeleting())
    intake = RecordingIntake(case.house.catalog, store, case.house.clock)
    body, described = Body(io.BytesIO(MEDIA), limit=4096), read_description({"sha256": "ab" * 32})
    with pytest.raises(BadInput) as refused:
        intake.put(case.account_id, "call-1", "rec-2", body, described, actor=SYSTEM)
    assert refused.value.code == "sha256_mismatch"
    assert case.house.events(case.account_id)[-1] == "hand-over-refused"


AGAIN: dict[str, Attempt] = {
    "the same call": lambda case: put_call(case, "call-1"),
    "the same recording": put_recording(ref="rec-1"),
    "the same recording with its true SHA-256": put_recording(
        ref="rec-1", sha256=hashlib.sha256(MEDIA).hexdigest()
    ),
}


@pytest.mark.parametrize("attempt", AGAIN.values(), ids=AGAIN.keys())
def test_the_same_again_changes_nothing_at_all(case: Case, attempt: Attempt) -> None:
    before = case.house.snapshot(case.account_id)
    attempt(case)
    assert case.house.snapshot(case.account_id) == before


def test_the_same_chat_again_changes_nothing_at_all(case: Case) -> None:
    put_chat([message(), message(ref="m2", to=["p2"])])(case)
    before = case.house.snapshot(case.account_id)
    put_chat([message(), message(ref="m2", to=["p2"])])(case)
    assert case.house.snapshot(case.account_id) == before
    with pytest.raises(BadInput, match="another transcript"):
        check_taken(case, put_chat([message()]))


def test_one_ref_may_serve_a_recording_a_chat_and_another_call(case: Case) -> None:
    put_call(case, "call-2")
    put_recording(ref="same")(case)
    put_recording(ref="same", call="call-2")(case)
    put_chat([message()], ref="same")(case)
    assert len(case.house.snapshot(case.account_id)["items"]) == 4

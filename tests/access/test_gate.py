"""The gate: facts, decision, journal, commit, and only then a Grant. On both databases where rows matter."""

import dataclasses
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recstore.access import grant as grants
from recstore.access.grant import Grant
from recstore.access.viewer import Viewer
from recstore.catalog.desk import Session, Token
from recstore.errors import BadInput, NotThere, RecstoreError, Refused
from recstore.model import Access, Action, Kind
from tests.core_fixtures import JOURNAL, Case, House, furnish


def open_item(case: Case, viewer: Viewer, action: Action = Action.OPEN) -> Grant:
    return case.house.recstore.gate.open(viewer, action, kind=Kind.RECORDING, item_id=case.item_id)


def last_entry(case: Case) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(case.house.journal(case.account_id)[-1].text)
    return entry


def exclude(case: Case, viewer: Viewer) -> None:
    case.house.recstore.sharing.put(
        case.ann,
        Kind.RECORDING,
        case.item_id,
        viewer.user_id,
        access=Access.EXCLUDED,
        until=None,
        download=False,
    )


def share(case: Case, viewer: Viewer, *, minutes: float | None = None, download: bool = False) -> None:
    until = case.house.clock() + timedelta(minutes=minutes) if minutes else None
    case.house.recstore.sharing.put(
        case.ann,
        Kind.RECORDING,
        case.item_id,
        viewer.user_id,
        access=Access.SHARED,
        until=until,
        download=download,
    )


def test_a_grant_names_its_rule_and_its_entry(any_case: Case) -> None:
    granted = open_item(any_case, any_case.bo)
    assert granted.rule == "participant-opens"
    entry = last_entry(any_case)
    assert (entry["index"], entry["event"], entry["item"]) == (
        granted.decision,
        "opened",
        str(any_case.item_id),
    )
    assert entry["detail"] == {
        "action": "open",
        "rule": "participant-opens",
        "session": str(any_case.bo.credential_id),
    }


def test_attacker_makes_a_grant(case: Case) -> None:
    granted = open_item(case, case.bo)
    with pytest.raises(TypeError, match="only the gate"):
        dataclasses.replace(granted, seal=object())
    with pytest.raises(dataclasses.FrozenInstanceError):
        granted.action = Action.DOWNLOAD  # type: ignore[misc]


def test_the_seal_of_grants_is_named_by_the_gate_alone() -> None:
    from pathlib import Path

    code = Path(grants.__file__).parents[1]
    named = {path.name for path in code.rglob("*.py") if "GATE_SEAL" in path.read_text()}
    assert named == {"grant.py", "gate.py"}


class TestUnknownAndForeign:
    """What is not there, is of another kind, or of another account, looks the same."""

    @pytest.fixture
    def questions(self, any_case: Case) -> list[tuple[Viewer, Kind, uuid.UUID]]:
        outsider = any_case.house.user(any_case.house.account(), "zoe")
        colleague = any_case.house.user(any_case.account_id, "cem")
        return [
            (any_case.ann, Kind.RECORDING, uuid.uuid4()),
            (any_case.ann, Kind.TRANSCRIPT, any_case.item_id),
            (any_case.ann, Kind.MESSAGE, any_case.item_id),
            (outsider, Kind.RECORDING, any_case.item_id),
            (colleague, Kind.RECORDING, any_case.item_id),
        ]

    @pytest.mark.parametrize("action", [Action.SEE, Action.OPEN, Action.SHARE, Action.REVIEW])
    def test_all_are_answered_alike_and_noted(
        self, any_case: Case, questions: list[tuple[Viewer, Kind, uuid.UUID]], action: Action
    ) -> None:
        answers = set()
        for viewer, kind, item_id in questions:
            before = len(any_case.house.journal(viewer.account_id))
            with pytest.raises(NotThere) as refused:
                any_case.house.recstore.gate.look(viewer, action, kind=kind, item_id=item_id)
            answers.add((str(refused.value), refused.value.code))
            noted = any_case.house.journal(viewer.account_id)[before:]
            assert [json.loads(line.text)["event"] for line in noted] == ["refused"]
        assert len(answers) == 1


def test_what_one_may_see_but_not_do_is_refused_with_its_rule(case: Case) -> None:
    with pytest.raises(Refused):
        open_item(case, case.bo, Action.DOWNLOAD)
    case.house.set_item(case.account_id, case.item_id, held=True)
    with pytest.raises(Refused) as refused:
        case.house.recstore.sharing.bin(case.ann, Kind.RECORDING, case.item_id)
    assert refused.value.rule == "held-item-stays"


def test_an_admin_reviews_with_a_reason_only(case: Case) -> None:
    before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
    for reason in ("", "  \n"):
        with pytest.raises(Refused) as refused:
            case.house.recstore.review.start(case.ada, Kind.RECORDING, case.item_id, reason)
        assert refused.value.code == "reason_needed"
    with pytest.raises(Refused):
        case.house.recstore.review.go_on(case.ada, Kind.RECORDING, case.item_id)
    assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == before
    with pytest.raises(Refused):
        open_item(case, case.ada)


class TestOneOpeningOneEntry:
    def opened(self, case: Case) -> int:
        return case.house.events(case.account_id).count("opened")

    def test_ranges_of_one_session_are_one_opening(self, any_case: Case) -> None:
        decisions = set()
        for _ in range(5):
            decisions.add(open_item(any_case, any_case.bo).decision)
            any_case.house.clock.move(minutes=9)
        assert len(decisions) == 1
        assert self.opened(any_case) == 1

    def test_after_ten_minutes_it_is_another(self, case: Case) -> None:
        open_item(case, case.bo)
        case.house.clock.move(minutes=10)
        open_item(case, case.bo)
        assert self.opened(case) == 2

    def test_another_session_is_another(self, case: Case) -> None:
        open_item(case, case.bo)
        open_item(case, case.house.session(case.account_id, case.bo.user_id))
        assert self.opened(case) == 2

    def test_a_download_is_another(self, case: Case) -> None:
        open_item(case, case.ann)
        open_item(case, case.ann, Action.DOWNLOAD)
        assert self.opened(case) == 2

    def test_a_new_generation_is_another(self, case: Case) -> None:
        granted = open_item(case, case.bo)
        case.house.set_item(case.account_id, case.item_id, generation=2)
        with pytest.raises(NotThere):
            case.house.recstore.gate.still_holds(granted)
        assert open_item(case, case.bo).generation == 2
        assert self.opened(case) == 2

    def test_being_taken_out_midway_ends_it(self, any_case: Case) -> None:
        open_item(any_case, any_case.bo)
        exclude(any_case, any_case.bo)
        with pytest.raises(NotThere):
            open_item(any_case, any_case.bo)
        assert any_case.house.events(any_case.account_id)[-2:] == ["excluded", "refused"]

    def test_every_reason_is_written_down(self, case: Case) -> None:
        review = case.house.recstore.review
        for reason in ("first complaint", "second complaint"):
            review.start(case.ada, Kind.RECORDING, case.item_id, reason)
            review.go_on(case.ada, Kind.RECORDING, case.item_id)
        traces = review.traces(case.ann, Kind.RECORDING, case.item_id)
        assert [trace.reason for trace in traces] == ["second complaint", "first complaint"]
        assert case.house.events(case.account_id).count("reviewed") == 2


def end_session(case: Case) -> None:
    case.house.recstore.signin.sign_out(case.bo)


def expire_session(case: Case) -> None:
    with case.house.catalog.front_desk(write=True) as desk:
        session = desk.session.get(Session, case.bo.credential_id)
        assert session is not None
        session.expires_at = case.house.clock()


def set_item(**columns: Any) -> Callable[[Case], None]:
    return lambda case: case.house.set_item(case.account_id, case.item_id, **columns)


LOSSES: dict[str, Callable[[Case], None]] = {
    "taken out": lambda case: exclude(case, case.bo),
    "deactivated": lambda case: case.house.deactivate(case.bo),
    "auto-share off for the item": set_item(auto_share=False),
    "restricted": set_item(restricted=True),
    "processing again": set_item(processing=True),
    "signed out": end_session,
    "session expired": expire_session,
    "roster corrected": lambda case: (
        case.house.call(case.account_id, participants=[case.house.line("p1", "ann")]) and None
    ),
    "binned": lambda case: case.house.recstore.sharing.bin(case.ann, Kind.RECORDING, case.item_id),
    "destroyed": lambda case: case.house.set_item(
        case.account_id, case.item_id, destroyed_at=case.house.clock()
    ),
    "expired": lambda case: case.house.set_item(case.account_id, case.item_id, expires_at=case.house.clock()),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES.keys())
def test_a_grant_in_use_ends_with_its_right(case: Case, lose: Callable[[Case], None]) -> None:
    granted = open_item(case, case.bo)
    case.house.recstore.gate.still_holds(granted)
    lose(case)
    with pytest.raises((NotThere, Refused)):
        case.house.recstore.gate.still_holds(granted)
    with pytest.raises((NotThere, Refused)):
        open_item(case, case.bo)


def test_a_grant_by_a_revoked_token_ends(case: Case) -> None:
    token = Token(
        id=uuid.uuid4(),
        token_hash=b"t",
        account_id=case.account_id,
        scope="read",
        user_id=case.bo.user_id,
        created_at=case.house.clock(),
        revoked_at=None,
    )
    with case.house.catalog.front_desk(write=True) as desk:
        desk.session.add(token)
    granted = open_item(case, Viewer(case.account_id, case.bo.user_id, token.id))
    with case.house.catalog.front_desk(write=True) as desk:
        desk.session.merge(token).revoked_at = case.house.clock()
    with pytest.raises(NotThere):
        case.house.recstore.gate.still_holds(granted)


def test_a_share_ends_to_the_microsecond(any_house: House) -> None:
    case = furnish(any_house)
    cem = any_house.user(case.account_id, "cem")
    share(case, cem, minutes=5)
    granted = open_item(case, cem)
    any_house.clock.move(minutes=5, microseconds=-1)
    any_house.recstore.gate.still_holds(granted)
    open_item(case, cem)
    any_house.clock.move(microseconds=1)
    with pytest.raises(NotThere):
        any_house.recstore.gate.still_holds(granted)
    with pytest.raises(NotThere):
        open_item(case, cem)


def test_a_made_up_session_is_nobody(case: Case) -> None:
    with pytest.raises(NotThere):
        open_item(case, Viewer(case.account_id, case.ann.user_id, uuid.uuid4()))


def test_attacker_takes_an_id_of_another_account_with_them(case: Case) -> None:
    """A viewer of B who names A as theirs: their user is none of A's."""
    zoe = case.house.user(case.house.account(), "zoe", admin=True)
    with pytest.raises(NotThere):
        open_item(case, Viewer(case.account_id, zoe.user_id, zoe.credential_id))


class TestOpening:
    """Grants through the real key agent, down to the bytes."""

    def read(self, case: Case, granted: Grant) -> bytes:
        content = case.house.recstore.playback.content(granted)
        return b"".join(content.read(0, content.length))

    def test_gives_what_was_handed_over(self, case: Case) -> None:
        from tests.core_fixtures import MEDIA

        assert self.read(case, open_item(case, case.bo)) == MEDIA

    def test_attacker_grafts_another_accounts_rows_into_theirs(self, case: Case) -> None:
        """The third wall: with both others down, the sealed bytes and keys still belong to their account."""
        house = case.house
        zoe = house.user(house.account(), "zoe", admin=True)
        with house.catalog.engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            for table in ("items", "segments", "data_keys", "calls", "ties"):
                connection.exec_driver_sql(f"UPDATE {table} SET account_id = ?", (zoe.account_id.hex,))
        granted = house.recstore.review.start(zoe, Kind.RECORDING, case.item_id, "curious")
        with pytest.raises(RecstoreError) as refused:
            self.read(case, granted)
        assert refused.value.code == "keys_unavailable"

    def test_attacker_exchanges_the_sealed_bytes_of_two_recordings(self, case: Case) -> None:
        house = case.house
        other = house.record(case.account_id, ref="rec-2", media=b"other pictures..." * 96)
        with house.catalog.engine.begin() as connection:
            rows = connection.exec_driver_sql("SELECT item_id, blob FROM segments").all()
            blobs = dict(tuple(row) for row in rows)
            for table_row, blob in ((case.item_id.hex, "x"), (other.hex, blobs[case.item_id.hex])):
                connection.exec_driver_sql(
                    "UPDATE segments SET blob = ? WHERE item_id = ?", (blob, table_row)
                )
            connection.exec_driver_sql(
                "UPDATE segments SET blob = ? WHERE item_id = ?", (blobs[other.hex], case.item_id.hex)
            )
        with pytest.raises(RecstoreError) as damaged:
            self.read(case, open_item(case, case.bo))
        assert damaged.value.code == "damaged"

    def test_messages_are_judged_one_by_one(self, case: Case) -> None:
        house = case.house
        cem = house.user(case.account_id, "cem")
        roster = [house.line(ref, name) for ref, name in (("p1", "ann"), ("p2", "bo"), ("p3", "cem"))]
        house.call(case.account_id, "chatty", participants=roster)
        item_id = house.chat(
            case.account_id,
            [
                house.message("m1", "p1", "everyone"),
                house.message("m2", "p2", ["p3"]),
                house.message("m3", "p1", ["p2", "p3"]),
                house.message("m4", "p3", []),
            ],
            "chatty",
        )

        def read(viewer: Viewer, action: Action) -> tuple[list[str], int | None]:
            reason = "a complaint" if action is Action.REVIEW else None
            granted = house.recstore.gate.open(
                viewer, action, kind=Kind.TRANSCRIPT, item_id=item_id, reason=reason
            )
            told = [message["ref"] for message in house.recstore.playback.messages(granted)]
            return told, house.recstore.library.item(viewer, Kind.TRANSCRIPT, item_id).message_count

        assert read(case.ann, Action.OPEN) == (["m1", "m3"], 2)
        assert read(case.bo, Action.OPEN) == (["m1", "m2", "m3"], 3)
        assert read(cem, Action.OPEN) == (["m1", "m2", "m3", "m4"], 4)
        assert read(case.ada, Action.REVIEW) == (["m1", "m2", "m3", "m4"], 4)
        dee = house.user(case.account_id, "dee")
        house.recstore.sharing.put(
            case.ann,
            Kind.TRANSCRIPT,
            item_id,
            dee.user_id,
            access=Access.SHARED,
            until=None,
            download=False,
        )
        assert read(dee, Action.OPEN) == (["m1"], 1)
        house.recstore.sharing.bin(case.ann, Kind.TRANSCRIPT, item_id)
        assert house.recstore.library.item(case.ann, Kind.TRANSCRIPT, item_id).message_count is None


def test_a_change_that_fails_leaves_an_entry_of_the_try_and_nothing_else(case: Case) -> None:
    with case.house.only_noted(case.account_id, "share_with_self"), pytest.raises(BadInput):
        share(case, case.ann)

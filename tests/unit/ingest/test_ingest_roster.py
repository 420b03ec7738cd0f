"""Who is tied to a new item, and to a corrected one: the rules' cases 1 to 6, 11 and 18, on real rows."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from recstore.access.viewer import Viewer
from recstore.catalog import calls, items, people, ties
from recstore.errors import BadInput, Conflict
from recstore.journal.log import SYSTEM, Actor
from recstore.library import Filters
from recstore.model import Access, Kind
from tests.core_fixtures import JOURNAL, Case, House


def ties_of(house: House, account_id: UUID, item_id: UUID) -> dict[str, set[str]]:
    """Give the relations of everybody who is tied, by name."""
    found: dict[str, set[str]] = {}
    with house.catalog.read(account_id) as tx:
        for tie in ties.of_item(tx, item_id):
            user = people.by_id(tx, tie.viewer_id)
            assert user is not None
            found.setdefault(user.email.partition("@")[0], set()).add(tie.relation)
    return found


def responsible_of(house: House, account_id: UUID, item_id: UUID) -> UUID | None:
    with house.catalog.read(account_id) as tx:
        item = items.by_id(tx, item_id)
        assert item is not None
        return item.responsible_id


@pytest.fixture
def account_id(house: House) -> UUID:
    account_id = house.account()
    for name in ("ann", "bo", "cem"):
        house.user(account_id, name)
    return account_id


BO = {"bo": {"participant"}}
ANN = {"ann": {"responsible", "participant"}}

ROSTERS: dict[str, tuple[dict[str, Any], dict[str, set[str]]]] = {
    "case 1: a guest who claims a user's address is not tied": ({"claimed_email": "bo@acme.example"}, {}),
    "case 1: a guest who types a user's name is not tied": ({"name": "Bo"}, {}),
    "an identity asserted is tied": ({"authenticated": "bo@acme.example"}, BO),
    "case 18: in another letter case it is the same user": ({"authenticated": "BO@Acme.Example"}, BO),
    "case 18: with spaces around it is the same user": ({"authenticated": " bo@acme.example "}, BO),
    "case 18: with a tag it is another": ({"authenticated": "bo+x@acme.example"}, {}),
    "an identity that is no address is nobody": ({"authenticated": "bo"}, {}),
    "an identity of another domain is nobody": ({"authenticated": "bo@other.example"}, {}),
    "case 2: who never came is not tied": ({"authenticated": "bo@acme.example", "intervals": []}, {}),
    "who came for no time is not tied": (
        {
            "authenticated": "bo@acme.example",
            "intervals": [["2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z"]],
        },
        {},
    ),
    "who came and is still there is tied": (
        {"authenticated": "bo@acme.example", "intervals": [["2026-11-20T09:00:00Z", None]]},
        BO,
    ),
}


@pytest.mark.parametrize(("line", "expected"), ROSTERS.values(), ids=ROSTERS.keys())
def test_who_is_tied(
    house: House, account_id: UUID, line: dict[str, Any], expected: dict[str, set[str]]
) -> None:
    guest = house.line("p2", None) | line
    house.call(account_id, participants=[house.line("p1", "ann"), guest])
    assert ties_of(house, account_id, house.record(account_id)) == ANN | expected


def test_case_2_an_invited_person_who_did_not_come_is_not_tied(house: House, account_id: UUID) -> None:
    room = {"ref": "r", "title": "R", "organizer": "ann@acme.example", "invitees": ["cem@acme.example"]}
    house.call(account_id, vmr=room)
    assert "cem" not in ties_of(house, account_id, house.record(account_id))


def test_case_2_last_weeks_participant_is_not_in_this_weeks(house: House, account_id: UUID) -> None:
    house.call(account_id, "last-week")
    house.call(account_id, "this-week", participants=[house.line("p1", "ann"), house.line("p2", "cem")])
    assert set(ties_of(house, account_id, house.record(account_id, "this-week"))) == {"ann", "cem"}


DIRECT: dict[str, tuple[str | None, str | None, str | None]] = {
    # recorded_by of the call, started_by of the recording, who is responsible
    "case 4: whoever recorded it": ("p1", None, "ann"),
    "whoever the recording itself names": ("p1", "p2", "bo"),
    "case 5: nobody, when a guest recorded it": ("p3", None, None),
    "case 5: nobody, when the recording names a guest": ("p1", "p3", None),
    "nobody, when nothing is said": (None, None, None),
}


@pytest.mark.parametrize(("recorded_by", "started_by", "expected"), DIRECT.values(), ids=DIRECT.keys())
def test_who_is_responsible_for_a_direct_call(
    house: House, account_id: UUID, recorded_by: str | None, started_by: str | None, expected: str | None
) -> None:
    roster = [house.line("p1", "ann"), house.line("p2", "bo"), house.line("p3", None)]
    house.call(account_id, vmr=None, recorded_by=recorded_by, participants=roster)
    item_id = house.record(account_id, started_by=started_by)
    responsible = {
        name for name, told in ties_of(house, account_id, item_id).items() if "responsible" in told
    }
    assert responsible == ({expected} if expected else set())


def test_a_room_belongs_to_its_organizer_whoever_recorded_and_even_if_absent(
    house: House, account_id: UUID
) -> None:
    house.call(account_id, recorded_by="p2", participants=[house.line("p2", "bo")])
    item_id = house.record(account_id, started_by="p2")
    assert ties_of(house, account_id, item_id) == {"ann": {"responsible"}, "bo": {"participant"}}


def test_a_room_of_an_outsider_has_nobody_responsible(house: House, account_id: UUID) -> None:
    house.call(account_id, vmr={"ref": "r", "title": "R", "organizer": "zoe@other.example"})
    item_id = house.record(account_id)
    assert responsible_of(house, account_id, item_id) is None
    assert ties_of(house, account_id, item_id) == {"ann": {"participant"}, "bo": {"participant"}}


def test_case_3_a_user_of_another_account_is_an_outsider(house: House, account_id: UUID) -> None:
    other = house.account()
    house.recstore.accounts.create_user(
        other, email="zoe@zeta.example", name="Zoe", admin=False, password=None
    )
    line = house.line("p3", None, authenticated="zoe@zeta.example")
    house.call(account_id, participants=[house.line("p1", "ann"), line], recorded_by="p3")
    assert ties_of(house, account_id, house.record(account_id)) == ANN


def test_case_6_a_new_organizer_counts_for_later_calls_only(house: House, account_id: UUID) -> None:
    house.call(account_id, "first")
    first = house.record(account_id, "first")
    house.call(account_id, "second", vmr={"ref": "room-1", "title": "W", "organizer": "bo@acme.example"})
    late = house.record(account_id, "first", "rec-late")
    assert [
        "responsible" in ties_of(house, account_id, item)["ann"]
        for item in (first, late, house.record(account_id, "second"))
    ] == [True, True, False]


def test_somebody_deactivated_before_the_call_is_not_tied(house: House, account_id: UUID) -> None:
    cem = house.user(account_id, "dee")
    house.clock.now = house.began - timedelta(hours=2)
    house.deactivate(cem)
    house.clock.now = house.began
    house.call(account_id, participants=[house.line("p1", "ann"), house.line("p2", "dee")])
    assert ties_of(house, account_id, house.record(account_id)) == ANN


def test_somebody_deactivated_after_the_call_stays_tied_and_sees_nothing(case: Case) -> None:
    case.house.deactivate(case.bo)
    item_id = case.house.record(case.account_id, ref="rec-2")
    assert ties_of(case.house, case.account_id, item_id)["bo"] == {"participant"}
    page, _ = library_page(case.house, case.bo)
    assert page == []


def library_page(house: House, viewer: Viewer) -> tuple[list[UUID], str | None]:
    shown, cursor = house.recstore.library.page(viewer, Kind.RECORDING, Filters(), cursor=None, limit=50)
    return [one.item.id for one in shown], cursor


class TestRegisteringLater:
    """Rules, case 1: who registers after the call was handed over is tied to nothing of it."""

    def register_later(self, case: Case) -> None:
        case.house.clock.move(minutes=5)
        case.house.user(case.account_id, "gus")

    def roster(self, case: Case, **gus: Any) -> list[dict[str, Any]]:
        return [case.house.line("p1", "ann"), case.house.line("p2", "bo"), case.house.line("p3", None) | gus]

    def test_attacker_registers_and_a_new_recording_of_the_old_call_arrives(self, case: Case) -> None:
        asserted = {"authenticated": "gus@acme.example"}
        case.house.call(case.account_id, participants=self.roster(case, **asserted))
        self.register_later(case)
        item_id = case.house.record(case.account_id, ref="rec-2")
        assert "gus" not in ties_of(case.house, case.account_id, item_id)

    @pytest.mark.parametrize(
        "line",
        [
            pytest.param({}, id="the same line"),
            pytest.param({"authenticated": "GUS@acme.example"}, id="in another letter case"),
            pytest.param({"ref": "p4"}, id="under another ref"),
        ],
    )
    def test_attacker_registers_and_the_recorder_corrects(self, case: Case, line: dict[str, Any]) -> None:
        asserted = {"authenticated": "gus@acme.example"}
        case.house.call(case.account_id, participants=self.roster(case, **asserted))
        self.register_later(case)
        case.house.call(
            case.account_id,
            participants=self.roster(case, **asserted | line),
            ended_at=case.house.clock().isoformat(),
        )
        assert ties_of(case.house, case.account_id, case.item_id) == ANN | BO


class TestCorrection:
    """Rules, case 11."""

    def test_adds_and_removes_participants(self, case: Case) -> None:
        case.house.user(case.account_id, "cem")
        case.house.call(
            case.account_id, participants=[case.house.line("p1", "ann"), case.house.line("p3", "cem")]
        )
        assert ties_of(case.house, case.account_id, case.item_id) == ANN | {"cem": {"participant"}}
        assert case.house.events(case.account_id)[-1] == "call-corrected"

    @pytest.mark.parametrize("access", [Access.SHARED, Access.EXCLUDED])
    def test_leaves_the_responsible_persons_choices_alone(self, case: Case, access: Access) -> None:
        case.house.recstore.sharing.put(
            case.ann,
            Kind.RECORDING,
            case.item_id,
            case.bo.user_id,
            access=access,
            until=None,
            download=False,
        )
        chosen = {"shared-with" if access is Access.SHARED else "excluded"}
        case.house.call(case.account_id, participants=[case.house.line("p1", "ann")])
        assert ties_of(case.house, case.account_id, case.item_id) == ANN | {"bo": chosen}
        case.house.call(case.account_id)
        assert ties_of(case.house, case.account_id, case.item_id) == ANN | {"bo": chosen | {"participant"}}

    def test_leaves_an_appointed_person_in_place(self, case: Case) -> None:
        case.house.recstore.review.appoint(case.ada, Kind.RECORDING, case.item_id, case.bo.user_id)
        case.house.call(case.account_id, ended_at=case.house.began.isoformat())
        assert responsible_of(case.house, case.account_id, case.item_id) == case.bo.user_id

    def test_may_name_the_organizer_who_was_missing(self, case: Case) -> None:
        nobody = {"ref": "r", "title": "R"}
        case.house.call(case.account_id, "late", vmr=nobody, recorded_by="p2")
        item_id = case.house.record(case.account_id, "late")
        named = nobody | {"organizer": "ann@acme.example"}
        case.house.call(case.account_id, "late", vmr=named, recorded_by="p2")
        assert responsible_of(case.house, case.account_id, item_id) == case.ann.user_id
        assert ties_of(case.house, case.account_id, item_id) == ANN | BO

    def test_attacker_gains_a_guests_recording_by_any_correction(self, case: Case) -> None:
        """Case 5: what a guest recorded stays with the admins, though the call names somebody else."""
        roster = [case.house.line("p1", "ann"), case.house.line("p2", None)]
        direct: dict[str, Any] = {"vmr": None, "recorded_by": "p1", "participants": roster}
        case.house.call(case.account_id, "direct", **direct)
        item_id = case.house.record(case.account_id, "direct", started_by="p2")
        case.house.call(case.account_id, "direct", **direct, ended_at=case.house.began.isoformat())
        assert responsible_of(case.house, case.account_id, item_id) is None


class TestRefs:
    """A ref means one person for good: direct messages are sealed with refs, and read by whoever has them."""

    SECRET = "only for Bo"

    def roster(self, case: Case, **people: str | None) -> list[dict[str, Any]]:
        return [case.house.line(ref, name) for ref, name in people.items()]

    def whisper(self, case: Case) -> UUID:
        """Ann writes to p2, who is Bo, and to p3, who is a guest."""
        case.house.user(case.account_id, "cem")
        case.house.call(case.account_id, participants=self.roster(case, p1="ann", p2="bo", p3=None))
        to = [case.house.message(f"m{ref}", "p1", [ref], self.SECRET) for ref in ("p2", "p3")]
        return case.house.chat(case.account_id, to)

    @pytest.mark.parametrize(
        "steps",
        [
            pytest.param([{"p1": "ann", "p2": "cem", "p3": None}], id="the ref is given to another"),
            pytest.param([{"p1": "bo", "p2": "ann", "p3": None}], id="two refs are swapped"),
            pytest.param([{"p1": "ann", "p2": None, "p3": None}], id="the ref is given to a guest"),
            pytest.param(
                [{"p1": "ann", "p3": None}, {"p1": "ann", "p2": "cem"}], id="dropped, then given to another"
            ),
            pytest.param([{"p1": "ann", "p2": "bo", "p3": "cem"}], id="a guest becomes a user"),
            pytest.param([{"p1": "ann"}, {"p1": "ann", "p3": "cem"}], id="a dropped guest becomes a user"),
        ],
    )
    def test_attacker_takes_over_the_ref_of_somebodys_direct_messages(
        self, case: Case, steps: list[dict[str, str | None]]
    ) -> None:
        self.whisper(case)
        *before, last = (self.roster(case, **people) for people in steps)
        for roster in before:
            case.house.call(case.account_id, participants=roster)
        kept = case.house.snapshot(case.account_id, leave_out=JOURNAL)
        with pytest.raises(Conflict) as refused:
            case.house.call(case.account_id, participants=last)
        assert refused.value.code == "call_changed"
        assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == kept

    def test_who_was_dropped_may_return_under_the_same_ref_as_the_same_person(self, case: Case) -> None:
        self.whisper(case)
        case.house.call(case.account_id, participants=self.roster(case, p1="ann"))
        assert ties_of(case.house, case.account_id, case.item_id) == ANN
        case.house.call(
            case.account_id, participants=[case.house.line("p1", "ann"), case.house.line("p2", "BO")]
        )
        assert ties_of(case.house, case.account_id, case.item_id) == ANN | BO

    def test_a_message_of_somebody_who_was_dropped_is_of_nobody_in_the_call(self, case: Case) -> None:
        case.house.call(case.account_id, participants=self.roster(case, p1="ann"))
        with pytest.raises(BadInput) as refused:
            case.house.chat(case.account_id, [case.house.message("m1", "p2", "everyone")])
        assert refused.value.code == "participant_unknown"


class TestWhoCorrects:
    """A stolen token corrects only what it handed over itself, and the journal says whom that tied."""

    OWN, STOLEN = Actor.token(uuid4()), Actor.token(uuid4())

    def put(self, case: Case, actor: Actor, *names: str) -> None:
        roster = [case.house.line(f"q-{name}", name) for name in names]
        body = json.dumps(case.house.call_document(participants=roster)).encode()
        case.house.recstore.calls.put(case.account_id, "own", body, actor=actor)

    def test_attacker_corrects_another_recorders_call_with_a_stolen_token(self, case: Case) -> None:
        self.put(case, self.OWN, "ann")
        before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
        with pytest.raises(Conflict) as refused:
            self.put(case, self.STOLEN, "ann", "bo")
        assert refused.value.code == "not_your_call"
        assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == before

    @pytest.mark.parametrize("actor", [OWN, SYSTEM], ids=["its own token", "the command line"])
    def test_may_correct_and_every_tie_has_its_entry(self, case: Case, actor: Actor) -> None:
        self.put(case, self.OWN, "ann")
        item_id = case.house.record(case.account_id, "own")
        entries = len(case.house.journal(case.account_id))
        self.put(case, actor, "ann", "bo")
        self.put(case, actor, "ann")
        told = [json.loads(line.text) for line in case.house.journal(case.account_id)[entries:]]
        of_bo = {"user": str(case.bo.user_id)}
        assert [(one["event"], one["item"], one["detail"]) for one in told if one["item"]] == [
            ("tied", str(item_id), of_bo),
            ("untied", str(item_id), of_bo),
        ]
        assert [one["event"] for one in told if not one["item"]] == ["call-corrected"] * 2


class TestRooms:
    """What a room is called now is not for the people of its old calls."""

    def rename(self, case: Case, title: str, *, at: datetime) -> None:
        room = {"ref": "room-1", "title": title, "organizer": "bo@acme.example"}
        case.house.call(case.account_id, title, vmr=room, started_at=at.isoformat())

    def found(self, case: Case, text: str) -> list[str | None]:
        page, _ = case.house.recstore.library.page(
            case.bo, Kind.RECORDING, Filters(text=text), cursor=None, limit=50
        )
        return [one.call.room_title for one in page]

    def test_attacker_finds_a_rooms_new_title_through_an_old_call(self, case: Case) -> None:
        self.rename(case, "Layoffs", at=case.house.began)
        assert (self.found(case, "layoffs"), self.found(case, "weekly")) == ([], ["Weekly"])

    def test_an_old_call_that_comes_late_leaves_the_room_as_it_is(self, case: Case) -> None:
        self.rename(case, "Ancient", at=case.house.began - timedelta(days=300))
        with case.house.catalog.read(case.account_id) as tx:
            room = calls.vmr_by_ref(tx, "room-1")
            assert room is not None
            assert (room.title, room.organizer_id) == ("Weekly", case.ann.user_id)

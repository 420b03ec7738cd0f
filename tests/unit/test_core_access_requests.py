"""Asking for what one cannot see: nothing is told, nobody floods, and only the responsible person answers."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recstore.access.gate import Gate
from recstore.access.viewer import Viewer
from recstore.access_requests import LONGEST_NOTE, MOST_AN_HOUR, MOST_OPEN, Asked
from recstore.catalog import ties
from recstore.catalog.tables import AccessRequest, Item, User
from recstore.errors import BadInput, NotThere, RecstoreError, Refused, Throttled
from recstore.model import Access, Action, Kind, Relation
from tests.core_fixtures import JOURNAL, Case
from tests.statements import statements

REC = Kind.RECORDING


def ask(
    case: Case, viewer: Viewer, item_id: uuid.UUID | None = None, note: str | None = None, kind: Kind = REC
) -> None:
    case.house.recstore.access_requests.ask(viewer, kind, item_id or case.item_id, note)


def waiting(case: Case, viewer: Viewer) -> list[tuple[str, str | None, bool]]:
    found, _ = case.house.recstore.access_requests.waiting(viewer)
    return [(one.user.name, one.note, one.may_answer) for one in found]


def kept(case: Case, viewer: Viewer) -> list[uuid.UUID | None]:
    with case.house.catalog.read(viewer.account_id) as tx:
        rows = tx.session.scalars(tx.select(AccessRequest).where(AccessRequest.asker_id == viewer.user_id))
        return [row.item_id for row in rows]


def last(case: Case, account_id: uuid.UUID | None = None) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(case.house.journal(account_id or case.account_id)[-1].text)
    return entry


@pytest.fixture
def dee(case: Case) -> Viewer:
    return case.house.user(case.account_id, "dee")


def test_a_colleague_asks_and_the_responsible_person_accepts(any_case: Case) -> None:
    house, requests = any_case.house, any_case.house.recstore.access_requests
    dee = house.user(any_case.account_id, "dee")
    ask(any_case, dee, note=" I take minutes. ")
    assert (last(any_case)["event"], last(any_case)["actor"]) == ("access-asked", str(dee.user_id))
    assert waiting(any_case, any_case.ann) == [("Dee", "I take minutes.", True)]
    assert waiting(any_case, any_case.bo) == waiting(any_case, any_case.ada) == []
    until = house.clock() + timedelta(days=2)
    requests.accept(any_case.ann, REC, any_case.item_id, dee.user_id, until=until, download=True)
    assert house.events(any_case.account_id)[-2:] == ["access-accepted", "shared"]
    assert house.recstore.gate.look(dee, Action.DOWNLOAD, kind=REC, item_id=any_case.item_id)
    assert (waiting(any_case, any_case.ann), kept(any_case, dee)) == ([], [None]), "counted, for an hour"


def test_the_responsible_person_declines_and_the_note_goes(case: Case, dee: Viewer) -> None:
    requests = case.house.recstore.access_requests
    ask(case, dee, note="Please")
    requests.decline(case.ann, REC, case.item_id, dee.user_id)
    assert last(case)["event"] == "access-declined"
    assert waiting(case, case.ann) == []
    assert "Please" not in repr(case.house.snapshot(case.account_id))
    with pytest.raises(NotThere):
        case.house.recstore.gate.look(dee, Action.SEE, kind=REC, item_id=case.item_id)
    ask(case, dee)
    assert waiting(case, case.ann) == [], "asked again at once"
    case.house.clock.move(days=30)
    dee_again = case.house.session(case.account_id, dee.user_id)
    ann_again = case.house.session(case.account_id, case.ann.user_id)
    ask(case, dee_again)
    assert waiting(case, ann_again) == [("Dee", None, True)]


def test_an_open_request_lapses_after_a_month(case: Case, dee: Viewer) -> None:
    ask(case, dee)
    case.house.clock.move(days=30)
    ann = case.house.session(case.account_id, case.ann.user_id)
    assert waiting(case, ann) == []
    with pytest.raises(BadInput) as refused:
        case.house.recstore.access_requests.decline(ann, REC, case.item_id, dee.user_id)
    assert refused.value.code == "request_unknown"


def test_sharing_or_taking_out_by_itself_answers_a_request(case: Case, dee: Viewer) -> None:
    sharing = case.house.recstore.sharing
    for access, told in ((Access.SHARED, "access-accepted"), (Access.EXCLUDED, "access-declined")):
        eli = case.house.user(case.account_id, f"eli-{access}")
        ask(case, eli)
        sharing.put(case.ann, REC, case.item_id, eli.user_id, access=access, until=None, download=False)
        assert case.house.events(case.account_id)[-2] == told
        assert kept(case, eli) == [None], "counted, for an hour"


def test_somebody_hidden_by_their_domain_who_asks_can_be_let_in(case: Case) -> None:
    """Asking makes them known to the one whom they ask; to nobody else."""
    user = case.house.recstore.accounts.create_user(
        case.account_id, email="pat@else.example", name="Pat", admin=False, password=None
    )
    pat = case.house.session(case.account_id, user.id)
    accept = case.house.recstore.access_requests.accept
    with pytest.raises(BadInput):
        accept(case.ann, REC, case.item_id, user.id, until=None, download=False)
    ask(case, pat)
    accept(case.ann, REC, case.item_id, user.id, until=None, download=False)
    assert case.house.recstore.gate.look(pat, Action.OPEN, kind=REC, item_id=case.item_id)
    assert case.house.recstore.directory.search(case.ann, "pat") == []


def put(case: Case, by: Viewer, user_id: uuid.UUID, access: Access) -> None:
    sharing = case.house.recstore.sharing
    sharing.put(by, REC, case.item_id, user_id, access=access, until=None, download=False)


def later(case: Case, viewer: Viewer) -> Viewer:
    """Sign somebody in again, after sessions have ended."""
    return case.house.session(case.account_id, viewer.user_id)


@pytest.mark.parametrize("first", ["declined", "taken out"])
def test_an_answer_committed_first_wins_over_accepting(
    any_case: Case, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """The responsible person's other tab declines or takes out just as accepting begins."""
    house, requests = any_case.house, any_case.house.recstore.access_requests
    dee = house.user(any_case.account_id, "dee")
    ask(any_case, dee)
    real, waited = Gate.change, []

    def slow(*args: Any, **named: Any) -> Any:
        if not waited:
            waited.append(True)
            if first == "declined":
                requests.decline(any_case.ann, REC, any_case.item_id, dee.user_id)
            else:
                put(any_case, any_case.ann, dee.user_id, Access.EXCLUDED)
        return real(*args, **named)

    monkeypatch.setattr(Gate, "change", slow)
    with pytest.raises(BadInput) as refused:
        requests.accept(any_case.ann, REC, any_case.item_id, dee.user_id, until=None, download=True)
    assert (waited, refused.value.code) == ([True], "request_unknown")
    with pytest.raises(NotThere):
        house.recstore.gate.look(dee, Action.SEE, kind=REC, item_id=any_case.item_id)
    assert "access-accepted" not in house.events(any_case.account_id)


@pytest.mark.parametrize("access", Access)
def test_a_lapsed_request_is_not_journalled_as_answered(case: Case, dee: Viewer, access: Access) -> None:
    ask(case, dee)
    case.house.clock.move(days=31)
    put(case, later(case, case.ann), dee.user_id, access)
    events = case.house.events(case.account_id)
    assert not {"access-accepted", "access-declined"} & set(events)


LOOKS: dict[str, Callable[[Case, Viewer, Viewer], object]] = {
    "the responsible person's list": lambda case, ann, _: waiting(case, ann),
    "the count on their library": lambda case, ann, _: case.house.recstore.access_requests.count(ann),
    "the count on anybody's": lambda case, _, bo: case.house.recstore.access_requests.count(bo),
    "the item's page": lambda case, ann, _: case.house.recstore.access_requests.of_item(
        ann, REC, case.item_id
    ),
    "another one's request": lambda case, _, bo: ask(case, bo),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_the_note_of_a_lapsed_request_goes_as_soon_as_anybody_looks(
    case: Case, dee: Viewer, look: Callable[[Case, Viewer, Viewer], object]
) -> None:
    ask(case, dee, note="I was ill")
    case.house.clock.move(days=31)
    look(case, later(case, case.ann), later(case, case.bo))
    assert "I was ill" not in repr(case.house.snapshot(case.account_id))
    assert kept(case, dee) == []


def test_attacker_stays_unknown_once_their_request_is_over(case: Case) -> None:
    """Asking across domains makes known for the month that it stands, or while tied; no longer."""
    user = case.house.recstore.accounts.create_user(
        case.account_id, email="pat@else.example", name="Pat", admin=False, password=None
    )
    ask(case, case.house.session(case.account_id, user.id))
    case.house.recstore.access_requests.decline(case.ann, REC, case.item_id, user.id)
    put(case, case.ann, user.id, Access.SHARED)  # declined by mistake
    case.house.recstore.sharing.withdraw(case.ann, REC, case.item_id, user.id)
    with pytest.raises(BadInput, match="no registered user"):
        put(case, case.ann, user.id, Access.SHARED)
    ask(case, case.house.session(case.account_id, user.id))
    case.house.clock.move(days=31)
    with pytest.raises(BadInput, match="no registered user"):
        put(case, later(case, case.ann), user.id, Access.SHARED)


Way = Callable[[Case], Viewer]


def excluded(case: Case) -> Viewer:
    put = case.house.recstore.sharing.put
    put(case.ann, REC, case.item_id, case.bo.user_id, access=Access.EXCLUDED, until=None, download=False)
    return case.bo


def unshared(case: Case) -> Viewer:
    case.house.set_item(case.account_id, case.item_id, auto_share=False)
    return case.bo


def of_binned(case: Case) -> Viewer:
    case.house.recstore.sharing.bin(case.ann, REC, case.item_id)
    return case.house.user(case.account_id, "dee")


NOT_KEPT: dict[str, Way] = {
    "somebody who was taken out": excluded,
    "a participant with whom it is not shared": unshared,
    "a participant who can see it": lambda case: case.bo,
    "the responsible person": lambda case: case.ann,
    "an admin": lambda case: case.ada,
    "a user of another account": lambda case: case.house.user(case.house.account(), "zoe"),
    "a colleague, of what lies in the bin": of_binned,
}


@pytest.mark.parametrize("way", NOT_KEPT.values(), ids=NOT_KEPT)
def test_attacker_who_is_no_colleague_leaves_no_request(case: Case, way: Way) -> None:
    viewer = way(case)
    before = case.house.snapshot(case.account_id, leave_out=JOURNAL | {"access_requests"})
    ask(case, viewer, note="Let me in")
    assert kept(case, viewer) == [None]
    assert "Let me in" not in repr(case.house.snapshot(viewer.account_id))
    assert waiting(case, case.ann) == waiting(case, case.ada) == []
    assert last(case, viewer.account_id)["event"] == "refused"
    assert case.house.snapshot(case.account_id, leave_out=JOURNAL | {"access_requests"}) == before


def test_attacker_measures_whether_an_id_is_there_by_asking_for_it(case: Case) -> None:
    """Counted in statements: the same for a real item, a made-up id, another kind and another account's."""
    zoe = case.house.user(case.house.account(), "zoe")
    worked: list[list[str]] = []
    asked = [
        (case.house.user(case.account_id, f"dee-{number}"), item_id, kind)
        for number, (item_id, kind) in enumerate(
            [(case.item_id, REC), (uuid.uuid4(), REC), (case.item_id, Kind.TRANSCRIPT)]
        )
    ]
    for viewer, item_id, kind in [*asked, (zoe, case.item_id, REC), (excluded(case), case.item_id, REC)]:
        with statements(case.house.catalog.engine) as found:
            ask(case, viewer, item_id, kind=kind)
        worked.append(found)
    assert all(found == worked[0] for found in worked)
    assert any("INSERT INTO access_requests" in statement for statement in worked[0])


class TestFlooding:
    def test_attacker_is_stopped_after_so_many_an_hour_whatever_they_ask_for(self, case: Case) -> None:
        for name, item_id in (("dee", case.item_id), ("eli", uuid.uuid4())):
            viewer = case.house.user(case.account_id, name)
            for _ in range(MOST_AN_HOUR):
                ask(case, viewer, item_id)
            size = len(case.house.journal(case.account_id))
            with pytest.raises(Throttled):
                ask(case, viewer, item_id)
            [line] = case.house.journal(case.account_id)[size:]
            assert '"code":"too_many_attempts"' in line.text
            before = case.house.snapshot(case.account_id)
            with pytest.raises(Throttled):
                ask(case, viewer, item_id)
            assert case.house.snapshot(case.account_id) == before, "not even the journal grows any more"
        case.house.clock.move(hours=1)
        ask(case, viewer)

    @pytest.mark.parametrize("answer", ["taken out", "shared", "declined"])
    def test_attacker_cannot_count_that_one_of_their_requests_was_answered(
        self, case: Case, dee: Viewer, answer: str
    ) -> None:
        """The hourly limit does not move when somebody answers: else it told that the item is there."""
        ask(case, dee)
        for _ in range(MOST_AN_HOUR - 1):
            ask(case, dee, uuid.uuid4())
        if answer == "declined":
            case.house.recstore.access_requests.decline(case.ann, REC, case.item_id, dee.user_id)
        else:
            put(case, case.ann, dee.user_id, Access.SHARED if answer == "shared" else Access.EXCLUDED)
        with pytest.raises(Throttled):
            ask(case, dee, uuid.uuid4())
        case.house.clock.move(hours=1)
        ask(case, dee, uuid.uuid4())

    def test_attackers_who_flood_push_nobody_off_the_list(self, any_case: Case) -> None:
        """The oldest come first, page by page, and the count counts them all."""
        made = [
            any_case.item_id,
            *(any_case.house.record(any_case.account_id, ref=f"x{n}") for n in range(5)),
        ]
        honest = any_case.house.user(any_case.account_id, "honest")
        ask(any_case, honest, note="honest")
        for number in range(6):
            any_case.house.clock.move(seconds=1)
            troll = any_case.house.user(any_case.account_id, f"troll{number}")
            for item_id in made:
                ask(any_case, troll, item_id)
        requests, found, cursor = any_case.house.recstore.access_requests, list[Asked](), None
        for _ in range(9):
            page, cursor = requests.waiting(any_case.ann, cursor=cursor, limit=5)
            found += page
            if cursor is None:
                break
        assert found[0].note == "honest"
        assert len({(one.user.id, one.item.id) for one in found}) == len(found) == 37
        assert requests.count(any_case.ann) == 37
        assert requests.of_item(any_case.ann, REC, any_case.item_id)[0].note == "honest"

    def test_many_that_wait_are_read_at_once(self, case: Case) -> None:
        def asked() -> int:
            case.house.open_texts(case.account_id)
            with statements(case.house.catalog.engine) as listing:
                waiting(case, case.ann)
                case.house.recstore.access_requests.of_item(case.ann, REC, case.item_id)
            with statements(case.house.catalog.engine) as counting:
                case.house.recstore.access_requests.count(case.ann)
            assert len(counting) < 8, "to count is cheap: it is on everybody's first page"
            return len(listing)

        ask(case, case.house.user(case.account_id, "first"))
        few = asked()
        for number in range(12):
            ask(case, case.house.user(case.account_id, f"more{number}"))
        assert asked() == few < 25

    def test_one_request_a_person_and_item_waits(self, case: Case, dee: Viewer) -> None:
        for note in ("once", "twice"):
            ask(case, dee, note=note)
        assert waiting(case, case.ann) == [("Dee", "once", True)]

    def test_so_many_wait_at_a_time(self, case: Case, dee: Viewer) -> None:
        made = [case.house.record(case.account_id, ref=f"more-{number}") for number in range(MOST_OPEN + 1)]
        for number, item_id in enumerate(made):
            if number == MOST_AN_HOUR - 1:
                case.house.clock.move(hours=1)
            ask(case, dee, item_id)
        assert len(waiting(case, case.ann)) == MOST_OPEN

    def test_counted_rows_go_after_an_hour(self, case: Case, dee: Viewer) -> None:
        for _ in range(5):
            ask(case, dee, uuid.uuid4())
        case.house.clock.move(hours=1)
        ask(case, dee, uuid.uuid4())
        assert kept(case, dee) == [None]

    @pytest.mark.parametrize("note", ["x" * (LONGEST_NOTE + 1), "a\0b"])
    def test_a_note_that_cannot_be_kept_is_refused_whatever_is_asked_for(
        self, case: Case, dee: Viewer, note: str
    ) -> None:
        for item_id in (case.item_id, uuid.uuid4()):
            with pytest.raises(BadInput) as refused:
                ask(case, dee, item_id, note=note)
            assert refused.value.code == "bad_note"
        assert kept(case, dee) == []


class TestAnswering:
    @pytest.mark.parametrize("who", ["bo", "ada"])
    def test_attacker_or_admin_cannot_accept_or_decline(self, case: Case, dee: Viewer, who: str) -> None:
        ask(case, dee)
        requests, viewer = case.house.recstore.access_requests, getattr(case, who)
        before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
        for attempt in (
            lambda: requests.accept(viewer, REC, case.item_id, dee.user_id, until=None, download=False),
            lambda: requests.decline(viewer, REC, case.item_id, dee.user_id),
            lambda: requests.of_item(viewer, REC, case.item_id),
        ):
            with pytest.raises(Refused):
                attempt()
        assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == before

    def test_who_asks_cannot_answer_nor_look(self, case: Case, dee: Viewer) -> None:
        ask(case, dee)
        requests = case.house.recstore.access_requests
        for attempt in (
            lambda: requests.accept(dee, REC, case.item_id, dee.user_id, until=None, download=False),
            lambda: requests.decline(dee, REC, case.item_id, dee.user_id),
            lambda: requests.of_item(dee, REC, case.item_id),
        ):
            with pytest.raises(NotThere):
                attempt()

    def test_an_answer_without_a_request_is_none(self, case: Case, dee: Viewer) -> None:
        requests = case.house.recstore.access_requests
        for attempt in (
            lambda: requests.accept(case.ann, REC, case.item_id, dee.user_id, until=None, download=False),
            lambda: requests.decline(case.ann, REC, case.item_id, dee.user_id),
        ):
            noted = case.house.only_noted(case.account_id, "request_unknown")
            with noted, pytest.raises(BadInput, match="not asking for it"):
                attempt()

    def test_accepting_checks_all_that_sharing_checks(self, case: Case, dee: Viewer) -> None:
        ask(case, dee)
        accept = case.house.recstore.access_requests.accept
        past = case.house.clock() - timedelta(minutes=1)
        with pytest.raises(RecstoreError) as refused:
            accept(case.ann, REC, case.item_id, dee.user_id, until=past, download=False)
        assert refused.value.code == "until_in_past"
        assert waiting(case, case.ann) == [("Dee", None, True)]

    @pytest.mark.parametrize("gone", ["deactivated", "nobody"])
    def test_admins_see_what_nobody_answers_and_name_somebody(
        self, case: Case, dee: Viewer, gone: str
    ) -> None:
        if gone == "deactivated":
            ask(case, dee)
            case.house.deactivate(case.ann)
        else:
            case.house.set_item(case.account_id, case.item_id, responsible_id=None)
            ask(case, dee)
        requests = case.house.recstore.access_requests
        assert waiting(case, case.ada) == [("Dee", None, False)]
        assert [one.user.name for one in requests.of_item(case.ada, REC, case.item_id)] == ["Dee"]
        with pytest.raises(Refused):
            requests.accept(case.ada, REC, case.item_id, dee.user_id, until=None, download=False)
        case.house.recstore.review.appoint(case.ada, REC, case.item_id, case.bo.user_id)
        assert (waiting(case, case.ada), waiting(case, case.bo)) == ([], [("Dee", None, True)])

    @pytest.mark.parametrize(
        "idle", ["they left", "they became an admin", "they are in", "it lies in the bin"]
    )
    def test_what_became_idle_is_neither_shown_nor_counted(self, any_case: Case, idle: str) -> None:
        dee = any_case.house.user(any_case.account_id, "dee")
        ask(any_case, dee)
        assert any_case.house.recstore.access_requests.count(any_case.ann) == 1
        if idle == "they left":
            any_case.house.deactivate(dee)
        elif idle == "it lies in the bin":
            any_case.house.recstore.sharing.bin(any_case.ann, REC, any_case.item_id)
        else:
            with any_case.house.catalog.change(any_case.account_id) as tx:
                item, user = tx.get(Item, any_case.item_id), tx.get(User, dee.user_id)
                assert item is not None
                assert user is not None
                if idle == "they are in":  # a correction of the roster
                    ties.put(tx, viewer_id=dee.user_id, item=item, relation=Relation.PARTICIPANT)
                else:
                    user.admin = True
        assert waiting(any_case, any_case.ann) == []
        assert any_case.house.recstore.access_requests.count(any_case.ann) == 0

    def test_another_accounts_requests_are_another_accounts(self, case: Case, dee: Viewer) -> None:
        ask(case, dee)
        zoe = case.house.user(case.house.account(), "zoe", admin=True)
        assert waiting(case, zoe) == []
        assert all(isinstance(one, Asked) for one in case.house.recstore.access_requests.waiting(case.ann)[0])

"""What a change would do is what it does: and until it is made, nothing of it is there."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recstore.access.gate import Gate
from recstore.access.viewer import Viewer
from recstore.catalog import people, ties
from recstore.catalog.tables import Item
from recstore.choices import Appoint, Bin, Choice, Edit, Put, Restore, Withdraw, Within
from recstore.errors import BadInput, Conflict, NotThere, RecstoreError, Refused
from recstore.model import Access, Action, Kind, Relation
from recstore.what_if import Preview
from tests.core_fixtures import JOURNAL, Case

REC = Kind.RECORDING
NAMES = ("cem", "dee", "eli")


def preview(case: Case, viewer: Viewer, choice: Choice, item_id: uuid.UUID | None = None) -> Preview:
    return case.house.recstore.what_if.preview(viewer, REC, item_id or case.item_id, choice)


def told(found: Preview) -> list[tuple[str, list[Action], list[Action]]]:
    return [(one.user.name, one.gains, one.loses) for one in found.people]


def access(case: Case) -> dict[uuid.UUID, set[Action]]:
    people = case.house.recstore.sharing.access(case.ada, REC, case.item_id)
    return {one.user.id: set(one.actions) for one in people}


def really(case: Case, viewer: Viewer, choice: Choice) -> None:
    gate = case.house.recstore.gate
    with gate.change(viewer, choice.action, kind=REC, item_id=case.item_id) as (tx, item):
        choice.apply(Within(tx, item, viewer, case.house.clock()))


def newcomer(case: Case) -> uuid.UUID:
    return case.house.user(case.account_id, "dee").user_id


NOBODY = "This changes for nobody what they may do."
SEE, OPEN, DOWNLOAD = Action.SEE, Action.OPEN, Action.DOWNLOAD
OWN = [Action.OPEN, Action.DOWNLOAD, Action.SHARE, Action.EDIT, Action.BIN]
Make = Callable[[Case], Choice]
TOLD: dict[str, tuple[str, Make, list[tuple[str, list[Action], list[Action]]], str]] = {
    "taking somebody out": (
        "ann", lambda case: Put(user_id=case.bo.user_id, access=Access.EXCLUDED),
        [("Bo", [], [SEE, OPEN])], "This removes 1 person.",
    ),
    "sharing with a colleague": (
        "ann", lambda case: Put(user_id=newcomer(case), access=Access.SHARED),
        [("Dee", [SEE, OPEN], [])], "This adds 1 person.",
    ),
    "sharing for download with somebody who was there": (
        "ann", lambda case: Put(user_id=case.bo.user_id, access=Access.SHARED, download=True),
        [("Bo", [DOWNLOAD], [])], "This changes what 1 person may do.",
    ),
    "turning auto-share off": (
        "ann", lambda _: Edit(auto_share=False), [("Bo", [], [SEE, OPEN])], "This removes 1 person.",
    ),
    "letting participants download": (
        "ann", lambda _: Edit(download=True), [("Bo", [DOWNLOAD], [])], "This changes what 1 person may do.",
    ),
    "changing the title": ("ann", lambda _: Edit(title="new"), [], NOBODY),
    "taking back what was never decided": (
        "ann", lambda case: Withdraw(case.bo.user_id), [], NOBODY,
    ),
    "the bin": (
        "ann", lambda _: Bin(),
        [
            ("Ada", [Action.DESTROY], []),
            ("Ann", [Action.RESTORE], OWN),
            ("Bo", [], [SEE, OPEN]),
        ],
        "This removes 1 person and changes what 2 people may do.",
    ),
    "appointing a successor": (
        "ada", lambda case: Appoint(case.bo.user_id),
        [
            ("Ann", [], OWN[1:]),
            ("Bo", OWN[1:], []),
        ],
        "This changes what 2 people may do.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("who", "make", "expected", "words"), TOLD.values(), ids=TOLD)
def test_it_lists_by_name_who_gains_and_who_loses_what(
    any_case: Case, who: str, make: Make, expected: list[tuple[str, list[Action], list[Action]]], words: str
) -> None:
    choice = make(any_case)
    any_case.house.open_texts(any_case.account_id)
    before = any_case.house.snapshot(any_case.account_id)
    found = preview(any_case, getattr(any_case, who), choice)
    assert (told(found), found.words) == (expected, words)
    assert any_case.house.snapshot(any_case.account_id) == before, "not even the journal knows of it"


def test_attacker_cannot_keep_the_account_waiting_by_looking(any_case: Case) -> None:
    """Previews run while somebody else holds the account's lock: they do not want it.

    But for the opening of texts once in a while, like everybody who reads.
    """
    any_case.house.open_texts(any_case.account_id)
    with any_case.house.catalog.change(any_case.account_id):
        assert told(preview(any_case, any_case.ann, Bin()))


def test_a_call_of_many_asks_the_rules_once_for_each_sort_of_person(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    newcomers = [case.house.user(case.account_id, f"many{number}").user_id for number in range(40)]
    with case.house.catalog.change(case.account_id) as tx:
        item = tx.get(Item, case.item_id)
        assert item is not None
        ties.add_all(tx, viewer_ids=newcomers, item=item, relation=Relation.PARTICIPANT)
    asked, real = [], Gate.actions
    monkeypatch.setattr(Gate, "actions", lambda gate, facts: asked.append(facts) or real(gate, facts))
    assert preview(case, case.ann, Bin()).removed == 41
    assert len(asked) < 10


MEANWHILE: dict[str, Callable[[Case], object]] = {
    "somebody was added": lambda case: really(
        case, case.ann, Put(user_id=newcomer(case), access=Access.SHARED)
    ),
    "somebody was taken out": lambda case: really(
        case, case.ann, Put(user_id=case.bo.user_id, access=Access.EXCLUDED)
    ),
    "a switch was turned": lambda case: really(case, case.ann, Edit(auto_share=False)),
    "somebody left": lambda case: case.house.deactivate(case.bo),
}


@pytest.mark.parametrize("happen", MEANWHILE.values(), ids=MEANWHILE)
@pytest.mark.parametrize("choice", [Bin(), Edit(auto_share=True, download=True)], ids=["bin", "switches"])
def test_a_change_is_made_only_while_it_does_what_was_shown(
    any_case: Case, happen: Callable[[Case], object], choice: Bin | Edit
) -> None:
    house, sharing = any_case.house, any_case.house.recstore.sharing
    seen = preview(any_case, any_case.ann, choice)

    def confirm(shown: str) -> None:
        if isinstance(choice, Edit):
            sharing.edit(any_case.ann, REC, any_case.item_id, choice, shown)
        else:
            sharing.bin(any_case.ann, REC, any_case.item_id, shown)

    happen(any_case)
    now = preview(any_case, any_case.ann, choice)
    if told(now) != told(seen):  # a newcomer who may download anyway makes no difference to the switches
        with house.only_noted(any_case.account_id, "preview_stale"), pytest.raises(Conflict):
            confirm(seen.shown)
    else:
        assert now.shown == seen.shown
    confirm(now.shown)
    assert house.events(any_case.account_id)[-1] in {"binned", "edited"}


ties_drawn = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from([Relation.PARTICIPANT, Relation.SHARED_WITH, Relation.EXCLUDED]),
        st.sampled_from([None, -5, 5]),
        st.booleans(),
    ),
    max_size=8,
)
choices_drawn = st.one_of(
    st.tuples(
        st.just("put"),
        st.sampled_from(NAMES),
        st.sampled_from(Access),
        st.sampled_from([None, 5]),
        st.booleans(),
    ),
    st.tuples(st.just("withdraw"), st.sampled_from(NAMES)),
    st.tuples(st.just("edit"), st.none() | st.booleans(), st.none() | st.booleans()),
    st.tuples(st.just("bin")),
    st.tuples(st.just("restore")),
    st.tuples(st.just("appoint"), st.sampled_from(NAMES)),
)


def make(case: Case, drawn: tuple[object, ...], users: dict[str, uuid.UUID]) -> tuple[Viewer, Choice]:
    match drawn:
        case ("put", str(name), Access() as wanted, minutes, bool(download)):
            until = case.house.clock() + timedelta(minutes=minutes) if isinstance(minutes, int) else None
            return case.ann, Put(user_id=users[name], access=wanted, until=until, download=download)
        case ("withdraw", str(name)):
            return case.ann, Withdraw(users[name])
        case ("edit", auto_share, download):
            return case.ann, Edit(title="x", auto_share=auto_share, download=download)  # type: ignore[arg-type]
        case ("bin",):
            return case.ann, Bin()
        case ("restore",):
            return case.ann, Restore()
        case ("appoint", str(name)):
            return case.ada, Appoint(users[name])
    raise AssertionError(drawn)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=choices_drawn, rows=ties_drawn, binned=st.booleans(), auto_share=st.booleans(), data=st.data())
def test_the_prediction_is_the_difference_that_the_change_makes(
    case: Case,
    drawn: tuple[object, ...],
    rows: list[tuple[str, Relation, int | None, bool]],
    binned: bool,
    auto_share: bool,
    data: st.DataObject,
) -> None:
    users = place(case, rows, binned=binned, auto_share=auto_share)
    viewer, choice = make(case, drawn, users)
    before, rows_before = access(case), case.house.snapshot(case.account_id, leave_out=JOURNAL)
    found = attempt(lambda: preview(case, viewer, choice))
    assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == rows_before
    done = attempt(lambda: really(case, viewer, choice))
    if not isinstance(found, Preview):
        assert found == done, "what cannot be done cannot be tried either, and is refused in the same words"
        return
    after = access(case)
    difference = {
        user_id: (after.get(user_id, set()) - before.get(user_id, set()),
                  before.get(user_id, set()) - after.get(user_id, set()))
        for user_id in before | after
        if before.get(user_id, set()) != after.get(user_id, set())
    }  # fmt: skip
    assert {one.user.id: (set(one.gains), set(one.loses)) for one in found.people} == difference


def attempt(work: Callable[[], object]) -> object:
    """Do it; give what came of it, or the refusal as the person is told it."""
    try:
        return work()
    except RecstoreError as error:
        return error.code, error.message


def place(
    case: Case, rows: list[tuple[str, Relation, int | None, bool]], *, binned: bool, auto_share: bool
) -> dict[str, uuid.UUID]:
    """Put the world into a state of its own: ann responsible again, and these ties."""
    with case.house.catalog.change(case.account_id) as tx:
        found = {name: people.by_email(tx, f"{name}@acme.example") for name in NAMES}
    users = {
        name: user.id if user else case.house.user(case.account_id, name).user_id
        for name, user in found.items()
    }
    with case.house.catalog.change(case.account_id) as tx:
        item = tx.get(Item, case.item_id)
        assert item is not None
        for tie in ties.of_item(tx, case.item_id):
            tx.session.delete(tie)
        tx.session.flush()
        item.responsible_id, item.auto_share, item.download = case.ann.user_id, auto_share, False
        item.binned_at = case.house.clock() if binned else None
        ties.put(tx, viewer_id=case.ann.user_id, item=item, relation=Relation.RESPONSIBLE)
        for name, relation, minutes, download in rows:
            until = case.house.clock() + timedelta(minutes=minutes) if minutes else None
            ties.put(tx, viewer_id=users[name], item=item, relation=relation, until=until, download=download)
    return users


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        ("who", "choice"),
        [
            pytest.param("bo", Edit(auto_share=False), id="a participant, about a switch"),
            pytest.param("ada", Edit(auto_share=False), id="an admin, about a switch"),
            pytest.param(
                "ada", Put(user_id=uuid.uuid4(), access=Access.SHARED), id="an admin, about a share"
            ),
            pytest.param("ann", Appoint(uuid.uuid4()), id="the responsible person, about a successor"),
        ],
    )
    def test_whoever_may_not_do_it_may_not_ask(self, case: Case, who: str, choice: Choice) -> None:
        with pytest.raises(Refused):
            preview(case, getattr(case, who), choice)

    def test_attacker_learns_nothing_of_an_item_that_is_not_theirs(self, case: Case) -> None:
        dee = case.house.user(case.account_id, "dee")
        zoe = case.house.user(case.house.account(), "zoe", admin=True)
        for viewer, item_id in ((dee, None), (zoe, None), (case.ann, uuid.uuid4())):
            with pytest.raises(NotThere):
                preview(case, viewer, Bin(), item_id)

    def test_attacker_cannot_find_hidden_people_by_trying(self, case: Case) -> None:
        """Somebody of a domain that is not enabled looks like nobody at all, in share and taking out."""
        pat = case.house.recstore.accounts.create_user(
            case.account_id, email="pat@else.example", name="Pat", admin=False, password=None
        )
        zoe = case.house.user(case.house.account(), "zoe")
        for wanted in Access:
            answers = set()
            for user_id in (pat.id, zoe.user_id, uuid.uuid4()):
                with pytest.raises(BadInput) as refused:
                    preview(case, case.ann, Put(user_id=user_id, access=wanted))
                answers.add((refused.value.code, refused.value.message))
            assert len(answers) == 1
        for user_id in (pat.id, zoe.user_id, uuid.uuid4()):
            assert told(preview(case, case.ann, Withdraw(user_id))) == []

    def test_a_refused_try_leaves_everything_and_frees_the_account(self, case: Case) -> None:
        with case.house.only_noted(case.account_id, "exclude_self"), pytest.raises(BadInput):
            preview(case, case.ann, Put(user_id=case.ann.user_id, access=Access.EXCLUDED))
        case.house.recstore.sharing.bin(case.ann, REC, case.item_id)

"""Who can see an item, and who cannot: exactly whom the gate says, and nobody too few or too many."""

import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recstore.access.decision import Allowed, Decider
from recstore.access.policy import load_policy
from recstore.audience import Audience, untied
from recstore.catalog import people, ties
from recstore.catalog.existing import Turned
from recstore.catalog.tables import Item, User
from recstore.choices import Edit
from recstore.errors import NotThere, Refused
from recstore.model import Access, Action, Kind, Relation, Switch
from recstore.switches import Change
from tests.core_fixtures import Case

REC = Kind.RECORDING
NAMES = ("cem", "dee", "eli", "fay", "gus", "hal")
RELATIONS = [
    Relation.RESPONSIBLE, Relation.PARTICIPANT, Relation.SHARED_WITH, Relation.EXCLUDED,
]  # fmt: skip


def read(case: Case) -> Audience:
    return case.house.recstore.audiences.read(case.ann, REC, case.item_id)


def by_the_gate(case: Case) -> dict[uuid.UUID, tuple[str, list[Action]]]:
    """Ask the gate about every user of the account, one by one, as it is asked when they come themselves."""
    gate, found = case.house.recstore.gate, {}
    with case.house.catalog.read(case.account_id) as tx:
        users = list(tx.session.scalars(tx.select(User)))
    for user in users:
        viewer = case.house.session(case.account_id, user.id)
        with case.house.catalog.read(case.account_id) as tx:
            item = tx.get(Item, case.item_id)
            assert item is not None
            facts = gate.reader(tx, viewer).of_item(item)
        decision = gate.decide(facts, Action.SEE)
        if isinstance(decision, Allowed):
            found[user.id] = (decision.rule.name, gate.actions(facts))
    return found


def told(audience: Audience) -> dict[uuid.UUID, tuple[str, list[Action]]]:
    return {
        one.user.id: (one.decision.rule.name if one.decision.rule else "", one.actions)
        for one in audience.inside
    }


tied = st.tuples(
    st.sampled_from(NAMES), st.sampled_from(RELATIONS), st.sampled_from([None, -5, 5]), st.booleans()
)
states = st.fixed_dictionaries(
    {
        "auto_share": st.booleans(),
        "download": st.booleans(),
        "binned_at": st.booleans(),
        "processing": st.booleans(),
        "restricted": st.booleans(),
        "held": st.booleans(),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(tied, max_size=12), state=states, gone=st.sets(st.sampled_from(NAMES)))
def test_the_people_told_are_those_whom_the_gate_lets_see(
    case: Case, rows: list[tuple[str, Relation, int | None, bool]], state: dict[str, bool], gone: set[str]
) -> None:
    users = colleagues(case)
    now = case.house.clock()
    with case.house.catalog.change(case.account_id) as tx:
        item = tx.get(Item, case.item_id)
        assert item is not None
        for tie in ties.of_item(tx, case.item_id):
            if tie.viewer_id in users.values():
                tx.session.delete(tie)
        tx.session.flush()
        for name, relation, minutes, download in rows:
            until = now + timedelta(minutes=minutes) if minutes else None
            ties.put(tx, viewer_id=users[name], item=item, relation=relation, until=until, download=download)
        for column, value in state.items():
            setattr(item, column, (now if value else None) if column == "binned_at" else value)
        for name, user_id in users.items():
            user = people.by_id(tx, user_id)
            assert user is not None
            user.inactive_since = now if name in gone else None
    audience = case.house.recstore.audiences.read(case.ada, REC, case.item_id)
    assert told(audience) == by_the_gate(case)
    inside, outside = told(audience).keys(), {one.user.id for one in audience.outside if one.user}
    assert not inside & outside
    assert inside | outside >= {users[name] for name, *_ in rows}


def colleagues(case: Case) -> dict[str, uuid.UUID]:
    with case.house.catalog.read(case.account_id) as tx:
        known = {user.name.lower(): user.id for user in tx.session.scalars(tx.select(User))}
    return {name: known.get(name) or case.house.user(case.account_id, name).user_id for name in NAMES}


def outside(case: Case) -> dict[str, tuple[Relation, str]]:
    return {one.name: (one.through, one.because) for one in read(case).outside}


@pytest.fixture
def crowded(case: Case) -> Case:
    """Ann's second call: with everybody who could be thought to have access."""
    house, room = case.house, {"ref": "room-1", "title": "Weekly", "organizer": "ann@acme.example"}
    for name in ("cem", "dee", "eli"):
        house.user(case.account_id, name)
    house.call(
        case.account_id,
        "call-2",
        # Zoe, of elsewhere, was invited and came: she is named once, as somebody who took part.
        vmr=room
        | {
            "invitees": [
                "Dee@acme.example",
                "bo@acme.example",
                "pat@else.example",
                "Zoe@else.example",
                "no address",
            ]
        },
        participants=[
            house.line("p1", "ann"),
            house.line("p2", "bo"),
            house.line("p3", None),
            house.line("p4", "zoe", authenticated="zoe@else.example"),
            house.line("p5", "cem"),
            house.line("p6", "eli", intervals=[]),
        ],
    )
    item_id = house.record(case.account_id, "call-2", "rec-2")
    return Case(house, case.account_id, case.ann, case.bo, case.ada, item_id)


def let_colleagues_in(case: Case, line: str) -> None:
    """Go on under a policy with one more rule."""
    gate = case.house.recstore.gate
    folder = case.house.recstore.settings.policies
    model, rules = ((folder / name).read_text() for name in ("model.conf", "policy.csv"))
    gate.decider = Decider(load_policy(model=model, rules=f"{rules}p, colleague-comes, colleague, {line}\n"))


def test_under_a_rule_for_colleagues_all_of_the_account_are_told_but_those_who_left(case: Case) -> None:
    case.house.user(case.account_id, "dee")
    case.house.deactivate(case.house.user(case.account_id, "eli"))
    case.house.user(case.house.account(), "zoe")
    let_colleagues_in(case, "any, see, always, allow")
    audience = read(case)
    assert told(audience) == by_the_gate(case)
    assert [one.user.name for one in audience.inside] == ["Ada", "Ann", "Bo", "Dee"]


def test_under_a_rule_for_colleagues_one_switch_is_foretold_alike_by_item_and_by_account(case: Case) -> None:
    """The preview of a responsible person and the list of an admin ask about the same people."""
    case.house.user(case.account_id, "dee")
    let_colleagues_in(case, "any, see and open, available and auto-shared, allow")
    recstore = case.house.recstore
    by_item = recstore.what_if.preview(case.ann, REC, case.item_id, Edit(auto_share=False))
    recstore.switches.change(case.ada, Change(auto_share=False))
    off = Turned(switch=Switch.AUTO_SHARE, on=False)
    [by_account] = recstore.existing.preview(case.ada, off, cursor=None, limit=1).items
    assert [(one.user.name, one.loses) for one in by_item.people] == [
        ("Bo", [Action.SEE, Action.OPEN]),
        ("Dee", [Action.SEE, Action.OPEN]),
    ]
    assert [(one.user.name, one.loses) for one in by_account.people] == [
        (one.user.name, one.loses) for one in by_item.people
    ]


def test_a_rule_that_keeps_colleagues_out_lets_nobody_in(case: Case) -> None:
    case.house.user(case.account_id, "dee")
    let_colleagues_in(case, "any, open, always, deny")
    with case.house.catalog.read(case.account_id) as tx:
        assert untied(case.house.recstore.gate, tx).keys() == {case.ada.user_id}


def test_everybody_stands_under_their_own_reason(crowded: Case) -> None:
    assert [(one.user.name, one.through) for one in read(crowded).inside] == [
        ("Ada", Relation.ADMIN),
        ("Ann", Relation.RESPONSIBLE),
        ("Bo", Relation.PARTICIPANT),
        ("Cem", Relation.PARTICIPANT),
    ]
    assert outside(crowded) == {
        "Dee": (Relation.COLLEAGUE, "was invited and did not come: an invitation gives nothing"),
        "Eli": (Relation.COLLEAGUE, "was invited and did not come: an invitation gives nothing"),
        "Guest": (Relation.GUEST, "took part as a guest; nothing is ever open to guests"),
        "zoe": (
            Relation.OUTSIDER,
            "took part, but not as a registered user of this account; nothing is ever shared beyond it",
        ),
        "no address": (Relation.OUTSIDER, "was invited, but is no registered user of this account"),
        "pat@else.example": (Relation.OUTSIDER, "was invited, but is no registered user of this account"),
    }


def test_whoever_was_taken_out_or_had_an_end_is_told_as_such(crowded: Case) -> None:
    sharing, clock = crowded.house.recstore.sharing, crowded.house.clock
    sharing.put(
        crowded.ann, REC, crowded.item_id, crowded.bo.user_id,
        access=Access.EXCLUDED, until=None, download=False,
    )  # fmt: skip
    fay, until = crowded.house.user(crowded.account_id, "fay"), clock() + timedelta(minutes=5)
    sharing.put(
        crowded.ann, REC, crowded.item_id, fay.user_id, access=Access.SHARED, until=until, download=False
    )
    [before] = [one for one in read(crowded).inside if one.user.id == fay.user_id]
    assert (before.through, before.until) == (Relation.SHARED_WITH, until)
    clock.move(minutes=5)
    found = outside(crowded)
    assert found["Bo"] == (Relation.EXCLUDED, "was taken out by the responsible person")
    assert found["Fay"] == (Relation.COLLEAGUE, "had access for a time, which is over")


def test_attacker_learns_nothing_of_the_audience(case: Case) -> None:
    """A participant is refused; a colleague, an outsider and a made-up id meet the same "not there"."""
    audiences = case.house.recstore.audiences
    with pytest.raises(Refused):
        audiences.read(case.bo, REC, case.item_id)
    dee = case.house.user(case.account_id, "dee")
    zoe = case.house.user(case.house.account(), "zoe", admin=True)
    for asker, item_id in ((dee, case.item_id), (zoe, case.item_id), (case.ann, uuid.uuid4())):
        with pytest.raises(NotThere):
            audiences.read(asker, REC, item_id)


def test_a_user_of_another_account_never_stands_in_it_by_address(crowded: Case) -> None:
    """An invited address is looked up in this account only: whether it is known elsewhere stays unsaid."""
    other = crowded.house.account()
    crowded.house.recstore.accounts.create_user(
        other, email="pat@else.example", name="Pat of Else", admin=False, password=None
    )
    [pat] = [one for one in read(crowded).outside if "pat" in one.name.lower()]
    assert (pat.name, pat.user) == ("pat@else.example", None)

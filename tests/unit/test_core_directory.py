"""Who sees whom in their account, and what follows for sharing (requirement R24)."""

import uuid
from typing import Any

import pytest
from sqlalchemy import event

from recstore.access.viewer import Viewer
from recstore.catalog import domains, people
from recstore.catalog.tables import User
from recstore.errors import BadInput, NotThere
from recstore.mail_domains import spell
from recstore.model import Access, Action, Kind
from tests.core_fixtures import JOURNAL, Case, House, furnish
from tests.films import film_of
from tests.statements import statements

REC = Kind.RECORDING


def register(house: House, account_id: uuid.UUID, email: str) -> Viewer:
    user = house.recstore.accounts.create_user(
        account_id, email=email, name=email.partition("@")[0].title(), admin=False, password=None
    )
    return house.session(account_id, user.id)


def put_domain(house: House, account_id: uuid.UUID, name: str, *, proven: bool, enabled: bool) -> None:
    with house.catalog.change(account_id) as tx:
        row = domains.by_name(tx, spell(name)) or domains.add(tx, spell(name))
        row.proven_at, row.enabled = house.clock() if proven else None, enabled


# who looks, for whom, which domains are proven and enabled, whether they are found
SEES: dict[str, tuple[str, str, list[str], bool]] = {
    "a colleague of the same domain": ("pia@acme.example", "tom@acme.example", [], True),
    "the same domain in other letters": ("pia@acme.example", "tom@ACME.example", [], True),
    "the same domain with a dot at its end": ("pia@acme.example", "tom@acme.example.", [], True),
    "the same domain in another script": ("pia@bücher.example", "tom@xn--bcher-kva.example", [], True),
    "somebody of another domain": ("pia@acme.example", "tom@sub.example", [], False),
    "somebody of an enabled domain": ("pia@acme.example", "tom@sub.example", ["sub.example"], True),
    "from the enabled domain to another": ("pia@sub.example", "tom@acme.example", ["sub.example"], False),
    "between two enabled ones": ("pia@a.example", "tom@b.example", ["a.example", "b.example"], True),
    "from a third to an enabled one": ("pia@c.example", "tom@b.example", ["b.example"], True),
    "a domain below the own one": ("pia@acme.example", "tom@eu.acme.example", [], False),
    "a domain above the own one": ("pia@eu.acme.example", "tom@acme.example", [], False),
    "a domain below an enabled one": ("pia@acme.example", "tom@eu.b.example", ["b.example"], False),
    "a domain that only ends alike": ("pia@acme.example", "tom@notacme.example", [], False),
    "the same public domain": ("pia@gmail.com", "tom@gmail.com", [], False),
    "below the same public domain": ("pia@x.gmail.com", "tom@x.gmail.com", [], False),
    "a public domain that was enabled once": ("pia@acme.example", "tom@gmail.com", ["gmail.com"], False),
    "from a public domain to an enabled one": ("pia@gmail.com", "tom@b.example", ["b.example"], False),
    "from a public one enabled once": ("pia@gmail.com", "tom@b.example", ["gmail.com", "b.example"], False),
    "the same thing that is no domain": ("pia@localhost", "tom@localhost", [], False),
    "the same IP address": ("pia@[192.0.2.1]", "tom@[192.0.2.1]", [], False),
}  # fmt: skip


@pytest.mark.parametrize(("looking", "sought", "enabled", "found"), SEES.values(), ids=SEES)
def test_who_sees_whom(house: House, looking: str, sought: str, enabled: list[str], found: bool) -> None:
    account_id = house.account()
    pia, tom = register(house, account_id, looking), register(house, account_id, sought)
    for name in enabled:
        put_domain(house, account_id, name, proven=True, enabled=True)
    assert [user.id for user in house.recstore.directory.search(pia, "TOM")] == [tom.user_id] * found
    assert tom.user_id not in {user.id for user in house.recstore.directory.search(tom, "")}
    house.deactivate(tom)
    assert house.recstore.directory.search(pia, "tom") == []


@pytest.mark.parametrize(("proven", "enabled"), [(False, False), (True, False), (False, True)])
def test_a_domain_counts_only_if_it_is_proven_and_enabled(case: Case, proven: bool, enabled: bool) -> None:
    tom = register(case.house, case.account_id, "tom@sub.example")
    put_domain(case.house, case.account_id, "sub.example", proven=proven, enabled=enabled)
    assert case.house.recstore.directory.search(case.ann, "tom") == []
    with pytest.raises(BadInput, match="no registered user"):
        share(case, tom.user_id)


def test_attacker_enables_a_domain_in_another_account(any_case: Case) -> None:
    house = any_case.house
    tom, other = register(house, any_case.account_id, "tom@sub.example"), furnish(house)
    put_domain(house, other.account_id, "sub.example", proven=True, enabled=True)
    assert house.recstore.directory.search(any_case.ann, "tom") == []
    assert house.recstore.directory.search(other.ann, "tom") == []
    put_domain(house, any_case.account_id, "sub.example", proven=True, enabled=True)
    assert [user.id for user in house.recstore.directory.search(any_case.ann, "tom")] == [tom.user_id]
    assert house.recstore.directory.search(other.ann, "tom") == []


def test_an_admin_who_appoints_finds_everybody_and_nobody_else_does(case: Case) -> None:
    house = case.house
    tom = register(house, case.account_id, "tom@gmail.com")
    search = house.recstore.directory.search_everybody
    assert [user.id for user in search(case.ada, "tom")] == [tom.user_id]
    assert case.ada.user_id not in {user.id for user in search(case.ada, "")}
    assert house.recstore.directory.search(case.ada, "tom") == []  # as a colleague she is one like others
    for nobody in (case.ann, tom, furnish(house).ann):
        with pytest.raises(NotThere):
            search(nobody, "tom")
    house.recstore.review.appoint(case.ada, REC, case.item_id, tom.user_id)
    assert house.recstore.gate.look(tom, Action.SHARE, kind=REC, item_id=case.item_id)


def share(case: Case, user_id: uuid.UUID, access: Access = Access.SHARED) -> None:
    case.house.recstore.sharing.put(
        case.ann, REC, case.item_id, user_id, access=access, until=None, download=False
    )


def refusal(case: Case, user_id: uuid.UUID, access: Access) -> tuple[str, str]:
    before = case.house.snapshot(case.account_id, leave_out=JOURNAL)
    with pytest.raises(BadInput) as refused:
        share(case, user_id, access)
    assert case.house.snapshot(case.account_id, leave_out=JOURNAL) == before
    return refused.value.code, refused.value.message


@pytest.mark.parametrize("access", Access)
class TestAttackerGuessesIds:
    """Who is not seen can neither be shared with nor taken out, and is refused as if they did not exist."""

    def test_of_colleagues_in_another_domain(self, any_case: Case, access: Access) -> None:
        hidden = register(any_case.house, any_case.account_id, "tom@sub.example")
        code, message = refusal(any_case, hidden.user_id, access)
        assert code == "user_unknown"
        for other in (uuid.uuid4(), furnish(any_case.house).bo.user_id):
            assert refusal(any_case, other, access) == (code, message)
        assert "tom" not in message.casefold()

    def test_of_somebody_deactivated_there(self, case: Case, access: Access) -> None:
        hidden = register(case.house, case.account_id, "tom@sub.example")
        case.house.deactivate(hidden)
        assert refusal(case, hidden.user_id, access)[0] == "user_unknown"

    def test_and_asks_the_catalog_the_same_of_all(self, any_case: Case, access: Access) -> None:
        hidden = register(any_case.house, any_case.account_id, "tom@sub.example").user_id
        outsider = furnish(any_case.house).bo.user_id
        any_case.house.open_texts(any_case.account_id)
        asked = []
        for user_id in (hidden, outsider, uuid.uuid4()):
            with statements(any_case.house.catalog.engine) as found:
                refusal(any_case, user_id, access)
            asked.append(found)
        assert asked[0] == asked[1] == asked[2]


def test_who_was_in_the_call_is_no_secret_to_the_responsible_person(house: House) -> None:
    account_id = house.account()
    case = with_tom_in_the_call(house, account_id)
    [tom] = house.recstore.directory.search_everybody(case.ada, "tom")
    assert house.recstore.directory.search(case.ann, "tom") == []
    share(case, tom.id, Access.EXCLUDED)
    share(case, tom.id)


def test_attacker_writes_somebody_into_the_roster_who_was_never_there(house: House) -> None:
    """A line without a stay ties nobody, so it must not make known who is registered here either."""
    case = with_tom_in_the_call(house, house.account(), intervals=[])
    [tom] = house.recstore.directory.search_everybody(case.ada, "tom")
    for access in Access:
        assert refusal(case, tom.id, access) == refusal(case, uuid.uuid4(), access)
    explain = house.recstore.explainer.explain
    tom_is, nobody_is = (
        explain(case.ann, of=of, action=Action.OPEN, item_id=case.item_id) for of in (tom.id, uuid.uuid4())
    )
    assert tom_is == nobody_is
    outside = house.recstore.audiences.read(case.ann, REC, case.item_id).outside
    assert tom.id not in {one.user.id for one in outside if one.user}


def test_a_search_makes_users_of_nobody_but_those_it_gives(any_case: Case) -> None:
    """Every letter typed is a search: of thousands it reads name and address, and only of those seen."""
    house, loaded = any_case.house, set()
    for number in range(30):
        register(house, any_case.account_id, f"x{number}@acme.example")
        register(house, any_case.account_id, f"x{number}@sub.example")

    def note(user: User, _context: Any) -> None:
        loaded.add(user.email)

    event.listen(User, "load", note)
    try:
        found = house.recstore.directory.search(any_case.ann, "x")
    finally:
        event.remove(User, "load", note)
    assert len(found) == 20
    assert loaded == {user.email for user in found} | {"ann@acme.example"}
    with house.catalog.read(any_case.account_id) as tx:
        read = people.spelled(tx, domain_keys={tx.lookup("acme.example")})
        assert {row.email.partition("@")[2] for row in read} == {"acme.example"}
        assert people.spelled(tx, domain_keys=()) == []
        assert len(people.spelled(tx, domain_keys=None)) == len(people.all_active(tx))


def with_tom_in_the_call(house: House, account_id: uuid.UUID, **line: Any) -> Case:
    ann, bo = house.user(account_id, "ann"), house.user(account_id, "bo")
    ada = house.user(account_id, "ada", admin=True)
    register(house, account_id, "tom@sub.example")
    tom = house.line("p3", "tom") | {"authenticated": "tom@sub.example"} | line
    house.call(account_id, participants=[house.line("p1", "ann"), house.line("p2", "bo"), tom])
    return Case(house, account_id, ann, bo, ada, house.record(account_id))


def test_somebody_tied_to_another_item_only_stays_hidden(house: House) -> None:
    account_id = house.account()
    case = with_tom_in_the_call(house, account_id)
    [tom] = house.recstore.directory.search_everybody(case.ada, "tom")
    house.call(account_id, ref="call-2")
    second = house.record(account_id, call_ref="call-2", ref="rec-2", media=film_of(b"other " * 100))
    with pytest.raises(BadInput, match="no registered user"):
        house.recstore.sharing.put(
            case.ann, REC, second, tom.id, access=Access.SHARED, until=None, download=False
        )


def test_disabling_hides_people_and_leaves_what_was_shared(any_case: Case) -> None:
    house, gate = any_case.house, any_case.house.recstore.gate
    tom = register(house, any_case.account_id, "tom@sub.example")
    put_domain(house, any_case.account_id, "sub.example", proven=True, enabled=True)
    share(any_case, tom.user_id)
    put_domain(house, any_case.account_id, "sub.example", proven=True, enabled=False)
    assert house.recstore.directory.search(any_case.ann, "tom") == []
    assert gate.look(tom, Action.OPEN, kind=REC, item_id=any_case.item_id)
    # They are one of the item's people now, so the responsible person can still decide about them …
    share(any_case, tom.user_id, Access.EXCLUDED)
    share(any_case, tom.user_id)
    # … until nothing ties them any more.
    house.recstore.sharing.withdraw(any_case.ann, REC, any_case.item_id, tom.user_id)
    assert refusal(any_case, tom.user_id, Access.SHARED)[0] == "user_unknown"


def test_the_list_of_public_domains_counts_when_it_is_used_too(case: Case) -> None:
    tom = register(case.house, case.account_id, "tom@gmail.com")
    put_domain(case.house, case.account_id, "gmail.com", proven=True, enabled=True)  # before it was listed
    assert case.house.recstore.directory.search(case.ann, "tom") == []
    assert refusal(case, tom.user_id, Access.SHARED)[0] == "user_unknown"


def test_whoever_is_gone_finds_nobody(case: Case) -> None:
    nobody = Viewer(case.account_id, uuid.uuid4(), uuid.uuid4())
    assert case.house.recstore.directory.search(nobody, "") == []
    with case.house.catalog.change(case.account_id) as tx:
        ann = people.by_id(tx, case.ann.user_id)
        assert ann is not None
        ann.inactive_since = case.house.clock()
    assert case.house.recstore.directory.search(case.ann, "") == []


def test_attacker_invites_an_address_to_learn_whether_it_is_registered_here(house: House) -> None:
    account_id = house.account()
    ann, ada = house.user(account_id, "ann"), house.user(account_id, "ada", admin=True)
    tom = register(house, account_id, "tom@sub.example")
    room = {"ref": "room-1", "title": "Weekly", "organizer": "ann@acme.example"}
    house.call(account_id, vmr=room | {"invitees": ["tom@sub.example", "tim@sub.example"]})
    item_id = house.record(account_id)
    found = house.recstore.audiences.read(ann, REC, item_id).outside
    told = {one.name: (one.user, one.because) for one in found if "sub.example" in one.name}
    assert set(told) == {"tom@sub.example", "tim@sub.example"}
    assert len(set(told.values())) == 1
    known = {one.user.id for one in house.recstore.audiences.read(ada, REC, item_id).outside if one.user}
    assert tom.user_id in known


def test_attacker_asks_why_somebody_hidden_cannot_see_it(any_case: Case) -> None:
    house, explain = any_case.house, any_case.house.recstore.explainer.explain
    hidden = register(house, any_case.account_id, "tom@sub.example")
    outsider = furnish(house).bo.user_id
    house.open_texts(any_case.account_id)
    asked, told = [], []
    for named in (hidden.user_id, outsider, uuid.uuid4()):
        with statements(any_case.house.catalog.engine) as found:
            told.append(explain(any_case.ann, of=named, action=Action.OPEN, item_id=any_case.item_id))
        asked.append(found)
    by_address = explain(any_case.ann, of="tom@sub.example", action=Action.OPEN, item_id=any_case.item_id)
    assert told == [by_address] * 3
    assert asked == [asked[0]] * 3
    for by, whom in ((any_case.ada, hidden), (any_case.ann, any_case.ada), (any_case.ann, any_case.bo)):
        assert explain(by, of=whom.user_id, action=Action.OPEN, item_id=any_case.item_id) != by_address

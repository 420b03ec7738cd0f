"""What hardly ever happens: rights that change between two looks, viewers without a row, lists of nothing."""

import pytest

from recstore.access.admins import check_admin
from recstore.access.facts import ViewerFacts
from recstore.access.gate import Gate
from recstore.access.listing import Wanted, list_items
from recstore.access.rows import FactsReader
from recstore.catalog import items
from recstore.errors import NotThere
from recstore.model import Action, Kind, Relation
from tests.core_fixtures import Case


def test_who_is_let_in_between_two_looks_sees_the_item(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    gate: Gate = case.house.recstore.gate
    case.house.set_item(case.account_id, case.item_id, auto_share=False)
    judge, looks = gate._judge, []

    def judge_and_share(*args: object, **named: object) -> object:
        verdict = judge(*args, **named)  # type: ignore[arg-type]
        if not looks:
            looks.append(verdict)
            case.house.set_item(case.account_id, case.item_id, auto_share=True)
        return verdict

    monkeypatch.setattr(gate, "_judge", judge_and_share)
    seen = gate.look(case.bo, Action.SEE, kind=Kind.RECORDING, item_id=case.item_id)
    assert seen.item.id == case.item_id


def test_a_viewer_without_a_row_is_tied_to_nothing(case: Case) -> None:
    with case.house.catalog.read(case.account_id) as tx:
        item = items.by_id(tx, case.item_id)
        assert item is not None
        nobody = ViewerFacts(account_id=None, user_id=None, active=False, admin=False)
        facts = FactsReader(tx, nobody, case.house.clock()).of_items([item])
    assert facts[item.id].relations == {Relation.GUEST}


def test_a_list_through_no_relation_is_empty(case: Case) -> None:
    wanted = Wanted(kind=Kind.RECORDING, relations=frozenset())
    with case.house.catalog.read(case.account_id) as tx:
        reader = case.house.recstore.gate.reader(tx, case.ann)
        found = list_items(case.house.recstore.gate, reader, wanted, after=None, limit=5)
    assert found == ([], None)


def test_attacker_who_is_no_admin_is_told_that_nothing_is_there(case: Case) -> None:
    with case.house.catalog.read(case.account_id) as tx, pytest.raises(NotThere):
        check_admin(tx, case.bo, now=case.house.clock())

"""No account sees another's rows: each wall is taken down in turn, and the next one stands."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from recstore.catalog import calls, items, people, ties
from recstore.catalog.base import Base
from recstore.catalog.database import Catalog
from recstore.catalog.tables import Item
from recstore.catalog.walled import Walled
from recstore.model import Kind
from tests.core_fixtures import Case, House, furnish

WALLED = sorted(
    mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, Walled)
)


@pytest.fixture
def stranger(any_case: Case) -> UUID:
    """Another account, in the same database."""
    return any_case.house.account()


def test_attacker_asks_for_another_accounts_rows_by_their_ids(any_case: Case, stranger: UUID) -> None:
    house = any_case.house
    with house.catalog.read(any_case.account_id) as tx:
        item = items.by_id(tx, any_case.item_id)
        assert item is not None
        call = calls.by_ref(tx, "call-1")
        assert call is not None
    with house.catalog.read(stranger) as tx:
        assert items.by_id(tx, item.id) is None
        assert items.of_call(tx, call.id) == []
        assert items.by_ref(tx, call_id=call.id, kind=Kind.RECORDING, ref="rec-1") is None
        assert items.manifest(tx, item) == ([], {})
        assert calls.with_rooms(tx, [call.id]) == {}
        assert calls.by_ref(tx, "call-1") is None
        assert calls.participants(tx, call.id) == []
        assert calls.participants_of_user(tx, [call.id], any_case.bo.user_id) == []
        assert calls.vmr_by_ref(tx, "room-1") is None
        assert people.by_id(tx, any_case.ann.user_id) is None
        assert people.by_ids(tx, [any_case.ann.user_id]) == {}
        assert people.by_email(tx, "ann@acme.example") is None
        assert ties.of_item(tx, item.id) == []
        assert ties.of_viewer(tx, viewer_id=any_case.bo.user_id, item_ids=[item.id]) == {item.id: []}


def test_attacker_unties_people_of_another_account(any_case: Case, stranger: UUID) -> None:
    before = any_case.house.snapshot(any_case.account_id)
    from recstore.model import Relation

    with any_case.house.catalog.change(stranger) as tx:
        ties.cut(tx, viewer_id=any_case.bo.user_id, item_id=any_case.item_id, relation=Relation.PARTICIPANT)
    assert any_case.house.snapshot(any_case.account_id) == before


class TestWithoutTheWallOfTheCode:
    """Raw SQL, as a query that forgot to name its account would be. PostgreSQL alone stands behind it."""

    @pytest.fixture
    def case(self, migrated_postgres: Catalog, request: pytest.FixtureRequest) -> Case:
        from tests.core_fixtures import build_house

        folder = request.getfixturevalue("tmp_path")
        return furnish(build_house(folder, migrated_postgres, request.getfixturevalue("core_agent")))

    @pytest.mark.parametrize("table", WALLED)
    def test_attacker_reads_a_whole_table(self, case: Case, table: str) -> None:
        stranger = case.house.account()
        with case.house.catalog.read(stranger) as tx:
            found = tx.session.execute(text(f"SELECT account_id FROM {table}")).scalars().all()
        assert set(found) <= {stranger}

    @pytest.mark.parametrize("table", WALLED)
    def test_attacker_names_no_account(self, case: Case, table: str) -> None:
        with case.house.catalog.engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text(f"SELECT * FROM {table}"))

    def test_attacker_names_no_account_on_a_connection_that_named_one_before(self, case: Case) -> None:
        with case.house.catalog.engine.connect() as connection:
            with connection.begin():
                connection.execute(
                    text("SELECT set_config('recstore.account', :id, true)"), {"id": str(case.account_id)}
                )
                assert connection.execute(text("SELECT count(*) FROM items")).scalar() == 1
            with pytest.raises(DBAPIError):
                connection.execute(text("SELECT count(*) FROM items"))

    def test_attacker_changes_another_accounts_rows(self, case: Case) -> None:
        before = case.house.snapshot(case.account_id)
        with case.house.catalog.change(case.house.account()) as tx:
            tx.session.execute(text("UPDATE items SET title = 'mine'"))
            tx.session.execute(text("DELETE FROM ties"))
        assert case.house.snapshot(case.account_id) == before

    def test_attacker_moves_a_row_into_another_account(self, case: Case) -> None:
        other = case.house.account()
        with case.house.catalog.engine.connect() as connection, connection.begin():
            connection.execute(
                text("SELECT set_config('recstore.account', :id, true)"), {"id": str(case.account_id)}
            )
            with pytest.raises(DBAPIError, match="row-level security"):
                connection.execute(text("UPDATE items SET account_id = :id"), {"id": other})

    def test_every_walled_table_has_its_wall_and_it_binds_the_owner(self, case: Case) -> None:
        query = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
        with case.house.catalog.engine.connect() as connection:
            assert sorted(connection.execute(text(query)).scalars()) == WALLED

    def test_the_services_role_may_not_step_over_walls(self, case: Case) -> None:
        query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        with case.house.catalog.engine.connect() as connection:
            assert connection.execute(text(query)).scalar() is False


def test_sqlite_has_only_the_wall_of_the_code(house: House) -> None:
    """Written down, so that nobody takes the second wall for granted there."""
    case = furnish(house)
    with house.catalog.read(house.account()) as tx:
        assert tx.session.query(Item).count() == 1
    assert case.item_id

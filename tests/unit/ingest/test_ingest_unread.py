"""Hand-over has no way to what people wrote, whoever runs it."""

from collections.abc import Callable

import pytest

from recstore.catalog import calls, items
from recstore.catalog.database import Catalog, Transaction
from recstore.errors import KeysUnavailable
from recstore.wiring import Recstore, build_intake
from tests.core_fixtures import Case

CATALOGS: dict[str, Callable[[Recstore], Catalog]] = {
    "calls": lambda recstore: recstore.calls.catalog,
    "recordings": lambda recstore: recstore.recordings.catalog,
    "transcripts": lambda recstore: recstore.transcripts.catalog,
    "what seals": lambda recstore: recstore.recordings.store.catalog,
}


def read_title(tx: Transaction, case: Case) -> str | None:
    call, item = calls.by_ref(tx, "call-1"), items.by_id(tx, case.item_id)
    assert call is not None
    assert item is not None
    return item.title_in(call)


@pytest.mark.parametrize("catalog", CATALOGS.values(), ids=CATALOGS)
def test_attacker_reads_a_title_through_hand_over(case: Case, catalog: Callable[[Recstore], Catalog]) -> None:
    with catalog(case.house.recstore).read(case.account_id) as tx, pytest.raises(KeysUnavailable):
        read_title(tx, case)
    with case.house.catalog.read(case.account_id) as tx:
        assert read_title(tx, case) == "Weekly"


def test_attacker_reads_a_title_in_a_process_that_hands_over(case: Case) -> None:
    settings = case.house.recstore.settings
    intake = build_intake(settings, blobs=case.house.blobs, catalog=case.house.catalog.unread())
    with intake.catalog.read(case.account_id) as tx, pytest.raises(KeysUnavailable):
        read_title(tx, case)

"""`recstore journal`: check an account's journal."""

from pathlib import Path

import click

from recstore.cli.options import data_option, installation, json_option, show
from recstore.errors import Damaged
from recstore.journal import log
from recstore.journal.entry import BEFORE_FIRST, find_fault


@click.group()
def journal() -> None:
    """Check the record of everything that happened."""


@journal.command()
@click.option("--account", "account_name", required=True, help="The account's name or id.")
@json_option
@data_option
def verify(account_name: str, data: Path | None) -> None:
    """Check that no entry was altered, added, moved or taken out.

    Also that what people wrote beside entries is what they commit to: the key agent opens it for this,
    which is an entry itself.
    """
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account_name).id
        with recstore.catalog.read(account_id) as tx:
            lines, end = list(log.read_lines(tx)), log.read_end(tx)
        last_hash = lines[-1].leaf_hash if lines else BEFORE_FIRST
        fault = find_fault(lines)
        if fault is None and (len(lines), last_hash) != end:
            fault = f"it ends after {len(lines)} entries, but had {end[0]}"
        if fault is not None:
            raise Damaged(f"The journal does not hold: {fault}.", code="journal_broken")
        show({"entries": len(lines), "last_hash": last_hash.hex()})

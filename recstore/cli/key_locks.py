"""`recstore keys agent`, `lock`, `unlock`, `reconcile`: for whoever holds the keys, and for auditors."""

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

import click

from keys.errors import KeysError
from keys.holder import set_lock
from recstore.cli.options import data_option, installation, json_option, no_data_option, show
from recstore.errors import Conflict, Misconfigured
from recstore.journal import log
from recstore.reconciling import reconcile


@click.group()
def agent() -> None:
    """Run a key agent by itself."""


@agent.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--json", is_flag=True, expose_value=False, help="As everywhere; the agent says one line.")
@no_data_option
def serve(arguments: tuple[str, ...]) -> None:
    """Become the key agent, as `python -m keys serve` does.

    ARGUMENTS are its own: --home DIR --socket PATH, and the others.
    """
    # In this process's place: a service manager's signals reach the agent itself.
    os.execv(sys.executable, [sys.executable, "-m", "keys", "serve", *arguments])  # noqa: S606 - no shell


@click.command()
@click.argument("account", required=False)
@json_option
@data_option
def lock(account: str | None, data: Path | None) -> None:
    """Open nothing of an account, or of any, from now on. What plays ends within seconds."""
    _set_lock(account, data, locked=True)


@click.command()
@click.argument("account", required=False)
@json_option
@data_option
def unlock(account: str | None, data: Path | None) -> None:
    """Lift the lock of an account, or that of all. An account's own lock stays until it is named."""
    _set_lock(account, data, locked=False)


@click.command("reconcile")
@click.option("--account", required=True, help="The account's name or id.")
@click.option(
    "--log", "log_file", required=True, type=click.File(), help="The key agent's log, log.jsonl in its home."
)
@json_option
@data_option
def reconcile_command(account: str, log_file: IO[str], data: Path | None) -> None:
    """Compare the key agent's log with the account's journal.

    Request by request: names every opening that stands in one of them alone.
    """
    logged = [line for line in map(_read_line, log_file) if line]
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account).id
        with recstore.catalog.read(account_id) as tx:
            journal = [json.loads(line.text) for line in log.read_lines(tx)]
    found = reconcile(str(account_id), logged=logged, journal=journal)
    show({"openings": found.openings, "differences": found.differences, "unanswered": found.unanswered})
    if found.differences:
        raise Conflict("Journal and log do not agree; see the differences.", code="not_reconciled")


def _read_line(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except ValueError:
        # What a crash tore off. A line is whole before its answer leaves: nothing was given for this one.
        click.echo(f"A line of the log is not whole: {text[:60]!r}", err=True)
        return {}


def _set_lock(account: str | None, data: Path | None, *, locked: bool) -> None:
    with installation(data) as recstore:
        if recstore.settings.keys_agent is not None:
            raise Misconfigured("The key agent runs elsewhere: there, run python -m keys lock or unlock.")
        named = recstore.accounts.find(account).id if account else None
        for account_id in [named] if named else recstore.accounts.all_ids():
            recstore.key_locks.note_holder(account_id, locked=locked)
        try:
            set_lock(recstore.settings.data / "keys", named, locked=locked)
        except KeysError as error:
            raise Misconfigured(str(error)) from error
        show({"account": str(named) if named else None, "locked": locked})

"""`recstore keys`: rotate accounts' keys, and see how they stand."""

from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from recstore.cli.options import as_json_option, data_option, installation, json_option, show
from recstore.errors import Conflict
from recstore.wiring import Recstore


@click.group()
def keys() -> None:
    """Look after the keys that accounts' content is sealed to."""


@keys.command()
@click.argument("account", required=False)
@click.option("--all", "every", is_flag=True, help="Every account, one after the other.")
@json_option
@data_option
def rotate(account: str | None, every: bool, data: Path | None) -> None:
    """Give accounts a new key and destroy the old one.

    New content is sealed to the new key at once, and all that is there is re-wrapped to it. Interrupted, or
    refused half-way, it goes on where it was when it is called again. Reading and handing over go on
    meanwhile.
    """
    if every == (account is not None):
        raise click.UsageError("Name an account, or say --all.")
    with installation(data) as recstore:
        named = [recstore.accounts.find(account).id] if account else _with_keys(recstore)
        show({"rotated": [_rotate(recstore, account_id) for account_id in named]})


@keys.command()
@click.argument("account", required=False)
@json_option
@data_option
def settle(account: str | None, data: Path | None) -> None:
    """Seal the catalog's texts anew, so that reading is quick.

    That is under one lasting key for each account, or for this one. `serve` does it by itself, once a
    minute. Interrupted, it goes on where it was.
    """
    with installation(data) as recstore:
        named = [recstore.accounts.find(account).id] if account else recstore.accounts.all_ids()
        settled = [{"account": str(each), "keys": recstore.settling.settle(each)} for each in named]
    show({"settled": settled})


@keys.command()
@click.argument("account", required=False)
@as_json_option
@data_option
def status(account: str | None, as_json: bool, data: Path | None) -> None:
    """Show who holds each account's key, and what is sealed to it."""
    with installation(data) as recstore:
        named = [recstore.accounts.find(account).id] if account else recstore.accounts.all_ids()
        standings = [_describe(recstore, each) for each in named]
    if as_json:
        show({"accounts": standings})
    else:
        _print(standings)


@keys.command()
@click.argument("account")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@data_option
def pair(account: str, file: Path, data: Path | None) -> None:
    """Put an account into its customer's custody.

    FILE is what `python -m keys pair` wrote there. New content is sealed to the customer's key at once.
    What is there follows with `keys rotate`, once the service's agent has released it: `python -m keys
    release`.
    """
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account).id
        fingerprint = recstore.moving.pair(account_id, file.read_text())
        show({"account": str(account_id), "custody": "customer", "fingerprint": fingerprint})


@keys.command()
@click.argument("account")
@json_option
@data_option
def confirm(account: str, data: Path | None) -> None:
    """Fetch receipts for what was shredded while the agent was away."""
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account).id
        show({"account": str(account_id), "outstanding": recstore.shredding.confirm(account_id)})


@keys.command()
@click.argument("account")
@click.option("--name", required=True, help="The account's name, typed again: nothing brings the keys back.")
@json_option
@data_option
def destroy(account: str, name: str, data: Path | None) -> None:
    """Destroy all keys of an account, for good.

    Nothing that it ever sealed opens again, from no backup of the catalog. Every agent that holds one must
    answer. Cut off half-way, it goes on when it is called again.
    """
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account).id
        versions = recstore.destroying.destroy(account_id, name=name)
        show({"account": str(account_id), "destroyed_versions": versions})


@keys.command("take-back")
@click.argument("account")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File for the customer."
)
@json_option
@data_option
def take_back(account: str, to: Path, data: Path | None) -> None:
    """Put an account back into the service's custody.

    The file is what the customer releases it to. What is there follows with `keys rotate`, once the
    customer has released it: `python -m keys release`.
    """
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account).id
        to.write_text(recstore.moving.take_back(account_id))
        show({"account": str(account_id), "custody": "service", "file": str(to)})


def _with_keys(recstore: Recstore) -> list[UUID]:
    every = recstore.accounts.all_ids()
    return [each for each in every if not recstore.coverage.standing(each).current.destroyed_at]


def _rotate(recstore: Recstore, account_id: UUID) -> dict[str, Any]:
    recstore.shredding.confirm(account_id)  # while the agent that owes the receipts is still known
    total = recstore.coverage.standing(account_id).total
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("re-wrapping", total=total)
        left = recstore.rewrapping.rotate(account_id, lambda count: progress.advance(bar, count))
    if left:
        first = left[0]
        raise Conflict(
            f"{len(left)} sealed keys were not re-wrapped, the first {first.id} ({first.code});"
            " the old key is kept.",
            code="not_covered",
        )
    return {"account": str(account_id), "key": str(recstore.coverage.standing(account_id).current.key_id)}


def _describe(recstore: Recstore, account_id: UUID) -> dict[str, Any]:
    standing = recstore.coverage.standing(account_id)
    return {
        "account": str(account_id),
        "name": recstore.accounts.find(str(account_id)).name,
        "custody": standing.current.holder.value,
        "agent": standing.address,
        "answers": standing.answers,
        "locked": standing.locked,
        "coverage_percent": standing.percent,
        "lost": standing.lost,
        "versions": [
            {
                "key": str(version.key_id),
                "holder": version.holder.value,
                "fingerprint": version.fingerprint,
                "created_at": version.created_at.isoformat(),
                "retired_at": version.retired_at.isoformat() if version.retired_at else None,
                "destroyed_at": version.destroyed_at.isoformat() if version.destroyed_at else None,
                "sealed": version.sealed,
            }
            for version in standing.versions
        ],
    }


def _print(standings: list[dict[str, Any]]) -> None:
    table = Table(box=SIMPLE)
    table.add_column("Account", no_wrap=True, max_width=20)  # all of it in 80 columns
    for column in ("Holder", "Agent", "Version", "Since", "Sealed", "Current"):
        table.add_column(column, no_wrap=True)
    for standing in standings:
        agent = ("locked" if standing["locked"] else "answers") if standing["answers"] else "silent"
        named: tuple[str, ...] = (standing["name"], agent, f"{standing['coverage_percent']} %")
        for version in standing["versions"]:
            if version["destroyed_at"] is None or version is standing["versions"][0]:
                name, agent, percent = named
                since = "destroyed" if version["destroyed_at"] else version["created_at"][:10]
                sealed = str(version["sealed"])
                table.add_row(name, version["holder"], agent, version["key"][:8], since, sealed, percent)
                named = ("", "", "")
    Console().print(table)

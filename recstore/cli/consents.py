"""`recstore consent`: the customer's side. Signing needs no installation, only the approver's key."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TextIO
from uuid import UUID

import click

from keys.approver import Approver
from keys.errors import KeysError
from keys.grants import Consent, Purpose, write_signed
from keys.passphrase import Ask, from_file, from_person
from recstore.cli.operators import describe
from recstore.cli.options import data_option, installation, json_option, no_data_option, show
from recstore.clock import utc_now
from recstore.consents import Given
from recstore.errors import BadInput

passphrase_option = click.option(
    "--passphrase-file", type=click.Path(path_type=Path), help="Read the passphrase from this private file."
)


@click.group()
def consent() -> None:
    """Consent to what an operator may open, and take it back."""


@consent.command()
@click.option("--account", "account_id", type=click.UUID, required=True, help="Your account's id.")
@click.option("--operator", "operator_id", type=click.UUID, required=True, help="The operator's id.")
@click.option("--item", "items", type=click.UUID, multiple=True, help="What they may open; repeatable.")
@click.option("--all", "everything", is_flag=True, help="They may open every item of the account.")
@click.option("--purpose", type=click.Choice([purpose.value for purpose in Purpose]), required=True)
@click.option("--ticket", required=True, help="The operator's reference to the case.")
@click.option("--hours", type=click.FloatRange(0, 4, min_open=True), default=1, show_default=True)
@click.option("--openings", type=click.IntRange(1, 100), default=1, show_default=True)
@click.option("--key", type=click.Path(path_type=Path), required=True, help="The approver's key file.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file, not the terminal.")
@passphrase_option
@json_option
@no_data_option
def grant(
    account_id: UUID,
    operator_id: UUID,
    items: tuple[UUID, ...],
    everything: bool,
    purpose: str,
    ticket: str,
    hours: float,
    openings: int,
    key: Path,
    out: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Sign a consent, from now on. Works on a machine of your own, without the service.

    The page that shows an operator's request shows this command, filled in. Hand what it prints
    in there, or with `recstore consent submit`. Before the passphrase it says what is signed:
    the page is the service's, and could show another command.
    """
    if everything is bool(items):
        raise click.UsageError("Name items with --item, or say --all.")
    opened = "EVERY ITEM of the account" if everything else ", ".join(map(str, items))
    often = "once" if openings == 1 else f"{openings} times"
    click.echo(
        f"You consent: operator {operator_id} may open {opened}, at most {often}, within {hours:g} hours,"
        f" for {purpose}, ticket {ticket}.",
        err=True,
    )
    now = utc_now().replace(microsecond=0)
    try:
        approver = Approver.load(key, ask_for(passphrase_file))
        agreed = Consent(
            account_id=account_id,
            operator_id=operator_id,
            items=None if everything else items,
            purpose=Purpose(purpose),
            ticket=ticket,
            not_before=now,
            not_after=now + timedelta(seconds=int(hours * 3600)),
            openings=openings,
            nonce=os.urandom(16),
            approver=approver.public.id,
        )
        written = write_signed(approver.sign(agreed)).decode()
    except KeysError as error:
        raise BadInput(str(error), code="bad_consent") from error
    if out is None:
        click.echo(written)
    else:
        out.write_text(written + "\n")


@consent.command()
@click.argument("file", type=click.File())
@click.option("--account", "account_name", required=True, help="The account's name or id.")
@json_option
@data_option
def submit(file: TextIO, account_name: str, data: Path | None) -> None:
    """Hand a signed consent in at the service. FILE may be - for standard input."""
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account_name).id
        row = recstore.consents.hand_in_as_system(account_id, file.read())
        show(describe(row.id, row.consent))


@consent.command("list")
@click.option("--account", "account_name", required=True, help="The account's name or id.")
@json_option
@data_option
def list_given(account_name: str, data: Path | None) -> None:
    """List an account's consents, those that are over too."""
    with installation(data) as recstore:
        given = recstore.consents.read_as_system(recstore.accounts.find(account_name).id)
        show({"consents": [_describe_given(one) for one in given]})


@consent.command()
@click.argument("consent_id", type=click.UUID)
@click.option("--account", "account_name", required=True, help="The account's name or id.")
@json_option
@data_option
def withdraw(consent_id: UUID, account_name: str, data: Path | None) -> None:
    """Take a consent back at once, here and at the key agent."""
    with installation(data) as recstore:
        recstore.consents.withdraw_as_system(recstore.accounts.find(account_name).id, consent_id)
        show({"id": str(consent_id), "withdrawn": True})


@click.group()
def approver() -> None:
    """Keep the key that signs consents. On a machine of the customer's own."""


@approver.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new file for the key.")
@click.option("--no-passphrase", is_flag=True, help="For tests: whoever has the file can sign.")
@passphrase_option
@json_option
@no_data_option
def create(out: Path, no_passphrase: bool, passphrase_file: Path | None) -> None:
    """Make an approver's key. Tell the printed public key to whoever keeps the key agent's home."""
    try:
        made = Approver.create(out, None if no_passphrase else ask_for(passphrase_file))
    except KeysError as error:
        raise BadInput(str(error), code="bad_key") from error
    show({"id": made.public.id, "public_key": str(made.public)})


def ask_for(passphrase_file: Path | None) -> Ask:
    """Choose where a passphrase comes from: a private file, or the person at the terminal."""
    return from_file(passphrase_file) if passphrase_file else from_person


def _describe_given(given: Given) -> dict[str, object]:
    told: dict[str, object] = {"operator_email": given.operator, "standing": given.standing.value}
    if given.word:
        told |= {"used": given.word.used, "refused": given.word.refused}
    return describe(given.id, given.consent) | told

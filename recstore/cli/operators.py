"""`recstore operator` and `recstore support`: who runs the service, and what they open with consent."""

import os
import sys
from pathlib import Path
from uuid import UUID

import click

from keys.grants import Consent, Purpose
from recstore.cli.options import data_option, installation, json_option, show
from recstore.errors import BadInput
from recstore.model import Kind
from recstore.operators import KnownOperator
from recstore.wiring import Recstore

PURPOSES = click.Choice([purpose.value for purpose in Purpose])


@click.group()
def operator() -> None:
    """Name the people who run the service. They open nothing without a customer's consent."""


@operator.command("create")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
@data_option
def create_operator(email: str, password_stdin: bool, data: Path | None) -> None:
    """Name an operator, or give a password to one who has none yet."""
    password = _read_password() if password_stdin else None
    with installation(data) as recstore:
        created = recstore.operators.create(email, password=password)
        show({"id": str(created.id), "email": created.email})


@operator.command("deactivate")
@click.argument("email")
@json_option
@data_option
def deactivate_operator(email: str, data: Path | None) -> None:
    """Let an operator in no more; what they stream ends."""
    with installation(data) as recstore:
        found = recstore.operators.deactivate(email)
        show({"id": str(found.id), "email": found.email, "active": False})


@click.group()
def support() -> None:
    """Ask a customer for consent, and open what they consented to. The password comes on standard input."""


@support.command("request")
@click.argument("item", type=click.UUID)
@click.option("--operator", "email", required=True, help="Your address.")
@click.option("--account", "account_name", help="The account's name or id, if there are several.")
@click.option("--purpose", type=PURPOSES, required=True)
@click.option("--ticket", required=True, help="Your own reference to the case.")
@json_option
@data_option
def request_consent(
    item: UUID, email: str, account_name: str | None, purpose: str, ticket: str, data: Path | None
) -> None:
    """Ask the account's admins for consent to open ITEM. They have twelve hours."""
    password = _read_password()
    with installation(data) as recstore:
        asked = recstore.support.ask(
            _sign_in(recstore, email, password), account_name, item, purpose=purpose, ticket=ticket
        )
        show({"id": str(asked.id), "until": asked.until.isoformat()})


@support.command("consents")
@click.option("--operator", "email", required=True, help="Your address.")
@json_option
@data_option
def list_usable(email: str, data: Path | None) -> None:
    """List the consents to you that stand now."""
    password = _read_password()
    with installation(data) as recstore:
        found = recstore.support.usable(_sign_in(recstore, email, password))
        show({"consents": [describe(one.id, one.consent) | {"account": one.account} for one in found]})


@support.command("open")
@click.argument("item", type=click.UUID)
@click.option("--operator", "email", required=True, help="Your address.")
@click.option("--consent", "consent_id", type=click.UUID, help="Which consent, if several cover it.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="A new file.")
@json_option
@data_option
def open_item(item: UUID, email: str, consent_id: UUID | None, out: Path, data: Path | None) -> None:
    """Write ITEM's content to a file, under a consent."""
    if os.path.lexists(out):  # before the opening, which counts
        raise BadInput("There is a file of this name already; nothing was opened.", code="file_exists")
    password = _read_password()
    with installation(data) as recstore:
        known = _sign_in(recstore, email, password)
        chosen = consent_id or recstore.support.covering(known, item)
        kind = recstore.support.kind_of(known, chosen, item)
        content = recstore.support.open(known, chosen, kind, item)
        with out.open("xb") as file:
            out.chmod(0o600)
            if kind is Kind.TRANSCRIPT:
                file.writelines(recstore.support.write_messages(content))
            else:
                file.writelines(content.read(0, content.length))
        show({"item": str(item), "kind": kind.value, "out": str(out)})


def describe(consent_id: UUID, consent: Consent) -> dict[str, object]:
    """Describe a consent, as commands answer."""
    return {
        "id": str(consent_id),
        "operator": str(consent.operator_id),
        "items": "all" if consent.items is None else [str(item_id) for item_id in consent.items],
        "purpose": consent.purpose.value,
        "ticket": consent.ticket,
        "not_before": consent.not_before.isoformat(),
        "not_after": consent.not_after.isoformat(),
        "openings": consent.openings,
    }


def _sign_in(recstore: Recstore, email: str, password: str) -> KnownOperator:
    return recstore.operators.sign_in(email, password, origin="command line").operator


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")

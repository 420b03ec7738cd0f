"""`recstore account`, `user`, `token`: set up customers. Answers are JSON."""

import sys
from pathlib import Path

import click

from recstore.catalog.people import spell
from recstore.cli.options import data_option, installation, show
from recstore.errors import BadInput
from recstore.model import Scope


@click.group()
def account() -> None:
    """Set up customer organisations."""


@account.command("create")
@click.argument("name")
@click.option("--domain", "domains", multiple=True, required=True, help="E-mail domain; may be repeated.")
@click.option("--admin", help="E-mail address of a first admin; set the password with `user create`.")
@data_option
def create_account(name: str, domains: tuple[str, ...], admin: str | None, data: Path | None) -> None:
    """Create an account with keys of its own."""
    if admin:
        spell(admin)  # what is no address is refused before there is an account
    with installation(data) as recstore:
        created = recstore.accounts.create(name, domains=list(domains))
        if admin:
            recstore.accounts.create_user(
                created.id, email=admin, name=_name_of(admin), admin=True, password=None
            )
        show({"id": str(created.id), "name": created.name})


@click.group()
def user() -> None:
    """Register people."""


@user.command("create")
@click.argument("email")
@click.option("--account", "account_name", required=True, help="The account's name or id.")
@click.option("--name", help="The person's name; the address tells it otherwise.")
@click.option("--admin", is_flag=True, help="May review everything in the account.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@data_option
def create_user(
    email: str, account_name: str, name: str | None, admin: bool, password_stdin: bool, data: Path | None
) -> None:
    """Register a user, or give a password to one who has none yet."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account_name).id
        created = recstore.accounts.create_user(
            account_id, email=email, name=name or _name_of(email), admin=admin, password=password
        )
        show({"id": str(created.id), "email": created.email})


@click.group()
def token() -> None:
    """Make bearer tokens for recorders and programs."""


@token.command("create")
@click.option("--account", "account_name", required=True, help="The account's name or id.")
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), required=True)
@click.option("--user", "email", help="Whom a read token stands for.")
@data_option
def create_token(account_name: str, scope: str, email: str | None, data: Path | None) -> None:
    """Create a token; it is shown once and kept as a hash."""
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account_name).id
        show({"token": recstore.accounts.create_token(account_id, scope=Scope(scope), user_email=email)})


def _name_of(email: str) -> str:
    local = email.partition("@")[0]
    if not local:
        raise BadInput("This is not an e-mail address: it needs a name, an @ and a domain.", code="bad_email")
    return " ".join(word.capitalize() for word in local.replace(".", " ").replace("_", " ").split())

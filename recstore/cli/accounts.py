"""`recstore account`, `user`, `token`: set up customers. Answers are JSON."""

import sys
from pathlib import Path
from uuid import UUID

import click

from recstore.catalog.desk import Token
from recstore.catalog.people import spell
from recstore.cli.options import data_option, installation, json_option, show
from recstore.errors import BadInput
from recstore.model import Scope


@click.group()
def account() -> None:
    """Set up customer organisations."""


@account.command("create")
@click.argument("name")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    required=True,
    help="E-mail domain, which an admin can prove; may be repeated.",
)
@click.option("--admin", help="E-mail address of a first admin; set the password with `user create`.")
@json_option
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
@json_option
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
@json_option
@data_option
def create_token(account_name: str, scope: str, email: str | None, data: Path | None) -> None:
    """Create a token; it is shown once and kept as a hash. Its id is for `token revoke`."""
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account_name).id
        made = recstore.accounts.create_token(account_id, scope=Scope(scope), user_email=email)
        show({"id": str(made.id), "token": made.token})


@token.command("list")
@click.option("--account", "account_name", required=True, help="The account's name or id.")
@json_option
@data_option
def list_tokens(account_name: str, data: Path | None) -> None:
    """List an account's tokens, without what they open with."""
    with installation(data) as recstore:
        found = recstore.accounts.tokens(recstore.accounts.find(account_name).id)
        show({"tokens": [_describe(each) for each in found]})


@token.command("revoke")
@click.argument("token_id", type=click.UUID)
@click.option("--account", "account_name", required=True, help="The account's name or id.")
@json_option
@data_option
def revoke_token(token_id: UUID, account_name: str, data: Path | None) -> None:
    """End a token at once: one that was stolen, or is not needed any more."""
    with installation(data) as recstore:
        recstore.accounts.revoke_token(recstore.accounts.find(account_name).id, token_id)
        show({"id": str(token_id), "revoked": True})


def _describe(row: Token) -> dict[str, str | None]:
    return {
        "id": str(row.id),
        "scope": row.scope,
        "user": str(row.user_id) if row.user_id else None,
        "created_at": row.created_at.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
    }


def _name_of(email: str) -> str:
    local = email.partition("@")[0]
    if not local:
        raise BadInput("This is not an e-mail address: it needs a name, an @ and a domain.", code="bad_email")
    return " ".join(word.capitalize() for word in local.replace(".", " ").replace("_", " ").split())

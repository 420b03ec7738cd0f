"""The root command, and how failures are told: exit 1 with one line on standard error, 2 on wrong usage."""

import sys
from typing import Any

import click

import recstore
from recstore.cli.accounts import account, token, user
from recstore.cli.consents import approver, consent
from recstore.cli.demo import demo
from recstore.cli.explain import explain
from recstore.cli.ingest import ingest
from recstore.cli.journal import journal
from recstore.cli.key_locks import agent, lock, reconcile_command, unlock
from recstore.cli.keys import keys
from recstore.cli.operators import operator, support
from recstore.cli.serve import init, serve
from recstore.errors import RecstoreError


class Root(click.Group):
    """Turns errors of recstore into one clear line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; show no traceback for what the message explains."""
        try:
            return super().invoke(ctx)
        except RecstoreError as error:
            click.echo(f"recstore: {error.message} ({error.code})", err=True)
            sys.exit(1)


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(recstore.__version__, prog_name="recstore")
def main() -> None:
    """Keep recordings and chats of video calls, sealed per account, opened only by documented rules."""


keys.add_command(approver)
COMMANDS = (
    account,
    consent,
    demo,
    explain,
    ingest,
    init,
    journal,
    keys,
    operator,
    serve,
    support,
    token,
    user,
)
for command in COMMANDS:
    main.add_command(command)
for command in (agent, lock, reconcile_command, unlock):
    keys.add_command(command)

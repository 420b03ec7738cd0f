"""Commands on an agent's home, also while it runs: whose consent counts, and which are withdrawn."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from keys.consents import Approvers, Consents
from keys.errors import BadConsent, HomeUnfit
from keys.grants import read_approver_key


def add_commands(commands: Any) -> None:
    """Add `approver add|remove|list` and `consent withdraw`."""
    approver = commands.add_parser("approver", help="whose consent to an operator's opening counts")
    consent = commands.add_parser("consent", help="consents that were given")
    of_approver, of_consent = (each.add_subparsers(required=True) for each in (approver, consent))
    _add(
        of_approver,
        "add",
        _add_approver,
        "trust an approver's key",
        public_key="what `approver create` printed",
    )
    _add(of_approver, "remove", _remove_approver, "trust it no more", key="the key's id, from `list`")
    _add(of_approver, "list", _list_approvers, "say which keys are trusted")
    _add(
        of_consent,
        "withdraw",
        _withdraw,
        "let nothing more be opened under a consent",
        nonce="of the consent",
    )


def _add(commands: Any, name: str, run: Any, words: str, **positional: str) -> None:
    command = commands.add_parser(name, help=words)
    command.add_argument("--home", type=Path, required=True, help="the agent's folder")
    command.add_argument("--account", type=UUID, required=True, help="the account's id")
    for argument, meaning in positional.items():
        command.add_argument(argument, help=meaning)
    command.set_defaults(run=run)


def _add_approver(asked: argparse.Namespace) -> None:
    key = read_approver_key(asked.public_key)
    Approvers(_existing(asked.home)).add(asked.account, key)
    _tell(key.id)


def _remove_approver(asked: argparse.Namespace) -> None:
    Approvers(_existing(asked.home)).remove(asked.account, asked.key)


def _list_approvers(asked: argparse.Namespace) -> None:
    for key in Approvers(_existing(asked.home)).of(asked.account):
        _tell(f"{key.id} {key}")


def _withdraw(asked: argparse.Namespace) -> None:
    try:
        nonce = bytes.fromhex(asked.nonce)
    except ValueError as error:
        raise BadConsent("A nonce is 32 hexadecimal digits.") from error
    Consents(_existing(asked.home)).withdraw(account_id=asked.account, nonce=nonce, now=datetime.now(UTC))


def _existing(home: Path) -> Path:
    if not (home / "accounts").is_dir():
        raise HomeUnfit(f"{home} is no key agent's home: nothing was changed.")
    return home


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")

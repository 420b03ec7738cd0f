"""Commands about receipts: which key a home signs them with, and whether one is signed with it."""

import argparse
import base64
import json
import sys
from pathlib import Path
from typing import Any

from keys.errors import BadReceipt
from keys.hardening import harden
from keys.home import read_receipt_key
from keys.receipts import read_receipt


def add_commands(commands: Any) -> None:
    """Add `receipt-key` and `check-receipt`."""
    key = commands.add_parser("receipt-key", help="print the key that receipts are signed with")
    key.description = "Also while the agent runs."
    key.add_argument("--home", type=Path, required=True, help="the agent's folder")
    key.add_argument("--passphrase-fd", type=int, metavar="N", help="as for `serve`")
    key.set_defaults(run=_print_key)
    check = commands.add_parser("check-receipt", help="say whether a receipt was signed with a key")
    check.description = "Needs neither the agent nor its home."
    check.add_argument("file", type=Path, help="the receipt, as it stands in the journal")
    check.add_argument("--key", required=True, help="what `receipt-key` printed where it was signed")
    check.set_defaults(run=_check)


def _print_key(asked: argparse.Namespace) -> None:
    harden()
    public = read_receipt_key(asked.home, passphrase_from=asked.passphrase_fd)
    _tell(base64.b64encode(public).decode("ascii"))


def _check(asked: argparse.Namespace) -> None:
    try:
        key = base64.b64decode(asked.key, validate=True)
        receipt = asked.file.read_text("utf-8")
    except ValueError as error:
        raise BadReceipt("This is no receipt, or the key is none.") from error
    statement = read_receipt(receipt, key=key)
    _tell(f"signed with this key: {json.dumps(statement, sort_keys=True)}")


def _tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")

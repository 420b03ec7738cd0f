"""Commands of whoever holds an account's keys: pair with the service, let the keys go to another holder."""

import argparse
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from keys.errors import HomeUnfit
from keys.files import write_private
from keys.hardening import harden
from keys.home import open_home, rotate_root
from keys.log import note
from keys.paired import introduce
from keys.pairing import Pairing, write_pairing
from keys.public_keys import fingerprint, read_public_key
from keys.release import write_released
from keys.secret import Secret


def add_commands(commands: Any) -> None:
    """Add `pair`, `release` and `rotate-root`."""
    pair = commands.add_parser("pair", help="make keys for an account, and the file that the service needs")
    _add_place(pair)
    pair.add_argument("--listen", required=True, metavar="HOST:PORT", help="where the agent will listen")
    pair.add_argument("--name", metavar="HOST", help="what the service calls this host, if not as --listen")
    pair.add_argument("--to", type=Path, required=True, metavar="FILE", help="the pairing file to write")
    pair.add_argument("--passphrase-fd", type=int, metavar="N", help="as for `serve`")
    pair.set_defaults(run=_pair)
    root = commands.add_parser("rotate-root", help="put all keys under a fresh root; the agent must not run")
    root.add_argument("--home", type=Path, required=True, help="the agent's folder")
    root.add_argument("--custodian", type=Path, metavar="FILE", help="settings of another custodian")
    root.add_argument("--passphrase-fd", type=int, metavar="N", help="of the old root, as for `serve`")
    root.add_argument("--new-passphrase-fd", type=int, metavar="N", help="of the new one")
    root.set_defaults(run=_rotate_root)
    release = commands.add_parser("release", help="let an account's keys be re-wrapped to another holder's")
    _add_place(release)
    release.add_argument("--to", type=Path, required=True, metavar="FILE", help="that holder's public key")
    release.set_defaults(run=_release)


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument("--home", type=Path, required=True, help="the agent's folder")
    command.add_argument("--account", type=UUID, required=True, metavar="ID", help="the account's id")


def _pair(asked: argparse.Namespace) -> None:
    harden()
    host, _, port = asked.listen.rpartition(":")
    name = asked.name or host.strip("[]")
    address = f"tls://{f'[{name}]' if ':' in name else name}:{port}"
    with open_home(asked.home, passphrase_from=asked.passphrase_fd) as agent:
        key = agent.account_key(asked.account)
        ca, client = introduce(asked.home, asked.account, host=name, address=address, listen=asked.listen)
        pairing = Pairing(
            account_id=asked.account,
            key=key,
            address=address,
            ca=ca,
            certificate=client.certificate,
            private=Secret(client.key),
        )
        write_private(asked.to, write_pairing(pairing).encode("ascii"))
    _tell(f"key {key.key_id}, fingerprint {fingerprint(key)}")


def _rotate_root(asked: argparse.Namespace) -> None:
    harden()
    rotate_root(
        asked.home,
        settings=asked.custodian,
        passphrase_from=asked.passphrase_fd,
        new_passphrase_from=asked.new_passphrase_fd,
    )


def _release(asked: argparse.Namespace) -> None:
    if not (asked.home / "accounts").is_dir():
        raise HomeUnfit(f"{asked.home} is not the home of a key agent.")
    to = read_public_key(asked.to.read_text(), account_id=asked.account)
    note(
        asked.home,
        "release",
        asked.account,
        outcome="released",
        to=str(to.key_id),
        fingerprint=fingerprint(to),
    )
    write_released(asked.home / "accounts", asked.account, to)
    _tell(f"released to key {to.key_id}, fingerprint {fingerprint(to)}")


def _tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")

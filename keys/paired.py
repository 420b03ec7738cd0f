"""The TLS identity of a paired agent, in its home: one for all accounts there, and who may come for each.

tls/certificate.pem, key.pem      what the agent shows
tls/server-ca.pem                 the CA that vouches for it: part of every pairing file
tls/clients/ACCOUNT.pem           the CA that vouches for the service's certificate of this pairing
tls/ca.pem                        all of those: who is let in
tls/address, tls/listen           what the service calls the agent; where it listens
"""

from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from keys.certificates import Issued, issue_client, issue_server
from keys.errors import HomeUnfit
from keys.files import make_private_folder, read_private, write_private
from keys.tls import Identity

CLIENT: Final = "recstore"  # the name in the service's certificate


class Introduction(NamedTuple):
    """What the service needs to reach the agent: its CA (PEM), and what to show it."""

    server_ca: bytes
    client: Issued


def introduce(home: Path, account_id: UUID, *, host: str, address: str, listen: str) -> Introduction:
    """Let the service come for an account, by a new certificate that replaces this account's earlier one.

    The agent's own certificate stays what other accounts were paired with. Raises HomeUnfit if they were
    with another address.
    """
    folder = home / "tls"
    make_private_folder(folder)
    make_private_folder(folder / "clients")
    if not _stands(folder, address=address, listen=listen):
        _refuse_others(folder, account_id)
        _write_server(folder, host)
    client_ca, client = issue_client(CLIENT)
    write_private(folder / "clients" / f"{account_id}.pem", client_ca)
    clients = [read_private(path) for path in sorted((folder / "clients").glob("*.pem"))]
    write_private(folder / "ca.pem", b"".join(clients))
    write_private(folder / "address", address.encode("ascii"))
    # Last: without it, `serve` takes the home for one that was never paired.
    write_private(folder / "listen", listen.encode("ascii"))
    return Introduction(read_private(folder / "server-ca.pem"), client)


def paired_identity(home: Path) -> tuple[str, Identity] | None:
    """Give where a paired agent listens and who it is, or None for a home that was never paired."""
    folder = home / "tls"
    try:
        listen = read_private(folder / "listen").decode("ascii")
    except FileNotFoundError:
        return None
    return listen, Identity(
        certificate=folder / "certificate.pem", key=folder / "key.pem", peers_ca=folder / "ca.pem"
    )


def _stands(folder: Path, *, address: str, listen: str) -> bool:
    there = [folder / "address", folder / "listen"]
    said = [read_private(path).decode("ascii") if path.exists() else None for path in there]
    return said == [address, listen]


def _refuse_others(folder: Path, account_id: UUID) -> None:
    if any(path.stem != str(account_id) for path in (folder / "clients").glob("*.pem")):
        raise HomeUnfit("Other accounts were paired here with another address: pair with that, or elsewhere.")


def _write_server(folder: Path, host: str) -> None:
    server_ca, server = issue_server(host)
    write_private(folder / "server-ca.pem", server_ca)
    write_private(folder / "certificate.pem", server.certificate)
    write_private(folder / "key.pem", server.key)

"""Who is at the other end of a TCP connection: mutual TLS 1.3 (RFC 8446), with CAs of our own."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from keys.errors import HomeUnfit
from keys.files import read_private


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One side's certificate and private key (PEM, the key with mode 0600), and the CA of the other side."""

    certificate: Path
    key: Path
    peers_ca: Path


def server_context(identity: Identity) -> ssl.SSLContext:
    """Show our certificate, let in only those of the clients' CA. Raises HomeUnfit for unfit files."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, identity)
    # A resumed session would let a client in on a certificate that is no longer looked at.
    context.num_tickets = 0
    return context


def client_context(identity: Identity) -> ssl.SSLContext:
    """Show our certificate, believe only the server of the stated name. Raises HomeUnfit for unfit files."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, identity)
    # Python lets a common name stand in for a missing subjectAltName (RFC 6125, obsoleted by RFC 9525).
    context.hostname_checks_common_name = False
    return context


def peer_name(line: ssl.SSLSocket) -> str | None:
    """Give the only DNS name (subjectAltName) of a verified certificate, or None if there is not just one."""
    certificate = line.getpeercert() or {}
    alternatives: tuple[tuple[str, str], ...] = certificate.get("subjectAltName", ())  # type: ignore[assignment]
    names = [value for kind, value in alternatives if kind == "DNS"]
    return names[0] if len(names) == 1 else None


def _context(protocol: int, identity: Identity) -> ssl.SSLContext:
    try:
        read_private(identity.key)  # for its check that nobody else could
        # Bare, so that it holds no public CA: any of those would vouch for any stranger.
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(identity.certificate, identity.key, password=_no_password)
        context.load_verify_locations(identity.peers_ca)
    except OSError as error:  # SSLError among them
        raise HomeUnfit(f"The certificate, key or CA for TLS cannot be used: {error}.") from error
    return context


def _no_password() -> str:
    raise HomeUnfit("The private key for TLS is under a password: nobody is there to type it.")

"""Make the certificates by which an agent and the service know each other, under a CA of their own.

The CA's private key is dropped as soon as it has signed the two: nobody can ever make a third.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys.files import make_private_folder, write_private
from keys.tls import Identity

LIFETIME: Final = timedelta(days=3650)
_EARLY: Final = timedelta(minutes=5)  # the other side's clock may be behind


class Issued(NamedTuple):
    """A certificate and its private key, as PEM."""

    certificate: bytes
    key: bytes


def issue(*, host: str, client: str) -> tuple[bytes, Issued, Issued]:
    """Make a CA, a server's certificate for a host's name or address, and a client's. The CA's is PEM."""
    ca_key = generate_private_key(SECP256R1())
    ca_name = _name("recstore key agent")
    ca = (
        _begin(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    server = _issue(ca_name, ca_key, _alternative(host), ExtendedKeyUsageOID.SERVER_AUTH)
    ours = _issue(ca_name, ca_key, x509.DNSName(client), ExtendedKeyUsageOID.CLIENT_AUTH)
    return ca.public_bytes(Encoding.PEM), server, ours


def keep(folder: Path, issued: Issued, *, ca: bytes) -> Identity:
    """Write a certificate, its key and the CA of the other side into a private folder."""
    make_private_folder(folder)
    identity = identity_in(folder)
    write_private(identity.certificate, issued.certificate)
    write_private(identity.key, issued.key)
    write_private(identity.peers_ca, ca)
    return identity


def identity_in(folder: Path) -> Identity:
    """Name the files that `keep` writes."""
    return Identity(
        certificate=folder / "certificate.pem", key=folder / "key.pem", peers_ca=folder / "ca.pem"
    )


def _issue(
    ca_name: x509.Name,
    ca_key: EllipticCurvePrivateKey,
    subject: x509.GeneralName,
    usage: x509.ObjectIdentifier,
) -> Issued:
    key = generate_private_key(SECP256R1())
    certificate = (
        _begin(_name("recstore"), ca_name, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Issued(certificate.public_bytes(Encoding.PEM), raw)


def _begin(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + LIFETIME)
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])

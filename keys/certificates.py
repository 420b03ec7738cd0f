"""Make the certificates by which an agent and the service know each other, each under a CA of its own.

A CA's private key is dropped as soon as it has signed the one: nobody can ever make a second.
"""

import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
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

LIFETIME: Final = timedelta(days=3650)
_EARLY: Final = timedelta(minutes=5)  # the other side's clock may be behind


class Issued(NamedTuple):
    """A certificate and its private key, as PEM."""

    certificate: bytes
    key: bytes


def issue_server(host: str) -> tuple[bytes, Issued]:
    """Make a CA, as PEM, and a server's certificate for a host's name or address."""
    return _issue(_alternative(host), ExtendedKeyUsageOID.SERVER_AUTH)


def issue_client(name: str) -> tuple[bytes, Issued]:
    """Make a CA, as PEM, and a client's certificate."""
    return _issue(x509.DNSName(name), ExtendedKeyUsageOID.CLIENT_AUTH)


def _issue(subject: x509.GeneralName, usage: x509.ObjectIdentifier) -> tuple[bytes, Issued]:
    # A name of its own: where several CAs are trusted, the verifier finds an issuer by its name.
    ca_name, ca_key = _name(f"recstore key agent {secrets.token_hex(8)}"), generate_private_key(SECP256R1())
    ca = (
        _begin(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    key = generate_private_key(SECP256R1())
    certificate = (
        _begin(_name("recstore"), ca_name, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ca.public_bytes(Encoding.PEM), Issued(certificate.public_bytes(Encoding.PEM), raw)


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

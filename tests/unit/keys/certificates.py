"""Certificates for tests: a CA, and what it vouches for."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keys.tls import Identity

DAY = timedelta(days=1)
PURPOSES = {"client": ExtendedKeyUsageOID.CLIENT_AUTH, "server": ExtendedKeyUsageOID.SERVER_AUTH}


class Authority:
    """A CA with its files in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"CA {folder.name}")])
        draft = self._draft(self._name, self._key, until=datetime.now(UTC) + DAY)
        draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(draft.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def identity(
        self,
        *names: str,
        purpose: str,
        peers_ca: Path,
        common_name: str = "unused",
        until: timedelta = DAY,
    ) -> Identity:
        """Make a certificate for DNS names and addresses, with its key."""
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        alternatives = [
            x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names
        ]
        draft = self._draft(subject, key, until=datetime.now(UTC) + until)
        draft = draft.add_extension(x509.ExtendedKeyUsage([PURPOSES[purpose]]), critical=False)
        if alternatives:
            draft = draft.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        number = len(list(self._folder.iterdir()))
        certificate, key_file = self._folder / f"{number}.pem", self._folder / f"{number}.key"
        certificate.write_bytes(draft.sign(self._key, SHA256()).public_bytes(Encoding.PEM))
        key_file.touch(mode=0o600)
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Identity(certificate=certificate, key=key_file, peers_ca=peers_ca)

    def _draft(
        self, subject: x509.Name, key: EllipticCurvePrivateKey, *, until: datetime
    ) -> x509.CertificateBuilder:
        draft = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
        return draft.not_valid_before(until - 30 * DAY).not_valid_after(until)

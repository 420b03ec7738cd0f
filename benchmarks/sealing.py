"""Sealing and opening in memory, against Tink (Python) and the AWS Encryption SDK: GiB/s of processor time.

All seal and open the same bytes in one thread, read and written 1 MiB at a time, and keep nothing. Each rival
runs with small pieces (what one seek has to open: 16 KiB in recstore) and with pieces of 1 MiB, quicker
but worse to seek in. `faster` is the faster rival with small pieces. recstore's sealer also takes the SHA-256
of plaintext and of sealed bytes, which the catalog needs and which cost more than encrypting; so recstore is
measured without them too, and a rival with them.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from io import BytesIO
from uuid import uuid4

import aws_encryption_sdk
import tink
from aws_encryption_sdk.identifiers import Algorithm, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider, WrappingKey
from cryptography.cobblestone import Cobblestone256Encryptor
from tink import streaming_aead

from benchmarks.rounds import alternate
from keys.secret import Secret
from recstore.sealing.manifest import Segment
from recstore.sealing.opener import Opener
from recstore.sealing.sealer import Sealer

GIB = 1 << 30
PIECE = 1 << 20
LENGTH = 128 * PIECE
KEY = bytes(range(32))
CONTEXT = b"benchmark"

AT_LEAST = {
    "seal: recstore ÷ faster": 3.0,
    "seal: encryption ÷ faster": 3.0,
    "seal: with hashes ÷ faster with hashes": 3.0,
    "open: recstore ÷ faster": 3.0,
}

Keep = Callable[[bytes], object]  # takes each sealed piece
Seal = Callable[[bytes, Keep], None]
Open = Callable[[bytes], Iterable[bytes]]
Work = Callable[[], None]

SMALL = ("Tink, 4 KiB", "AWS, 16 KiB")
LARGE = ("Tink, 1 MiB", "AWS, 1 MiB")


def measure() -> dict[str, float]:
    """Return GiB/s of everybody, then the ratios."""
    plain = os.urandom(LENGTH)
    templates = streaming_aead.streaming_aead_key_templates
    pairs: dict[str, tuple[Seal, Open]] = {
        "recstore": (seal, open_sealed),
        "Tink, 4 KiB": tink_pair(templates.AES256_GCM_HKDF_4KB),
        "Tink, 1 MiB": tink_pair(templates.AES256_GCM_HKDF_1MB),
        "AWS, 16 KiB": aws_pair(16 << 10),
        "AWS, 1 MiB": aws_pair(PIECE),
    }
    seals: dict[str, Work] = {
        f"seal: {name}": partial(sealing, plain, len) for name, (sealing, _) in pairs.items()
    }
    seals["seal: recstore, encryption alone"] = partial(encrypt, plain, len)
    for name in SMALL:
        seals[f"seal: {name}, with the same hashes"] = partial(seal_and_hash, pairs[name][0], plain)
    opens: dict[str, Work] = {
        f"open: {name}": partial(drain, opening, sealed_by(sealing, plain))
        for name, (sealing, opening) in pairs.items()
    }
    figures = alternate({name: partial(speed, work) for name, work in (seals | opens).items()})
    return figures | ratios(figures)


def ratios(figures: dict[str, float]) -> dict[str, float]:
    """Compare, the higher the better for recstore."""

    def faster(what: str, rivals: tuple[str, ...], more: str = "") -> float:
        return max(figures[f"{what}: {name}{more}"] for name in rivals)

    encryption, hashed = figures["seal: recstore, encryption alone"], figures["seal: recstore"]
    opening = figures["open: recstore"]
    return {
        "seal: recstore ÷ faster": hashed / faster("seal", SMALL),
        "seal: encryption ÷ faster": encryption / faster("seal", SMALL),
        "seal: encryption ÷ faster with 1 MiB": encryption / faster("seal", LARGE),
        "seal: with hashes ÷ faster with hashes": hashed / faster("seal", SMALL, ", with the same hashes"),
        "open: recstore ÷ faster": opening / faster("open", SMALL),
        "open: recstore ÷ faster with 1 MiB": opening / faster("open", LARGE),
    }


def speed(work: Work) -> float:
    """Return GiB a second of processor time."""
    start = time.process_time()
    work()
    return LENGTH / GIB / (time.process_time() - start)


def sealed_by(sealing: Seal, plain: bytes) -> bytes:
    pieces: list[bytes] = []
    sealing(plain, pieces.append)
    return b"".join(pieces)


def drain(opening: Open, sealed: bytes) -> None:
    opened = sum(len(piece) for piece in opening(sealed))
    if opened != LENGTH:
        raise RuntimeError(f"opened {opened} bytes of {LENGTH}")


def seal_and_hash(sealing: Seal, plain: bytes) -> None:
    """Seal with the two hashes that recstore's sealer takes."""
    digest = hashlib.sha256()
    sealing(plain, digest.update)
    hashlib.sha256(plain).digest()


def seal(plain: bytes, keep: Keep) -> None:
    sealer = Sealer(BytesIO(plain), data_key=KEY, context=CONTEXT)
    while piece := sealer.read(PIECE):
        keep(piece)


def encrypt(plain: bytes, keep: Keep) -> None:
    encryptor, source = Cobblestone256Encryptor(KEY, CONTEXT), BytesIO(plain)
    while piece := source.read(PIECE):
        keep(encryptor.update(piece))
    keep(encryptor.finalize())


class Slice:
    """A ranged read of bytes in memory."""

    def __init__(self, rest: memoryview) -> None:
        self.rest = rest

    def readinto(self, buffer: memoryview, /) -> int:
        count = min(len(buffer), len(self.rest))
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count


def open_sealed(sealed: bytes) -> Iterable[bytes]:
    def fetch(_: str, start: int, stop: int) -> AbstractContextManager[Slice]:
        return nullcontext(Slice(memoryview(sealed)[start:stop]))

    secret = Secret(KEY)
    segment = Segment(0, "blob", len(sealed), LENGTH, sealed[24:56], b"", uuid4())
    opener = Opener([segment], data_key_for=lambda _: secret, context_for=lambda _: CONTEXT, fetch=fetch)
    return opener.read(0, LENGTH)


class Sink(BytesIO):
    """A file that hands on what is written to it."""

    def __init__(self, keep: Keep) -> None:
        super().__init__()
        self.keep = keep

    def write(self, piece: bytes, /) -> int:  # type: ignore[override]
        self.keep(bytes(piece))
        return len(piece)


def tink_pair(template: object) -> tuple[Seal, Open]:
    """Return Tink's streaming AEAD."""
    streaming_aead.register()
    primitive = tink.new_keyset_handle(template).primitive(streaming_aead.StreamingAead)

    def sealing(plain: bytes, keep: Keep) -> None:
        source = BytesIO(plain)
        with primitive.new_encrypting_stream(Sink(keep), CONTEXT) as stream:
            while piece := source.read(PIECE):
                stream.write(piece)

    def opening(sealed: bytes) -> Iterable[bytes]:
        with primitive.new_decrypting_stream(BytesIO(sealed), CONTEXT) as stream:
            yield from iter(lambda: stream.read(PIECE), b"")

    return sealing, opening


class RawKey(RawMasterKeyProvider):
    """A key held here, so that no service is asked."""

    provider_id = "benchmark"

    def _get_raw_key(self, key_id: str) -> WrappingKey:  # noqa: ARG002 - the SDK's name
        algorithm = WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING
        return WrappingKey(algorithm, KEY, EncryptionKeyType.SYMMETRIC)


def aws_pair(frame_length: int) -> tuple[Seal, Open]:
    """Return the AWS Encryption SDK, committing and without signature as recstore's format is."""
    provider = RawKey()
    provider.add_master_key("key")
    client = aws_encryption_sdk.EncryptionSDKClient()

    def sealing(plain: bytes, keep: Keep) -> None:
        algorithm = Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
        with client.stream(
            mode="e",
            source=BytesIO(plain),
            key_provider=provider,
            algorithm=algorithm,
            frame_length=frame_length,
        ) as stream:
            while piece := stream.read(PIECE):
                keep(piece)

    def opening(sealed: bytes) -> Iterable[bytes]:
        with client.stream(mode="d", source=BytesIO(sealed), key_provider=provider) as stream:
            yield from iter(lambda: stream.read(PIECE), b"")

    return sealing, opening

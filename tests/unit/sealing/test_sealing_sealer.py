"""Sealing a stream: what comes out, what is known of it afterwards, and what it costs."""

import hashlib
import tracemalloc
from io import BytesIO

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor

from recstore.sealing.sealer import Sealer
from tests.vectors.sealed_items import plaintext

DATA_KEY = bytes(range(32))
CONTEXT = b"context"


class Dripping:
    """A source that gives a few bytes at a time, as a slow network does."""

    def __init__(self, plain: bytes, step: int) -> None:
        self._plain = BytesIO(plain)
        self._step = step

    def read(self, size: int, /) -> bytes:
        return self._plain.read(min(size, self._step))


class Zeros:
    """A source of `length` zero bytes that are never in memory together."""

    def __init__(self, length: int) -> None:
        self._left = length

    def read(self, size: int, /) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


class Broken:
    """A recorder that goes away after 3 MiB."""

    def __init__(self) -> None:
        self._left = 3

    def read(self, size: int, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise ConnectionResetError("the recorder went away")
        return bytes(1 << 20)


def sealer_of(plain: bytes) -> Sealer:
    return Sealer(BytesIO(plain), data_key=DATA_KEY, context=CONTEXT)


def drain(sealer: Sealer, size: int = 1 << 20) -> bytes:
    return b"".join(iter(lambda: sealer.read(size), b""))


def open_with_the_library(sealed: bytes) -> bytes:
    decryptor = Cobblestone256Decryptor(DATA_KEY, CONTEXT)
    return decryptor.update(sealed) + decryptor.finalize()


@pytest.mark.parametrize("length", [0, 1, 16383, 16384, 16385, 3_000_000])
def test_lengths_hashes_and_commitment_are_those_of_the_bytes(length: int) -> None:
    plain = plaintext(length)
    sealer = sealer_of(plain)
    sealed = drain(sealer)
    assert sealer.plain_length == length
    assert sealer.sealed_length == len(sealed)
    assert sealer.plain_sha256 == hashlib.sha256(plain).digest()
    assert sealer.sealed_sha256 == hashlib.sha256(sealed).digest()
    assert sealer.commitment == sealed[24:56]
    assert sealer.read(1) == b""


@pytest.mark.parametrize("size", [1, 55, 56, 57, 16400, 1 << 20, 1 << 24])
def test_every_read_but_the_last_is_full(size: int) -> None:
    length = 300 if size < 60 else 3_000_000
    sealer = Sealer(Dripping(plaintext(length), 7000), data_key=DATA_KEY, context=CONTEXT)
    pieces = list(iter(lambda: sealer.read(size), b""))
    assert {len(piece) for piece in pieces[:-1]} <= {size}
    assert open_with_the_library(b"".join(pieces)) == plaintext(length)


def test_two_sealings_of_the_same_bytes_share_no_salt_and_no_chunk() -> None:
    """A retried upload takes a new sealer: one nonce for two plaintexts would give both away."""
    one, other = drain(sealer_of(plaintext(40000))), drain(sealer_of(plaintext(40000)))
    assert one[:24] != other[:24]
    assert one[24:56] != other[24:56]
    assert one[56:72] != other[56:72]


@pytest.mark.parametrize("size", [0, -1])
def test_a_read_without_a_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="some bytes"):
        sealer_of(b"x").read(size)


@pytest.mark.parametrize(
    "name", ["plain_length", "sealed_length", "plain_sha256", "sealed_sha256", "commitment"]
)
@pytest.mark.parametrize("read", [None, 56, 1000])
def test_nothing_is_told_of_a_segment_before_its_end(name: str, read: int | None) -> None:
    sealer = sealer_of(plaintext(40000))
    if read:
        sealer.read(read)
    with pytest.raises(RuntimeError, match="not been read to its end"):
        getattr(sealer, name)


def test_the_last_byte_is_the_end() -> None:
    sealer = sealer_of(plaintext(40000))
    assert len(sealer.read(40104)) == 40104
    assert sealer.sealed_length == 40104


def test_an_error_of_the_source_passes_through_unchanged() -> None:
    sealer = Sealer(Broken(), data_key=DATA_KEY, context=CONTEXT)
    with pytest.raises(ConnectionResetError, match="the recorder went away"):
        drain(sealer)
    with pytest.raises(RuntimeError):
        _ = sealer.sealed_sha256


@pytest.mark.parametrize("key_length", [0, 16, 31, 33])
def test_a_data_key_of_another_length_is_refused(key_length: int) -> None:
    with pytest.raises(ValueError, match="key"):
        Sealer(BytesIO(b""), data_key=bytes(key_length), context=CONTEXT)


def test_memory_does_not_grow_with_the_length() -> None:
    def peak(length: int) -> int:
        sealer = Sealer(Zeros(length), data_key=DATA_KEY, context=CONTEXT)
        tracemalloc.start()
        while sealer.read(1 << 20):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(128 << 20) < peak(8 << 20) + (64 << 10)

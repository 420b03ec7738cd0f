"""The sealed format against answers that others computed: known answers, third-party vectors, the library."""

import base64
import hashlib
import json
import zlib
from importlib.resources import files
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256

from keys.secret import Secret
from recstore.errors import Damaged
from recstore.sealing.layout import SegmentKey
from recstore.sealing.manifest import Segment, check_manifest
from recstore.sealing.opener import Opener
from recstore.sealing.sealer import Sealer
from recstore.sealing.segment import CheckedEnds, Reading, SegmentReader
from recstore.storage.memory import MemoryBlobs
from tests.vectors.sealed_items import HEADER, SEALED_CHUNK, Suite, plaintext, reference_seal

DATA_KEY = bytes(range(32))
SALT = bytes(range(0x64, 0x7C))
CONTEXT = b"vcstore/object/v1\0\x01" + b"T" * 16 + b"O" * 16 + (7).to_bytes(8, "big")
COMMITMENT = "e83988db8321de10d5e136a5990a3ce23ccbe850b3f773e6201823b5f629eab4"
KNOWN_OBJECTS = {
    0: "5128233b6bebcb1dbaa4c9056a18dc380775e39974ea0e35eeb203e8ee5201d0",
    16383: "832d285df3cc91779fa596473921d0198b4a1f8c1f50da443d0aa095f2128196",
    16384: "d6cf909d6957e81582683a3e67313467b57b02813444b475e52ca5221712a476",
    40000: "ae5b9af14074de4eee3f212c8a12eec6977a0711fcdb249e20703333405f0b0d",
}


def segment_of(sealed: bytes) -> Segment:
    """Describe sealed bytes as a catalog would that believes them."""
    chunks = -(-(len(sealed) - HEADER) // SEALED_CHUNK)
    return Segment(
        index=0,
        blob="blob",
        sealed_length=len(sealed),
        plain_length=len(sealed) - HEADER - 16 * chunks,
        commitment=sealed[24:HEADER],
        sha256=hashlib.sha256(sealed).digest(),
        data_key_id=UUID(int=0),
    )


def store(sealed: bytes) -> MemoryBlobs:
    blobs = MemoryBlobs()
    blobs.put("blob", BytesIO(sealed))
    return blobs


def open_with_ours(sealed: bytes, *, data_key: bytes, context: bytes) -> bytes:
    secret = Secret(data_key)
    opener = Opener(
        [segment_of(sealed)],
        data_key_for=lambda segment: secret,
        context_for=lambda segment: context,
        fetch=store(sealed).range,
    )
    return b"".join(opener.read(0, opener.length))


@pytest.mark.parametrize(("length", "sha256"), KNOWN_OBJECTS.items())
def test_known_objects_are_what_the_specification_gives_and_open_everywhere(length: int, sha256: str) -> None:
    plain = plaintext(length)
    sealed = reference_seal(plain, data_key=DATA_KEY, salt=SALT, context=CONTEXT)
    assert sealed[24:HEADER].hex() == COMMITMENT
    assert hashlib.sha256(sealed).hexdigest() == sha256
    assert open_with_ours(sealed, data_key=DATA_KEY, context=CONTEXT) == plain
    library = Cobblestone256Decryptor(DATA_KEY, CONTEXT)
    assert library.update(sealed) + library.finalize() == plain


LENGTHS = [0, 1, 16383, 16384, 16385, 64 * 16384, 64 * 16384 + 1, 130 * 16384 + 5]


@pytest.mark.parametrize("length", LENGTHS)
def test_ours_opens_what_the_library_seals(length: int) -> None:
    encryptor = Cobblestone256Encryptor(DATA_KEY, CONTEXT)
    sealed = encryptor.update(plaintext(length)) + encryptor.finalize()
    assert open_with_ours(sealed, data_key=DATA_KEY, context=CONTEXT) == plaintext(length)


@pytest.mark.parametrize("length", LENGTHS)
def test_library_and_reference_agree_with_what_ours_seals(length: int) -> None:
    sealer = Sealer(BytesIO(plaintext(length)), data_key=DATA_KEY, context=CONTEXT)
    sealed = sealer.read(1 << 22)
    decryptor = Cobblestone256Decryptor(DATA_KEY, CONTEXT)
    assert decryptor.update(sealed) + decryptor.finalize() == plaintext(length)
    salt = sealed[:24]
    assert reference_seal(plaintext(length), data_key=DATA_KEY, salt=salt, context=CONTEXT) == sealed


# The published vectors come in three ciphers, all over SHA-256; only the derivation of the key is the test's.
SUITES = {
    "AEAD_AES_128_GCM": Suite(AESGCM, "AEAD_AES_128_GCM", 16, SHA256),
    "AEAD_AES_256_GCM": Suite(AESGCM, "AEAD_AES_256_GCM", 32, SHA256),
    "AEAD_CHACHA20_POLY1305": Suite(ChaCha20Poly1305, "AEAD_CHACHA20_POLY1305", 32, SHA256),
}
PUBLISHED = files("cryptography_vectors") / "chunked-encryption" / "vectors.json"
VECTORS = json.loads(PUBLISHED.read_text())["vectors"]


def sealed_bytes(vector: dict[str, Any]) -> bytes:
    stored = base64.b64decode(vector["ciphertext"] or "")
    return zlib.decompress(stored) if vector.get("compressed") else stored


def open_vector(vector: dict[str, Any], released: bytearray) -> None:
    """Open with the product's reader, collecting what it releases."""
    sealed = sealed_bytes(vector)

    def key_for(salt: bytes) -> SegmentKey:
        suite = SUITES[vector["aead"]]
        return SegmentKey(*suite.derive(bytes.fromhex(vector["key"]), salt, vector["context"].encode()))

    segment = segment_of(sealed)
    check_manifest([segment])
    reader = SegmentReader(segment, key_for=key_for, fetch=store(sealed).range, checked=CheckedEnds())
    for piece in reader.read(0, reader.length, Reading()):
        released += piece


def test_all_vectors_are_there() -> None:
    assert len(VECTORS) == 102
    assert {vector["expect"] for vector in VECTORS} == {"success", "failure"}


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["name"]) for v in VECTORS])
def test_third_party_vectors(vector: dict[str, Any]) -> None:
    released = bytearray()
    if vector["expect"] == "success":
        open_vector(vector, released)
        assert len(released) == vector["payload_length"]
        assert hashlib.sha256(released).hexdigest() == vector["payload_sha256"]
    else:
        error = ValueError if vector["name"].endswith(("short_key", "long_key")) else Damaged
        with pytest.raises(error):
            open_vector(vector, released)
        assert released == b""

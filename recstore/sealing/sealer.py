"""Sealing while the bytes pass through: plaintext is read, sealed bytes come out, memory stays constant.

Encryption is the library's (`cryptography.cobblestone`), which also draws the salt. A sealer cannot be
rewound: whoever starts again makes a new one, so that no nonce ever meets a second plaintext.
"""

import hashlib
from typing import Protocol

from cryptography.cobblestone import Cobblestone256Encryptor

from recstore.sealing.layout import HEADER, SALT

_PIECE = 1 << 20


class Source(Protocol):
    """A source of plaintext, read once from front to back."""

    def read(self, size: int, /) -> bytes:
        """Return 1 to `size` bytes, or b"" at the end."""
        ...


class Sealer:
    """Seal what `source` gives, as one segment under a fresh 32-byte data key and its context.

    `read` gives the sealed bytes. Lengths, hashes and commitment may be asked once the last byte was read;
    before that they raise RuntimeError. Errors of the source pass through unchanged.
    """

    def __init__(self, source: Source, *, data_key: bytes | bytearray, context: bytes) -> None:
        self._source = source
        self._encryptor = Cobblestone256Encryptor(data_key, context)
        self._plain_digest = hashlib.sha256()
        self._sealed_digest = hashlib.sha256()
        self._plain_length = 0
        self._sealed_length = 0
        self._source_ended = False
        header = self._encryptor.update(b"")
        self._commitment = header[SALT:HEADER]
        self._ready = memoryview(b"")
        self._offer(header)

    def read(self, size: int, /) -> bytes:
        """Return exactly `size` sealed bytes, fewer at the end, b"" after it."""
        if size < 1:
            raise ValueError("a sealer is read some bytes at a time")
        pieces = []
        while size and (piece := self._take(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _take(self, size: int) -> memoryview:
        while not self._ready and not self._source_ended:
            self._seal_more()
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece

    def _seal_more(self) -> None:
        plain = self._source.read(_PIECE)
        if plain:
            self._plain_digest.update(plain)
            self._plain_length += len(plain)
            self._offer(self._encryptor.update(plain))
        else:
            self._source_ended = True
            self._offer(self._encryptor.finalize())

    def _offer(self, sealed: bytes) -> None:
        self._sealed_digest.update(sealed)
        self._sealed_length += len(sealed)
        self._ready = memoryview(sealed)

    def _require_end(self) -> None:
        # A hash of half a segment looks like any other hash; in the catalog it would be damage.
        if self._ready or not self._source_ended:
            raise RuntimeError("the sealer has not been read to its end")

    @property
    def plain_length(self) -> int:
        """The number of plaintext bytes."""
        self._require_end()
        return self._plain_length

    @property
    def sealed_length(self) -> int:
        """The number of sealed bytes."""
        self._require_end()
        return self._sealed_length

    @property
    def plain_sha256(self) -> bytes:
        """The SHA-256 of the plaintext."""
        self._require_end()
        return self._plain_digest.digest()

    @property
    def sealed_sha256(self) -> bytes:
        """The SHA-256 of the sealed bytes."""
        self._require_end()
        return self._sealed_digest.digest()

    @property
    def commitment(self) -> bytes:
        """The 32 bytes that tie the segment to its data key and context."""
        self._require_end()
        return self._commitment

"""Keys that pass: drawn for one hand-over, used to seal, and overwritten when it is over."""

from pathlib import Path
from typing import Self

from keys.secret import Hidden


class PassingSecret(Hidden[bytearray]):
    """Draw random bytes, and overwrite them at the end of the `with` block.

    They lie in one place only, as long as whoever calls `reveal` copies nothing: Python cannot overwrite a
    `bytes`, and leaves it in memory until something else needs the room.
    """

    __slots__ = ()

    def __init__(self, length: int, /) -> None:
        self._bytes = bytearray(length)
        # Read in place: `os.urandom` would leave a copy behind.
        with Path("/dev/urandom").open("rb", buffering=0) as source:
            if source.readinto(self._bytes) != length:
                raise OSError("The system gave too few random bytes.")

    def reveal(self) -> bytearray:
        """Give the bytes themselves, which are zero after the block."""
        return self._bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bytes[:] = bytes(len(self._bytes))

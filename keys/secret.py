"""A type for bytes that must never be shown: it does not print, format, log or travel by accident."""

import hmac
from typing import Generic, NoReturn, TypeVar

B = TypeVar("B", bytes, bytearray)


class Hidden(Generic[B]):
    """Bytes that do not show. `reveal` of what inherits this gives them out, and nothing else does."""

    __slots__ = ("_bytes",)
    _bytes: B

    def __len__(self) -> int:
        return len(self._bytes)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._bytes)} bytes>"

    def __format__(self, spec: str, /) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hidden):
            return NotImplemented
        return hmac.compare_digest(self._bytes, other._bytes)

    def __hash__(self) -> NoReturn:
        # A hash is a fingerprint of the bytes, and a dictionary compares in variable time.
        raise TypeError("A secret has no hash: use the id of the key instead.")

    def __reduce_ex__(self, protocol: object, /) -> NoReturn:
        # Stands in the way of pickle and of copy alike: both would spread the bytes unseen.
        raise TypeError("A secret is neither pickled nor copied.")


class Secret(Hidden[bytes]):
    """Hold secret bytes. Only `reveal` gives them out: search for it to find every place that uses them."""

    __slots__ = ()

    def __init__(self, value: bytes, /) -> None:
        self._bytes = bytes(value)

    def reveal(self) -> bytes:
        """Give the bytes themselves, for the call of a primitive that needs them."""
        return self._bytes

"""Custodians: who holds the root under which accounts' private keys are wrapped. One file for each kind."""

from typing import Protocol

from keys.secret import Secret


class Custodian(Protocol):
    """Wrap and unwrap small secrets (at most 1 KiB) under a root that never leaves its custodian.

    A context is authenticated with what is wrapped: under any other one it does not open. Where the root is
    kept elsewhere, each call ends within two seconds, and may raise RootRefused (missing, disabled,
    forbidden) or RootUnavailable (late, lost).
    """

    def wrap(self, secret: Secret, *, context: bytes) -> bytes:
        """Wrap a secret, bound to its context. No two results are alike."""
        ...

    def unwrap(self, wrapped: bytes, *, context: bytes) -> Secret:
        """Unwrap what `wrap` gave under the same context and root. Raises DoesNotOpen for anything else."""
        ...

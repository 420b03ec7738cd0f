"""Hash and check passwords with argon2id (RFC 9106)."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from recstore.errors import BadInput

SHORTEST = 10

# OWASP's first choice for argon2id. The library's default takes 64 MiB an attempt: sixteen sign-ins at once
# would then take a gigabyte from the worker that streams.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password, or raise BadInput if it is too short."""
    if len(password) < SHORTEST:
        raise BadInput(f"A password needs at least {SHORTEST} characters.", code="password_too_short")
    return HASHER.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Say whether this is the password that was hashed."""
    try:
        return HASHER.verify(password_hash, password)
    except VerificationError:
        return False


def refuse_slowly(password: str) -> None:
    """Take as long as a check does, where there is nobody to check: the time must not tell."""
    matches(_nobody(), password)


@cache
def _nobody() -> str:
    return HASHER.hash(secrets.token_urlsafe(16))

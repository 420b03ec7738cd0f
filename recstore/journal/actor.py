"""Who acts, as the journal names them. Pure."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as the journal names them."""

    name: str

    @classmethod
    def user(cls, user_id: UUID) -> "Actor":
        """Name a registered user."""
        return cls(str(user_id))

    @classmethod
    def token(cls, token_id: UUID) -> "Actor":
        """Name a recorder or program by its token's id (never the token)."""
        return cls(f"token:{token_id}")


GUEST = Actor("guest")
SYSTEM = Actor("system")

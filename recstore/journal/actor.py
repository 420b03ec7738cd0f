"""Who acts, as the journal names them. Pure."""

from dataclasses import dataclass
from uuid import UUID

from recstore.access.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as the journal names them."""

    name: str

    @classmethod
    def user(cls, user_id: UUID) -> "Actor":
        """Name a registered user."""
        return cls(str(user_id))

    @classmethod
    def operator(cls, operator_id: UUID) -> "Actor":
        """Name whoever runs the service, as a person."""
        return cls(f"operator:{operator_id}")

    @classmethod
    def of(cls, viewer: Viewer) -> "Actor":
        """Name who asks the gate."""
        return cls.operator(viewer.user_id) if viewer.support else cls.user(viewer.user_id)

    @classmethod
    def token(cls, token_id: UUID) -> "Actor":
        """Name a recorder or program by its token's id (never the token)."""
        return cls(f"token:{token_id}")


GUEST = Actor("guest")
SYSTEM = Actor("system")

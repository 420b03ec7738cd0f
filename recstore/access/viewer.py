"""Who asks. Pure."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Support:
    """What an operator comes with: their own session, and the customer's consent as the agent is shown it."""

    session_id: UUID
    purpose: str
    signed: bytes


@dataclass(frozen=True, slots=True)
class Viewer:
    """A registered user who is signed in. `credential_id`: the session or token by which they are.

    Or an operator, with `support`: their `credential_id` is a consent of this account. There is no viewer for
    somebody who is not signed in: a guest is refused before any item is looked up.
    """

    account_id: UUID
    user_id: UUID
    credential_id: UUID
    support: Support | None = None

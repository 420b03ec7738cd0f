"""The documents about operators' requests, and what customers consented to."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from recstore.consents import Standing
from recstore.ingest.documents import Moment
from recstore.model import Kind
from web.api.shapes import Shape, Text

Purpose = Literal["damage", "playback", "recovery", "security"]


class Agreed(Shape):
    """What was signed. `items` is null where the consent is for all items of the account."""

    id: UUID
    items: list[UUID] | None
    purpose: Purpose
    ticket: str
    not_before: Moment
    not_after: Moment
    openings: int


class Given(Agreed):
    """A consent as the account's admins see it."""

    operator: str = Field(description="The operator's address.")
    standing: Standing
    used: int | None = Field(description="Of one that stands: openings so far; null if unknown.")
    refused: str | None = Field(description="Of one that stands: why the key agent opens nothing under it.")


class Givens(Shape):
    """The account's consents, the latest first; the newest hundred."""

    items: list[Given]


class SignedConsent(Shape):
    """What `recstore consent grant` printed, as it is."""

    document: str = Field(max_length=4000)


class SupportRequest(Shape):
    """An operator asks to open an item. `kind` is null where the account has no such item."""

    id: UUID
    operator_id: UUID
    operator: str = Field(description="The operator's address.")
    item: UUID
    kind: Kind | None
    purpose: Purpose
    ticket: str
    at: Moment
    until: Moment


class SupportRequests(Shape):
    """The requests that wait for an answer, oldest first."""

    items: list[SupportRequest]


class Usable(Agreed):
    """A consent as its operator sees it."""

    account: str


class Usables(Shape):
    """The operator's consents that stand now."""

    items: list[Usable]


class NewSupportRequest(Shape):
    """What an operator asks for. `account`: its name or id; may be left out where there is but one."""

    item: UUID
    purpose: Purpose
    ticket: Text = Field(examples=["T-1"])
    account: Text | None = None


class OwnRequest(Shape):
    """A request of the operator's own that waits."""

    id: UUID
    item: UUID
    purpose: Purpose
    ticket: str
    at: Moment
    until: Moment


class OwnRequests(Shape):
    """The operator's own requests that wait."""

    items: list[OwnRequest]


class Operator(Shape):
    """Who is signed in, and the token that changes must carry as `X-CSRF-Token`."""

    id: UUID
    email: str
    csrf_token: str

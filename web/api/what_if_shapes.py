"""The documents about what a change would do."""

from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool

from recstore.choices import Appoint, Bin, Choice, Edit, Put, Restore, Withdraw
from recstore.errors import BadInput
from recstore.ingest.documents import Moment
from recstore.model import Access
from web.api.shapes import Shape
from web.api.switch_shapes import Effect


class Tried(Shape):
    """A change to try. What it does not need is left out; `user_id` names whom it is about."""

    change: Literal["share", "take-out", "take-back", "edit", "bin", "restore", "appoint"]
    user_id: UUID | None = Field(default=None, description="Of share, take-out, take-back and appoint.")
    until: Moment | None = Field(default=None, description="Of share.")
    download: StrictBool | None = Field(default=None, description="Of share and edit.")
    auto_share: StrictBool | None = Field(default=None, description="Of edit.")

    def choice(self) -> Choice:
        """Give the change as recstore knows it; raise BadInput (bad_document) if nobody is named."""
        match self.change:
            case "bin":
                return Bin()
            case "restore":
                return Restore()
            case "edit":
                return Edit(auto_share=self.auto_share, download=self.download)
        if self.user_id is None:
            raise BadInput("user_id: name whom this is about", code="bad_document")
        match self.change:
            case "take-back":
                return Withdraw(self.user_id)
            case "appoint":
                return Appoint(self.user_id)
            case "take-out":
                return Put(user_id=self.user_id, access=Access.EXCLUDED)
        download = self.download or False
        return Put(user_id=self.user_id, access=Access.SHARED, until=self.until, download=download)


class Confirmed(Shape):
    """What is sent along with a change that was looked at before."""

    shown: str | None = Field(
        default=None,
        max_length=64,
        description="What its preview gave as `shown`: if that is not its effect any more, nothing changes.",
    )


class Preview(Shape):
    """Everybody for whom a change would make a difference. `added` and `removed` count who sees the item."""

    words: str
    shown: str = Field(description="Sent with the change, it is made only while this is still its effect.")
    added: int
    removed: int
    people: list[Effect]

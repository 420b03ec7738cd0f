"""The documents that the API takes and gives. The served OpenAPI document is made from these."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from recstore.catalog import tables
from recstore.ingest.documents import Moment
from recstore.model import Action, Relation, State

# A NUL is no character of any text, and PostgreSQL takes none.
Text = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]


class Shape(BaseModel):
    """A document without fields that nobody reads: a misspelt one is an error, not silently ignored."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Named(Shape):
    """A user, as colleagues are shown one."""

    id: UUID
    name: str


class User(Named):
    """A user with their address."""

    email: str


class HowMuch(Shape):
    """Whether to play or to download."""

    download: bool = False


class Message(BaseModel):
    """A line of chat. Recorders may send more fields than these; they are given as they came."""

    model_config = ConfigDict(extra="allow")

    ref: str
    at: Moment
    sender: str
    to: Literal["everyone"] | list[str]
    body: str


class Messages(Shape):
    """The messages of a transcript that the viewer may read, in order."""

    items: list[Message]


class Me(Shape):
    """The signed-in user. Name and address are null while the key agent does not open them."""

    id: UUID
    name: str | None
    email: str | None
    admin: bool


class SignInDocument(Shape):
    """Address and password."""

    email: str = Field(max_length=320)
    password: str = Field(max_length=1000)


class Session(Shape):
    """Who is signed in, and the token that changes must carry as `X-CSRF-Token`."""

    user: Me
    csrf_token: str


class Question(Shape):
    """Who, doing what, with what. Without `viewer`, the one who asks."""

    viewer: Text | None = Field(default=None, description="A user's id or address.")
    action: Action
    item: UUID


class Explanation(Shape):
    """A decision, told in words with its rule and facts."""

    allowed: bool
    rule: str | None
    relations: list[Relation]
    states: list[State]
    words: str
    line: int | None
    ask: str | None
    told: list[str] = Field(description="The facts in sentences; of the viewer who asks only.")
    lasts: str | None
    until: Moment | None


class Sought(Shape):
    """Whom to look for in the directory."""

    q: str = Field(default="", max_length=200)


class Users(Shape):
    """Users found, by name."""

    items: list[User]


class Received(Shape):
    """What a hand-over came to."""

    id: UUID
    state: str


def user(row: tables.User) -> User:
    """Show a user."""
    return User(id=row.id, name=row.name, email=row.email)

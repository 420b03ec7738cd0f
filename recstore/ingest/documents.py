"""The documents that recorders hand over, checked. Pure.

Fields that are not named here are kept with the document and change nothing: recorders may know more. But
what decides who sees an item must be said, if only by null: a misspelt word is not silently nobody.
"""

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from recstore.errors import BadInput, TooLarge

# While a call is placed, nobody else changes the account (on SQLite: any account). So it stays small.
MOST_CALL_BYTES = 2 << 20
MOST_PARTICIPANTS = 5_000
# All of a transcript is in memory while it is checked: some 2 kB a message.
MOST_MESSAGES = 50_000

_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@=+~!$-]{0,199}")


def check_ref(ref: str) -> str:
    """Give a recorder's reference back, or raise BadInput if it could be mistaken in a path or a log."""
    if not _REF.fullmatch(ref):
        raise BadInput(
            "A reference is 1 to 200 characters: letters, digits and . _ : @ = + ~ ! $ -,"
            " beginning with a letter or a digit.",
            code="bad_ref",
        )
    return ref


def _is_ref(ref: str) -> str:
    if not _REF.fullmatch(ref):
        raise ValueError("not a reference: letters, digits and . _ : @ = + ~ ! $ -, at most 200")
    return ref


def _is_written_out(value: object) -> object:
    # A bare number would be taken for seconds since 1970.
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE.match(value)):
        return value
    raise ValueError("not a time as RFC 3339 writes it")


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar in UTC") from None


def _is_storable(words: str) -> str:
    if "\x00" in words:
        raise ValueError("has a NUL character, which PostgreSQL cannot keep")
    return words


Document = TypeVar("Document", bound=BaseModel)
Moment = Annotated[AwareDatetime, BeforeValidator(_is_written_out), AfterValidator(_in_utc)]
Ref = Annotated[str, AfterValidator(_is_ref)]
Words = Annotated[str, Field(max_length=1000), AfterValidator(_is_storable)]


class Part(BaseModel):
    """A part of a document. Numbers are not taken for texts, nor texts for numbers."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def require(self, field: str, *, otherwise: str) -> None:
        """Raise ValueError if the field is left out beside unknown ones: it may be one of them, misspelt."""
        if self.model_extra and field not in self.model_fields_set:
            raise ValueError(f"has unknown fields and no `{field}`, which is {otherwise}")


class Room(Part):
    """The VMR of a call, as it was at the time of the call."""

    ref: Ref
    title: Words
    link: Words | None = None
    organizer: Words | None = None
    invitees: list[Words] = []

    @model_validator(mode="after")
    def _says_whose(self) -> "Room":
        self.require("organizer", otherwise="null where nobody is")
        return self


class ParticipantLine(Part):
    """Someone in the call. Only `authenticated` says who it was; name and claimed address prove nothing."""

    ref: Ref
    name: Words
    authenticated: Words | None = None
    claimed_email: Words | None = None
    intervals: list[tuple[Moment, Moment | None]] = []
    quality: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _says_who(self) -> "ParticipantLine":
        self.require("authenticated", otherwise="null for a guest")
        self.require("intervals", otherwise="[] for whoever never came")
        return self

    @property
    def was_present(self) -> bool:
        """Say whether they were in the call for any time at all."""
        return any(end is None or end > start for start, end in self.intervals)

    @property
    def seconds(self) -> int:
        """Give how long they were there, as far as it has ended."""
        return round(sum((end - start).total_seconds() for start, end in self.intervals if end))


class CallDocument(Part):
    """One occurrence of a meeting or a direct call (then `vmr` is None)."""

    occurrence: Moment | None = None
    started_at: Moment
    ended_at: Moment | None = None
    vmr: Room | None  # null is a direct call; to leave it out says nothing
    participants: Annotated[list[ParticipantLine], Field(max_length=MOST_PARTICIPANTS)]
    recorded_by: Ref | None = None
    notice: dict[str, Any] | None = None
    features: list[Words] = []
    events: list[dict[str, Any]] = []

    @model_validator(mode="after")
    def _is_consistent(self) -> "CallDocument":
        refs = [line.ref for line in self.participants]
        if len(refs) != len(set(refs)):
            raise ValueError("two participants have the same ref")
        if self.recorded_by is not None and self.recorded_by not in refs:
            raise ValueError("recorded_by is not the ref of a participant")
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise ValueError("ended_at lies before started_at")
        return self


class ReadReceipt(Part):
    """Who read a message, and when."""

    who: Ref
    at: Moment


class Message(Part):
    """A line of chat, to everyone or to the participants named."""

    ref: Ref
    at: Moment
    sender: Ref
    to: Literal["everyone"] | list[Ref]
    body: Annotated[str, Field(max_length=100_000)]
    read_by: list[ReadReceipt] = []
    reply_to: Ref | None = None


class TranscriptDocument(Part):
    """The chat of a call, in the order of its messages."""

    messages: Annotated[list[Message], Field(max_length=MOST_MESSAGES)]

    @model_validator(mode="after")
    def _is_consistent(self) -> "TranscriptDocument":
        refs = [message.ref for message in self.messages]
        if len(refs) != len(set(refs)):
            raise ValueError("two messages have the same ref")
        return self


def read_call(body: bytes) -> CallDocument:
    """Read a call document, or raise BadInput saying where it is wrong, or TooLarge."""
    if len(body) > MOST_CALL_BYTES:
        raise TooLarge(f"A call document has at most {MOST_CALL_BYTES} bytes.")
    return _read(CallDocument, body)


def write_canonical(document: CallDocument) -> str:
    """Write a call document in the one way that depends on nothing but what it says."""
    return json.dumps(document.model_dump(mode="json"), sort_keys=True)


def read_transcript(body: bytes) -> TranscriptDocument:
    """Read a transcript document, or raise BadInput saying where it is wrong."""
    return _read(TranscriptDocument, body)


def _read(document: type[Document], body: bytes) -> Document:
    try:
        return document.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise BadInput("The body is not JSON.", code="not_json") from None
        # Names the place, never what stood there: what people wrote stays out of answers and logs.
        where = ".".join(str(step) for step in first["loc"]) or "the document"
        raise BadInput(f"{where}: {first['msg']}", code="bad_document") from None

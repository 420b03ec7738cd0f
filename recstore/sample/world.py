"""The sample world: two accounts, their people and calls, dated shortly before a given `now`. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

from recstore.sample import acme, norrsken
from recstore.sample.documents import Call, Document, Filmed, call_document, transcript_document
from recstore.sample.script import Script


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """A registered user."""

    email: str
    name: str
    admin: bool


@dataclass(frozen=True, slots=True)
class SampleRecording:
    """A recording to be rendered and handed over; `started_by` is a participant's ref."""

    ref: str
    title: str
    started_by: str
    started_at: datetime
    script: Script


@dataclass(frozen=True, slots=True)
class SampleTranscript:
    """A chat to be handed over."""

    ref: str
    document: Document


@dataclass(frozen=True, slots=True)
class SampleCall:
    """A call to be handed over, with what it left behind."""

    ref: str
    document: Document
    recording: SampleRecording | None
    transcript: SampleTranscript | None


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """An account with its people and calls, oldest call first."""

    name: str
    domain: str
    people: tuple[SamplePerson, ...]
    calls: tuple[SampleCall, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Everything that the demo hands over."""

    accounts: tuple[SampleAccount, ...]


@dataclass(frozen=True, slots=True)
class SignIn:
    """One of the people whose sign-in the demo prints, and what they are there to show."""

    role: str
    email: str


SIGN_INS = (
    SignIn("organizer", "ann.lindqvist@acme.example"),
    SignIn("participant", "bo.nystrom@acme.example"),
    SignIn("admin", "ines.duarte@acme.example"),
    SignIn("person of the other account", "asa.oberg@norrsken.example"),
)


def build(now: datetime) -> World:
    """Return the sample world at `now` (with a time zone): all calls are over, and under 9 days old."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return World(
        accounts=(
            _account(acme.NAME, acme.DOMAIN, acme.PEOPLE, acme.calls(hour)),
            _account(norrsken.NAME, norrsken.DOMAIN, norrsken.PEOPLE, norrsken.calls(hour)),
        )
    )


def _account(
    name: str, domain: str, people: tuple[tuple[str, str, bool], ...], calls: tuple[Call, ...]
) -> SampleAccount:
    return SampleAccount(
        name=name,
        domain=domain,
        people=tuple(SamplePerson(f"{local}@{domain}", full, admin) for local, full, admin in people),
        calls=tuple(_call(call) for call in sorted(calls, key=lambda call: call.started_at)),
    )


def _call(call: Call) -> SampleCall:
    recording = _recording(call, call.filmed) if call.filmed else None
    transcript = SampleTranscript(f"{call.ref}-chat", transcript_document(call)) if call.chat else None
    return SampleCall(call.ref, call_document(call), recording, transcript)


def _recording(call: Call, filmed: Filmed) -> SampleRecording:
    return SampleRecording(
        ref=filmed.ref,
        title=filmed.script.title,
        started_by=filmed.by,
        started_at=call.after(filmed.after),
        script=filmed.script,
    )

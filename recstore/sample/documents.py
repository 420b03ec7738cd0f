"""A call as its author writes it (offsets from its start), and the documents a recorder makes of it. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from recstore.sample.script import Script

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Room:
    """A VMR; `organizer` and `invitees` are e-mail addresses."""

    ref: str
    title: str
    link: str
    organizer: str
    invitees: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody present from minute `came` to `left`; `email` if signed in, `typed` is a guest's claim."""

    ref: str
    name: str
    came: int
    left: int
    email: str | None = None
    typed: str | None = None
    network: str = "wifi"


@dataclass(frozen=True, slots=True)
class Line:
    """A chat message, `after` seconds into the call; `read` holds (participant, seconds until read)."""

    after: int
    sender: str
    body: str
    to: tuple[str, ...] | None = None  # None: to everyone
    read: tuple[tuple[str, int], ...] = ()
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Filmed:
    """A recording: begun `after` seconds into the call by participant `by`."""

    ref: str
    after: int
    by: str
    script: Script


@dataclass(frozen=True, slots=True)
class Call:
    """One call of `minutes` length; `room` is None for a direct call."""

    ref: str
    started_at: datetime
    minutes: int
    room: Room | None
    attendees: tuple[Attendee, ...]
    filmed: Filmed | None
    chat: tuple[Line, ...]

    def after(self, seconds: int) -> datetime:
        """Return the time so many seconds into the call."""
        return self.started_at + timedelta(seconds=seconds)


def timestamp(moment: datetime) -> str:
    """Return `moment` as RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def call_document(call: Call) -> Document:
    """Return the call document of the recorders' interface."""
    return {
        "occurrence": timestamp(call.started_at),
        "started_at": timestamp(call.started_at),
        "ended_at": timestamp(call.after(call.minutes * 60)),
        "vmr": _vmr(call.room) if call.room else None,
        "participants": [_participant(call, attendee) for attendee in call.attendees],
        "recorded_by": call.filmed.by if call.filmed else None,
        "notice": _notice(call, call.filmed) if call.filmed else None,
        "features": _features(call),
        "events": _events(call),
    }


def transcript_document(call: Call) -> Document:
    """Return the transcript document of the call's chat; messages are m1, m2, … in order of time."""
    return {"messages": [_message(call, number, line) for number, line in enumerate(call.chat, 1)]}


def _vmr(room: Room) -> Document:
    return {
        "ref": room.ref,
        "title": room.title,
        "link": room.link,
        "organizer": room.organizer,
        "invitees": list(room.invitees),
    }


def _participant(call: Call, attendee: Attendee) -> Document:
    document: Document = {
        "ref": attendee.ref,
        "name": attendee.name,
        "authenticated": attendee.email,
        "intervals": [[timestamp(call.after(attendee.came * 60)), timestamp(call.after(attendee.left * 60))]],
        "quality": _quality(attendee.network),
    }
    if attendee.typed:
        document["claimed_email"] = attendee.typed
    return document


def _quality(network: str) -> Document:
    packet_loss, jitter_ms = {"wired": (0.0, 3), "wifi": (0.004, 11), "cellular": (0.021, 34)}[network]
    return {"packet_loss": packet_loss, "jitter_ms": jitter_ms, "network": network}


def _notice(call: Call, filmed: Filmed) -> Document:
    """Tell everybody present ten seconds before; all agree."""
    present = [one.ref for one in call.attendees if one.came * 60 <= filmed.after < one.left * 60]
    return {"announced_at": timestamp(call.after(filmed.after - 10)), "agreed": present}


def _features(call: Call) -> list[str]:
    return ["video", *(["screen_share", "record"] if call.filmed else []), *(["chat"] if call.chat else [])]


def _events(call: Call) -> list[Document]:
    happened = [(one.came * 60, one.ref, "join") for one in call.attendees]
    happened += [(one.left * 60, one.ref, "leave") for one in call.attendees]
    if filmed := call.filmed:
        happened.append((filmed.after, filmed.by, "record_start"))
        happened.append((filmed.after + filmed.script.seconds, filmed.by, "record_stop"))
    return [
        {"at": timestamp(call.after(seconds)), "actor": actor, "action": action}
        for seconds, actor, action in sorted(happened)
    ]


def _message(call: Call, number: int, line: Line) -> Document:
    return {
        "ref": f"m{number}",
        "at": timestamp(call.after(line.after)),
        "sender": line.sender,
        "to": "everyone" if line.to is None else list(line.to),
        "body": line.body,
        "read_by": [{"who": who, "at": timestamp(call.after(line.after + wait))} for who, wait in line.read],
        "reply_to": line.reply_to,
    }

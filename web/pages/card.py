"""An item in a list: what it is, who was there, and why the viewer sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from recstore.access.viewer import Viewer
from recstore.library import Shown
from recstore.model import Action, Kind, Relation, State
from web.pages.formats import count, write_end, write_length
from web.pages.person import Person

PLURALS = {Kind.RECORDING: "recordings", Kind.TRANSCRIPT: "transcripts"}
STATE_WORDS = {
    State.PROCESSING: "Being prepared",
    State.IN_BIN: "In the bin",
    State.HELD: "Under legal hold",
    State.RESTRICTED: "Restricted",
    State.EXPIRED: "Awaiting deletion",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A few words on a coloured ground; `look` names the ground."""

    words: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One row of a list. `restore` leads to restoring it, where the viewer may."""

    address: str
    why: str
    title: str
    about: str
    started_at: datetime
    length: str
    people: list[Person]
    chips: list[Chip]
    restore: str | None


def address_of(shown: Shown, *, under: str = "") -> str:
    """Give the address of an item's page, the admins' one with `under="/admin"`."""
    return f"{under}/{PLURALS[shown.item.what]}/{shown.item.id}"


def write_messages(shown: Shown, number: int) -> str:
    """Count a chat's messages. Before a review, an admin is told of those to everyone."""
    of_some = not shown.is_whole and Action.OPEN not in shown.actions
    return count(number, "message") + (" to everyone" if of_some else "")


def make_card(
    shown: Shown, people: list[Person], *, why: list[Chip], has_chat: bool, under: str = ""
) -> Card:
    """Make the row of an item."""
    chips = [*why, *state_chips(shown)]
    if shown.message_count is not None:
        chips.append(Chip(write_messages(shown, shown.message_count)))
    elif has_chat:
        chips.append(Chip("With chat"))
    return Card(
        address=address_of(shown, under=under),
        why=f"{address_of(shown)}/why",
        title=shown.title,
        about=_about(shown),
        started_at=shown.item.started_at,
        length=write_length(shown.item.duration_s),
        people=people,
        chips=chips,
        restore=f"{address_of(shown)}/what-if?change=restore" if _can_be_restored(shown) else None,
    )


def why_seen(shown: Shown, viewer: Viewer, *, now: datetime) -> Chip:
    """Say in a few words why the viewer sees an item: the strongest tie, as in explanations."""
    relations = shown.facts.relations
    if Relation.RESPONSIBLE in relations:
        own_room = shown.vmr is not None and shown.vmr.organizer_id == viewer.user_id
        return Chip("Your room" if own_room else "You are responsible", "own")
    if Relation.PARTICIPANT in relations:
        return Chip("You were there", "in")
    if Relation.SHARED_WITH in relations:
        end = f" until {write_end(shown.until, now=now)}" if shown.until else ""
        return Chip(f"Shared with you{end}", "in")
    return Chip("As an admin")


def state_chips(shown: Shown) -> list[Chip]:
    """Say what is out of the ordinary about an item."""
    return [Chip(words, "state") for state, words in STATE_WORDS.items() if state in shown.facts.states]


def by_month(cards: Iterable[Card]) -> list[tuple[str, list[Card]]]:
    """Group rows, newest first already, under the names of their months."""
    return [(month, list(group)) for month, group in groupby(cards, lambda card: f"{card.started_at:%B %Y}")]


def _about(shown: Shown) -> str:
    place = shown.call.room_title or "Direct call"
    return f"{place} · {shown.item.started_at:%H:%M} UTC"


def _can_be_restored(shown: Shown) -> bool:
    return State.IN_BIN in shown.facts.states and Action.RESTORE in shown.actions

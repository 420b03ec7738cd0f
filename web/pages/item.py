"""One item's page: what is known of it, and what the viewer may do with it."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.library import Shown
from recstore.model import Kind, State
from web.current import recstore
from web.pages.card import Chip, address_of, state_chips, why_seen, write_messages
from web.pages.formats import write_length, write_moment, write_size
from web.pages.person import Person, read_people

NOUNS = {Kind.RECORDING: "recording", Kind.TRANSCRIPT: "chat"}
KINDS = {"recordings": Kind.RECORDING, "transcripts": Kind.TRANSCRIPT}


@dataclass(frozen=True, slots=True)
class ItemPage:
    """What the pages of an item say about it. `actions` are the words of what the viewer may do."""

    id: UUID
    noun: str
    address: str
    title: str
    place: str
    started_at: datetime
    people: list[Person]
    why: Chip
    chips: list[Chip]
    facts: list[tuple[str, str]]
    actions: set[str]
    states: set[str]
    auto_share: bool
    download: bool
    relations: set[str]


def read_item(asking: Viewer, kind: Kind, item_id: UUID) -> tuple[Shown, ItemPage]:
    """Read an item for its page. Raises NotThere."""
    shown = recstore().library.item(asking, kind, item_id)
    roster = recstore().library.roster(asking, kind, item_id)
    people = read_people(roster)
    page = ItemPage(
        id=shown.item.id,
        noun=NOUNS[kind],
        address=address_of(shown),
        title=shown.title,
        place=shown.call.room_title or "Direct call",
        started_at=shown.item.started_at,
        people=people,
        why=why_seen(shown, asking, now=recstore().clock()),
        chips=state_chips(shown),
        facts=_facts(shown, people),
        actions={action.value for action in shown.actions},
        states={state.value for state in shown.facts.states},
        auto_share=shown.item.auto_share,
        download=shown.item.download,
        relations={relation.value for relation in shown.facts.relations},
    )
    return shown, page


def _facts(shown: Shown, people: list[Person]) -> list[tuple[str, str]]:
    item, call, now = shown.item, shown.call, recstore().clock()
    known = [
        ("Room", shown.call.room_title or "None: a direct call"),
        ("Recorded" if item.what is Kind.RECORDING else "From", write_moment(item.started_at, now=now)),
        ("Length", write_length(item.duration_s)),
        ("Call", _call_words(shown, now=now)),
        ("Responsible", shown.responsible.name if shown.responsible else "Nobody; an admin can name one"),
        ("Messages", write_messages(shown, shown.message_count) if shown.message_count is not None else ""),
        ("Size", write_size(item.size) if item.what is Kind.RECORDING else ""),
        ("Shared", _shared_words(shown)),
        ("Notice", _notice_words(shown, people) if item.what is Kind.RECORDING else ""),
        ("Reference", f"{call.ref} / {item.ref}"),
    ]
    return [(name, words) for name, words in known if words]


def _call_words(shown: Shown, *, now: datetime) -> str:
    call = shown.call
    lasted = (call.ended_at - call.started_at).total_seconds() if call.ended_at else None
    begun = write_moment(call.started_at, now=now)
    return f"{begun}, {write_length(lasted)}" if lasted is not None else begun


def _shared_words(shown: Shown) -> str:
    if State.AUTO_SHARED not in shown.facts.states:
        return "Only with people who were added"
    download = ", who may download it" if State.DOWNLOADABLE in shown.facts.states else ""
    return f"With everybody of the account who was there{download}"


def _notice_words(shown: Shown, people: list[Person]) -> str:
    """Say whether people were told of the recording (requirement R29), as the recorder handed it over."""
    notice = json.loads(shown.call.notice) if shown.call.notice else {}
    announced_at = notice.get("announced_at")
    if not announced_at:
        return "Nothing was handed over about a notice of recording"
    agreed_refs = notice.get("agreed")
    agreed = [one.name for one in people if isinstance(agreed_refs, list) and one.ref in agreed_refs]
    when = write_announced(announced_at, began=shown.item.started_at)
    return f"{when}; agreed: " + (", ".join(agreed) or "nobody is named")


def write_announced(announced_at: object, *, began: datetime) -> str:
    """Say how an announcement lies to the beginning of a recording. Pure."""
    try:
        before = datetime.fromisoformat(str(announced_at)) <= began
    except (ValueError, TypeError):  # no time, or one without its zone
        return "Announced, it was not told when"
    return "Announced before it began" if before else "Announced only after it had begun"

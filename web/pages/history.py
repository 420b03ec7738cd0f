"""The journal of one item in words, for admins: who did what, when."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from recstore.access.viewer import Viewer
from recstore.catalog import people
from recstore.journal import log
from recstore.model import Action, Event, Kind
from web.current import recstore

MOST_LINES = 200
SENTENCES = {
    Event.ITEM_SEALED: "handed it over; it was sealed",
    Event.OPENED: "opened it",
    Event.REVIEWED: "reviewed it as an admin",
    Event.REFUSED: "was refused: {action}",
    Event.SHARED: "gave {user} access",
    Event.UNSHARED: "took back what was shared with {user}",
    Event.EXCLUDED: "took {user} out",
    Event.READMITTED: "put {user} back",
    Event.EDITED: "changed its title or switches",
    Event.BINNED: "moved it to the bin",
    Event.RESTORED: "restored it from the bin",
    Event.APPOINTED: "made {user} responsible",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One entry in words. `number` is its index in the account's journal."""

    number: int
    at: datetime
    who: str
    what: str


def read_history(asking: Viewer, kind: Kind, item_id: UUID) -> list[Happened]:
    """Read the newest entries about an item. Raises NotThere or Refused unless the viewer may review it."""
    recstore().gate.look(asking, Action.REVIEW, kind=kind, item_id=item_id)
    with recstore().catalog.read(asking.account_id) as tx:
        entries = [json.loads(line.text) for line in log.read_lines(tx, item_id=item_id)][-MOST_LINES:]
        named = {UUID(word) for entry in entries for word in _people_in(entry)}
        names = {str(user_id): user.name for user_id, user in people.by_ids(tx, named).items()}
    return [tell(entry, names) for entry in reversed(entries)]


def tell(entry: Mapping[str, Any], names: Mapping[str, str]) -> Happened:
    """Say in words what an entry of the journal says in fields. Pure."""
    detail = entry["detail"]
    sentence = SENTENCES.get(Event(entry["event"]), entry["event"].replace("-", " "))
    what = sentence.format(user=names.get(detail.get("user"), "somebody"), action=detail.get("action", "it"))
    actor = entry["actor"]
    who = names.get(actor) or ("A recorder" if actor.startswith("token:") else actor.capitalize())
    return Happened(entry["index"], datetime.fromisoformat(entry["at"]), who, what)


def _people_in(entry: Mapping[str, Any]) -> list[str]:
    words = [entry["actor"], entry["detail"].get("user")]
    return [word for word in words if word and word not in {"system", "guest"} and ":" not in word]

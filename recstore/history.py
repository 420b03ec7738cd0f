"""The account's journal, as its admins read it: page by page, or what happened to one item in words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from recstore.access.admins import check_admin
from recstore.access.gate import Gate
from recstore.access.viewer import Viewer
from recstore.catalog import people
from recstore.clock import Clock
from recstore.errors import BadInput
from recstore.journal import log
from recstore.journal.entry import Line
from recstore.model import Action, Event, Kind, Switch

SENTENCES = {
    Event.ITEM_SEALED: "handed it over; it was sealed",
    Event.TIED: "corrected the call: {user} was there",
    Event.UNTIED: "corrected the call: {user} was not there",
    Event.OPENED: "opened it",
    Event.KEY_NOT_GIVEN: "was not given its key",
    Event.REVIEWED: "reviewed it as an admin",
    Event.SUPPORTED: "opened it for support, with consent",
    Event.CONSENT_GIVEN: "handed in a consent to an operator",
    Event.CONSENT_WITHDRAWN: "took a consent to an operator back",
    Event.CONSENT_EXPIRED: "noted that a consent to an operator is over",
    Event.CONSENT_ASKED: "asked for consent to open it",
    Event.CONSENT_REFUSED: "refused an operator's request to open it",
    Event.CONSENT_LAPSED: "let an operator's request lapse",
    Event.REFUSED: "was refused: {action}",
    Event.SHARED: "gave {user} access",
    Event.UNSHARED: "took back what was shared with {user}",
    Event.EXCLUDED: "took {user} out",
    Event.READMITTED: "put {user} back",
    Event.EDITED: "{edited}",
    Event.BINNED: "moved it to the bin",
    Event.RESTORED: "restored it from the bin",
    Event.APPOINTED: "made {user} responsible",
    Event.ACCESS_ASKED: "asked for access",
    Event.ACCESS_ACCEPTED: "accepted what {user} asked for",
    Event.ACCESS_DECLINED: "declined what {user} asked for",
    Event.ITEM_SWITCHED: "applied the {scope}'s switch to it: turned {switched}",
}
OTHERS = {"token": "A recorder", "operator": "An operator"}
SWITCHES = {
    Switch.AUTO_SHARE.value: "sharing with everybody who was there",
    Switch.DOWNLOAD.value: "download for those who were there",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One entry in words. `number` is its index in the account's journal."""

    number: int
    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class History:
    """Reads the journal, and changes nothing; that texts were opened for it is an entry like any other."""

    gate: Gate
    clock: Clock

    def page(
        self, viewer: Viewer, *, cursor: str | None, limit: int, newest_first: bool
    ) -> tuple[list[Line], str | None]:
        """Give a page of entries and the cursor of the next. Raises NotThere for whoever is no admin."""
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
            raise BadInput("This cursor is not one of ours; start again without it.", code="bad_cursor")
        with self.gate.catalog.read(viewer.account_id) as tx:
            check_admin(tx, viewer, now=self.clock())
            after = int(cursor) if cursor else None
            found = log.read_page(tx, after=after, limit=limit + 1, newest_first=newest_first)
        rows = found[:limit]
        return [line for _, line in rows], str(rows[-1][0]) if len(found) > limit else None

    def of_item(self, viewer: Viewer, kind: Kind, item_id: UUID, *, limit: int) -> list[Happened]:
        """Tell the newest entries about an item. NotThere or Refused unless the viewer may review it."""
        self.gate.look(viewer, Action.REVIEW, kind=kind, item_id=item_id)
        with self.gate.catalog.read(viewer.account_id) as tx:
            # A player asks for its key every minute; that somebody opened the item is told already.
            lines = log.read_page(
                tx, item_id=item_id, limit=limit, newest_first=True, without=Event.KEY_ASKED
            )
            entries = [json.loads(line.text) for _, line in lines]
            named = {UUID(word) for entry in entries for word in _people_in(entry)}
            names = {str(user_id): user.name for user_id, user in people.by_ids(tx, named).items()}
        return [tell(entry, names) for entry in entries]


def tell(entry: Mapping[str, Any], names: Mapping[str, str]) -> Happened:
    """Say in words what an entry of the journal says in fields. Pure."""
    detail = entry["detail"]
    sentence = SENTENCES.get(Event(entry["event"]), entry["event"].replace("-", " "))
    what = sentence.format(
        user=names.get(detail.get("user"), "somebody"),
        action=detail.get("action", "it"),
        edited=_edited(detail),
        scope="room" if detail.get("vmr") else "account",
        switched=_turned(str(detail.get("switch")), on=detail.get("on")),
    )
    actor = entry["actor"]
    who = names.get(actor) or OTHERS.get(actor.partition(":")[0], actor.capitalize())
    return Happened(entry["index"], datetime.fromisoformat(entry["at"]), who, what)


def _edited(detail: Mapping[str, Any]) -> str:
    done = ["changed its title"] if "title" in detail else []
    done += [f"turned {_turned(word, on=detail[word])}" for word in SWITCHES if word in detail]
    return ", ".join(done) or "changed its title or switches"


def _turned(switch: str, *, on: object) -> str:
    return f"{SWITCHES.get(switch, switch)} {'on' if on else 'off'}"


def _people_in(entry: Mapping[str, Any]) -> list[str]:
    words = [entry["actor"], entry["detail"].get("user")]
    return [word for word in words if word and word not in {"system", "guest"} and ":" not in word]

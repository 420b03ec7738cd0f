"""Ask for an item that one cannot see, and answer those who asked.

Whoever asks is told the same, and the same statements run, whether the item is there or not and whoever it
belongs to: each request is counted, and only a colleague's about a real item is kept for its responsible
person. Accepting is an ordinary share.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.access.cursors import open_cursor, seal_cursor
from recstore.access.decision import Allowed
from recstore.access.facts import Facts
from recstore.access.gate import Gate
from recstore.access.listing import Place
from recstore.access.rows import facts_of_all, read_standing
from recstore.access.viewer import Viewer
from recstore.catalog import items, people, requests, ties
from recstore.catalog.database import Transaction
from recstore.catalog.listed import AnyItem
from recstore.catalog.tables import AccessRequest, User
from recstore.choices import NOT_ASKING
from recstore.clock import Clock
from recstore.errors import BadInput, Throttled
from recstore.journal import log
from recstore.journal.log import Actor
from recstore.model import Access, Action, Event, Kind, Relation
from recstore.sharing import Share, Sharing

LONGEST_NOTE = 500
# Of one person: so many wait for an answer at a time, and so often they may ask within an hour.
MOST_OPEN = 20
MOST_AN_HOUR = 20
# Of one list.
MOST_SHOWN = 100

ANSWERERS = "The responsible person answers requests; admins see them where there is none."


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits. `may_answer`: the one who looks is responsible; an admin first names somebody."""

    user: User
    item: AnyItem
    title: str
    at: datetime
    note: str | None
    may_answer: bool


@dataclass(frozen=True, slots=True)
class AccessRequests:
    """Takes requests, shows them to whoever answers for the item, and lets them be answered."""

    gate: Gate
    clock: Clock
    sharing: Sharing

    def ask(self, viewer: Viewer, kind: Kind, item_id: UUID, note: str | None) -> None:
        """Ask for an item. Tells nothing. Raises BadInput (bad_note) and Throttled, whatever is asked for."""
        note = (note or "").strip() or None
        if note and (len(note) > LONGEST_NOTE or "\x00" in note):
            raise BadInput(f"A note has at most {LONGEST_NOTE} characters, and no NUL.", code="bad_note")
        now, actor = self.clock(), Actor.user(viewer.user_id)
        with self.gate.catalog.change(viewer.account_id) as tx:
            requests.sweep(tx, now=now)
            standing = requests.of_asker(tx, viewer.user_id)
            lately = sum(row.asked_at > now - requests.COUNTED for row in standing)
            is_kept = lately < MOST_AN_HOUR and self._makes_sense(tx, viewer, kind, item_id)
            if is_kept and _has_room(standing, item_id):
                requests.add(tx, asker_id=viewer.user_id, item_id=item_id, note=note, at=now)
                log.append(tx, Event.ACCESS_ASKED, actor=actor, at=now, item_id=item_id)
            elif (
                lately <= MOST_AN_HOUR
            ):  # the first of too many; the rest of a flood must not fill the journal
                # The very same statements, so that the time tells nothing; only the time is kept, to count.
                nothing = "" if note else None  # sealed as the note would be
                requests.add(tx, asker_id=viewer.user_id, item_id=None, note=nothing, at=now)
                code = "not_kept" if lately < MOST_AN_HOUR else Throttled.code
                detail = {"action": "ask for access", "code": code}
                log.append(tx, Event.REFUSED, actor=actor, at=now, item_id=item_id, detail=detail)
        # What was answered since counts too, so that the limit tells nothing.
        if lately >= MOST_AN_HOUR:
            words = f"You asked for {MOST_AN_HOUR} things within an hour; ask again later."
            raise Throttled(words, retry_after=int(requests.COUNTED.total_seconds()))

    def waiting(
        self, viewer: Viewer, *, cursor: str | None = None, limit: int = MOST_SHOWN
    ) -> tuple[list[Asked], str | None]:
        """Give what waits for this viewer, oldest first, and the cursor of the next page if there is more.

        For their items; and, for admins, where nobody active answers. Raises BadInput (bad_cursor).
        """
        now = self._sweep(viewer)
        with self.gate.catalog.read(viewer.account_id) as tx:
            reader = self.gate.reader(tx, viewer)
            begin = Place.read(open_cursor(tx, viewer, cursor)) if cursor else None
            found = requests.open_ones(
                tx,
                now=now,
                responsible_id=viewer.user_id,
                and_nobodys=reader.viewer.admin,
                limit=limit + 1,
                after=(begin.started_at, begin.item_id) if begin else None,
            )
            page = found[:limit]
            facts = reader.of_items({item.id: item for _, item in page}.values())
            asked = self._show(tx, [(row, item, facts[item.id]) for row, item in page], now=now)
            last = page[-1][0] if len(found) > limit else None
            return asked, seal_cursor(tx, viewer, Place(last.asked_at, last.id).write()) if last else None

    def count(self, viewer: Viewer) -> int:
        """Count what waits for this viewer, without judging each: it may have become idle."""
        now = self._sweep(viewer)
        with self.gate.catalog.read(viewer.account_id) as tx:
            admin = self.gate.reader(tx, viewer).viewer.admin
            return requests.count_open(tx, now=now, responsible_id=viewer.user_id, and_nobodys=admin)

    def of_item(self, viewer: Viewer, kind: Kind, item_id: UUID) -> list[Asked]:
        """Give what waits for one item, the oldest first. Raises NotThere, Refused (keepers_only)."""
        verdict = self.gate.look_as_keeper(viewer, kind=kind, item_id=item_id, words=ANSWERERS)
        item, facts, now = verdict.item, verdict.decision.facts, self._sweep(viewer)
        with self.gate.catalog.read(viewer.account_id) as tx:
            responsible = people.by_id(tx, item.responsible_id) if item.responsible_id else None
            is_answered = responsible is not None and responsible.active
            rows = requests.of_item(tx, item_id, now=now, limit=MOST_SHOWN)
            asked = self._show(tx, [(row, item, facts) for row in rows], now=now)
        if is_answered and Relation.RESPONSIBLE not in facts.relations:
            raise self.gate.refusal(viewer, Action.SEE, item_id, ANSWERERS, code="keepers_only")
        return asked

    def accept(
        self,
        viewer: Viewer,
        kind: Kind,
        item_id: UUID,
        user_id: UUID,
        *,
        until: datetime | None,
        download: bool,
    ) -> Share:
        """Share with whoever is asking, in one step, by all that sharing checks. Raises as it does."""
        return self.sharing.put(
            viewer,
            kind,
            item_id,
            user_id,
            access=Access.SHARED,
            until=until,
            download=download,
            asked=True,
        )

    def decline(self, viewer: Viewer, kind: Kind, item_id: UUID, user_id: UUID) -> None:
        """Turn a request down; the note goes, and it cannot be asked again for a while. Raises BadInput."""
        with self.gate.change(viewer, Action.SHARE, kind=kind, item_id=item_id) as (tx, item):
            now = self.clock()
            row = requests.find_open(tx, asker_id=user_id, item_id=item.id, now=now)
            if row is None:
                raise BadInput(NOT_ASKING, code="request_unknown")
            row.declined_at, row.note = now, None
            detail = {"user": str(user_id)}
            actor = Actor.user(viewer.user_id)
            log.append(tx, Event.ACCESS_DECLINED, actor=actor, at=now, item_id=item.id, detail=detail)

    def _sweep(self, viewer: Viewer) -> datetime:
        """Remove what lapsed, with its note, as soon as anybody of the account looks; give the time."""
        now = self.clock()
        with self.gate.catalog.read(viewer.account_id) as tx:
            is_due = requests.any_lapsed(tx, now=now)
        if is_due:
            with self.gate.catalog.change(viewer.account_id) as tx:
                requests.sweep(tx, now=now)
        return now

    def _makes_sense(self, tx: Transaction, viewer: Viewer, kind: Kind, item_id: UUID) -> bool:
        item, reader = read_standing(tx, viewer, item_id, now=self.gate.clock())
        if item is None or item.what is not kind:
            self._may_ask(reader.of_absent(kind))  # as long as for one that is there
            return False
        return self._may_ask(reader.of_item(item))

    def _may_ask(self, facts: Facts) -> bool:
        """Say whether a request makes sense: of a colleague without a tie, where one could be shared with."""
        could_share = Facts(facts.kind, frozenset({Relation.RESPONSIBLE}), facts.states)
        allowed = isinstance(self.gate.decide(could_share, Action.SHARE), Allowed)
        return allowed and facts.relations == {Relation.COLLEAGUE}

    def _show(
        self, tx: Transaction, found: list[tuple[AccessRequest, AnyItem, Facts]], *, now: datetime
    ) -> list[Asked]:
        askers = people.by_ids(tx, {row.asker_id for row, _, _ in found})
        tied = ties.of_viewers(tx, viewer_ids=askers, item_ids={item.id for _, item, _ in found})
        titles = items.titles(tx, [item for _, item, _ in found])

        def still_may_ask(asker: User, item: AnyItem) -> bool:
            facts = facts_of_all([asker], item, tied.get((asker.id, item.id), ()), now=now)
            return self._may_ask(facts[asker.id])

        return [
            Asked(askers[row.asker_id], item, titles[item.id], row.asked_at, row.note, may_answer)
            for row, item, facts in found
            # What has become idle since is not shown: an asker who left, or came in by a correction.
            if still_may_ask(askers[row.asker_id], item)
            if (may_answer := isinstance(self.gate.decide(facts, Action.SHARE), Allowed)) or facts.is_keeper
        ]


def _has_room(standing: list[AccessRequest], item_id: UUID) -> bool:
    """Say whether another request may wait: the first for this item, and not too many in all."""
    kept = [row.item_id for row in standing if row.item_id is not None]
    waiting = [row for row in standing if row.item_id is not None and row.declined_at is None]
    return item_id not in kept and len(waiting) < MOST_OPEN

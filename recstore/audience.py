"""Who can see an item, and who cannot, each with the reason: what "who can see this, and why" is drawn from.

Every answer is the gate's own, for this person and this item. For the responsible person and admins.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recstore.access import words
from recstore.access.decision import Allowed, Decision
from recstore.access.gate import Gate
from recstore.access.grammar import Effect
from recstore.access.rows import facts_of_all
from recstore.access.viewer import Viewer
from recstore.catalog import calls, people, ties
from recstore.catalog.database import Transaction
from recstore.catalog.listed import AnyItem
from recstore.catalog.tables import Participant, Tie, User
from recstore.directory import Sight, hearing_at
from recstore.model import Action, Kind, Relation

KEEPERS_ONLY = "Only the responsible person and admins are told who can see this."

# Of those who were invited and are not registered here, so many are named; a list may have thousands.
MOST_INVITED = 500

AS_GUEST = "took part as a guest; nothing is ever open to guests"
FROM_OUTSIDE = "took part, but not as a registered user of this account; nothing is ever shared beyond it"
NOT_REGISTERED = "was invited, but is no registered user of this account"
HAS_ENDED = "had access for a time, which is over"
DID_NOT_COME = "was invited and did not come: an invitation gives nothing"


@dataclass(frozen=True, slots=True)
class PersonAccess:
    """What one person may do with an item, and by which rule they see it. `until`: when their share ends."""

    user: User
    actions: list[Action]
    decision: Decision
    until: datetime | None = None

    @property
    def because(self) -> str:
        """Say why in words about somebody else."""
        return words.explain_other(self.decision)

    @property
    def through(self) -> Relation:
        """Name the tie by which they see it."""
        return words.deciding_relation(self.decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Somebody of the call, or decided about, who cannot see its item. `user` is None if not registered.

    `ended`: when a share with them ended.
    """

    name: str
    user: User | None
    through: Relation
    because: str
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody who can see an item, and those of whom one could think so, by name."""

    inside: list[PersonAccess]
    outside: list[Outside]


@dataclass(frozen=True, slots=True)
class Audiences:
    """Tells who can see an item, and who cannot. Changes nothing."""

    gate: Gate

    def read(self, viewer: Viewer, kind: Kind, item_id: UUID) -> Audience:
        """Give an item's audience. Raises NotThere, and Refused for whoever does not answer for the item."""
        shown = self.gate.look_as_keeper(viewer, kind=kind, item_id=item_id, words=KEEPERS_ONLY)
        with self.gate.catalog.read(viewer.account_id) as tx:
            inside = people_inside(self.gate, tx, shown.item)
            sight = hearing_at(tx, viewer.user_id, shown.item, now=self.gate.clock())
            return Audience(inside, people_outside(self.gate, tx, shown.item, inside, sight))

    def why_not_open(self, person: PersonAccess) -> str:
        """Say of somebody who sees an item, and cannot open it, why not."""
        return words.explain_other(self.gate.decide(person.decision.facts, Action.OPEN))


def people_inside(
    gate: Gate, tx: Transaction, item: AnyItem, tied: list[Tie] | None = None
) -> list[PersonAccess]:
    """Give everybody who can see an item, by name.

    `tied`: everybody's ties to it, where they are known already, or only imagined.
    """
    tied = ties.of_item(tx, item.id) if tied is None else tied
    ends = {tie.viewer_id: tie.until for tie in tied if tie.word is Relation.SHARED_WITH}
    users = people.by_ids(tx, {tie.viewer_id for tie in tied})
    users |= untied(gate, tx)
    facts = facts_of_all(users.values(), item, tied, now=gate.clock())
    seen = {user_id: gate.decide(facts[user_id], Action.SEE) for user_id in users}
    # Thousands may be tied, and few differ in their facts: each sort is asked about once.
    may = {sort: gate.actions(sort) for sort in set(facts.values())}
    return [
        PersonAccess(user, may[facts[user.id]], seen[user.id], ends.get(user.id))
        for user in _by_name(users.values())
        if isinstance(seen[user.id], Allowed)
    ]


def untied(gate: Gate, tx: Transaction) -> dict[UUID, User]:
    """Give whomever some rule may let in without a tie to the item: admins; all, if one lets colleagues in.

    The deactivated too, whom the gate refuses until they are taken back.
    """
    rules = gate.decider.policy.rules
    of_all = any(rule.effect is Effect.ALLOW and Relation.COLLEAGUE in rule.who.named for rule in rules)
    return people.of_account(tx, admins_only=not of_all)


def people_outside(
    gate: Gate, tx: Transaction, item: AnyItem, inside: Collection[PersonAccess], sight: Sight
) -> list[Outside]:
    """Give those who were in the call, invited to it or decided about, and cannot see the item.

    Whoever writes an invitation, or a line of somebody who was not there, chooses its addresses: of somebody
    not in `sight`, it must not tell that they are registered.
    """
    roster, tied = calls.participants(tx, item.call_id), ties.of_item(tx, item.id)
    invited = calls.invitees(tx, item.call_id)[:MOST_INVITED]
    invited_users = people.by_emails(tx, invited)
    registered = {email: user for email, user in invited_users.items() if sight.covers_or_is(user)}
    named = {tie.viewer_id for tie in tied} | {line.user_id for line in roster if line.user_id}
    users = {user.id: user for user in people.by_ids(tx, named).values() if sight.covers_or_is(user)}
    users |= {user.id: user for user in registered.values()}
    facts = facts_of_all(users.values(), item, tied, now=gate.clock())
    shares = {tie.viewer_id: tie for tie in tied if tie.word is Relation.SHARED_WITH}
    can_see = {person.user.id for person in inside}
    known = [
        _outside(user, gate.decide(facts[user.id], Action.SEE), shares.get(user.id), now=gate.clock())
        for user in users.values()
        if user.id not in can_see
    ]
    found = [*known, *_strangers(roster), *_invited_strangers(invited, registered, roster)]
    return sorted(found, key=lambda one: one.name.casefold())


def _outside(user: User, decision: Decision, share: Tie | None, *, now: datetime) -> Outside:
    through, because = words.deciding_relation(decision), words.explain_other(decision)
    ended = share.until if share and share.until and share.until <= now else None
    if user.active and ended:
        because = HAS_ENDED
    elif through is Relation.COLLEAGUE:
        # Untied and never shared with: it is the invitation that makes one think of them.
        because = DID_NOT_COME
    return Outside(name=user.name, user=user, through=through, because=because, ended=ended)


def _strangers(roster: Collection[Participant]) -> Iterator[Outside]:
    for line in roster:
        if line.user_id is None and line.was_present:
            relation, because = (
                (Relation.OUTSIDER, FROM_OUTSIDE) if line.authenticated else (Relation.GUEST, AS_GUEST)
            )
            yield Outside(name=line.name, user=None, through=relation, because=because)


def _invited_strangers(
    invited: Collection[str], registered: Collection[str], roster: Collection[Participant]
) -> Iterator[Outside]:
    came = {line.authenticated.casefold() for line in roster if line.authenticated and line.was_present}
    for address in dict.fromkeys(invited):
        if address not in registered and address.casefold() not in came:
            yield Outside(name=address, user=None, through=Relation.OUTSIDER, because=NOT_REGISTERED)


def _by_name(users: Collection[User]) -> list[User]:
    return sorted(users, key=lambda user: user.name.casefold())

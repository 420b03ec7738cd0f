"""A small world in memory that lives through a story and then gives the facts about any viewer.

It follows the design's rules in the plainest way and shares no code with ingest, sharing or the catalog.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

from recstore.access.facts import Facts, ItemFacts, MessageFacts, TieFacts, ViewerFacts, derive
from recstore.model import Kind, Relation
from tests.stories.story import Story


@dataclass(frozen=True)
class Person:
    account: str | None = None
    active: bool = True
    admin: bool = False
    operator: bool = False
    consented: bool = False


def identify(word: str | None) -> UUID | None:
    return None if word is None else uuid5(NAMESPACE_DNS, word)


class World:
    def __init__(self, story: Story) -> None:
        self.now: datetime = story.world["now"]
        self.people = {name: Person(**traits) for name, traits in story.world["people"].items()}
        self.kind = story.kind
        self.message = story.message
        self.call = story.world["call"]
        self.ties: dict[tuple[str | None, str], list[TieFacts]] = {}  # of a user: account and name
        self.item = self._hand_over(story.world["switches"])
        for event in story.since:
            self._happen(**event)

    def facts_of(self, name: str) -> Facts:
        person = self.people[name]
        viewer = ViewerFacts(
            account_id=identify(person.account),
            user_id=identify(name) if person.account or person.operator else None,
            active=person.active,
            admin=person.admin,
            operator=person.operator,
            consented=person.consented,
        )
        ties = self.ties.get((person.account, name), [])
        in_charge = any(tie.relation is Relation.RESPONSIBLE for rows in self.ties.values() for tie in rows)
        item = replace(self.item, has_responsible=in_charge)
        return derive(viewer, item, ties, now=self.now, message=self._message_facts(name))

    def _message_facts(self, name: str) -> MessageFacts | None:
        if self.message is None:
            return None
        direct = self.message["to"] != "everyone"
        people = [self.message["sender"], *(self.message["to"] if direct else [])]
        return MessageFacts(direct=direct, addressed=name in people, present=name in self.call["present"])

    def _hand_over(self, switches: dict[str, bool]) -> ItemFacts:
        for name in self.call["present"]:
            self._tie_if_registered(name, Relation.PARTICIPANT)
        responsible = self.call["organizer"] or self.call["recorded_by"]
        self._tie_if_registered(responsible, Relation.RESPONSIBLE)
        owner = identify(self.call["owner"])
        assert owner is not None
        return ItemFacts(
            account_id=owner,
            kind=Kind.TRANSCRIPT if self.kind is Kind.MESSAGE else self.kind,
            has_responsible=False,
            account_auto_share=switches["account"],
            vmr_auto_share=switches["vmr"],
            item_auto_share=switches["item"],
            download=switches["download"],
            processing=False,
            binned_at=None,
            destroyed_at=None,
            held=False,
            restricted=False,
            expires_at=None,
        )

    def _tie_if_registered(self, name: str, relation: Relation) -> None:
        if self.people[name].account == self.call["owner"]:
            self._tie(name, relation)

    def _tie(
        self, name: str, relation: Relation, *, until: datetime | None = None, download: bool = False
    ) -> None:
        self._untie(name, relation)
        self.ties.setdefault((self.call["owner"], name), []).append(TieFacts(relation, until, download))

    def _untie(self, name: str, *relations: Relation) -> None:
        user = (self.call["owner"], name)
        self.ties[user] = [tie for tie in self.ties.get(user, []) if tie.relation not in relations]

    def _happen(self, **event: Any) -> None:
        [word, whom], *more = event.items()
        options = dict(more)
        if word in ITEM_EVENTS:
            # A moment: when it happened, or, for an end of retention, when it is due.
            self.item = replace(
                self.item, **ITEM_EVENTS[word](whom if isinstance(whom, datetime) else self.now)
            )
        elif word in PERSON_EVENTS:
            self.people[whom] = replace(self.people[whom], **PERSON_EVENTS[word], **options)
        else:
            getattr(self, f"_{word}")(whom, **options)

    def _shared(self, name: str, **terms: Any) -> None:
        self._untie(name, Relation.EXCLUDED)
        self._tie(name, Relation.SHARED_WITH, **terms)

    def _excluded(self, name: str) -> None:
        self._untie(name, Relation.SHARED_WITH)
        self._tie(name, Relation.EXCLUDED)

    def _appointed(self, name: str) -> None:
        for _, other in list(self.ties):
            self._untie(other, Relation.RESPONSIBLE)
        self._untie(name, Relation.EXCLUDED)
        self._tie(name, Relation.RESPONSIBLE)

    def _organizer(self, name: str) -> None:
        self.call = {**self.call, "organizer": name}  # of later calls; this call had its own

    def _corrected(self, roster: list[str]) -> None:
        for name in {*self.call["present"], *roster}:
            self._untie(name, Relation.PARTICIPANT)
        for name in roster:
            self._tie_if_registered(name, Relation.PARTICIPANT)
        self.call = {**self.call, "present": roster}

    def _account_auto_share(self, _: bool) -> None:
        """Counts for later items: what exists keeps the switch under which it came."""


ITEM_EVENTS = {
    "processing": lambda _: {"processing": True},
    "binned": lambda at: {"binned_at": at},
    "restored": lambda _: {"binned_at": None},
    "held": lambda _: {"held": True},
    "released": lambda _: {"held": False},
    "restricted": lambda _: {"restricted": True},
    "expires": lambda at: {"expires_at": at},
    "destroyed": lambda at: {"destroyed_at": at},
}
PERSON_EVENTS: dict[str, dict[str, Any]] = {
    "registered": {"active": True},
    "moved": {},
    "deactivated": {"active": False},
    "activated": {"active": True},
    "consented": {"consented": True},
}

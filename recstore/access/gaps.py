"""The words where no rule allows: which of the viewer's ties, or the item's states, is the gap. Pure.

Whoever a wording names can do what was asked, or give it: a test asks the policy.
"""

from dataclasses import dataclass

from recstore.access.facts import Facts
from recstore.model import Action, Relation, State

ASK_RESPONSIBLE = "Ask the responsible person, or an admin if there is no active one."
ASK_ADMIN = "Ask an admin of the account."


@dataclass(frozen=True, slots=True)
class Wording:
    """Why, to the viewer; why, of somebody else; and what the viewer can do about it, if anything."""

    because: str
    of_other: str
    ask: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Where no rule allows: for viewers with `relation` who ask one of `actions` while `states` are true."""

    wording: Wording
    relation: Relation | None = None
    actions: frozenset[Action] = frozenset(Action)
    states: frozenset[State] = frozenset()

    def fits(self, facts: Facts, action: Action) -> bool:
        """Say whether this is the gap that the viewer met."""
        return (
            (self.relation is None or self.relation in facts.relations)
            and action in self.actions
            and self.states <= facts.states
        )


_OPENING = frozenset({Action.OPEN, Action.DOWNLOAD})
_SHARING = frozenset({Action.SHARE, Action.EDIT})
_SEEING = _OPENING | {Action.SEE}
_OF_ADMINS = frozenset({Action.REVIEW, Action.EXPORT, Action.HOLD, Action.DESTROY, Action.APPOINT})
_DOWNLOAD = frozenset({Action.DOWNLOAD})
_SUPPORT = frozenset({Action.SUPPORT})
_RESTORE = frozenset({Action.RESTORE})
_IS_IN_BIN = frozenset({State.IN_BIN})
_IS_AVAILABLE = frozenset({State.AVAILABLE})
TAKEN_OUT = Wording(
    "The responsible person took you out.", "was taken out by the responsible person", ASK_RESPONSIBLE
)
_IN_BIN = "This {kind} is in the bin."
_CANNOT_IN_BIN = "cannot: it is in the bin"

# The first that fits explains; the last fits always.
GAPS = (
    Gap(
        Wording(_IN_BIN, _CANNOT_IN_BIN, ASK_ADMIN),
        relation=Relation.CONSENTED,
        actions=_SUPPORT,
        states=_IS_IN_BIN,
    ),
    Gap(
        Wording(
            "Only an operator with the customer's consent opens for support.",
            "is not an operator with consent",
        ),
        actions=_SUPPORT,
    ),
    Gap(
        Wording(
            "The customer consented to support, and to nothing else.",
            "has consent for support only",
        ),
        relation=Relation.CONSENTED,
    ),
    Gap(
        Wording(
            "Destruction starts from the bin.", "cannot: it is not in the bin", "Move it to the bin first."
        ),
        relation=Relation.ADMIN,
        actions=frozenset({Action.DESTROY}),
    ),
    Gap(
        Wording(_IN_BIN, _CANNOT_IN_BIN, "Restore it first."),
        relation=Relation.RESPONSIBLE,
        actions=_OPENING | _SHARING | {Action.BIN},
        states=_IS_IN_BIN,
    ),
    Gap(
        Wording("This {kind} is not in the bin.", "cannot: it is not in the bin"),
        actions=_RESTORE,
        states=_IS_AVAILABLE,
    ),
    Gap(
        Wording(
            "You may not download this {kind}: it was shared with you without that.",
            "may not download it: it was shared without that",
            ASK_RESPONSIBLE,
        ),
        relation=Relation.SHARED_WITH,
        actions=_DOWNLOAD,
        states=_IS_AVAILABLE,
    ),
    Gap(
        Wording(
            "You may not download this {kind}: downloads are off for those who were in the call.",
            "may not download it: downloads are off for those who were in the call",
            ASK_RESPONSIBLE,
        ),
        relation=Relation.PARTICIPANT,
        actions=_DOWNLOAD,
        states=_IS_AVAILABLE | {State.AUTO_SHARED},
    ),
    Gap(
        Wording(
            "Admins review, they do not open.",
            "may review it as an admin",
            "Use review, and give the reason.",
        ),
        relation=Relation.ADMIN,
        actions=_OPENING,
    ),
    Gap(
        Wording(
            "Only the responsible person changes who may open this {kind}, its title and its switches.",
            "may name a responsible person as an admin",
            "Name a responsible person; it may be you.",
        ),
        relation=Relation.ADMIN,
        actions=_SHARING,
    ),
    Gap(
        Wording("Only an admin of the account may do this.", "is not an admin", ASK_ADMIN),
        actions=_OF_ADMINS,
    ),
    Gap(TAKEN_OUT, relation=Relation.EXCLUDED),
    Gap(
        Wording(
            "You were not in this call, and nobody shared its {kind} with you.",
            "was not in the call, and nobody shared it",
            ASK_RESPONSIBLE,
        ),
        relation=Relation.COLLEAGUE,
    ),
    Gap(
        Wording(_IN_BIN, _CANNOT_IN_BIN, ASK_RESPONSIBLE),
        actions=_SEEING | _SHARING | {Action.BIN},
        states=_IS_IN_BIN,
    ),
    Gap(
        Wording(
            "You were in this call, but its {kind} is not shared with everybody who was.",
            "was in the call, but it is not shared with everybody who was",
            ASK_RESPONSIBLE,
        ),
        relation=Relation.PARTICIPANT,
        actions=_SEEING,
    ),
    Gap(
        Wording(
            "Only the responsible person changes who may open this {kind}, its title and its switches.",
            "is not responsible for it",
            ASK_RESPONSIBLE,
        ),
        actions=_SHARING,
    ),
    Gap(
        Wording(
            "Only the responsible person or an admin may do this.",
            "is neither responsible for it nor an admin",
            ASK_RESPONSIBLE,
        ),
        actions=_RESTORE | {Action.BIN},
    ),
    Gap(
        Wording("This {kind} is not shared with you.", "has no part in it", ASK_RESPONSIBLE),
    ),
)

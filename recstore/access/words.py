"""Say in plain words why a decision is as it is, and whom to ask.

Pure. Whether somebody may be told at all is not judged here: who may not see an item is told that nothing is
there, and these words go only to those who may.
"""

from recstore.access.decision import Decision
from recstore.access.gaps import ASK_ADMIN, GAPS, TAKEN_OUT, Wording
from recstore.model import Relation

# One entry for each rule of policy.csv, by name. A missing or spare one fails a test.
OF_RULES = {
    "responsible-uses": Wording("You are responsible for this {kind}.", "is responsible for it"),
    "responsible-decides": Wording("You are responsible for this {kind}.", "is responsible for it"),
    "responsible-restores": Wording("You are responsible for this {kind}.", "is responsible for it"),
    "participant-opens": Wording(
        "You were in this call, and its {kind} is shared with those who were.", "was in the call"
    ),
    "participant-downloads": Wording(
        "You were in this call, and its {kind} may be downloaded.", "was in the call"
    ),
    "shared-with-opens": Wording(
        "The responsible person shared this {kind} with you.", "was added by the responsible person"
    ),
    "shared-with-downloads": Wording(
        "The responsible person shared this {kind} with you, for download too.",
        "was added by the responsible person",
    ),
    "admin-reviews": Wording("You are an admin of this account.", "is an admin of the account"),
    "admin-keeps": Wording("You are an admin of this account.", "is an admin of the account"),
    "admin-destroys": Wording(
        "You are an admin of this account, and this {kind} is in the bin.", "is an admin of the account"
    ),
    "consented-supports": Wording(
        "The customer consented to your opening this {kind}.", "has the customer's consent"
    ),
    "guest-never": Wording(
        "Nothing is ever open to guests.", "is a guest", "Ask an admin of the account to register you."
    ),
    "outsider-never": Wording(
        "This {kind} belongs to another account, and nothing is ever shared between accounts.",
        "belongs to another account",
        "Nobody can change that; ask the people who were in the call.",
    ),
    "inactive-never": Wording("Your user is deactivated.", "is deactivated", ASK_ADMIN),
    "operator-never": Wording(
        "An operator opens nothing without the customer's consent.", "is an operator", ASK_ADMIN
    ),
    "excluded-never-opens": TAKEN_OUT,
    "restricted-item": Wording(
        "The use of this {kind} is restricted.", "cannot: it is restricted", ASK_ADMIN
    ),
    "expired-item": Wording(
        "This {kind} is past its retention and awaits deletion.",
        "cannot: it is past its retention",
        ASK_ADMIN,
    ),
    "unfinished-item-unseen": Wording(
        "This {kind} is still being prepared.", "cannot yet: it is being prepared", "Try again in a while."
    ),
    "unfinished-item-unopened": Wording(
        "This {kind} is still being prepared.", "cannot yet: it is being prepared", "Try again in a while."
    ),
    "held-item-stays": Wording(
        "This {kind} is under a legal hold and has to stay.", "cannot: it is under a legal hold", ASK_ADMIN
    ),
    "destroyed-item": Wording(
        "This {kind} was destroyed. Nobody can bring it back.", "cannot: it was destroyed"
    ),
    "direct-message": Wording(
        "This message was sent to named people only.", "is not among its people", "Ask its sender."
    ),
}


# A rule that somebody added to their own policy works, but has no words of its own.
OF_FOREIGN_RULES = Wording(
    "A rule of this service's own policy says so.", "meets a rule of its own", ASK_ADMIN
)


def explain(decision: Decision) -> str:
    """Tell the viewer why, and whom to ask; without any name, title or content."""
    wording = _find(decision)
    told = wording.because.format(kind=decision.facts.kind.value)
    return told if wording.ask is None else f"{told} {wording.ask}"


def explain_other(decision: Decision) -> str:
    """Tell why of somebody else, as the rest of a sentence that begins with their name: "was in the call"."""
    return _find(decision).of_other


def whom_to_ask(decision: Decision) -> str | None:
    """Tell what can be done about it, in a sentence; None if nothing can, or need be."""
    return _find(decision).ask


def deciding_relation(decision: Decision) -> Relation:
    """Name the viewer's tie that a decision hangs on: the rule's own, else the strongest they have."""
    relations = decision.facts.relations
    named = relations & decision.rule.who.named if decision.rule and not decision.rule.who.everyone else None
    return min(named or relations, key=list(Relation).index)


def _find(decision: Decision) -> Wording:
    if decision.rule is not None:
        return OF_RULES.get(decision.rule.name, OF_FOREIGN_RULES)
    return next(gap.wording for gap in GAPS if gap.fits(decision.facts, decision.action))

"""Say in plain words what is true of a viewer and an item, and for how long. Pure.

As in `words`, nothing is judged here: these sentences go only to whoever may know of the item.
"""

from recstore.access.decision import Allowed, Decision
from recstore.access.facts import Facts
from recstore.access.words import deciding_relation
from recstore.model import Action, Relation, State

# One sentence for each word of the vocabulary. A missing one fails a test.
OF_RELATIONS = {
    Relation.RESPONSIBLE: "You are responsible for this {kind}.",
    Relation.PARTICIPANT: "You were in this call, signed in as a user of this account.",
    Relation.SHARED_WITH: "The responsible person shared this {kind} with you.",
    Relation.RECIPIENT: "This message is yours, or was sent to you.",
    Relation.EXCLUDED: "The responsible person took you out, or gave you access until a day that is over.",
    Relation.ADMIN: "You are an active admin of the account.",
    Relation.CONSENTED: "The customer consented to your opening this {kind}.",
    Relation.COLLEAGUE: "You are a user of the account, and nothing ties you to this {kind}.",
    Relation.INACTIVE: "Your user is deactivated.",
    Relation.OUTSIDER: "You are a user of another account.",
    Relation.GUEST: "You are not signed in, or took part as a guest.",
    Relation.OPERATOR: "You run this service.",
}
OF_STATES = {
    State.AVAILABLE: "The {kind} is available: neither in the bin nor destroyed.",
    State.PROCESSING: "The {kind} is still being prepared.",
    State.AUTO_SHARED: "The {kind} is shared with everybody of the account who was in the call.",
    State.DOWNLOADABLE: "Whoever was in the call may download it, if it is shared with them.",
    State.IN_BIN: "The {kind} lies in the bin.",
    State.HELD: "The {kind} is under a legal hold and has to stay.",
    State.RESTRICTED: "The use of the {kind} is restricted, at a person's request.",
    State.EXPIRED: "The {kind} is past its retention and awaits deletion.",
    State.DESTROYED: "The {kind} was destroyed.",
    State.SHARE_DOWNLOADABLE: "What was shared with you may be downloaded.",
    State.DIRECT: "The message was sent to named people only.",
}
HOW_LONG = {
    Relation.RESPONSIBLE: "As long as you are responsible; an admin can name somebody else.",
    Relation.PARTICIPANT: "As long as it is shared with those who were there, and nobody takes you out.",
    Relation.SHARED_WITH: "Until the responsible person takes it back.",
    Relation.ADMIN: "As long as you are an admin of the account.",
}
OTHERWISE = "As long as what stands above is true."
ACTIONS = {
    Action.SEE: "See that it is there",
    Action.OPEN: "Open it",
    Action.DOWNLOAD: "Download it",
    Action.SHARE: "Decide who else may",
    Action.EDIT: "Change its title or switches",
    Action.BIN: "Move it to the bin",
    Action.RESTORE: "Restore it from the bin",
    Action.REVIEW: "Review it as an admin",
    Action.EXPORT: "Export it",
    Action.HOLD: "Put it under a legal hold",
    Action.DESTROY: "Destroy it",
    Action.APPOINT: "Name who is responsible",
    Action.SUPPORT: "Open it for support",
}


def tell_facts(facts: Facts) -> list[str]:
    """Tell the viewer everything that the rules were asked with: their ties, then the item's states."""
    told = [OF_RELATIONS[relation] for relation in Relation if relation in facts.relations]
    told += [OF_STATES[state] for state in State if state in facts.states]
    return [sentence.format(kind=facts.kind.value) for sentence in told]


def how_long(decision: Decision) -> str | None:
    """Tell the viewer what their right lasts with, apart from a share's own end; None if there is none."""
    if not isinstance(decision, Allowed):
        return None
    return HOW_LONG.get(deciding_relation(decision), OTHERWISE)

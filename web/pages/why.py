"""Why the viewer can see an item, or may not do something with it: rule, facts, until when, whom to ask."""

from uuid import UUID

from flask import Blueprint, render_template, request

from recstore.access.fact_words import ACTIONS
from recstore.access.gaps import ASK_RESPONSIBLE
from recstore.explain import Explanation
from recstore.library import Shown
from recstore.model import Action
from web.current import recstore, viewer
from web.guard import asks
from web.pages.changes import ITEM
from web.pages.formats import write_end
from web.pages.item import KINDS, read_item

pages = Blueprint("why", __name__)

# Of everybody; what else somebody may is shown too, and what they asked about.
ALWAYS = (Action.SEE, Action.OPEN, Action.DOWNLOAD, Action.SHARE)


@pages.get(f"{ITEM}/why")
@asks(Action.SEE)
def show(plural: str, item_id: UUID) -> str:
    """Explain to the viewer what they may do with an item, above all with `?action=`."""
    shown, page = read_item(viewer(), KINDS[plural], item_id)
    asked = next((action for action in Action if action == request.args.get("action")), Action.SEE)
    explained = {
        action: recstore().explainer.tell_viewer(shown.facts, action, until=shown.until)
        for action in Action
        if action in (*ALWAYS, asked, *shown.actions)
    }
    seen = explained[Action.SEE]
    return render_template(
        "why.html",
        place="library",
        page=page,
        asked=ACTIONS[asked] if asked is not Action.SEE else None,
        answer=explained[asked],
        explained=[(action.value, ACTIONS[action], told) for action, told in explained.items()],
        facts=seen.told,
        lasts=seen.lasts,
        until=write_end(seen.until, now=recstore().clock()) if seen.until else None,
        whom=whom_to_ask(explained[asked], shown, is_me=shown.item.responsible_id == viewer().user_id),
    )


def whom_to_ask(told: Explanation, shown: Shown, *, is_me: bool) -> str:
    """Name who can change it, as the decision says it, by name where it means the responsible person."""
    if not told.allowed and told.ask != ASK_RESPONSIBLE:
        return told.ask or "There is nobody to ask."
    if is_me:
        return "You are the responsible person: you decide. An admin of the account can name another one."
    if shown.responsible is None:
        return "Nobody is responsible. An admin of the account can name somebody; ask one."
    if not shown.responsible.active:
        return (
            f"An admin of the account: {shown.responsible.name}, who is responsible for it, is deactivated."
        )
    return f"{shown.responsible.name}, who is responsible for it."

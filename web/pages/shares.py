"""Who may see an item: everybody with their state in words, and the forms that change it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.access.viewer import Viewer
from recstore.errors import BadInput, Conflict
from recstore.model import Access, Action, Kind
from web.current import recstore, viewer
from web.guard import asks
from web.pages.changes import ITEM
from web.pages.formats import read_last_day, write_end
from web.pages.item import KINDS, read_item
from web.pages.standing import read_standings

pages = Blueprint("shares", __name__)


@pages.get(f"{ITEM}/shares")
@asks(Action.SHARE)
def show(plural: str, item_id: UUID) -> str:
    """Show who is in, who is out and why, and who looked as an admin."""
    asking, kind = viewer(), KINDS[plural]
    recstore().gate.look(asking, Action.SHARE, kind=kind, item_id=item_id)
    shown, page = read_item(asking, kind, item_id)
    standings = read_standings(asking, shown, page.people)
    return render_template(
        "shares.html",
        place="library",
        page=page,
        standings=standings,
        waiting=recstore().access_requests.of_item(asking, kind, item_id),
        **_find(asking, kind, item_id),
        traces=recstore().review.traces(asking, kind, item_id),
    )


@pages.get(f"{ITEM}/shares/found")
@asks(Action.SHARE)
def find(plural: str, item_id: UUID) -> str:
    """Show only who is found: what is fetched while one types."""
    asking, kind = viewer(), KINDS[plural]
    recstore().gate.look(asking, Action.SHARE, kind=kind, item_id=item_id)
    return render_template(
        "shares_found.html", address=f"/{plural}/{item_id}", **_find(asking, kind, item_id)
    )


@pages.post(f"{ITEM}/shares/<uuid:user_id>")
@asks(Action.SHARE)
def change(plural: str, item_id: UUID, user_id: UUID) -> Response:
    """Take somebody out, put them back, or add them; then show the list again."""
    try:
        words = _change(viewer(), KINDS[plural], item_id, user_id)
    except Conflict:
        raise  # what was confirmed is not so any more: a page of its own
    except BadInput as error:
        flash(error.message, "wrong")
    else:
        flash(words, "done")
    return redirect(f"/{plural}/{item_id}/shares", 303)


def _change(asking: Viewer, kind: Kind, item_id: UUID, user_id: UUID) -> str:
    sharing, wanted = recstore().sharing, request.form.get("change", "")
    if wanted == "withdraw":
        sharing.withdraw(asking, kind, item_id, user_id, request.form.get("shown"))
        return "What was decided about this person is taken back; what the call says of them counts again."
    if wanted not in {"take-out", "share"}:
        raise BadInput("There is no such change; nothing was changed.", code="bad_change")
    until = read_last_day(request.form.get("until", "")) if wanted == "share" else None
    share = sharing.put(
        asking,
        kind,
        item_id,
        user_id,
        access=Access.SHARED if wanted == "share" else Access.EXCLUDED,
        until=until,
        download=wanted == "share" and "download" in request.form,
        shown=request.form.get("shown"),
    )
    if share.access is Access.EXCLUDED:
        return f"{share.user.name} was taken out. What they were playing stops."
    end = f" until {write_end(until, now=recstore().clock())}" if until else ""
    return f"{share.user.name} has access{end}{', and may download' if share.download else ''}."


def _find(asking: Viewer, kind: Kind, item_id: UUID) -> dict[str, Any]:
    """Search for colleagues who could be added, and say what the templates show of that."""
    wanted = request.args.get("q", "").strip()
    listed = recstore().sharing.listed(asking, kind, item_id) if wanted else set()
    found = recstore().directory.search(asking, wanted) if wanted else []
    return {
        "wanted": wanted,
        "found": [user for user in found if user.id not in listed],
        "today": recstore().clock().date().isoformat(),
    }

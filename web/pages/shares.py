"""Who may see an item: everybody with their state in words, and the forms that change it."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.access.viewer import Viewer
from recstore.catalog.tables import User
from recstore.errors import BadInput
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
    wanted = request.args.get("q", "").strip()
    standings = read_standings(asking, shown, page.people)
    listed = {one.user_id for one in standings}
    return render_template(
        "shares.html",
        place="library",
        page=page,
        standings=standings,
        waiting=recstore().access_requests.of_item(asking, kind, item_id),
        wanted=wanted,
        found=[user for user in _search(asking, wanted) if user.id not in listed],
        traces=recstore().review.traces(asking, kind, item_id),
        today=recstore().clock().date().isoformat(),
    )


@pages.post(f"{ITEM}/shares/<uuid:user_id>")
@asks(Action.SHARE)
def change(plural: str, item_id: UUID, user_id: UUID) -> Response:
    """Take somebody out, put them back, or add them; then show the list again."""
    try:
        words = _change(viewer(), KINDS[plural], item_id, user_id)
    except BadInput as error:
        flash(error.message, "wrong")
    else:
        flash(words, "done")
    return redirect(f"/{plural}/{item_id}/shares", 303)


def _change(asking: Viewer, kind: Kind, item_id: UUID, user_id: UUID) -> str:
    sharing, wanted = recstore().sharing, request.form.get("change", "")
    if wanted == "withdraw":
        sharing.withdraw(asking, kind, item_id, user_id)
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
    )
    if share.access is Access.EXCLUDED:
        return f"{share.user.name} was taken out. What they were playing stops."
    end = f" until {write_end(until, now=recstore().clock())}" if until else ""
    return f"{share.user.name} has access{end}{', and may download' if share.download else ''}."


def _search(asking: Viewer, wanted: str) -> list[User]:
    return recstore().directory.search(asking, wanted) if wanted else []

"""The admins' pages: everything in the account; a review with its reason; who is responsible."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.access.viewer import Viewer
from recstore.errors import BadInput, Conflict
from recstore.library import Filters, Shown
from recstore.model import Kind
from web.current import person, recstore, viewer
from web.guard import admin
from web.pages.admin_tabs import admin_tabs
from web.pages.card import Card, Chip, by_month, make_card
from web.pages.chat import read_messages
from web.pages.formats import read_day
from web.pages.item import KINDS, read_item
from web.pages.library import SHOWN_AS
from web.pages.person import read_people

pages = Blueprint("admin", __name__)

PAGE = 50
MOST_LINES = 200
ITEM = "/admin/<any(recordings, transcripts):plural>/<uuid:item_id>"


@pages.get("/admin")
@admin
def show_all() -> str:
    """Show a page of everything in the account, newest first."""
    chosen = request.args.get("show", "recordings")
    if chosen not in SHOWN_AS:
        raise BadInput("There is no such list; start again from the admin page.", code="bad_query")
    shown, older = recstore().library.page(
        viewer(), SHOWN_AS[chosen], _filters(), cursor=request.args.get("cursor"), limit=PAGE
    )
    return render_template(
        "admin.html",
        place="admin",
        tabs=admin_tabs(chosen.capitalize()),
        show=chosen,
        asked={name: request.args.get(name, "") for name in ("q", "from", "to", "vmr")},
        months=by_month(_make_card(viewer(), each) for each in shown),
        older=_here(cursor=older) if older else None,
        newest=_here(cursor=None) if "cursor" in request.args else None,
    )


@pages.get(ITEM)
@admin
def show_item(plural: str, item_id: UUID) -> str:
    """Show an item to an admin: ask for a reason, or go on with the review that runs."""
    asking, kind = viewer(), KINDS[plural]
    shown, page = read_item(asking, kind, item_id)
    reviews = recstore().review
    grant = reviews.go_on(asking, kind, item_id) if reviews.is_running(asking, kind, item_id) else None
    traces = reviews.traces(asking, kind, item_id)
    own = [trace for trace in traces if trace.by and trace.by.id == asking.user_id]
    messages = read_messages(grant, page.people, film=None) if grant and kind is Kind.TRANSCRIPT else None
    other = Kind.TRANSCRIPT if kind is Kind.RECORDING else Kind.RECORDING
    return render_template(
        "review.html",
        place="admin",
        page=page,
        reason=own[0].reason if grant and own else None,
        reviewing=grant is not None,
        media=f"/api/v1/admin/{plural}/{item_id}/media",
        details=f"/api/v1/{plural}/{item_id}",
        messages=messages,
        siblings=recstore().library.of_same_call(asking, shown.item, other),
        traces=traces,
        **_find(asking, shown),
        history=recstore().history.of_item(asking, kind, item_id, limit=MOST_LINES),
    )


@pages.get(f"{ITEM}/found")
@admin
def find(plural: str, item_id: UUID) -> str:
    """Show only who is found and could be responsible: what is fetched while one types."""
    shown = recstore().library.item(viewer(), KINDS[plural], item_id)
    return render_template("successors_found.html", address=f"/{plural}/{item_id}", **_find(viewer(), shown))


@pages.post(f"{ITEM}/review")
@admin
def review(plural: str, item_id: UUID) -> Response:
    """Begin a review, if there is a reason."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        flash("A review needs a reason; say why you look at this.", "wrong")
    else:
        try:
            recstore().review.start(viewer(), KINDS[plural], item_id, reason)
        except BadInput as error:
            flash(error.message, "wrong")
    return redirect(f"/admin/{plural}/{item_id}", 303)


@pages.post(f"{ITEM}/responsible")
@admin
def appoint(plural: str, item_id: UUID) -> Response:
    """Name who is responsible from now on."""
    try:
        user_id = UUID(request.form.get("user_id", ""))
        recstore().review.appoint(viewer(), KINDS[plural], item_id, user_id, request.form.get("shown"))
    except Conflict:
        raise  # what was confirmed is not so any more: a page of its own
    except ValueError:
        flash("Choose somebody first; nothing was changed.", "wrong")
    except BadInput as error:
        flash(error.message, "wrong")
    else:
        own = user_id == person().user.id
        flash(f"{'You are' if own else 'They are'} responsible from now on.", "done")
    return redirect(f"/admin/{plural}/{item_id}", 303)


def _find(asking: Viewer, shown: Shown) -> dict[str, Any]:
    """Search for whoever could be responsible in place of who is, and say what the templates show of that."""
    wanted, before = request.args.get("q", "").strip(), shown.item.responsible_id
    found = recstore().directory.search_everybody(asking, wanted) if wanted else []
    return {
        "wanted": wanted,
        "found": [user for user in found if user.id != before],
        "myself": None if asking.user_id == before else person().user,
    }


def _filters() -> Filters:
    end = read_day(request.args.get("to", ""))
    return Filters(
        text=request.args.get("q", "").strip() or None,
        vmr=request.args.get("vmr") or None,
        start=read_day(request.args.get("from", "")),
        end=end + timedelta(days=1) if end else None,
    )


def _make_card(asking: Viewer, shown: Shown) -> Card:
    roster = recstore().library.roster(asking, shown.item.what, shown.item.id)
    named = shown.responsible
    if named is None:
        responsible = Chip("Nobody is responsible", "state")
    elif not named.active:
        responsible = Chip(f"{named.name} (deactivated)", "state")
    else:
        responsible = Chip(f"Responsible: {named.name}")
    people = read_people(roster)
    return make_card(shown, people, why=[responsible], has_chat=False, under="/admin")


def _here(*, cursor: str | None) -> str:
    kept = {name: value for name, value in request.args.items() if name != "cursor" and value}
    return "/admin?" + urlencode({**kept, **({"cursor": cursor} if cursor else {})})

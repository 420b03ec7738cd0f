"""For operators: ask a customer for consent, and open what they consented to. Shows ids, never titles."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.consents import Purpose
from recstore.errors import BadInput, NotThere, Throttled
from recstore.model import Kind
from web.current import operator, recstore
from web.guard import operator as operators_only

pages = Blueprint("support", __name__)

HERE = "/support"


@pages.get(HERE)
@operators_only
def show() -> str:
    """Show the operator's consents that stand, and requests that wait."""
    service = recstore().support
    return render_template(
        "support.html",
        place="support",
        usable=service.usable(operator()),
        waiting=service.waiting(operator()),
        purposes=list(Purpose),
    )


@pages.post(HERE)
@operators_only
def ask() -> Response:
    """Ask an account's admins for consent."""
    form = request.form
    try:
        recstore().support.ask(
            operator(),
            form.get("account") or None,
            _read_item(form.get("item", "")),
            purpose=form.get("purpose", ""),
            ticket=form.get("ticket", ""),
        )
    except (BadInput, Throttled) as error:
        flash(error.message, "wrong")
    else:
        flash("You asked. The account's admins have twelve hours to answer.", "done")
    return redirect(HERE, 303)


@pages.get(f"{HERE}/opened")
@operators_only
def show_opened() -> str:
    """Open an item under a consent, and show it: this is an opening, in the customer's journal."""
    try:
        consent_id, item_id = UUID(request.args["consent"]), UUID(request.args["item"])
    except (KeyError, ValueError):
        raise NotThere from None
    kind = recstore().support.kind_of(operator(), consent_id, item_id)
    content = recstore().support.open(operator(), consent_id, kind, item_id)
    messages: list[dict[str, Any]] = []
    if kind is Kind.TRANSCRIPT:
        messages = list(recstore().playback.messages(content.grant))
    path = "messages" if kind is Kind.TRANSCRIPT else "media"
    return render_template(
        "support_opened.html",
        place="support",
        item=content.item,
        address=f"/api/v1/support/consents/{consent_id}/{kind}s/{item_id}/{path}",
        can_play=content.item.media_type.startswith(("video/", "audio/")),
        messages=messages,
    )


def _read_item(text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise BadInput(
            "An item's id looks like 1b4e28ba-2fa1-11d2-883f-0016d3cca427.", code="bad_id"
        ) from None

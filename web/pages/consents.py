"""For admins: which operators ask, the command that signs a consent, and taking one back."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.consents import Standing, command_for
from recstore.errors import BadInput, Conflict, KeysUnavailable
from web.current import recstore, viewer
from web.guard import admin
from web.pages.admin_tabs import admin_tabs

pages = Blueprint("consents", __name__)

HERE = "/admin/consents"


@pages.get(HERE)
@admin
def show() -> str:
    """Show the requests that wait, where to hand in what was signed, and the consents."""
    service = recstore().consents
    return render_template(
        "consents.html",
        place="admin",
        tabs=admin_tabs("Consents"),
        account_id=viewer().account_id,
        waiting=[(one, command_for(one.request)) for one in service.waiting(viewer())],
        given=service.read(viewer()),
        ended={Standing.EXPIRED, Standing.WITHDRAWN},
    )


@pages.post(HERE)
@admin
def hand_in() -> Response:
    """Hand in a signed consent."""
    try:
        recstore().consents.hand_in(viewer(), request.form.get("document", ""))
    except (BadInput, Conflict, KeysUnavailable) as error:
        flash(error.message, "wrong")
    else:
        flash("The consent stands. The operator may open what it names, until it ends.", "done")
    return redirect(HERE, 303)


@pages.post(f"{HERE}/<uuid:consent_id>")
@admin
def withdraw(consent_id: UUID) -> Response:
    """Take a consent back."""
    try:
        recstore().consents.withdraw(viewer(), consent_id)
    except KeysUnavailable as error:
        flash(error.message, "wrong")
    else:
        flash("The consent is withdrawn. What was open under it ends within two seconds.", "done")
    return redirect(HERE, 303)


@pages.post("/admin/support-requests/<uuid:request_id>")
@admin
def refuse(request_id: UUID) -> Response:
    """Refuse an operator's request."""
    recstore().consents.refuse(viewer(), request_id)
    flash("The request is refused.", "done")
    return redirect(HERE, 303)

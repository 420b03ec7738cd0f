"""The account's e-mail domains: claim one, publish its record, check it, let its people be found."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.access.viewer import Viewer
from recstore.errors import BadInput, DnsUnavailable
from web.current import recstore, viewer
from web.guard import admin
from web.pages.admin_tabs import admin_tabs

pages = Blueprint("domains", __name__)

HERE = "/admin/domains"
PROVEN = "{} is proven."
NOT_FOUND = "{} is not proven: its record was not found. DNS may need an hour to show a new one everywhere."
DONE = {
    "enable": "People of this domain are found by all colleagues from now on.",
    "disable": "People of this domain are hidden again. What was shared with them stays shared.",
    "remove": "The domain was removed. What was shared with its people stays shared.",
}


@pages.get(HERE)
@admin
def show_all() -> str:
    """Show the domains, each with where it stands and what to do next."""
    return render_template(
        "domains.html", place="admin", tabs=admin_tabs("Domains"), domains=recstore().domains.read(viewer())
    )


@pages.post(HERE)
@admin
def add() -> Response:
    """Add a domain."""
    try:
        domain = recstore().domains.add(viewer(), request.form.get("domain", ""))
    except BadInput as error:
        flash(error.message, "wrong")
        return redirect(HERE, 303)
    flash(f"{domain.domain} is in the list. Publish its record, then press Check.", "done")
    return redirect(f"{HERE}#{domain.id}", 303)


@pages.post(f"{HERE}/<uuid:domain_id>")
@admin
def change(domain_id: UUID) -> Response:
    """Check, enable, disable or remove a domain, and say what came of it."""
    try:
        words, look = _change(viewer(), domain_id, request.form.get("change", ""))
    except (BadInput, DnsUnavailable) as error:
        words, look = error.message, "wrong"
    flash(words, look)
    return redirect(HERE, 303)


def _change(asking: Viewer, domain_id: UUID, wanted: str) -> tuple[str, str]:
    domains = recstore().domains
    if wanted == "check":
        found = domains.check(asking, domain_id)
        words, look = (PROVEN, "done") if found.proven_at else (NOT_FOUND, "wrong")
        return words.format(found.domain), look
    if wanted in {"enable", "disable"}:
        domains.enable(asking, domain_id, enabled=wanted == "enable")
    elif wanted == "remove":
        domains.remove(asking, domain_id)
    else:
        raise BadInput("There is no such change; nothing was changed.", code="bad_change")
    return DONE[wanted], "done"

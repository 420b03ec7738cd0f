"""The lock on the account's keys, on a page for its admins."""

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.errors import BadInput, KeysUnavailable
from recstore.key_locks import Standing
from web.current import recstore, viewer
from web.guard import admin
from web.pages.admin_tabs import admin_tabs

pages = Blueprint("key_lock", __name__)

HERE = "/admin/keys/lock"
DONE = {
    "lock": "The keys are locked. Nothing of this account opens; what was playing ends within seconds.",
    "unlock": "The admins' lock is lifted.",
}


@pages.get(HERE)
@admin
def show() -> str:
    """Show whether the keys are locked, and offer the other; or that the key agent does not say."""
    return render_template("key_lock.html", place="admin", tabs=admin_tabs("Keys"), lock=_read())


@pages.post(HERE)
@admin
def change() -> Response:
    """Lock or unlock."""
    wanted = request.form.get("change", "")
    if wanted not in DONE:
        raise BadInput("There is no such change; nothing was changed.", code="bad_change")
    recstore().key_locks.put(viewer(), locked=wanted == "lock")
    flash(DONE[wanted], "done")
    return redirect(HERE, 303)


def _read() -> Standing | None:
    try:
        return recstore().key_locks.read(viewer())
    except KeysUnavailable:
        return None

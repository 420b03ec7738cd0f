"""How the account's keys stand: who holds them, and what is sealed to which."""

from flask import Blueprint, render_template

from web.current import recstore, viewer
from web.guard import admin
from web.pages.admin_tabs import admin_tabs

pages = Blueprint("keys", __name__)


@pages.get("/admin/keys")
@admin
def show() -> str:
    """Show the versions of the account's key."""
    standing = recstore().coverage.standing(viewer().account_id)
    return render_template("keys.html", place="admin", tabs=admin_tabs("Keys"), standing=standing)

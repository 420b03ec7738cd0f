"""What a switch means for items that are there already: the list, and the button that applies it."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.catalog.existing import Turned
from recstore.catalog.tables import User
from recstore.effects import Affected
from recstore.errors import BadInput
from recstore.existing import BATCH, MOST_AT_ONCE
from recstore.model import Switch
from web.current import recstore, viewer
from web.guard import admin
from web.pages.formats import write_count

pages = Blueprint("existing", __name__)

PAGE = BATCH
OF_ACCOUNT = "/admin/settings/existing/<any(auto_share, download):switch>"
OF_ROOM = "/admin/rooms/<uuid:vmr_id>/existing"

HEADINGS = {
    (Switch.AUTO_SHARE, True): "Share existing items with everybody who was there",
    (Switch.AUTO_SHARE, False): "Stop sharing existing items with everybody who was there",
    (Switch.DOWNLOAD, True): "Let those who were there download existing items",
    (Switch.DOWNLOAD, False): "Stop the download of existing items",
}
# How items stand that the switch was not applied to: "12 items are …".
WAITING = {
    (Switch.AUTO_SHARE, True): "not shared with everybody who was there, as new ones are",
    (Switch.AUTO_SHARE, False): "still shared with everybody who was there, unlike new ones",
    (Switch.DOWNLOAD, True): "not for download, as new ones are",
    (Switch.DOWNLOAD, False): "still for download, unlike new ones",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A person, and from how many of the listed items they gain or lose something."""

    user: User
    items: int


@pages.get(OF_ACCOUNT)
@admin
def show_of_account(switch: str) -> str:
    """List what applying a switch of the account would change."""
    turned = _of_account(Switch(switch))
    return _show(turned, f"/admin/settings/existing/{switch}", [("Settings", "/admin/settings")])


@pages.post(OF_ACCOUNT)
@admin
def apply_of_account(switch: str) -> Response:
    """Apply a switch of the account."""
    return _apply(Turned(switch=Switch(switch), on=_way()), f"/admin/settings/existing/{switch}")


@pages.get(OF_ROOM)
@admin
def show_of_room(vmr_id: UUID) -> str:
    """List what applying a room's switch would change."""
    vmr = recstore().rooms.find(viewer(), vmr_id).vmr
    turned = Turned(switch=Switch.AUTO_SHARE, on=vmr.auto_share, vmr_id=vmr_id)
    return _show(turned, f"/admin/rooms/{vmr_id}/existing", [("Rooms", "/admin/rooms")], room=vmr.title)


@pages.post(OF_ROOM)
@admin
def apply_of_room(vmr_id: UUID) -> Response:
    """Apply a room's switch."""
    turned = Turned(switch=Switch.AUTO_SHARE, on=_way(), vmr_id=vmr_id)
    return _apply(turned, f"/admin/rooms/{vmr_id}/existing")


def _of_account(switch: Switch) -> Turned:
    chosen = recstore().switches.read(viewer())
    return Turned(switch=switch, on=getattr(chosen, switch.value))


def _way() -> bool:
    """Read which way the page said the switch stood; if it was turned since, the service refuses."""
    return request.form.get("on") == "yes"


def _show(turned: Turned, here: str, steps: list[tuple[str, str]], room: str | None = None) -> str:
    cursor = request.args.get("cursor")
    found = recstore().existing.preview(viewer(), turned, cursor=cursor, limit=PAGE)
    return render_template(
        "existing.html",
        place="admin",
        heading=HEADINGS[turned.switch, turned.on],
        words=WAITING[turned.switch, turned.on],
        stops="What plays now" if turned.switch is Switch.AUTO_SHARE else "A download that runs",
        steps=[("Admin", "/admin"), *steps],
        room=room,
        here=here,
        on=turned.on,
        most=MOST_AT_ONCE,
        found=found,
        people=_count(found.items),
        more=f"{here}?cursor={found.next_cursor}" if found.next_cursor else None,
        first=here if cursor else None,
    )


def _apply(turned: Turned, here: str) -> Response:
    confirmation = request.form.get("confirmation")
    if turned.on and "agreed" not in request.form:
        flash("Tick that you have read the list; nothing was changed.", "wrong")
        return redirect(here, 303)
    try:
        applied = recstore().existing.apply(viewer(), turned, confirmation)
    except BadInput as error:
        flash(error.message, "wrong")
        return redirect(here, 303)
    items = "item" if applied.changed == 1 else "items"
    remaining = f"{write_count(applied.remaining)} remain" if applied.remaining else "none remain"
    flash(f"Applied to {applied.changed:,} {items}; {remaining}.", "done")
    # Whoever left newer ones out goes on with older ones; otherwise the next ones are the newest now.
    following = request.form.get("next")
    return redirect(f"{here}?{urlencode({'cursor': following})}" if following else here, 303)


def _count(items: Iterable[Affected]) -> list[Counted]:
    """Count for each person, by name, the listed items that make a difference to them."""
    users: dict[UUID, User] = {}
    counts: dict[UUID, int] = {}
    for item in items:
        for effect in item.people:
            users[effect.user.id] = effect.user
            counts[effect.user.id] = counts.get(effect.user.id, 0) + 1
    return [
        Counted(user, counts[user.id])
        for user in sorted(users.values(), key=lambda user: (user.name.casefold(), user.id))
    ]

"""What a responsible person (or an admin) changes of an item by form: title and switches, bin, restore."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from recstore.choices import Bin, Edit
from recstore.errors import BadInput, Conflict
from recstore.model import Action
from web.current import recstore, viewer
from web.guard import asks
from web.pages.effects import differences
from web.pages.item import KINDS, NOUNS, read_item

pages = Blueprint("changes", __name__)

ITEM = "/<any(recordings, transcripts):plural>/<uuid:item_id>"


@pages.post(f"{ITEM}/title")
@asks(Action.EDIT)
def rename(plural: str, item_id: UUID) -> Response:
    """Give an item another title."""
    title = request.form.get("title", "")
    change(plural, item_id, Edit(title=title), "The title was changed.")
    return redirect(f"/{plural}/{item_id}", 303)


@pages.post(f"{ITEM}/switches")
@asks(Action.EDIT)
def switch(plural: str, item_id: UUID) -> Response:
    """Turn automatic sharing and download on or off."""
    edit = read_switches(request.form)
    said = []
    if edit.auto_share is not None:
        who = (
            "Everybody of the account who was there"
            if edit.auto_share
            else "Nobody but people who were added"
        )
        said.append(f"{who} has access.")
    if edit.download is not None:
        said.append(f"Participants may {'' if edit.download else 'not '}download.")
    change(plural, item_id, edit, " ".join(said))
    return redirect(f"/{plural}/{item_id}/shares", 303)


@pages.get(f"{ITEM}/bin")
@asks(Action.BIN)
def confirm_bin(plural: str, item_id: UUID) -> str:
    """Ask before moving an item to the bin, with everybody for whom that makes a difference."""
    found = recstore().what_if.preview(viewer(), KINDS[plural], item_id, Bin())
    _, page = read_item(viewer(), KINDS[plural], item_id)
    people = differences(found, viewer())
    return render_template("bin.html", place="library", page=page, found=found, people=people)


@pages.post(f"{ITEM}/bin")
@asks(Action.BIN)
def move_to_bin(plural: str, item_id: UUID) -> Response:
    """Move an item to the bin; what plays stops."""
    kind = KINDS[plural]
    recstore().sharing.bin(viewer(), kind, item_id, request.form.get("shown"))
    flash(f"The {NOUNS[kind]} lies in the bin. Nobody can open it there.", "done")
    return redirect(f"/{plural}/{item_id}", 303)


@pages.post(f"{ITEM}/restore")
@asks(Action.RESTORE)
def restore(plural: str, item_id: UUID) -> Response:
    """Take an item out of the bin."""
    kind = KINDS[plural]
    recstore().sharing.restore(viewer(), kind, item_id, request.form.get("shown"))
    flash(f"The {NOUNS[kind]} is back, shared as it was before.", "done")
    return redirect(f"/{plural}/{item_id}", 303)


def read_switches(sent: Mapping[str, str]) -> Edit:
    """Read what was turned: of the two boxes, only one that is not as it `was` when the form was shown.

    To say nothing of download is not to choose it: it goes on following the account.
    """
    was = sent.get("was", "").split()

    def turned(name: str) -> bool | None:
        return (name in sent) if (name in sent) is not (name in was) else None

    return Edit(auto_share=turned("auto_share"), download=turned("download"))


def change(plural: str, item_id: UUID, edit: Edit, done: str) -> None:
    """Edit an item, and tell the person what changed or why nothing did."""
    try:
        recstore().sharing.edit(viewer(), KINDS[plural], item_id, edit, request.form.get("shown"))
    except Conflict:
        raise  # what was confirmed is not so any more: a page of its own
    except BadInput as error:
        flash(error.message, "wrong")
    else:
        flash(done, "done")

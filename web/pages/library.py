"""The library: what the viewer is tied to, newest first; and what lies in the bin."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from recstore.access.viewer import Viewer
from recstore.errors import BadInput
from recstore.library import Filters, Shown
from recstore.model import Kind
from web.current import recstore, viewer
from web.guard import signed_in
from web.pages.card import Card, by_month, make_card, why_seen
from web.pages.person import read_people

pages = Blueprint("library", __name__)

PAGE = 20
MOST_IN_BIN = 100
SHOWN_AS = {"recordings": Kind.RECORDING, "chats": Kind.TRANSCRIPT}
WHOSE = ("", "by-me", "with-me")


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the lists to choose from."""

    words: str
    address: str
    is_here: bool
    is_apart: bool = False


@pages.get("/")
@signed_in
def show() -> str:
    """Show a page of recordings or chats, or the bin."""
    chosen = request.args.get("show", "recordings")
    text, shared = request.args.get("q", "").strip(), request.args.get("shared", "")
    if chosen not in {*SHOWN_AS, "bin"} or shared not in WHOSE:
        raise BadInput("There is no such list; start again from the library.", code="bad_query")
    if chosen == "bin":
        cards, older = _bin(viewer()), None
    else:
        filters = Filters(text=text or None, shared=shared or "mine", in_bin=False)
        cards, older = _page(viewer(), SHOWN_AS[chosen], filters)
    return render_template(
        "library.html",
        place="library",
        tabs=_tabs(chosen),
        show=chosen,
        text=text,
        shared=shared,
        months=by_month(cards),
        older=_here(cursor=older) if older else None,
        newest=_here(cursor=None) if "cursor" in request.args else None,
    )


def _page(asking: Viewer, kind: Kind, filters: Filters) -> tuple[list[Card], str | None]:
    cursor = request.args.get("cursor")
    shown, older = recstore().library.page(asking, kind, filters, cursor=cursor, limit=PAGE)
    return [make_own_card(asking, each) for each in shown], older


def _bin(asking: Viewer) -> list[Card]:
    filters = Filters(shared="by-me", in_bin=True)
    found = [
        each
        for kind in SHOWN_AS.values()
        for each in recstore().library.page(asking, kind, filters, cursor=None, limit=MOST_IN_BIN)[0]
    ]
    found.sort(key=lambda each: each.item.started_at, reverse=True)
    return [make_own_card(asking, each) for each in found]


def make_own_card(asking: Viewer, shown: Shown) -> Card:
    """Make the row of an item with why its viewer sees it."""
    library = recstore().library
    roster = library.roster(asking, shown.item.what, shown.item.id)
    chats = (
        []
        if shown.item.what is Kind.TRANSCRIPT
        else library.of_same_call(asking, shown.item, Kind.TRANSCRIPT)
    )
    why = [why_seen(shown, asking, now=recstore().clock())]
    return make_card(shown, read_people(roster), why=why, has_chat=bool(chats))


def _tabs(chosen: str) -> list[Tab]:
    waiting = recstore().access_requests.count(viewer())
    return [
        Tab("Recordings", "/", chosen == "recordings"),
        Tab("Chats", "/?show=chats", chosen == "chats"),
        Tab(f"Requests ({waiting})" if waiting else "Requests", "/access-requests", False, is_apart=True),
        Tab("Bin", "/?show=bin", chosen == "bin"),
    ]


def _here(*, cursor: str | None) -> str:
    """Give this page's own address with another cursor."""
    kept = {name: value for name, value in request.args.items() if name != "cursor" and value}
    return "/?" + urlencode({**kept, **({"cursor": cursor} if cursor else {})})

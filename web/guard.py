"""Every view declares what it asks; an application with one that does not refuses to start.

The declaration is the outer wall: who may reach the view at all. Whether they may do it with this very item
is the gate's answer, which the services behind the view ask for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from flask import Flask, current_app, request

from recstore.errors import Misconfigured, NotThere, RecstoreError, Refused, SignInNeeded
from recstore.journal.actor import Actor
from recstore.model import Action
from recstore.operators import KnownOperator
from recstore.signin import Recorder
from recstore.turned_away import note_turned_away
from web import forgery
from web.current import Person, asker, recstore
from web.current import operator as current_operator

View = TypeVar("View", bound=Callable[..., Any])

SIGN_IN = "Sign in first, or send a valid token."


class Who(StrEnum):
    """Who may reach a view."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed-in"
    ADMIN = "admin"
    RECORDER = "recorder"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Asks:
    """What a view asks: who must come, and which action it puts to the gate."""

    who: Who
    action: Action | None = None


def public(view: View) -> View:
    """Declare that anybody may come: the view tells nothing about people or items."""
    return _declare(view, Asks(Who.ANYBODY))


def signed_in(view: View) -> View:
    """Declare that the view is about the viewer's own, or asks the gate for each item that it shows."""
    return _declare(view, Asks(Who.SIGNED_IN))


def asks(action: Action) -> Callable[[View], View]:
    """Declare that the view asks the gate for `action` on the item that it names."""
    return lambda view: _declare(view, Asks(Who.SIGNED_IN, action))


def admin(view: View) -> View:
    """Declare that only active admins reach the view; to others it is not there."""
    return _declare(view, Asks(Who.ADMIN))


def recorder(view: View) -> View:
    """Declare that the view takes hand-overs, under an ingest token and nothing else."""
    return _declare(view, Asks(Who.RECORDER))


def operator(view: View) -> View:
    """Declare that the view is for signed-in operators, under their own sessions and no others."""
    return _declare(view, Asks(Who.OPERATOR))


def declared(view: Callable[..., Any]) -> Asks | None:
    """Give what a view declared."""
    found = getattr(view, "asks", None)
    return found if isinstance(found, Asks) else None


def check_views(app: Flask) -> None:
    """Raise Misconfigured if any view declares nothing."""
    silent = sorted(name for name, view in app.view_functions.items() if declared(view) is None)
    if silent:
        raise Misconfigured(f"These views do not declare what they ask: {', '.join(silent)}.")


def enforce() -> None:
    """Stand before every view: nobody gets past what it declares."""
    if request.endpoint is None:
        return  # no view: the answer is "not there" for everybody
    asked = declared(current_app.view_functions[request.endpoint])
    if asked is None:
        raise Misconfigured(f"{request.endpoint} does not declare what it asks.")
    forgery.check(is_public=asked.who is Who.ANYBODY)
    if asked.who is Who.RECORDER:
        _let_recorder_in()
    elif asked.who is Who.OPERATOR:
        current_operator()
    elif asked.who is not Who.ANYBODY:
        _let_viewer_in(asked)


def _let_recorder_in() -> None:
    found = asker()
    if found is None or isinstance(found, KnownOperator):
        raise SignInNeeded(SIGN_IN)
    if not isinstance(found, Recorder):
        _turn_away(found, Refused("Only a token that may hand over is taken here.", code="recorder_only"))


def _let_viewer_in(asked: Asks) -> None:
    found = asker()
    if found is None or isinstance(found, KnownOperator):
        raise SignInNeeded(SIGN_IN)
    if isinstance(found, Recorder):
        words = "This token hands over recordings; it reads and changes nothing."
        _turn_away(found, Refused(words, code="ingest_only"))
    if asked.who is Who.ADMIN and not found.user.admin:
        _turn_away(found, NotThere(), code="admins_only")
    if not found.by_cookie and request.method not in forgery.HARMLESS:
        _turn_away(found, Refused("This token reads; it changes nothing.", code="read_only"))


def _turn_away(found: Person | Recorder, error: RecstoreError, *, code: str | None = None) -> NoReturn:
    """Raise, once the account's journal tells of it: with `code`, where the answer must not say it."""
    if isinstance(found, Recorder):
        account_id, actor = found.account_id, Actor.token(found.token_id)
    else:
        account_id, actor = found.viewer.account_id, Actor.user(found.viewer.user_id)
    note_turned_away(recstore().gate, account_id, actor=actor, code=code or error.code)
    raise error


def _declare(view: View, asked: Asks) -> View:
    view.asks = asked  # type: ignore[attr-defined]  # functools.wraps carries it through later decorators
    return view

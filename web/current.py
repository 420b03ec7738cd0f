"""What a view works with: the installation, and who is asking."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app
from flask_login import current_user

from recstore.access.viewer import Viewer
from recstore.catalog.tables import User
from recstore.errors import Damaged, SignInNeeded, Unavailable
from recstore.operators import KnownOperator
from recstore.signin import Recorder
from recstore.wiring import Recstore


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in user. `by_cookie`: through a browser, which sends its cookie whoever wrote the page."""

    viewer: Viewer
    user: User
    by_cookie: bool


Asker = Person | Recorder | KnownOperator | None


def recstore() -> Recstore:
    """Give the installation that this application serves."""
    return cast(Recstore, current_app.extensions["recstore"])


def asker() -> Asker:
    """Give whoever sent this request."""
    found = current_user._get_current_object()  # noqa: SLF001 - the proxy's own documented way in
    return found if isinstance(found, Person | Recorder | KnownOperator) else None


def person() -> Person:
    """Give the signed-in user; raise SignInNeeded if there is none."""
    found = asker()
    if not isinstance(found, Person):
        raise SignInNeeded("Sign in first, or send a valid token.")
    return found


def open_now(read: Callable[[], str]) -> str | None:
    """Read a text about whoever is here; None while it cannot be opened, or where its key was destroyed.

    Signing in, signing out and the page that says so must not hang on it.
    """
    try:
        return read()
    except (Damaged, Unavailable):
        return None


def viewer() -> Viewer:
    """Give the signed-in user as the gate knows them."""
    return person().viewer


def operator() -> KnownOperator:
    """Give the signed-in operator; raise SignInNeeded if there is none."""
    found = asker()
    if not isinstance(found, KnownOperator):
        raise SignInNeeded("Sign in as an operator first.")
    return found


def recorder() -> Recorder:
    """Give the machine that hands over; raise SignInNeeded if there is none."""
    found = asker()
    if not isinstance(found, Recorder):
        raise SignInNeeded("Send a token that may hand over.")
    return found

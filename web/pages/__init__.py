"""Pages for people: server-rendered, over the same services as the API."""

from flask import Flask, request

from recstore.operators import KnownOperator
from web.current import Asker, Person, asker, open_now, recstore
from web.identity import is_operators_place
from web.pages import (
    access,
    admin,
    changes,
    consents,
    domains,
    existing,
    key_lock,
    keys,
    library,
    recording,
    requests,
    rooms,
    settings,
    shares,
    sign_in,
    support,
    support_sign_in,
    transcript,
    what_if,
    why,
)
from web.pages.formats import write_count, write_moment
from web.pages.person import colleague

NOUNS = (
    sign_in,
    library,
    recording,
    transcript,
    changes,
    domains,
    shares,
    requests,
    access,
    why,
    what_if,
    admin,
    settings,
    rooms,
    existing,
    key_lock,
    keys,
    consents,
    support_sign_in,
    support,
)


def register(app: Flask) -> None:
    """Add the pages to `app`."""
    for noun in NOUNS:
        app.register_blueprint(noun.pages)
    app.context_processor(_who_is_here)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["moment"] = lambda at: write_moment(at, now=recstore().clock())
    app.jinja_env.filters["counted"] = write_count
    app.jinja_env.filters["face"] = colleague
    app.jinja_env.filters["weekday"] = lambda at: f"{at:%a}"


def _who_is_here() -> dict[str, object]:
    found = asker()
    return {
        "me": found.user if isinstance(found, Person) else None,
        "my_name": lambda: _name(found),
        "operator": found if isinstance(found, KnownOperator) else None,
        "is_support": is_operators_place(request.path),
    }


def _name(found: Asker) -> str:
    """Name who is signed in, also while no name can be opened: the page that says so must not hang on it."""
    name = open_now(lambda: found.user.name) if isinstance(found, Person) else None
    return name or "Signed in"

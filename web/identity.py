"""Who sent a request: the user behind a cookie, or whoever a bearer token stands for.

Sessions are rows on the server (`recstore.signin`); Flask-Login only carries the answer through the request.
Nothing about it is kept from one request to the next.
"""

from flask import Flask, Request, g, request
from flask_login import LoginManager
from werkzeug.wrappers import Response

from recstore.operators import KnownOperator, SignedInOperator
from recstore.signin import Known, Recorder, SignedIn
from web.current import Asker, Person, recstore
from web.current import asker as current_asker

COOKIE = "recstore_session"
# Operators' sessions count on their own pages and routes alone, and users' sessions nowhere there.
OPERATOR_COOKIE = "recstore_operator"
OPERATORS_PLACES = ("/support", "/api/v1/support")
BEARER = "bearer "


def carry_identity(app: Flask) -> None:
    """Have every request of `app` know who sent it."""
    manager = LoginManager()
    # Both keep state in Flask's own cookie, which proves nothing here.
    manager.session_protection = None
    app.config["REMEMBER_COOKIE_NAME"] = "recstore_not_used"
    manager.init_app(app)
    manager.request_loader(find_asker)


def find_asker(request: Request) -> Asker:
    """Find out who sent a request. A token, valid or not, comes before any cookie."""
    if is_operators_place(request.path):
        own = request.cookies.get(OPERATOR_COOKIE)
        return recstore().operators.session(own) if own else None
    signin = recstore().signin
    if "Authorization" in request.headers:
        header = request.headers["Authorization"]
        is_bearer = header.lower().startswith(BEARER)
        found = signin.bearer(header[len(BEARER) :].strip()) if is_bearer else None
        return found if isinstance(found, Recorder) else _person(found, by_cookie=False)
    cookie = request.cookies.get(COOKIE)
    return _person(signin.session(cookie), by_cookie=True) if cookie else None


def is_operators_place(path: str) -> bool:
    """Say whether operators' sessions count at a path, and no others."""
    return path.startswith(OPERATORS_PLACES)


def sign_in(email: str, password: str) -> SignedIn:
    """Start a session in the place of the one that the browser had. Raises what `SignIn.sign_in` raises."""
    before = current_asker()
    signed_in = recstore().signin.sign_in(email, password, origin=request.remote_addr or "unknown")
    if isinstance(before, Person) and before.by_cookie:
        recstore().signin.sign_out(before.viewer)
    return signed_in


def become(signed_in: SignedIn) -> None:
    """Let the rest of this request know who has just signed in."""
    g._login_user = Person(signed_in.viewer, signed_in.user, by_cookie=True)  # noqa: SLF001 - Flask-Login's place


def sign_in_operator(email: str, password: str) -> SignedInOperator:
    """Start an operator's session in the place of the one the browser had. Raises as `Operators` does."""
    before = current_asker()
    origin = request.remote_addr or "unknown"
    signed_in = recstore().operators.sign_in(email, password, origin=origin)
    if isinstance(before, KnownOperator):
        recstore().operators.sign_out(before)
    g._login_user = signed_in.operator  # noqa: SLF001 - Flask-Login's place
    return signed_in


def set_cookie(response: Response, signed_in: SignedIn | SignedInOperator) -> None:
    """Give the browser its session."""
    response.set_cookie(
        OPERATOR_COOKIE if isinstance(signed_in, SignedInOperator) else COOKIE,
        signed_in.token,
        expires=signed_in.expires_at,
        httponly=True,
        secure=recstore().settings.secure_cookies,
        # Lax, not Strict: a link in an e-mail must not lead to the sign-in page of somebody signed in.
        samesite="Lax",
    )


def clear_cookie(response: Response, name: str = COOKIE) -> None:
    """Take the browser's session away."""
    response.delete_cookie(name, httponly=True, secure=recstore().settings.secure_cookies, samesite="Lax")


def _person(known: Known | None, *, by_cookie: bool) -> Person | None:
    return Person(known.viewer, known.user, by_cookie) if known else None

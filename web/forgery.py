"""Changes that another site's page makes a browser send are refused, three times over.

Browsers say where a request comes from (`Origin`, `Sec-Fetch-Site`); a change under a cookie must carry a
token (Flask-WTF); and that token counts only for the very session that it was given to, so that an attacker
who can plant cookies gains nothing by planting their own. Requests with a bearer token need none of it: no
browser adds one by itself.
"""

from urllib.parse import urlsplit

from flask import request, session
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms import ValidationError  # type: ignore[import-untyped]

from recstore.errors import Refused
from recstore.operators import KnownOperator
from web.current import Person, asker
from web.identity import is_operators_place

HARMLESS = {"GET", "HEAD", "OPTIONS"}
FIELD = "csrf_token"
HEADER = "X-CSRF-Token"


def token() -> str:
    """Give the token that changes under this session must carry."""
    place = _place()
    if session.get(f"{place} of") != _whose():
        session.pop(place, None)
        session[f"{place} of"] = _whose()
    return str(generate_csrf(token_key=place))


def check(*, is_public: bool) -> None:
    """Raise Refused for a change that this site's own pages did not send.

    What anybody may send (signing in) uses no rights of the cookie, so it needs the origin alone.
    """
    found = asker()
    is_by_cookie = isinstance(found, KnownOperator) or (isinstance(found, Person) and found.by_cookie)
    # By who was found, not by the headers that came: an empty one must not make a cookie pass for a token.
    if request.method in HARMLESS or (found is not None and not is_by_cookie):
        return
    _check_origin()
    if is_by_cookie and not is_public:
        _check_token()


def _check_origin() -> None:
    # Neither header: no browser of this decade, so no page that could have been tricked.
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site not in {"same-origin", "none"} or (
        origin is not None and urlsplit(origin).netloc != request.host
    ):
        raise Refused("This came from another site; nothing was changed.", code="cross_site")


def _check_token() -> None:
    sent = request.headers.get(HEADER)
    if sent is None and not request.path.startswith("/api/"):
        sent = request.form.get(FIELD)
    if session.get(f"{_place()} of") != _whose() or not _is_valid(sent):
        raise Refused(
            "The token against forged requests is missing or not yours; load the page again.", code="csrf"
        )


def _is_valid(sent: str | None) -> bool:
    try:
        validate_csrf(sent, token_key=_place())
    except ValidationError:
        return False
    return True


def _place() -> str:
    # Apart, as their sessions are: a browser may hold a user's and an operator's at once.
    return "csrf_support" if is_operators_place(request.path) else "csrf_pages"


def _whose() -> str:
    found = asker()
    if isinstance(found, KnownOperator):
        return str(found.session_id)
    return str(found.viewer.credential_id) if isinstance(found, Person) else "nobody"

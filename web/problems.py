"""Errors as answers: a problem document (RFC 9457) for programs, a calm page for people.

Nothing of an unexpected error leaves: its kind and where it was raised go to the log.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from apiflask import HTTPError
from flask import Flask, Response, current_app, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from recstore.access.fact_words import ACTIONS
from recstore.errors import (
    BadInput,
    Conflict,
    Damaged,
    NotThere,
    RangeOutside,
    RecstoreError,
    Refused,
    SignInNeeded,
    Throttled,
    TooLarge,
    Unavailable,
    Unmatched,
)
from recstore.model import Action
from web import logs
from web.bodies import finish_reading
from web.current import asker
from web.guard import Who, declared
from web.identity import is_operators_place

# The first that fits counts: narrow kinds stand before the wide ones that they belong to.
STATUSES: tuple[tuple[type[RecstoreError], HTTPStatus], ...] = (
    (Unmatched, HTTPStatus.PRECONDITION_FAILED),
    (RangeOutside, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (Conflict, HTTPStatus.CONFLICT),
    (BadInput, HTTPStatus.BAD_REQUEST),
    (SignInNeeded, HTTPStatus.UNAUTHORIZED),
    (Throttled, HTTPStatus.TOO_MANY_REQUESTS),
    (NotThere, HTTPStatus.NOT_FOUND),
    (Refused, HTTPStatus.FORBIDDEN),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
CODES = {
    HTTPStatus.NOT_FOUND: NotThere.code,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge.code,
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
}
# What the rules refuse, or an item's own circumstances: the viewer may see the item, so they may be told.
ABOUT_AN_ITEM = {Refused.code, "keepers_only", "reason_needed"}
# Where a link leads: whatever the id, one can ask for it (the form goes to the page's own address).
ITEM_PAGES = {"recording.show", "transcript.show"}
FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics")


def answer_errors(app: Flask) -> None:
    """Have every error of `app` answered from here."""
    app.before_request(_look_up_reader)
    app.register_error_handler(RecstoreError, answer)
    app.register_error_handler(HTTPError, lambda error: answer(_of_validation(error)))
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(RecursionError, lambda _: answer(_TOO_DEEP))
    app.register_error_handler(Exception, _answer_unexpected)


def _look_up_reader() -> None:
    """Where no view does it: the page that says "not there" greets whoever is signed in, as all pages do."""
    if request.endpoint is None and not wants_document():
        asker()


_TOO_DEEP = BadInput("The document is nested too deeply.", code="bad_document")


def answer(error: RecstoreError) -> AnyResponse:
    """Answer an error of recstore."""
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logs.fault(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, Damaged):
        return _write(status, _UNEXPECTED, "internal")
    response = _write(
        status, error.message, error.code, rule=error.rule if isinstance(error, Refused) else None
    )
    if isinstance(error, Unavailable | Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, RangeOutside):
        response.headers["Content-Range"] = f"bytes */{error.length}"
    return response


def status_of(error: RecstoreError) -> HTTPStatus:
    """Give the status that an error is answered with."""
    found = (status for kind, status in STATUSES if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def wants_document() -> bool:
    """Say whether a program asks, not a browser's page."""
    return request.path.startswith(FOR_PROGRAMS)


_UNEXPECTED = "Something went wrong here, and was noted; nothing was changed."


def _answer_unexpected(error: Exception) -> AnyResponse:
    logs.fault(error)
    return _write(HTTPStatus.INTERNAL_SERVER_ERROR, _UNEXPECTED, "internal")


def _answer_http(error: HTTPException) -> AnyResponse:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # a redirect
    if status is HTTPStatus.NOT_FOUND:
        return answer(_SLASHED if _has_slashed_ref() else NotThere())
    response = _write(status, f"{status.phrase}.", CODES.get(status, "bad_request"))
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers.update({name: value for name, value in error.get_headers() if name == "Allow"})
    return response


# The server decodes addresses before they are matched, so that no route ever sees such a reference.
_SLASHED = BadInput("A reference has no slash, not even one written as %2F.", code="bad_ref")


def _has_slashed_ref() -> bool:
    """Say whether an address of hand-over has an encoded slash: that belongs to a ref (RFC 3986, 2.2)."""
    address = request.environ.get("RAW_URI", "").partition("?")[0].lower()
    return address.startswith("/api/v1/calls/") and "%2f" in address


def _of_validation(error: HTTPError) -> BadInput:
    """Name the first field that was wrong and what was expected there, never what stood there."""
    detail = error.detail if isinstance(error.detail, dict) else {}
    location, fields = next(iter(detail.items()), ("json", {}))
    field, messages = next(iter(fields.items()), ("the document", ["cannot be read"]))
    code = "bad_query" if location == "query" else "bad_document"
    return BadInput(f"{'the document' if field == '_schema' else field}: {messages[0]}", code=code)


def _write(status: HTTPStatus, detail: str, code: str, *, rule: str | None = None) -> AnyResponse:
    finish_reading()
    if wants_document():
        return _document(status, detail, code, rule=rule)
    if status is HTTPStatus.UNAUTHORIZED and request.method == "GET":
        if is_operators_place(request.path):
            return redirect("/support/sign-in")
        # Path and query of this site alone: nobody is ever sent elsewhere after signing in.
        return redirect(f"/sign-in?next={quote(request.full_path.rstrip('?'))}")
    # Looking the viewer up may be the very thing that failed: the page does not try again.
    g.setdefault("_login_user", None)
    page = render_template(
        "problem.html",
        status=status.value,
        title=status.phrase,
        detail=detail,
        code=code,
        refused=_find_refused(code) if code in ABOUT_AN_ITEM else None,
        can_ask=status is HTTPStatus.NOT_FOUND and request.endpoint in ITEM_PAGES,
    )
    return Response(page, status=status)


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """What was refused on a page of an item: in words, if it is one action; and where it is explained."""

    words: str | None
    why: str


def _find_refused(code: str) -> RefusedPage | None:
    """Say what was refused and where the viewer finds why; None if the page is of no item."""
    asked = declared(current_app.view_functions[request.endpoint]) if request.endpoint else None
    item_id, plural = (request.view_args or {}).get("item_id"), (request.view_args or {}).get("plural")
    plural = plural or (request.endpoint or "").partition(".")[0] + "s"  # the item's own page
    if item_id is None or asked is None:
        return None
    action = Action.REVIEW if asked.who is Who.ADMIN else asked.action
    if action is None:
        return RefusedPage(None, f"/{plural}/{item_id}/why")
    words = "See who else may" if code == "keepers_only" else ACTIONS[action]
    return RefusedPage(words, f"/{plural}/{item_id}/why?action={action.value}")


def _document(status: HTTPStatus, detail: str, code: str, *, rule: str | None) -> Response:
    fields: dict[str, str | int | None] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
    }
    if status is HTTPStatus.FORBIDDEN:
        fields["rule"] = rule
    response = Response(json.dumps(fields), status=status, content_type="application/problem+json")
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response

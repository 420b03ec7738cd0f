"""Signing in and out."""

from apiflask import APIBlueprint
from flask import Response, jsonify

from recstore.catalog.tables import User
from web import forgery, guard, identity
from web.api import shapes
from web.api.refusals import refuses
from web.current import open_now, person, recstore, viewer
from web.identity import become, clear_cookie, set_cookie

session = APIBlueprint("api_session", __name__, tag="Session")


@session.post("/session")
@guard.public
@refuses(400, "bad_email")
@refuses(401, "sign_in_refused")
@refuses(429, "too_many_attempts")
@refuses(503, "journal_unavailable")
@session.input(shapes.SignInDocument, arg_name="sent")
@session.output(shapes.Session)
def sign_in(sent: shapes.SignInDocument) -> Response:
    """Sign in. The answer sets the session's cookie; it takes as long for an unknown address."""
    signed_in = identity.sign_in(sent.email, sent.password)
    become(signed_in)
    response = jsonify(_show(signed_in.user).model_dump(mode="json"))
    set_cookie(response, signed_in)
    return response


@session.get("/session")
@guard.signed_in
@session.output(shapes.Session)
def get_session() -> shapes.Session:
    """Say who is signed in, with the token for changes."""
    return _show(person().user)


@session.delete("/session")
@guard.signed_in
@session.output({}, status_code=204)
def sign_out() -> Response:
    """Sign out: the session ends at once, wherever it plays something."""
    recstore().signin.sign_out(viewer())
    response = Response(status=204)
    clear_cookie(response)
    return response


def _show(user: User) -> shapes.Session:
    name, email = open_now(lambda: user.name), open_now(lambda: user.email)
    me = shapes.Me(id=user.id, name=name, email=email, admin=user.admin)
    return shapes.Session(user=me, csrf_token=forgery.token())

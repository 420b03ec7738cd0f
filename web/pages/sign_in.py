"""Sign in and out by form."""

import re

from flask import Blueprint, Response, make_response, redirect, render_template, request

from recstore.errors import BadInput, SignInNeeded, Throttled
from web import identity
from web.current import person, recstore, viewer
from web.guard import public, signed_in
from web.identity import clear_cookie, set_cookie

pages = Blueprint("sign_in", __name__)

# A path of this site, nothing that a browser takes for another: no "//", no backslash, no control characters.
SAME_SITE = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


@pages.get("/sign-in")
@public
def show() -> str:
    """Show the form."""
    return _form(next_path=request.args.get("next", ""))


@pages.post("/sign-in")
@public
def sign_in() -> Response | tuple[str, int, dict[str, str]]:
    """Start a session and go where the person wanted to go."""
    email, wanted = request.form.get("email", ""), request.form.get("next", "")
    try:
        signed_in = identity.sign_in(email, request.form.get("password", ""))
    except Throttled as error:
        wrong, status, headers = error.message, 429, {"Retry-After": str(error.retry_after)}
    except (SignInNeeded, BadInput) as error:
        wrong, status, headers = error.message, 401, {}
    else:
        response = make_response(redirect(same_site(wanted), 303))
        set_cookie(response, signed_in)
        return response
    return _form(next_path=wanted, email=email, wrong=wrong), status, headers


@pages.post("/sign-out")
@signed_in
def sign_out() -> Response:
    """End the session; what plays under it stops."""
    if person().by_cookie:
        recstore().signin.sign_out(viewer())
    response = make_response(redirect("/sign-in", 303))
    clear_cookie(response)
    return response


def same_site(path: str) -> str:
    """Give the path if it surely leads to this site, else the library."""
    return path if SAME_SITE.fullmatch(path) else "/"


def _form(*, next_path: str, email: str = "", wrong: str = "") -> str:
    wanted = same_site(next_path)
    return render_template("sign_in.html", next=wanted, email=email, wrong=wrong)

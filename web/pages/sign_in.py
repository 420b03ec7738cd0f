"""Sign in and out by form."""

import re
from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request

from recstore.errors import BadInput, SignInNeeded, Throttled
from recstore.operators import SignedInOperator
from recstore.signin import SignedIn
from web import identity
from web.current import person, recstore, viewer
from web.guard import public, signed_in
from web.identity import clear_cookie, set_cookie

pages = Blueprint("sign_in", __name__)

# A path of this site, nothing that a browser takes for another: no "//", no backslash, no control characters.
SAME_SITE = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")

Answer = Response | tuple[str, int, dict[str, str]]


@pages.get("/sign-in")
@public
def show() -> str:
    """Show the form."""
    return _form(next_path=request.args.get("next", ""))


@pages.post("/sign-in")
@public
def sign_in() -> Answer:
    """Start a session and go where the person wanted to go."""
    wanted = request.form.get("next", "")
    return answer_sign_in(
        identity.sign_in,
        home=same_site(wanted),
        form=lambda email, wrong: _form(next_path=wanted, email=email, wrong=wrong),
    )


def answer_sign_in(
    start: Callable[[str, str], SignedIn | SignedInOperator], *, home: str, form: Callable[[str, str], str]
) -> Answer:
    """Start a session and go to `home`; or show the form again, saying what was wrong."""
    email = request.form.get("email", "")
    try:
        signed_in = start(email, request.form.get("password", ""))
    except Throttled as error:
        wrong, status, headers = error.message, 429, {"Retry-After": str(error.retry_after)}
    except (SignInNeeded, BadInput) as error:
        wrong, status, headers = error.message, 401, {}
    else:
        response = make_response(redirect(home, 303))
        set_cookie(response, signed_in)
        return response
    return form(email, wrong), status, headers


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

"""Operators sign in and out by form, apart from users."""

from flask import Blueprint, Response, make_response, redirect, render_template

from web import identity
from web.current import operator, recstore
from web.guard import operator as operators_only
from web.guard import public
from web.identity import OPERATOR_COOKIE, clear_cookie
from web.pages.sign_in import Answer, answer_sign_in

pages = Blueprint("support_sign_in", __name__)


@pages.get("/support/sign-in")
@public
def show() -> str:
    """Show the form."""
    return _form()


@pages.post("/support/sign-in")
@public
def sign_in() -> Answer:
    """Start an operator's session."""
    return answer_sign_in(identity.sign_in_operator, home="/support", form=_form)


@pages.post("/support/sign-out")
@operators_only
def sign_out() -> Response:
    """End the session; what plays under it stops."""
    recstore().operators.sign_out(operator())
    response = make_response(redirect("/support/sign-in", 303))
    clear_cookie(response, OPERATOR_COOKIE)
    return response


def _form(email: str = "", wrong: str = "") -> str:
    return render_template("sign_in.html", email=email, wrong=wrong)

"""Build the application. Nothing happens when this module is imported; each worker builds its own."""

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from recstore.installation import COOKIES, read_secret
from recstore.settings import read_settings
from recstore.wiring import Recstore, build
from web import api, bodies, forgery, guard, headers, identity, logs, pages, preconditions, problems
from web.bodies import SMALL, Request


def create_app(recstore: Recstore | None = None) -> APIFlask:
    """Build the application over an installation, or over the one that the environment names.

    Raises Misconfigured, before the first request, if any view does not declare what it asks.
    """
    recstore = recstore or build(read_settings())
    app = APIFlask("web", title="recstore", json_errors=False, spec_path=None, docs_path=None)
    app.request_class = Request
    app.extensions["recstore"] = recstore
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.config.update(
        SECRET_KEY=read_secret(recstore.settings, COOKIES),
        MAX_CONTENT_LENGTH=SMALL,
        # Flask's own cookie carries the token against forgery and what a page says after a change; no rights.
        SESSION_COOKIE_NAME="recstore_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=recstore.settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,  # it lives as long as the session that it belongs to
    )
    logs.log_requests(app)
    headers.add_headers(app, behind_tls=recstore.settings.secure_cookies)
    identity.carry_identity(app)
    problems.answer_errors(app)
    app.before_request(bodies.hurry)
    app.before_request(guard.enforce)
    app.before_request(preconditions.check_change)
    app.before_request(bodies.receive)
    app.jinja_env.globals["csrf_token"] = forgery.token
    guard.public(app.view_functions["static"])
    api.register(app)
    pages.register(app)
    guard.check_views(app)
    if proxies := recstore.settings.proxies:
        # Without it, everybody behind the proxy would be one origin, and be throttled together.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    return app

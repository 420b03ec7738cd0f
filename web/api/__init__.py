"""The JSON API, one file a noun. Views translate between HTTP and the services; they decide nothing."""

from apiflask import APIFlask

PREFIX = "/api/v1"


def register(app: APIFlask) -> None:
    """Serve the API, and the health of the process beside it."""
    from web.api.access_requests import requests
    from web.api.account import account
    from web.api.admin import admin
    from web.api.calls import calls
    from web.api.consents import consents
    from web.api.directory import directory, everybody
    from web.api.document import describe, document
    from web.api.domains import domains
    from web.api.existing import existing
    from web.api.explain import explain
    from web.api.health import health
    from web.api.items import items
    from web.api.key_lock import key_lock
    from web.api.keys import keys
    from web.api.media import media
    from web.api.rooms import rooms
    from web.api.session import session
    from web.api.shares import shares
    from web.api.support import support
    from web.api.what_if import what_if

    for blueprint in (session, calls, items, media, shares, requests, what_if, explain, directory, document):
        app.register_blueprint(blueprint, url_prefix=PREFIX)
    for blueprint in (admin, account, rooms, existing, domains, key_lock, keys, everybody):
        app.register_blueprint(blueprint, url_prefix=f"{PREFIX}/admin")
    app.register_blueprint(consents, url_prefix=f"{PREFIX}/admin")
    app.register_blueprint(support, url_prefix=f"{PREFIX}/support")
    app.register_blueprint(health)
    describe(app)

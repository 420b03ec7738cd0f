"""The JSON API, one file a noun. Views translate between HTTP and the services; they decide nothing."""

from apiflask import APIFlask

PREFIX = "/api/v1"


def register(app: APIFlask) -> None:
    """Serve the API, and the health of the process beside it."""
    from web.api.calls import calls
    from web.api.document import describe, document
    from web.api.health import health
    from web.api.items import items
    from web.api.media import media
    from web.api.session import session

    for blueprint in (session, calls, items, media, document):
        app.register_blueprint(blueprint, url_prefix=PREFIX)
    app.register_blueprint(health)
    describe(app)

"""Headers of every answer: nothing runs, frames, sniffs or caches what this site did not mean to."""

from flask import Flask, Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Nothing is told to other sites. `no-referrer` would hide the origin from ourselves too: browsers then
    # send `Origin: null` with our own forms, and forged requests could not be told from them.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
ONE_YEAR = 365 * 24 * 3600


def add_headers(app: Flask, *, behind_tls: bool) -> None:
    """Add them to every answer of `app` that does not bring stricter ones."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if behind_tls:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR}")
        return response

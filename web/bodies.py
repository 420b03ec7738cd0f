"""Request bodies: read as they arrive, never parsed into memory or files beyond a small limit."""

import contextlib
import time
from typing import IO, Any, NoReturn

import flask
from flask import after_this_request, has_request_context, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]

from recstore.errors import BadInput
from recstore.ingest.receiving import Body, read_all
from web.current import recstore

# Of the API's own documents and of forms. Hand-overs have limits of their own, in the settings.
SMALL = 1 << 20

# How long a sender may be silent before its hand-over counts as broken off, in seconds.
SILENCE = 60

# A refused sender is listened to for this long, so that it gets to read the refusal, in seconds.
LINGER = 5


class Request(flask.Request):
    """A request whose faults are told in recstore's own errors."""

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:  # noqa: ARG002 - the base's signature
        """Raise BadInput, without what was sent."""
        raise BadInput("The body is not JSON.", code="not_json") from None

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        # The base would write larger files to the disk, in the clear.
        raise BadInput("Files are not taken here.", code="bad_form")


class Incoming:
    """The body as gunicorn hands it over, which ends it where its length or last chunk says."""

    def __init__(self) -> None:
        # Not `request.stream`, whose limit is that of small documents, and whose errors are its own.
        self._input: IO[bytes] = request.environ["wsgi.input"]

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes; raise OSError or EOFError where the body breaks off."""
        try:
            return self._input.read(size)
        except ParseException as error:
            raise EOFError from error


def recording_body() -> Body:
    """Give a recording's body, to be read once."""
    return _body(recstore().settings.max_recording_bytes)


def read_document() -> bytes:
    """Read a handed-over document whole; raises TooLarge, and BadInput where it breaks off."""
    return read_all(_body(recstore().settings.max_document_bytes))


def finish_reading() -> None:
    """After an answer to a body that was not read, listen on for a moment.

    A server that closes while the sender still sends makes the sender's system throw the answer away
    (RFC 9112, section 9.6).
    """
    if has_request_context() and request.method not in {"GET", "HEAD"}:
        stream, socket = request.environ["wsgi.input"], request.environ.get("gunicorn.socket")

        @after_this_request
        def listen_on(response: flask.Response) -> flask.Response:
            response.call_on_close(lambda: _drain(stream, socket))
            return response


def _body(limit: int) -> Body:
    socket = request.environ.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(SILENCE)
    return Body(Incoming(), limit, request.content_length)


def _drain(stream: Any, socket: Any) -> None:
    if socket is None:
        return
    deadline = time.monotonic() + LINGER
    # The sender is gone or speaks no HTTP any more; its answer was sent, and nobody waits for more.
    with contextlib.suppress(OSError, ParseException):
        socket.settimeout(LINGER)
        while time.monotonic() < deadline and stream.read(SMALL):
            pass

"""Request bodies: read as they arrive, never parsed into memory or files beyond a small limit."""

import contextlib
from typing import IO, Any, NoReturn

import flask
from flask import after_this_request, current_app, g, has_request_context, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]

from recstore.errors import BadInput
from recstore.ingest.receiving import Body, read_all
from recstore.operators import KnownOperator
from recstore.signin import Recorder
from web.current import Person, recstore
from web.guard import Who, declared
from web.watch import WATCH, cut

# Of the API's own documents and of forms. Hand-overs have limits of their own, in the settings.
SMALL = 1 << 20
PIECE = 1 << 16

# How long a sender may be silent before its hand-over counts as broken off, in seconds.
SILENCE = 60

# How long a small body may take altogether, in seconds.
HURRY = 10

# A refused sender is listened to for this long, and for so many bytes, so that it gets to read the refusal;
# somebody unknown for less, since nobody answers for them.
LINGER = 5
LINGER_UNKNOWN = 2
MOST_HEARD = 64 << 20


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


def hurry() -> None:
    """Give the body of the present request its deadline; views that take long ones lift it (`_body`)."""
    socket = request.environ.get("gunicorn.socket")
    if socket is not None and _has_body():
        WATCH.hurry(socket, HURRY)


def receive() -> None:
    """Read a small body whole, once its sender may come in; the view then has all the time it needs."""
    socket = request.environ.get("gunicorn.socket")
    if socket is None or not _has_body() or request.endpoint is None:
        return
    asked = declared(current_app.view_functions[request.endpoint])
    if asked is None or asked.who is not Who.RECORDER:
        request.get_data()
        WATCH.calm(socket)


def finish_reading() -> None:
    """After an answer to a body that was not read, listen on for a moment.

    A server that closes while the sender still sends makes the sender's system throw the answer away
    (RFC 9112, section 9.6).
    """
    if has_request_context() and _has_body():
        stream, socket = request.environ["wsgi.input"], request.environ.get("gunicorn.socket")
        # As Flask-Login left it: asking anew could fail on the fault that is being answered.
        is_known = isinstance(g.get("_login_user"), Person | Recorder | KnownOperator)
        seconds = LINGER if is_known else LINGER_UNKNOWN

        @after_this_request
        def listen_on(response: flask.Response) -> flask.Response:
            if socket is not None:
                response.call_on_close(lambda: _drain(stream, socket, seconds))
            return response


def _body(limit: int) -> Body:
    socket = request.environ.get("gunicorn.socket")
    if socket is not None:
        WATCH.calm(socket)
        socket.settimeout(SILENCE)
    return Body(Incoming(), limit, request.content_length)


def _has_body() -> bool:
    return bool(request.content_length or "Transfer-Encoding" in request.headers)


def _drain(stream: Any, socket: Any, seconds: float) -> None:
    WATCH.hurry(socket, seconds)
    heard, piece = 0, b"-"
    # The sender is gone or speaks no HTTP any more; its answer was sent, and nobody waits for more.
    with contextlib.suppress(OSError, ParseException):
        while piece and heard < MOST_HEARD:
            piece = stream.read(PIECE)
            heard += len(piece)
    WATCH.calm(socket)
    if piece:
        cut(socket)

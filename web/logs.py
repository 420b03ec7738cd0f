"""One line of JSON a request, and one a fault: fields only, no titles, names, query strings or bodies.

Routes are logged as patterns, so that a recorder's references do not get here by way of the path.
"""

import logging
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, g, request

from recstore.errors import RecstoreError
from recstore.operators import KnownOperator
from recstore.signin import Recorder
from web import metrics
from web.current import Person

HERE = Path(__file__).resolve().parents[1]


def lines() -> Any:
    """Give the logger: JSON lines on standard error."""
    return structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
    )


def log_requests(app: Flask) -> None:
    """Have every request of `app` logged and counted once its answer has left."""
    logging.getLogger("gunicorn.error").addFilter(_is_no_stall)
    app.before_request(_begin)
    app.after_request(_end)


def fault(error: BaseException) -> None:
    """Log an error by kind, code and place. Its text stays out: it may quote what people wrote."""
    code = error.code if isinstance(error, RecstoreError) else "internal"
    lines().error("fault", kind=type(error).__name__, code=code, causes=_causes(error), at=_frames(error))


def _is_no_stall(record: logging.LogRecord) -> bool:
    # The connection of a player that was paused for long is given up on purpose (`streaming.STALLED`).
    return not (record.exc_info and isinstance(record.exc_info[1], TimeoutError))


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    began = g.get("began", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "(none)"
    method, status = request.method, response.status_code
    who = _who()

    def leave() -> None:
        seconds = time.perf_counter() - began
        metrics.count(method=method, route=route, status=status, seconds=seconds)
        milliseconds = round(seconds * 1000, 1)
        lines().info("request", method=method, route=route, status=status, ms=milliseconds, **who)

    # When the last byte has left, or the client: a playback's time is that of the whole answer.
    response.call_on_close(leave)
    return response


def _who() -> dict[str, str]:
    found = g.get("_login_user")  # as Flask-Login left it: asking anew could fail on the fault to be logged
    if isinstance(found, Person):
        return {"account": str(found.viewer.account_id), "user": str(found.viewer.user_id)}
    if isinstance(found, Recorder):
        return {"account": str(found.account_id), "token": str(found.token_id)}
    if isinstance(found, KnownOperator):
        return {"operator": str(found.id)}
    return {}


def _causes(error: BaseException) -> list[str]:
    causes = []
    while (cause := error.__cause__ or error.__context__) is not None:
        causes.append(type(cause).__name__)
        error = cause
    return causes


def _frames(error: BaseException) -> list[str]:
    frames = []
    for frame in traceback.extract_tb(error.__traceback__):
        place = frame.filename.removeprefix(f"{HERE}/").rpartition("site-packages/")[2]
        frames.append(f"{place}:{frame.lineno} {frame.name}")
    return frames

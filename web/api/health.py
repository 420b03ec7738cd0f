"""Whether this process lives, whether its parts answer, and its counts. About nobody and no item."""

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST

from web import guard, metrics
from web.current import recstore

health = Blueprint("api_health", __name__)


@health.get("/healthz")
@guard.public
def is_alive() -> Response:
    """Say that this process answers, whatever its parts do."""
    return jsonify(status="ok")


@health.get("/readyz")
@guard.public
def is_ready() -> Response:
    """Say that catalog, store and key agent answer; 503 names the first that does not."""
    recstore().check()
    return jsonify(status="ready")


@health.get("/metrics")
@guard.public
def get_metrics() -> Response:
    """Give the counts of this process."""
    return Response(metrics.write(), content_type=CONTENT_TYPE_LATEST)

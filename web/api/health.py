"""Whether this process lives, whether its parts answer, and its counts. About nobody and no item."""

from apiflask import APIBlueprint
from flask import Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST

from web import guard, metrics
from web.api.described import gives
from web.api.refusals import refuses
from web.current import recstore

health = APIBlueprint("api_health", __name__, tag="Health")


@health.get("/healthz")
@guard.public
@health.doc(responses=gives("Alive."))
def is_alive() -> Response:
    """Say that this process answers, whatever its parts do."""
    return jsonify(status="ok")


@health.get("/readyz")
@guard.public
@refuses(503, "store_unavailable", "keys_unavailable")
@health.doc(responses=gives("Ready."))
def is_ready() -> Response:
    """Say that catalog, store and key agent answer; 503 names the first that does not."""
    recstore().check()
    return jsonify(status="ready")


@health.get("/metrics")
@guard.public
@health.doc(responses=gives("For Prometheus.", "text/plain"))
def get_metrics() -> Response:
    """Give the counts of this process."""
    return Response(metrics.write(), content_type=CONTENT_TYPE_LATEST)

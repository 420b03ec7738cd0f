"""The OpenAPI document is valid and describes every route; health and counts say nothing of anybody."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.routing import Rule

from recstore import errors
from recstore.ingest.placing import EXISTS
from tests.house.house import modules, parse
from tests.web.acme import World
from tests.web.documented import check, document_of
from web import problems

PROBLEM = b'{"type": "about:blank", "title": "", "status": 404, "detail": "", "code": "%s"}'


def test_the_document_is_valid(calm_world: World) -> None:
    document = calm_world.guest().get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def template(rule: Rule) -> str:
    return re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule)


def test_every_route_is_described_with_its_problems_and_its_security(calm_world: World) -> None:
    paths = calm_world.guest().get("/api/v1/openapi.json").json["paths"]
    served = {
        (template(rule), method.lower())
        for rule in calm_world.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api_")
    }
    told = {(path, method) for path, operations in paths.items() for method in operations}
    assert {each for each in told if each[1] != "head"} == served
    assert {path for path, method in told if method == "head"} == {
        "/api/v1/recordings/{item_id}/media",
        "/api/v1/admin/recordings/{item_id}/media",
        "/api/v1/support/consents/{consent_id}/recordings/{item_id}/media",
    }
    for operations in paths.values():
        for operation in operations.values():
            assert {"500", "503"} <= set(operation["responses"])
            assert any(status.startswith("2") for status in operation["responses"])
            assert operation["security"]
            assert operation["summary"]


# What an operation of each kind can answer with, and nothing else.
REFUSALS = {
    "what anybody may read": ("get", "/api/v1/openapi.json", {
        "500": ["internal"], "503": ["catalog_unavailable"],
    }),
    "what a viewer may read": ("get", "/api/v1/directory", {
        "400": ["bad_query"], "401": ["sign_in_needed"], "403": ["ingest_only"],
        "500": ["damaged", "internal"],
        "503": ["catalog_unavailable", "journal_unavailable", "keys_unavailable"],
    }),
    "what opens content": ("get", "/api/v1/transcripts/{item_id}/messages", {
        "400": ["bad_query"], "401": ["sign_in_needed"], "403": ["ingest_only", "refused"],
        "404": ["not_found"], "500": ["damaged", "internal"],
        "503": ["catalog_unavailable", "journal_unavailable", "keys_unavailable", "store_unavailable"],
    }),
    "what changes an item": ("post", "/api/v1/recordings/{item_id}/restore", {
        "400": ["bad_query", "not_in_bin"], "401": ["sign_in_needed"],
        "403": ["cross_site", "csrf", "ingest_only", "read_only", "refused"],
        "404": ["not_found"], "409": ["preview_stale"], "412": ["precondition_failed"], "413": ["too_large"],
        "500": ["damaged", "internal"],
        "503": ["catalog_unavailable", "journal_unavailable", "keys_unavailable"],
    }),
    "what recorders hand over": ("put", "/api/v1/calls/{call_ref}", {
        "400": [
            "bad_document", "bad_query", "bad_ref", "cut_short", "empty_body", "not_json", "size_mismatch",
        ],
        "401": ["sign_in_needed"], "403": ["cross_site", "csrf", "recorder_only"],
        "409": ["call_changed", "keys_destroyed", "not_your_call"], "412": ["precondition_failed"],
        "413": ["too_large"],
        "500": ["internal"],
        "503": ["catalog_unavailable", "journal_unavailable"],
    }),
}  # fmt: skip


def codes_of(response: Any) -> list[str]:
    _, of_code = response["content"]["application/problem+json"]["schema"]["allOf"]
    told: list[str] = of_code["properties"]["code"]["enum"]
    return told


@pytest.mark.parametrize(("method", "path", "refusals"), REFUSALS.values(), ids=REFUSALS)
def test_an_operation_tells_only_the_refusals_that_it_can_give(
    calm_world: World, method: str, path: str, refusals: dict[str, list[str]]
) -> None:
    responses = document_of(calm_world.app).spec["paths"][path][method]["responses"]
    told = {
        status: codes_of(response)
        for status, response in responses.items()
        if "application/problem+json" in response.get("content", {})
    }
    assert told == refusals


def test_media_tell_of_ranges_and_validators(calm_world: World) -> None:
    operations = document_of(calm_world.app).spec["paths"]["/api/v1/recordings/{item_id}/media"]
    for method, ranges in (("get", {"Range", "If-Range"}), ("head", set())):
        asked = {parameter["name"] for parameter in operations[method]["parameters"]}
        assert asked == {"item_id", "download", "If-Match", "If-None-Match", *ranges}
        responses = operations[method]["responses"]
        assert {"200", "304"} <= set(responses)
        assert ({"206", "416"} <= set(responses)) is (method == "get")
        assert "ETag" in responses["200"]["headers"]
    assert all(
        "Content-Range" in operations["get"]["responses"][status]["headers"] for status in ("206", "416")
    )
    assert not any("content" in response for response in operations["head"]["responses"].values())


def test_every_schema_has_one_name(calm_world: World) -> None:
    schemas = document_of(calm_world.app).spec["components"]["schemas"]
    written = [json.dumps(schema, sort_keys=True) for schema in schemas.values()]
    assert len(set(written)) == len(written)
    # What recorders send of a room and a message is not what viewers get to see of them.
    assert {name for name in schemas if "." in name} == {"CallDocument.Room", "TranscriptDocument.Message"}


def raised() -> set[tuple[int, str]]:
    """Every status and code that the source raises: by its error's class, or as the gate's refusal."""
    statuses = {
        name: status.value
        for name, kind in vars(errors).items()
        for wide, status in reversed(problems.STATUSES)
        if isinstance(kind, type) and issubclass(kind, wide)
    }
    statuses |= {"refusal": 403, "Damaged": 500}
    found = {(500, "internal")}
    for call in calls():
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name in statuses:
            words = {
                word.value
                for said in call.keywords
                if said.arg == "code"
                for word in ast.walk(said.value)
                if isinstance(word, ast.Constant)
            }
            found |= {(statuses[name], word) for word in words or {getattr(errors, name).code}}
    return found


def calls() -> Iterator[ast.Call]:
    for path in modules().values():
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name):
                yield ast.Call(node.exc, [], [])  # `raise NotThere`
            elif isinstance(node, ast.Call):
                yield node


def test_no_operation_tells_of_a_refusal_that_nothing_gives(calm_world: World) -> None:
    told = {
        (int(status), code)
        for operations in document_of(calm_world.app).spec["paths"].values()
        for operation in operations.values()
        for status, response in operation["responses"].items()
        if "application/problem+json" in response.get("content", {})
        for code in codes_of(response)
    }
    # By a table, so that the same words serve both kinds.
    by_kind = {(409, code) for code in EXISTS.values()}
    assert told - by_kind <= raised()


UNTOLD = {
    "a status": (418, "application/json", b"{}", "no such status"),
    "a content type": (200, "text/html", b"<p>", "no text/html"),
    "a code": (404, "application/problem+json", PROBLEM % b"gone", "not as the document says"),
    "a field": (200, "application/json", b'{"items": [], "next_cursor": null, "more": 1}', "not as"),
}


@pytest.mark.parametrize(("status", "kind", "body", "words"), UNTOLD.values(), ids=UNTOLD)
def test_an_answer_that_the_document_does_not_tell_of_is_found(
    calm_world: World, status: int, kind: str, body: bytes, words: str
) -> None:
    path = "/api/v1/admin/recordings"
    check(calm_world.app, "GET", path, 404, "application/problem+json", PROBLEM % b"not_found")
    with pytest.raises(AssertionError, match=words):
        check(calm_world.app, "GET", path, status, kind, body)


def test_every_reference_of_the_document_leads_somewhere(calm_world: World) -> None:
    answer = calm_world.guest().get("/api/v1/openapi.json")
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.text))
    assert named <= set(answer.json["components"]["schemas"])


def test_health(calm_world: World) -> None:
    assert calm_world.guest().get("/healthz").json == {"status": "ok"}
    assert calm_world.guest().get("/readyz").json == {"status": "ready"}


def test_counts_name_nobody_and_no_item(calm_world: World) -> None:
    with calm_world.signed_in("bo").get(f"/api/v1/recordings/{calm_world.recording}?q=secret"):
        pass
    text = calm_world.guest().get("/metrics").text
    assert 'route="/api/v1/recordings/<uuid:item_id>"' in text
    for word in (str(calm_world.recording), str(calm_world.users["bo"]), "secret", "acme"):
        assert word not in text


def test_every_answer_carries_the_headers_of_protection(calm_world: World) -> None:
    for path in ("/api/v1/recordings", "/api/v1/none", "/healthz", "/sign-in", "/static/none.css"):
        headers = calm_world.signed_in("bo").get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "no-store" in headers["Cache-Control"]

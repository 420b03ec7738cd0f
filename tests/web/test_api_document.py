"""The OpenAPI document is valid and describes every route; health and counts say nothing of anybody."""

import re

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.web.acme import World


def test_the_document_is_valid(calm_world: World) -> None:
    document = calm_world.guest().get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_described_with_its_problems_and_its_security(calm_world: World) -> None:
    paths = calm_world.guest().get("/api/v1/openapi.json").json["paths"]
    served = {
        (re.sub(r"<(?:[^<:]+:)?([^>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in calm_world.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api_") and rule.rule.startswith("/api/") and "openapi" not in rule.rule
    }
    assert {(path, method) for path, operations in paths.items() for method in operations} == served
    for operations in paths.values():
        for operation in operations.values():
            assert {"400", "401", "403", "404", "503"} <= set(operation["responses"])
            assert any(status.startswith("2") for status in operation["responses"])
            assert operation["security"]
            assert operation["summary"]


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

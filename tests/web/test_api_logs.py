"""What the logs tell: routes and ids. What they never tell: what people wrote, who they are, secrets."""

import json
import sqlite3
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from tests.films import film_of
from tests.web.acme import PASSWORD, World
from tests.web.running import Running


def test_lines_say_method_route_status_time_and_user(service: Running) -> None:
    path = f"/api/v1/recordings/{service.world.recording}"
    service.ask("bo", "GET", f"{path}?q=CANARY-query")
    line = await_line(service, "/api/v1/recordings/<uuid:item_id>")
    assert (line["event"], line["method"], line["status"]) == ("request", "GET", 200)
    assert line["user"] == str(service.world.users["bo"])
    assert line["ms"] > 0


def test_a_stream_is_logged_when_it_has_ended(service: Running) -> None:
    service.ask("bo", "GET", service.world.media_url)
    assert await_line(service, "/api/v1/recordings/<uuid:item_id>/media")["status"] == 200


def await_line(service: Running, route: str) -> dict[str, Any]:
    """Read the last line about a route; it is written when the answer has left, so a little later."""
    deadline = monotonic() + 10
    while monotonic() < deadline:
        lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
        if found := [line for line in lines if line.get("route") == route]:
            return found[-1]
        sleep(0.02)
    raise AssertionError(f"no line about {route}")


def test_lines_tell_nothing_that_people_wrote_and_no_secret(service: Running) -> None:
    world = service.world
    people = '[{"ref":"p1","name":"CANARY-name"}]'
    call = f'{{"started_at":"2026-11-20T09:00:00Z","vmr":null,"participants":{people}}}'
    service.ask("recorder", "PUT", "/api/v1/calls/CANARY-ref", call.encode())
    service.ask(
        "recorder",
        "PUT",
        "/api/v1/calls/CANARY-ref/recordings/r?title=CANARY-title",
        film_of(b"CANARY-media"),
    )
    service.ask("recorder", "PUT", "/api/v1/calls/CANARY-bad", b'{"started_at": "CANARY-value"}')
    service.ask("bo", "GET", "/api/v1/recordings?q=CANARY-search")
    service.ask("bo", "GET", "/CANARY-path")
    service.ask("bo", "POST", "/api/v1/session", b'{"email":"canary@acme.example","password":"CANARY-word"}')
    service.ask("bo", "GET", f"/api/v1/transcripts/{world.transcript}/messages")
    await_line(service, "/api/v1/transcripts/<uuid:item_id>/messages")
    told = service.log.read_text().lower()
    secrets = [*world.tokens.values(), *service.cookies.values(), PASSWORD]
    for word in ("canary", "weekly", "hello all", "acme.example", *(secret.lower() for secret in secrets)):
        assert word not in told
    assert "/api/v1/calls/<call_ref>/recordings/<recording_ref>" in told


def test_an_unexpected_error_is_logged_by_its_place_and_told_as_nothing(
    world: World, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("CANARY in the message")

    object.__setattr__(world.recstore, "library", type("Broken", (), {"item": fail})())
    answer = world.signed_in("bo").get(f"/api/v1/recordings/{world.recording}")
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    logged = capfd.readouterr().err
    assert "ValueError" in logged
    assert "web/api/items.py" in logged
    assert "CANARY" not in logged + answer.text


def break_journal(world: World) -> Path:
    path: Path = world.recstore.settings.data / "catalog.db"
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TRIGGER read_only BEFORE INSERT ON journal_entries"
            " BEGIN SELECT RAISE(ABORT, 'read only'); END"
        )
    database.close()
    return path


def test_a_journal_that_cannot_be_written_serves_nothing(world: World) -> None:
    ann, bo, cy = (world.signed_in(name) for name in ("ann", "bo", "cy"))
    break_journal(world)
    before = world.count_rows()
    item = f"/api/v1/recordings/{world.recording}"
    answers = [
        bo.get(world.media_url),
        bo.get(f"/api/v1/transcripts/{world.transcript}/messages"),
        cy.get(world.media_url),
        ann.send("PATCH", item, json={"title": "Unnoticed"}),
        ann.send("DELETE", item),
        ann.send("PUT", f"{item}/shares/{world.users['cy']}", json={"access": "shared"}),
        world.with_token("recorder").put("/api/v1/calls/call-1/recordings/new", data=film_of(b"abc")),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json["code"]) == (503, "journal_unavailable")
        assert answer.headers["Retry-After"] == "5"
    assert world.count_rows() == before
    assert ann.get(item).json["title"] == "Weekly, budget"

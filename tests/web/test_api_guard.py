"""An application with a view that declares nothing does not start."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from recstore.access.gate import Gate
from recstore.access.viewer import Viewer
from recstore.catalog.database import Transaction
from recstore.errors import Misconfigured
from recstore.model import Action
from tests.web.acme import World
from web import guard
from web.guard import Who, check_views, declared


def make_app(view: Callable[[], str]) -> Flask:
    app = Flask("guarded", static_folder=None)
    app.add_url_rule("/new", view_func=view)
    return app


def test_a_view_that_declares_nothing_stops_the_start() -> None:
    def forgotten() -> str:
        return "everything"

    with pytest.raises(Misconfigured, match="forgotten"):
        check_views(make_app(forgotten))


@pytest.mark.parametrize(
    "declare", [guard.public, guard.signed_in, guard.admin, guard.recorder, guard.asks(Action.OPEN)]
)
def test_a_view_that_declares_something_starts(declare: Callable[..., Callable[[], str]]) -> None:
    def known() -> str:
        return "what was asked for"

    check_views(make_app(declare(known)))


def test_a_view_that_was_added_after_the_start_answers_nobody(world: World) -> None:
    world.app._got_first_request = False
    world.app.add_url_rule("/api/v1/late", view_func=lambda: "everything", endpoint="late")
    answer = world.signed_in("ada").get("/api/v1/late")
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert b"everything" not in answer.data


def test_few_views_are_open_to_anybody(calm_world: World) -> None:
    views = calm_world.app.view_functions
    public = {name for name, view in views.items() if declared(view).who is Who.ANYBODY}
    assert public == {
        "api_document.get_document", "api_health.get_metrics", "api_health.is_alive", "api_health.is_ready",
        "api_session.sign_in", "api_support.sign_in", "sign_in.show", "sign_in.sign_in", "static",
        "support_sign_in.show", "support_sign_in.sign_in",
    }  # fmt: skip


def test_a_view_that_reads_asks_the_gate_what_it_declares(
    calm_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Action] = []
    judge = Gate._judge

    def listening(gate: Gate, tx: Transaction, viewer: Viewer, action: Action, **what: Any) -> Any:
        asked.append(action)
        return judge(gate, tx, viewer, action, **what)

    monkeypatch.setattr(Gate, "_judge", listening)
    ann, app, seen = calm_world.signed_in("ann"), calm_world.app, 0
    for rule in app.url_map.iter_rules():
        asks = declared(app.view_functions[rule.endpoint])
        if asks is None or asks.action is None or "GET" not in rule.methods or rule.arguments != {"item_id"}:
            continue
        asked.clear()
        item = calm_world.transcript if "/transcripts/" in rule.rule else calm_world.recording
        path = re.sub("<.*>", str(item), rule.rule)
        assert ann.get(path).status_code == 200, path
        assert asked[0] is asks.action, path
        seen += 1
    assert seen >= 8

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from keys.agent import KeyAgent
from keys.consents import Consents
from keys.errors import Refusal, WrongAnswer
from keys.log import Log
from keys.protocol import ANSWERS, REQUESTS, write_message
from keys.reasons import Reason
from keys.reply import ReplyKey
from keys.secret import Secret

DATA_KEY = Secret(bytes(range(32)))


# An operator's reason takes a consent: test_keys_consents.
@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.OPERATOR_SUPPORT}))
def test_a_data_key_opens_for_each_reason(world: Any, reason: Reason) -> None:
    request = world.request(reason=reason, on_behalf_of="user-2")
    said, answer = world.ask(request)
    assert (said, answer["id"]) == ("opened", request.id)
    assert world.reply_key.open(answer["sealed"], request, attempt=1) == [DATA_KEY]


def test_an_opening_is_logged_with_who_what_and_why(world: Any) -> None:
    request = world.request(actor="user-1", on_behalf_of="user-2", reason=Reason.REVIEW, decision="d-9")
    world.ask(request)
    assert world.logged() == [
        {
            "at": "2026-11-21T12:00:00+00:00",
            "pid": 1,
            "asked": "open-data-key",
            "request": {
                "id": str(request.id),
                "attempt": 1,
                "account_id": str(world.account_id),
                "item_id": str(request.item_id),
                "generation": 7,
                "key_id": str(request.key_id),
                "data_key_id": str(request.data_key_id),
                "actor": "user-1",
                "on_behalf_of": "user-2",
                "reason": "review",
                "decision": "d-9",
                "at": "2026-11-21T12:00:00+00:00",
                "purpose": None,
                "consent": None,
            },
            "outcome": "opened",
        }
    ]


def test_creating_an_account_is_logged(world: Any) -> None:
    message = write_message("create-account", {"id": uuid4(), "account_id": world.account_id}, kinds=REQUESTS)
    said, answer = world.answer(message)
    assert said == "account"
    assert answer["public_key"] == world.account_key.public_key
    assert [(entry["asked"], entry["outcome"]) for entry in world.logged()] == [("create-account", "account")]


def test_a_check_opens_nothing_and_is_not_logged(world: Any) -> None:
    request_id = uuid4()
    assert world.answer(write_message("check", {"id": request_id}, kinds=REQUESTS)) == (
        "ready",
        {"id": request_id},
    )
    assert world.logged() == []


REFUSED: dict[str, tuple[dict[str, Any], Refusal]] = {
    "unknown account": ({"account_id": uuid4()}, Refusal.UNKNOWN_ACCOUNT),
    "unknown key": ({"key_id": uuid4()}, Refusal.UNKNOWN_KEY),
    "unknown reason": ({"reason": "curiosity"}, Refusal.UNKNOWN_REASON),
    "reason in capitals": ({"reason": "PLAYBACK"}, Refusal.UNKNOWN_REASON),
    "another item": ({"item_id": uuid4()}, Refusal.DOES_NOT_OPEN),
    "another generation": ({"generation": 6}, Refusal.DOES_NOT_OPEN),
    "another data key": ({"data_key_id": uuid4()}, Refusal.DOES_NOT_OPEN),
    "not a sealed key": ({"sealed": bytes(1168)}, Refusal.DOES_NOT_OPEN),
    "no actor": ({"actor": ""}, Refusal.MALFORMED),
}


@pytest.mark.parametrize(
    ("change", "code"), [pytest.param(*case, id=title) for title, case in REFUSED.items()]
)
def test_a_refusal_has_its_code_and_is_logged(world: Any, change: dict[str, Any], code: Refusal) -> None:
    said, answer = world.ask(world.request(**change))
    assert (said, answer["code"]) == ("refused", code)
    assert [(entry["outcome"], entry["code"]) for entry in world.logged()] == [("refused", code)]


@pytest.mark.parametrize("off", [timedelta(seconds=-121), timedelta(seconds=121), timedelta(days=400)])
def test_attacker_cannot_use_a_request_of_another_time(world: Any, off: timedelta) -> None:
    said, answer = world.ask(world.request(at=world.now + off))
    assert (said, answer["code"]) == ("refused", Refusal.CLOCK_OFF)
    assert world.logged()[0]["code"] == Refusal.CLOCK_OFF


def test_attacker_cannot_replay_a_request(world: Any) -> None:
    body = world.body(world.request())
    assert world.answer(body)[0] == "opened"
    for minutes in (0, 1, 2):
        world.now += timedelta(minutes=minutes)
        said, answer = world.answer(body)
        assert said == "refused"
        assert answer["code"] in {Refusal.REPLAYED, Refusal.CLOCK_OFF}
    assert [entry["outcome"] for entry in world.logged()] == ["opened"] + ["refused"] * 3


def test_attacker_cannot_replay_a_refused_request(world: Any) -> None:
    body = world.body(world.request(reason="curiosity"))
    assert world.answer(body)[1]["code"] == Refusal.UNKNOWN_REASON
    assert world.answer(body)[1]["code"] == Refusal.REPLAYED


def test_attacker_cannot_redirect_an_answer_to_their_own_key(world: Any) -> None:
    """Whoever repeats a request with another ephemeral key gets a refusal, not a second answer."""
    request = world.request()
    world.ask(request)
    said, answer = world.ask(request, reply_to=ReplyKey().public())
    assert (said, answer["code"]) == ("refused", Refusal.REPLAYED)


def test_attacker_cannot_pass_off_a_weak_point_as_ephemeral_key(world: Any) -> None:
    mlkem = ReplyKey().public()[:-32]  # the curve's half alone is weak here
    for reply_to in (mlkem + bytes(32), bytes(1216), b"\xff" * 1216, bytes(32), b"short"):
        said, answer = world.ask(world.request(), reply_to=reply_to)
        assert (said, answer["code"]) == ("refused", Refusal.MALFORMED)


OTHER_QUESTIONS: dict[str, dict[str, Any]] = {
    "another request": {"id": uuid4()},
    "another account": {"account_id": uuid4()},
    "another item": {"item_id": uuid4()},
    "another generation": {"generation": 8},
    "another account key": {"key_id": uuid4()},
    "another data key": {"data_key_id": uuid4()},
}


@pytest.mark.parametrize("change", [pytest.param(c, id=title) for title, c in OTHER_QUESTIONS.items()])
def test_attacker_cannot_pass_off_an_answer_to_another_question(world: Any, change: dict[str, Any]) -> None:
    asked = world.request()
    _, answer = world.ask(asked)
    with pytest.raises(WrongAnswer):
        world.reply_key.open(answer["sealed"], replace(asked, **change), attempt=1)
    with pytest.raises(WrongAnswer):
        world.reply_key.open(answer["sealed"], asked, attempt=2)
    with pytest.raises(WrongAnswer):
        ReplyKey().open(answer["sealed"], asked, attempt=1)


def test_no_key_material_reaches_the_log_or_the_answer(world: Any) -> None:
    body = world.body(world.request())
    answer = world.agent.answer(body, pid=1)
    log = (world.home / "log.jsonl").read_text()
    sent = json.loads(body)
    for shown in (log, answer.decode()):
        assert DATA_KEY.reveal().hex() not in shown
        assert sent["sealed"] not in shown
        assert sent["reply_to"] not in shown


def test_nothing_leaves_when_the_log_cannot_be_written(world: Any) -> None:
    log = Log(Path("/dev/full"))
    agent = KeyAgent(world.vault, log, Consents(world.home), clock=lambda: world.now)
    with pytest.raises(OSError, match="No space left"):
        agent.answer(world.body(world.request()), pid=1)
    log.close()


def test_an_answer_has_no_field_for_a_private_key() -> None:
    fields = {name for kind in ANSWERS.values() for name in kind}
    locks = {"by_holder", "by_request", "account_id", "locked"}
    assert fields == {"id", "key_id", "public_key", "sealed", "code", "codes", "receipt", "used"} | locks

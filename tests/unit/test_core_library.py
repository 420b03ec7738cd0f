"""What is told about a transcript gives away nothing of the messages that its reader may not read."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from recstore.access.viewer import Viewer
from recstore.library import Shown
from recstore.model import Action, Kind
from tests.core_fixtures import Case
from web.api import item_shapes

CHAT = Kind.TRANSCRIPT


@dataclass(frozen=True)
class Chat:
    case: Case
    item_id: UUID

    def shown(self, viewer: Viewer) -> Shown:
        return self.case.house.recstore.library.item(viewer, CHAT, self.item_id)

    def told(self, viewer: Viewer) -> tuple[Any, ...]:
        told = item_shapes.show(self.shown(viewer)).model_dump()
        return told["size"], told["sha256"], told["message_count"]

    def read(self, viewer: Viewer) -> list[dict[str, Any]]:
        recstore = self.case.house.recstore
        granted = recstore.gate.open(viewer, Action.OPEN, kind=CHAT, item_id=self.item_id)
        return list(recstore.playback.messages(granted))


@pytest.fixture
def chat(case: Case) -> Chat:
    """Ann, Bo and Cem were there; Cem wrote to Ann alone. Ada, an admin, was not there."""
    house = case.house
    lines = [house.line("p1", "ann"), house.line("p2", "bo"), house.line("p3", "cem")]
    house.call(case.account_id, "call-2", participants=lines)
    messages = [
        house.message("m1", "p1", "everyone"),
        house.message("m2", "p3", ["p1"], "yes"),
        house.message("m3", "p1", "everyone", "so be it") | {"reply_to": "m2"},
        house.message("m4", "p2", "everyone", "hello Ann") | {"reply_to": "m1"},
    ]
    return Chat(case, house.chat(case.account_id, messages, call_ref="call-2"))


def test_attacker_guesses_a_direct_message_until_size_and_hash_fit(chat: Chat) -> None:
    assert chat.told(chat.case.bo) == (None, None, 3)


def test_whoever_may_read_everything_is_told_everything(chat: Chat) -> None:
    size, sha256, count = chat.told(chat.case.ann)
    assert (len(sha256), count) == (len(hashlib.sha256().hexdigest()), 4)
    assert size > 0


def test_an_admin_is_told_of_direct_messages_only_while_they_review(chat: Chat) -> None:
    assert chat.told(chat.case.ada) == (None, None, 3)
    chat.case.house.recstore.review.start(chat.case.ada, CHAT, chat.item_id, "complaint 7")
    assert chat.told(chat.case.ada) == chat.told(chat.case.ann)
    other_session = chat.case.house.session(chat.case.account_id, chat.case.ada.user_id)
    assert chat.told(other_session) == (None, None, 3)


def test_an_answer_does_not_tell_that_a_hidden_message_was_there(chat: Chat) -> None:
    assert {m["ref"]: m["reply_to"] for m in chat.read(chat.case.bo)} == {"m1": None, "m3": None, "m4": "m1"}
    assert {m["ref"]: m["reply_to"] for m in chat.read(chat.case.ann)}["m3"] == "m2"

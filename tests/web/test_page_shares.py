"""The page of shares: as quick for a call of hundreds as for one of five, and right about everybody."""

import io
import json
import re
import uuid
from datetime import UTC, datetime

import pytest

from recstore.catalog.tables import User
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM
from tests.films import film_of
from tests.statements import statements
from tests.web.acme import CALL, World


def crowd(world: World, size: int, ref: str) -> uuid.UUID:
    """Record a call of ann and so many registered people."""
    addresses = [f"{ref}-{number}@acme.example" for number in range(size)]
    with world.recstore.catalog.change(world.account) as tx:
        for address in addresses:
            tx.add(
                User(
                    account_id=world.account, id=uuid.uuid4(), email=address, email_key=tx.lookup(address),
                    name=address, admin=False, created_at=datetime(2026, 1, 1, tzinfo=UTC),
                    inactive_since=None,
                )
            )  # fmt: skip
    line = CALL["participants"][0]
    lines = [line | {"ref": address, "authenticated": address} for address in addresses]
    document = json.dumps(CALL | {"participants": [line, *lines]}).encode()
    world.recstore.calls.put(world.account, ref, document, actor=SYSTEM)
    body, described = Body(io.BytesIO(film_of(b"")), 100), Described(filetype="video/mp4", title="Crowd")
    return world.recstore.recordings.put(world.account, ref, "r", body, described, actor=SYSTEM).id


@pytest.mark.parametrize("auto_share", [True, False], ids=["shared", "not shared with those who were there"])
def test_the_page_of_a_big_call_asks_no_more_than_that_of_a_small_one(world: World, auto_share: bool) -> None:
    ann, asked = world.signed_in("ann"), {}
    for size in (2, 60):
        item_id = crowd(world, size, f"call-of-{size}")
        ann.send("PATCH", f"/api/v1/recordings/{item_id}", json={"auto_share": auto_share})
        for path in ("shares", "shares?q=c", "shares/found?q=c"):
            ann.get(f"/recordings/{item_id}/{path}")  # the first looking: statements compiled, texts opened
            with statements(world.recstore.catalog.engine) as asked[size, path]:
                answer = ann.get(f"/recordings/{item_id}/{path}")
            assert answer.status_code == 200
    for path in ("shares", "shares?q=c", "shares/found?q=c"):
        assert len(asked[2, path]) == len(asked[60, path]) < 80


def test_everybody_stands_there_with_their_reason(world: World) -> None:
    ann = world.signed_in("ann")
    page = ann.get(f"/recordings/{world.recording}/shares").text
    rows = re.findall(
        r'<strong>([^<]+)</strong> <span class="chip[^>]*>[^<]*</span></div>\s*<p[^>]*>([^<]*)', page
    )
    told = {name: " ".join(words.split()) for name, words in rows}
    assert told == {
        "Ann": "decides who else has access",
        "Bo": "was in the call",
        "Eve": "was taken out by the responsible person",
        "Ira": "is deactivated",
        "Ada": "may review it as an admin",
        "Bo (guest)": "took part as a guest; nothing is ever open to guests",
    }


def test_the_picker_fetches_who_is_found_and_nothing_else(world: World) -> None:
    ann, path = world.signed_in("ann"), f"/recordings/{world.recording}/shares"
    found = ann.get(f"{path}/found?q=a").text
    assert found.lstrip().startswith('<div id="found"')
    assert "<html" not in found
    assert ann.get(f"{path}/found?q=cy").text.count("<strong>Cy</strong>") == 1
    for name in ("bo", "eve", "ada", "ann"):
        assert "<strong>" not in ann.get(f"{path}/found?q={name}").text, "they are listed above"
    assert f'data-colleagues="{path}/found"' in ann.get(path).text


@pytest.mark.parametrize(("who", "status"), [("bo", 403), ("ada", 403), ("cy", 404), ("otto", 404)])
def test_attacker_cannot_search_by_an_item_that_they_may_not_share(
    calm_world: World, who: str, status: int
) -> None:
    browser = calm_world.signed_in(who)
    answer = browser.get(f"/recordings/{calm_world.recording}/shares/found?q=a")
    assert answer.status_code == status
    if status == 404:
        absent = browser.get(f"/recordings/{uuid.uuid4()}/shares/found?q=a")
        assert re.sub(r'value="[^"]*"', "", answer.text) == re.sub(r'value="[^"]*"', "", absent.text)

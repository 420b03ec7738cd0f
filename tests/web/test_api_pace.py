"""How fast somebody reads changes nothing about when they are asked again; and whose word is taken."""

import io
from datetime import timedelta
from random import Random

import pytest

from recstore.errors import CatalogUnavailable, NotThere
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM
from recstore.model import Access, Action, Kind
from recstore.playback import Content
from tests.films import film_of
from tests.web.acme import PASSWORD, World
from tests.web.test_api_admin import viewer_of
from web.app import create_app
from web.watch import UNSURE, Stream

MIB = 1 << 20
FILM = film_of(Random(5).randbytes(5 * MIB))


@pytest.fixture
def content(world: World) -> Content:
    """Five MiB, opened by bo."""
    body, described = Body(io.BytesIO(FILM), 8 * MIB), Described(filetype="video/mp4")
    put = world.recstore.recordings.put(world.account, "call-1", "film", body, described, actor=SYSTEM)
    grant = world.recstore.gate.open(viewer_of(world, "bo"), Action.OPEN, kind=Kind.RECORDING, item_id=put.id)
    return world.recstore.playback.content(grant)


def test_a_slow_receiver_gets_no_piece_after_the_right(world: World, content: Content) -> None:
    pieces = content.read(0, len(FILM))
    next(pieces)
    world.clock.ahead += timedelta(milliseconds=500)
    next(pieces)
    world.recstore.sharing.put(
        viewer_of(world, "ann"),
        Kind.RECORDING,
        content.item.id,
        world.users["bo"],
        access=Access.EXCLUDED,
        until=None,
        download=False,
    )
    world.clock.ahead += timedelta(seconds=1)
    with pytest.raises(NotThere):
        next(pieces)


def test_a_stream_outlives_a_catalog_that_is_away_for_a_moment_only(
    content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise CatalogUnavailable("away")

    stream = Stream(content)
    assert stream.may_go_on()
    monkeypatch.setattr(type(content.gate), "still_holds", away)
    assert stream.may_go_on()
    stream.sure_at -= UNSURE
    assert not stream.may_go_on()


@pytest.mark.parametrize(("proxies", "status"), [(0, 429), (1, 401)], ids=["no proxy", "one proxy of ours"])
def test_people_behind_a_proxy_are_told_apart_only_where_it_is_ours(
    world: World, proxies: int, status: int
) -> None:
    object.__setattr__(world.recstore.settings, "proxies", proxies)
    client = create_app(world.recstore).test_client()

    def guess(number: int, origin: str) -> int:
        document = {"email": f"nobody-{number}@acme.example", "password": PASSWORD}
        headers = {"X-Forwarded-For": origin}
        return client.post("/api/v1/session", json=document, headers=headers).status_code

    for number in range(40):
        guess(number, "192.0.2.1")
    assert guess(41, "192.0.2.1") == 429
    assert guess(42, "192.0.2.2") == status

"""What the player says when it cannot play: an outage is told from bytes that no browser plays."""

import pytest
from browser_site import ANN, Site, Visit
from playwright.sync_api import expect

from tests.films import film_of

SAID = {
    "bytes that are no film": (200, "Your browser cannot play this kind of recording"),
    "a store that is away": (503, "does not arrive just now"),
}


@pytest.mark.parametrize(("status", "words"), SAID.values(), ids=SAID)
def test_the_player_says_why_it_does_not_play(
    visit: Visit, site: Site, complaints: list[str], status: int, words: str
) -> None:
    page = visit(ANN, "/")
    body = film_of(b"noise" * 1000)
    page.route(
        "**/media",
        lambda route: route.fulfill(status=status, content_type="video/mp4", body=body),
    )
    page.goto(site.recording("acme-weekly-1-video"))
    expect(page.locator(".gone p")).to_contain_text(words)
    complaints.clear()  # the browser's own, of what it could not load

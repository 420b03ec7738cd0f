"""Chromium on a whole recstore. Whatever a page writes to the console as an error fails its test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_site import Site, Visit, serving, sign_in
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.dns_fixture import Zone

CHROMIUM = "/usr/bin/chromium"
OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--autoplay-policy=no-user-gesture-required",
    ),
]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, dns_server: Zone) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RECSTORE_DNS_SERVER", dns_server.address)
        with serving(tmp_path_factory.mktemp("site") / "data") as site:
            yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def cookies() -> dict[str, list[Any]]:
    """Sessions by address: everybody signs in once. Who signs out in a test must sign in there too."""
    return {}


@pytest.fixture
def complaints() -> list[str]:
    """What pages complained of: script errors, refused resources, breaches of the content security policy."""
    return []


@pytest.fixture
def visit(
    chromium: Browser, site: Site, cookies: dict[str, list[Any]], complaints: list[str]
) -> Iterator[Visit]:
    """Open a page in a browser of its own, signed in as somebody or as nobody."""
    contexts: list[BrowserContext] = []

    def visit(email: str | None, address: str, **options: object) -> Page:
        context = chromium.new_context(base_url=site.url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if email and email not in cookies:
            sign_in(page, email)
            cookies[email] = context.cookies()
        elif email:
            context.add_cookies(cookies[email])
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session", autouse=True)
def _chromium_is_here() -> None:
    assert Path(CHROMIUM).exists(), "apt-get install chromium"

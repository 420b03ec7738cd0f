"""A whole recstore for browser tests: real parts, the sample world, `recstore serve` as its own process."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Page

from recstore.embedded import running_parts
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM
from recstore.sample import film, world
from recstore.sample.acme_films import RELEASE_PLAN
from recstore.sample.world import SampleAccount, SampleCall
from recstore.settings import Settings
from recstore.wiring import Recstore, build

PASSWORD = "believe it or not"
ANN, BO, CHLOE, DANA, FARID, INES = (
    f"{name}@acme.example"
    for name in ("ann.lindqvist", "bo.nystrom", "chloe.martin", "dana.kovacs", "farid.haddad", "ines.duarte")
)
ASA = "asa.oberg@norrsken.example"
SECONDS = RELEASE_PLAN.seconds

Visit = Callable[..., Page]


@dataclass(frozen=True)
class Site:
    """Where it answers, and the items by the refs of the sample: "acme-weekly-1-video" → id."""

    url: str
    ids: dict[str, UUID]
    recstore: Recstore

    def recording(self, ref: str) -> str:
        return f"{self.url}/recordings/{self.ids[ref]}"

    def transcript(self, ref: str) -> str:
        return f"{self.url}/transcripts/{self.ids[ref]}"

    def register(self, email: str, name: str) -> None:
        """Register one more user of Acme, who cannot sign in."""
        account_id = self.recstore.accounts.find("Acme").id
        self.recstore.accounts.create_user(account_id, email=email, name=name, admin=False, password=None)


@contextmanager
def serving(data: Path, port: int = 0) -> Iterator[Site]:
    settings = Settings(data=data)
    with running_parts(settings):
        recstore = build(settings)
        ids = hand_over_sample(recstore)
        with _server(data, port) as url:
            yield Site(url, ids, recstore)


def hand_over_sample(recstore: Recstore) -> dict[str, UUID]:
    """Hand over the sample with one film for all its recordings: only one has to be rendered."""
    body, ids = film.render(RELEASE_PLAN), {}
    for account in world.build(datetime.now(UTC)).accounts:
        account_id = _set_up(recstore, account)
        for call in account.calls:
            ids |= _hand_over(recstore, account_id, call, body)
    return ids


def _set_up(recstore: Recstore, account: SampleAccount) -> UUID:
    account_id = recstore.accounts.create(account.name, domains=[account.domain]).id
    for person in account.people:
        recstore.accounts.create_user(
            account_id, email=person.email, name=person.name, admin=person.admin, password=PASSWORD
        )
    return account_id


def _hand_over(recstore: Recstore, account_id: UUID, call: SampleCall, film_body: bytes) -> dict[str, UUID]:
    ids = {}
    recstore.calls.put(account_id, call.ref, json.dumps(call.document).encode(), actor=SYSTEM)
    if call.transcript:
        body = json.dumps(call.transcript.document).encode()
        placed = recstore.transcripts.put(account_id, call.ref, call.transcript.ref, body, actor=SYSTEM)
        ids[call.transcript.ref] = placed.id
    if call.recording:
        described = Described(
            title=call.recording.title,
            filetype=film.MEDIA_TYPE,
            started_by=call.recording.started_by,
            started_at=call.recording.started_at,
            duration_s=SECONDS,
        )
        source = Body(io.BytesIO(film_body), limit=len(film_body))
        placed = recstore.recordings.put(
            account_id, call.ref, call.recording.ref, source, described, actor=SYSTEM
        )
        ids[call.recording.ref] = placed.id
    return ids


@contextmanager
def _server(data: Path, port: int) -> Iterator[str]:
    program = Path(sys.executable).with_name("recstore")
    command = [str(program), "serve", "--data", str(data), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            assert line.startswith("ready on "), line
            yield line.removeprefix("ready on ").strip()
        finally:
            server.terminate()
            server.wait(20)


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    fill_in(page, email, password)


def fill_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()

"""A random run of viewers, locks, restarts and kills: journal and agent's log agree, request by request."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socket import gethostname
from threading import Event
from time import sleep
from typing import Any

import pytest

from keys.holder import set_lock
from recstore.journal import log
from recstore.storage.seaweed import EmbeddedStore
from tests.films import film_of
from tests.web.acme import PASSWORD
from tests.web.running import Running, as_environment, await_answer, running

SEED = 20261122
ITEMS = 24
VIEWERS = ("ann", "bo") * 3  # each signed in several times: keys are held for each session
ACTIONS = ("", "?download=1")
DEEDS = ("lock", "unlock", "restart the agent", "kill the worker", "kill both")
PAGES = ("/api/v1/recordings", "/api/v1/transcripts")  # titles are opened through the agent too
ASKED = ("key-asked", "catalog-opened")
EACH = 2  # times


@pytest.fixture
def service(tmp_path: Path, seaweed: EmbeddedStore) -> Iterator[Running]:
    """A service of its own: its parts are killed."""
    with running(tmp_path, seaweed) as service:
        yield service


def hand_over(service: Running) -> list[str]:
    """Hand over many recordings of the call in the world; give where each is played."""
    film = film_of(b"moving pictures")
    path = "/api/v1/calls/call-1/recordings/random-{}"
    answers = [service.ask("recorder", "PUT", path.format(at), film) for at in range(ITEMS)]
    return [f"/api/v1/recordings/{json.loads(body)['id']}/media" for _, _, body in answers]


def sign_in(service: Running, name: str) -> dict[str, str]:
    browser = service.world.guest()
    document = {"email": f"{name}@acme.example", "password": PASSWORD}
    assert browser.post("/api/v1/session", json=document).status_code == 200
    cookie = browser.get_cookie("recstore_session")
    assert cookie is not None
    return {"Cookie": f"recstore_session={cookie.value}"}


def view(service: Running, cookie: dict[str, str], media: list[str], seed: int, over: Event) -> Counter[str]:
    """Play and download at random until it is over; count how it ended each time."""
    chance, ends = random.Random(seed), Counter[str]()
    while not over.is_set():
        line = service.open()
        try:
            line.request(
                "GET", chance.choice([*PAGES, chance.choice(media) + chance.choice(ACTIONS)]), headers=cookie
            )
            answer = line.getresponse()
            answer.read()
            ends[str(answer.status)] += 1
        except (OSError, http.client.HTTPException):
            ends["cut"] += 1
            sleep(0.05)
        finally:
            line.close()
    return ends


def disturb(service: Running, chance: random.Random) -> None:
    """Lock, unlock, restart the agent and kill the worker in the midst of requests, in a random order."""
    home, account_id = service.settings.data / "keys", service.world.account
    deeds = list(DEEDS * EACH)
    chance.shuffle(deeds)
    for deed in deeds:
        sleep(chance.uniform(0.1, 0.6))
        match deed:
            case "lock" | "unlock":
                set_lock(home, chance.choice([account_id, None]), locked=deed == "lock")
            case "restart the agent":
                service.agent.send_signal(chance.choice([signal.SIGKILL, signal.SIGTERM]))
                service.restart_agent()
            case _:
                unlock(service)
                kill(service, also_agent=deed == "kill both")
    unlock(service)


def unlock(service: Running) -> None:
    for account_id in (service.world.account, None):
        set_lock(service.settings.data / "keys", account_id, locked=False)


def kill(service: Running, *, also_agent: bool) -> None:
    """Kill the worker while it has asked; the agent may have stopped before, and so never answers."""
    if also_agent:
        service.agent.send_signal(signal.SIGSTOP)
    sleep(0.3)
    os.kill(service.worker(), signal.SIGKILL)
    if also_agent:
        service.agent.kill()
        service.restart_agent()
    await_answer(service.port)


def test_journal_and_log_agree_whatever_was_killed_meanwhile(service: Running) -> None:
    media, over = hand_over(service), Event()
    cookies = [sign_in(service, name) for name in VIEWERS]
    with ThreadPoolExecutor(len(cookies)) as threads:
        views = [
            threads.submit(view, service, cookie, media, SEED + at, over) for at, cookie in enumerate(cookies)
        ]
        try:
            disturb(service, random.Random(SEED))
        finally:
            over.set()
    ends = sum((each.result() for each in views), Counter[str]())
    fresh = sign_in(service, "ann")
    assert view_once(service, fresh, media[0]) == 200
    found = reconcile(service)
    assert found["differences"] == []
    assert found["openings"] > 20
    alive = {asked(service, "key-asked")[-1]["detail"]["process"]}
    alive |= {f"{gethostname()} {pid}" for pid in (service.worker(), os.getpid())}
    left = [entry for entry in asked(service, *ASKED) if entry["detail"]["request"] in found["unanswered"]]
    assert left, "the run has killed somebody between asking and hearing"
    assert not alive & {entry["detail"]["process"] for entry in left}
    assert min(ends["200"], ends["503"], ends["cut"]) > 5, "it was a run of everything"
    assert ends.keys() <= {"200", "403", "503", "cut"}


def view_once(service: Running, cookie: dict[str, str], media: str) -> int:
    line = service.open()
    try:
        line.request("GET", media, headers=cookie)
        return line.getresponse().status
    finally:
        line.close()


def asked(service: Running, *events: str) -> list[dict[str, Any]]:
    with service.world.recstore.catalog.read(service.world.account) as tx:
        entries = [json.loads(line.text) for line in log.read_lines(tx)]
    return [entry for entry in entries if entry["event"] in events]


def reconcile(service: Running) -> dict[str, Any]:
    """Compare as an auditor does, by the command."""
    data = service.settings.data
    command = [sys.executable, "-m", "recstore", "keys", "reconcile", "--data", str(data)]
    command += ["--account", str(service.world.account), "--log", str(data / "keys" / "log.jsonl")]
    environment = os.environ | as_environment(service.settings)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found

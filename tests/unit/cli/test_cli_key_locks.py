"""`recstore keys lock`, `unlock`, `reconcile` and `agent serve`, as whoever holds the keys types them."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from keys.client import Agent
from recstore.embedded import EmbeddedAgent
from recstore.storage.seaweed import EmbeddedStore
from tests.faults.agent_process import request
from tests.films import film_of
from tests.unit.cli.test_cli_commands import CALL, Shell


@pytest.fixture(scope="module")
def shell(seaweed: EmbeddedStore) -> Iterator[Shell]:
    """A data folder whose own key agent runs already, with two accounts and a recording."""
    folder = Path(tempfile.mkdtemp(prefix="recstore-cli-"))
    data, credentials = folder / "data", folder / "s3.json"
    credentials.write_text(json.dumps({"access_key": seaweed.access_key, "secret_key": seaweed.secret_key}))
    environment = {
        "RECSTORE_S3_ENDPOINT": seaweed.endpoint,
        "RECSTORE_S3_BUCKET": seaweed.bucket,
        "RECSTORE_S3_CREDENTIALS_FILE": str(credentials),
    }
    seaweed.blobs().check()
    shell = Shell(data, environment)
    shell.answer("init")
    agent = EmbeddedAgent(data / "keys", data / "run" / "keys.sock", folder / "keys.log")
    agent.start()
    for name in ("Acme", "Other"):
        shell.answer("account", "create", name, "--domain", f"{name.lower()}.example")
    (folder / "call.json").write_text(json.dumps(CALL))
    (folder / "film.mp4").write_bytes(film_of(b"film"))
    shell.answer(
        "ingest", str(folder / "call.json"), "--recording", str(folder / "film.mp4"), "--account", "Acme"
    )
    yield shell
    agent.stop()
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def unlocked(shell: Shell) -> Iterator[None]:
    yield
    for file in (shell.data / "keys" / "locks").iterdir():
        file.unlink()


def held(shell: Shell, account: str) -> bool:
    """Ask the agent whether its holder locked the account."""
    agent = Agent(shell.data / "run" / "keys.sock", timeout=5)
    return agent.read_lock(account_id(shell, account)).by_holder


def account_id(shell: Shell, account: str) -> UUID:
    (told,) = shell.answer("keys", "status", account, "--json")["accounts"]
    return UUID(told["account"])


def locks(shell: Shell, account: str) -> list[tuple[str, str]]:
    """What the journal tells of locks: the event, and by whom."""
    with closing(sqlite3.connect(shell.data / "catalog.db")) as catalog:
        texts = catalog.execute('SELECT entry FROM journal_entries ORDER BY account_id, "index"').fetchall()
    entries = [json.loads(text) for (text,) in texts]
    return [
        (entry["event"], entry["detail"]["by"])
        for entry in entries
        if entry["account"] == str(account_id(shell, account)) and entry["event"].startswith("keys-")
    ]


def test_one_account_is_locked_and_unlocked_and_both_are_journalled(shell: Shell) -> None:
    before = {account: locks(shell, account) for account in ("Acme", "Other")}
    told = {"account": str(account_id(shell, "Acme"))}
    assert shell.answer("keys", "lock", "Acme") == told | {"locked": True}
    assert (held(shell, "Acme"), held(shell, "Other")) == (True, False)
    assert shell.answer("keys", "unlock", "Acme") == told | {"locked": False}
    assert not held(shell, "Acme")
    new = [("keys-locked", "holder"), ("keys-unlocked", "holder")]
    assert locks(shell, "Acme") == before["Acme"] + new
    assert locks(shell, "Other") == before["Other"]


def test_without_a_name_all_accounts_are_locked(shell: Shell) -> None:
    assert shell.answer("keys", "lock") == {"account": None, "locked": True}
    assert (held(shell, "Acme"), held(shell, "Other")) == (True, True)
    assert locks(shell, "Other")[-1] == ("keys-locked", "holder")


def test_an_account_that_is_not_there_locks_nothing(shell: Shell) -> None:
    done = shell.run("keys", "lock", "Nobody")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert not held(shell, "Acme")


def test_an_agent_elsewhere_is_locked_there(shell: Shell) -> None:
    before = locks(shell, "Acme")
    elsewhere = {"RECSTORE_KEYS_AGENT": str(shell.data / "run" / "keys.sock")}
    done = Shell(shell.data, shell.environment | elsewhere).run("keys", "lock", "Acme")
    assert (done.exit_code, "python -m keys lock" in done.stderr) == (1, True)
    assert not held(shell, "Acme")
    assert locks(shell, "Acme") == before


def test_a_lock_stops_a_rotation_which_goes_on_after_it(shell: Shell) -> None:
    def versions() -> list[dict[str, str | None]]:
        (told,) = shell.answer("keys", "status", "Acme", "--json")["accounts"]
        found: list[dict[str, str | None]] = told["versions"]
        return found

    shell.answer("keys", "lock", "Acme")
    for _ in range(2):
        done = shell.run("keys", "rotate", "Acme")
        assert (done.exit_code, "locked" in done.stderr, "rotate again" in done.stderr) == (1, True, True)
        assert [version["destroyed_at"] for version in versions()] == [None, None], "one rotation, under way"
    shell.answer("keys", "unlock", "Acme")
    shell.answer("keys", "rotate", "Acme")
    assert sorted(version["destroyed_at"] is None for version in versions()) == [False, True]


def test_attacker_who_opened_past_the_journal_is_named(shell: Shell) -> None:
    log = shell.data / "keys" / "log.jsonl"
    command = ["keys", "reconcile", "--account", "Other", "--log", str(log)]
    assert shell.answer(*command) == {"openings": 0, "differences": [], "unanswered": []}
    other, agent = account_id(shell, "Other"), Agent(shell.data / "run" / "keys.sock", timeout=5)
    asked = request(agent.create_account(other), other)
    agent.open_data_key(asked)
    done = shell.run(*command)
    assert (done.exit_code, "not_reconciled" in done.stderr) == (1, True)
    (difference,) = json.loads(done.stdout)["differences"]
    assert str(asked.id) in difference
    assert asked.actor in difference


def test_a_line_that_a_crash_tore_off_is_named_and_passed_over(shell: Shell, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"at":"2026-11-2\n{"asked":"watch","request":{},"outcome":"watching"}\n')
    done = shell.run("keys", "reconcile", "--account", "Acme", "--log", str(log))
    assert (done.exit_code, "not whole" in done.stderr) == (0, True)


def test_the_agent_runs_by_itself_and_ends_by_a_signal() -> None:
    folder = Path(tempfile.mkdtemp(prefix="recstore-agent-"))
    command = [sys.executable, "-m", "recstore", "keys", "agent", "serve", "--home", str(folder / "keys")]
    command += ["--socket", str(folder / "socket")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == "agent ready\n"
        Agent(folder / "socket").check()
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(10) == 0
    shutil.rmtree(folder)

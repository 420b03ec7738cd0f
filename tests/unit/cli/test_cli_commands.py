"""The command line as scripts see it: JSON on standard output, exit codes, one line on standard error."""

import json
import os
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from recstore.catalog.tables import Item
from recstore.cli import main
from recstore.cli.options import installation
from tests.films import film_of
from tests.unit.cli.shell import Shell

CALL = {
    "ref": "standup-1",
    "started_at": "2026-11-20T09:00:00Z",
    "vmr": {"ref": "room-1", "title": "Weekly", "organizer": "ann@acme.example"},
    "participants": [
        {
            "ref": "p1",
            "name": "Ann",
            "authenticated": "ann@acme.example",
            "intervals": [["2026-11-20T09:00:00Z", None]],
        }
    ],
}


@pytest.fixture(scope="module")
def handed_over(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Acme with Ann, and a call with recording and chat, handed over twice."""
    folder = tmp_path_factory.mktemp("call")
    (folder / "call.json").write_text(json.dumps(CALL))
    (folder / "the film, uncut.mp4").write_bytes(film_of(b"film" * 1000))
    message = {"ref": "m", "at": "2026-11-20T09:00:00Z", "sender": "p1", "to": "everyone", "body": "hello"}
    (folder / "chat.json").write_text(json.dumps({"messages": [message]}))
    shell.answer("account", "create", "Acme", "--domain", "acme.example", "--admin", "ada@acme.example")
    shell.answer(
        *("user", "create", "ann@acme.example", "--account", "Acme", "--password-stdin"),
        typed="long enough\n",
    )
    command = ["ingest", str(folder / "call.json"), "--recording", str(folder / "the film, uncut.mp4")]
    command += ["--transcript", str(folder / "chat.json")]
    first, again = shell.answer(*command), shell.answer(*command)
    assert {part: told["new"] for part, told in first.items()} == {
        "call": True,
        "recording": True,
        "transcript": True,
    }
    assert again == {part: told | {"new": False} for part, told in first.items()}
    return first


def test_ingest_twice_is_once(handed_over: dict[str, Any]) -> None:
    assert handed_over.keys() == {"call", "recording", "transcript"}


class TestFilesOfTheSameName:
    """meeting.json of last week and of this week are two calls; nobody of one comes to see the other's."""

    def put(self, shell: Shell, folder: Path, *files: str, **changes: Any) -> Result:
        nameless = {name: told for name, told in CALL.items() if name != "ref"}
        (folder / "meeting.json").write_text(json.dumps(nameless | changes))
        return shell.run("ingest", str(folder / "meeting.json"), *files)

    def test_two_occurrences_are_two_calls_and_a_repeat_is_one(
        self, shell: Shell, handed_over: dict[str, Any], tmp_path: Path
    ) -> None:
        weeks = ("2026-10-01T09:00:00Z", "2026-10-08T09:00:00Z", "2026-10-01T09:00:00Z")
        told = [json.loads(self.put(shell, tmp_path, occurrence=at, started_at=at).stdout) for at in weeks]
        first, second, again = (each["call"] for each in told)
        assert (first["new"], second["new"], again["new"]) == (True, True, False)
        assert first["id"] == again["id"] != second["id"] != handed_over["call"]["id"]

    def test_a_direct_call_without_a_ref_is_refused(
        self, shell: Shell, handed_over: dict[str, Any], tmp_path: Path
    ) -> None:
        assert handed_over
        done = self.put(shell, tmp_path, vmr=None)
        assert (done.exit_code, "--ref" in done.stderr, "bad_ref" in done.stderr) == (1, True, True)

    def test_a_recording_that_conflicts_is_found_before_its_call_is_corrected(
        self, shell: Shell, handed_over: dict[str, Any], tmp_path: Path
    ) -> None:
        assert handed_over
        film = tmp_path / "film.mp4"
        film.write_bytes(film_of(b"one"))
        times = {"started_at": "2026-09-01T09:00:00Z", "occurrence": "2026-09-01T09:00:00Z"}
        assert self.put(shell, tmp_path, "--recording", str(film), **times).exit_code == 0
        entries = shell.answer("journal", "verify", "--account", "Acme")["entries"]
        film.write_bytes(film_of(b"another"))
        done = self.put(shell, tmp_path, "--recording", str(film), **times, participants=[])
        assert (done.exit_code, "recording_exists" in done.stderr) == (1, True)
        # One entry of the refusal, one of verifying before: a corrected call would have left its own.
        assert shell.answer("journal", "verify", "--account", "Acme")["entries"] == entries + 2


class TestWhatIsSaidOfARecording:
    def put(self, shell: Shell, folder: Path, content: bytes, *options: str) -> Result:
        (folder / "call.json").write_text(json.dumps(CALL | {"ref": "said"}))
        (folder / "film.mp4").write_bytes(content)
        files = (str(folder / "call.json"), "--recording", str(folder / "film.mp4"))
        return shell.run("ingest", *files, *options)

    def look(self, shell: Shell, statement: str) -> list[Any]:
        database = sqlite3.connect(shell.data / "catalog.db")
        found = database.execute(statement).fetchall()
        database.close()
        return found

    def test_what_is_no_recording_is_found_before_its_call_is_taken(
        self, shell: Shell, handed_over: dict[str, Any], tmp_path: Path
    ) -> None:
        assert handed_over
        before = self.look(shell, "SELECT id FROM calls")
        done = self.put(shell, tmp_path, b"hello world" * 1000)
        assert (done.exit_code, "not_media" in done.stderr) == (1, True)
        assert self.look(shell, "SELECT id FROM calls") == before != []

    def test_its_title_and_start(
        self, shell: Shell, handed_over: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert handed_over
        options = ("--title", "Retrospective", "--started-at", "2026-11-20T09:10:00Z")
        done = self.put(shell, tmp_path, film_of(b"said"), *options)
        assert done.exit_code == 0, done.stderr
        for name, value in shell.environment.items():
            monkeypatch.setenv(name, value)
        with installation(shell.data) as recstore:
            with recstore.catalog.read(recstore.accounts.find("Acme").id) as tx:
                found = [item for item in tx.session.scalars(tx.select(Item)) if item.title]
            [item] = [item for item in found if item.title == "Retrospective"]
        assert (item.started_at, item.media_type) == (datetime(2026, 11, 20, 9, 10, tzinfo=UTC), "video/mp4")


def test_init_again_changes_nothing(shell: Shell) -> None:
    lookup = (shell.data / "secrets" / "lookup.key").read_bytes()
    shell.answer("init")
    assert (shell.data / "secrets" / "lookup.key").read_bytes() == lookup
    assert (shell.data.stat().st_mode & 0o077, len(lookup)) == (0, 32)


def test_explain_answers_for_scripts_and_for_people(shell: Shell, handed_over: dict[str, Any]) -> None:
    item = handed_over["recording"]["id"]
    told = shell.answer("explain", "ann@acme.example", "open", item, "--json")
    assert (told["allowed"], told["rule"]) == (True, "responsible-uses")
    assert told["relations"] == ["responsible", "participant"]
    spoken = shell.run("explain", "ada@acme.example", "open", item)
    assert spoken.stdout.startswith("refused by no rule")
    assert "Weekly" not in spoken.stdout


def groups(group: click.Group, *before: str) -> Iterator[tuple[str, click.Group]]:
    yield " ".join(before) or "recstore", group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from groups(command, *before, name)


@pytest.mark.parametrize("group", dict(groups(main)).values(), ids=dict(groups(main)))
def test_each_command_is_told_in_one_whole_line(group: click.Group) -> None:
    told = CliRunner().invoke(group, ["--help"], terminal_width=80).stdout.partition("Commands:\n")[2]
    assert len(told.splitlines()) == len(group.commands)
    assert "..." not in told


def commands(group: click.Group, *before: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)
        else:
            yield " ".join((*before, name)), command


@pytest.mark.parametrize("command", dict(commands(main)).values(), ids=dict(commands(main)))
def test_every_command_answers_to_scripts(command: click.Command) -> None:
    spellings = {spelling for parameter in command.params for spelling in parameter.opts}
    assert {"--json", "--data"} <= spellings


def test_the_demo_tells_scripts_how_to_sign_in(shell: Shell, tmp_path: Path) -> None:
    # As a demo that was set up already leaves it.
    plan = {"now": "2026-11-20T09:00:00+00:00", "password": "made-up", "done": True}
    (tmp_path / "demo.json").write_text(json.dumps(plan))
    demo = Shell(tmp_path, shell.environment)
    told = demo.answer("demo", "--no-serve", "--json")["sign_ins"]
    assert [each["role"] for each in told][:3] == ["organizer", "participant", "admin"]
    assert {each["password"] for each in told} == {"made-up"}
    spoken = demo.run("demo", "--no-serve").stdout
    assert all(each["email"] in spoken for each in told)


def test_serve_tells_scripts_where_it_answers(shell: Shell) -> None:
    command = [sys.executable, "-m", "recstore", "serve", "--port", "0", "--json", "--data", str(shell.data)]
    with subprocess.Popen(
        command, env=os.environ | shell.environment, stdout=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout is not None
        try:
            told = json.loads(served.stdout.readline())
            assert told.keys() == {"ready"}
            with urllib.request.urlopen(f"{told['ready']}/healthz", timeout=5) as answer:
                assert answer.status == 200
        finally:
            served.terminate()
            served.wait(20)


def test_keys_stand_in_eighty_columns_and_whole_for_scripts(
    shell: Shell, handed_over: dict[str, Any]
) -> None:
    told = shell.answer("keys", "status", "Acme", "--json")["accounts"]
    assert [(one["name"], one["custody"], one["answers"], one["locked"]) for one in told] == [
        ("Acme", "service", True, False)
    ]
    (version,) = told[0]["versions"]
    printed = shell.run("keys", "status", "Acme").stdout
    assert max(map(len, printed.splitlines())) <= 80
    (line,) = [line for line in printed.splitlines() if "Acme" in line]
    since, sealed = version["created_at"][:10], str(version["sealed"])
    assert line.split() == ["Acme", "service", "answers", version["key"][:8], since, sealed, "100", "%"]


def test_an_accounts_keys_are_destroyed_once_and_rotating_the_others_goes_on(shell: Shell) -> None:
    account = shell.answer("account", "create", "Umbra", "--domain", "u.example", "--admin", "u@u.example")
    told = shell.answer("keys", "destroy", "Umbra", "--name", "Umbra")
    assert told == {"account": account["id"], "destroyed_versions": 1}
    assert shell.answer("keys", "destroy", "Umbra", "--name", "Umbra")["destroyed_versions"] == 0
    assert "keys_destroyed" in shell.run("keys", "rotate", "Umbra").stderr
    assert account["id"] not in str(shell.answer("keys", "rotate", "--all"))


def test_a_token_is_shown(shell: Shell, handed_over: dict[str, Any]) -> None:
    told = shell.answer("token", "create", "--account", "Acme", "--scope", "ingest")
    assert len(told["token"]) >= 43
    revoked = shell.answer("token", "revoke", told["id"], "--account", "Acme", "--json")
    assert revoked == {"id": told["id"], "revoked": True}
    listed = shell.answer("token", "list", "--account", "Acme", "--json")["tokens"]
    assert [one["revoked_at"] is not None for one in listed if one["id"] == told["id"]] == [True]
    assert told["token"] not in json.dumps(listed)


FAILURES: dict[str, tuple[list[str], int, str]] = {
    "an unknown account": (["user", "create", "x@y.example", "--account", "Nope"], 1, "account_unknown"),
    "an account of the same name": (
        ["account", "create", "Acme", "--domain", "x.example"],
        1,
        "account_exists",
    ),
    "an admin who is no address": (
        ["account", "create", "Beta", "--domain", "x.example", "--admin", "beta"],
        1,
        "bad_email",
    ),
    "a password that is too short": (
        ["user", "create", "cem@acme.example", "--account", "Acme", "--password-stdin"],
        1,
        "password_too_short",
    ),
    "a call that is not JSON": (["ingest", __file__, "--ref", "x", "--account", "Acme"], 1, "not_json"),
    "an unknown item": (
        ["explain", "ann@acme.example", "see", "00000000-0000-4000-8000-000000000000"],
        1,
        "item_unknown",
    ),
    "an unknown command": (["nonsense"], 2, "No such command"),
    "a file that is not there": (["ingest", "nowhere.json"], 2, "does not exist"),
    "an id that is none": (["explain", "ann@acme.example", "see", "x"], 2, "not a valid"),
    "a token that is not there": (
        ["token", "revoke", "00000000-0000-4000-8000-000000000000", "--account", "Acme"],
        1,
        "token_unknown",
    ),
    "keys to destroy under another name": (["keys", "destroy", "Acme", "--name", "Beta"], 1, "wrong_name"),
    "an unknown scope": (["token", "create", "--account", "Acme", "--scope", "all"], 2, "Invalid value"),
}


@pytest.mark.parametrize(("arguments", "code", "says"), FAILURES.values(), ids=FAILURES.keys())
def test_failures(
    shell: Shell, handed_over: dict[str, Any], arguments: list[str], code: int, says: str
) -> None:
    done = shell.run(*arguments, typed="short\n")
    assert done.exit_code == code
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    if code == 1:
        assert len(done.stderr.splitlines()) == 1


def test_after_a_refused_admin_there_is_no_account(shell: Shell, handed_over: dict[str, Any]) -> None:
    shell.run("account", "create", "Gamma", "--domain", "x.example", "--admin", "gamma")
    done = shell.run("journal", "verify", "--account", "Gamma")
    assert (done.exit_code, "account_unknown" in done.stderr) == (1, True)


TAMPERING = {
    "an entry altered": "UPDATE journal_entries SET entry = replace(entry, 'system', 'nobody')",
    "an entry removed": 'DELETE FROM journal_entries WHERE "index" = 1',
    "the last entry removed": (
        'DELETE FROM journal_entries WHERE "index" = (SELECT max("index") FROM journal_entries)'
    ),
    "all entries removed": "DELETE FROM journal_entries",
}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING.keys())
def test_attacker_rewrites_the_journal(shell: Shell, handed_over: dict[str, Any], statement: str) -> None:
    told = shell.answer("journal", "verify", "--account", "Acme")
    assert told["entries"] >= 5
    kept = shell.data / "kept.db"
    with sqlite3.connect(shell.data / "catalog.db") as database, sqlite3.connect(kept) as copy:
        database.backup(copy)
        database.execute(statement)
    try:
        done = shell.run("journal", "verify", "--account", "Acme")
        assert (done.exit_code, "journal_broken" in done.stderr) == (1, True)
    finally:
        with sqlite3.connect(shell.data / "catalog.db") as database, sqlite3.connect(kept) as copy:
            copy.backup(database)
        database.close()
        copy.close()
    # Verifying opens what people wrote beside entries, which is one more.
    assert shell.answer("journal", "verify", "--account", "Acme")["entries"] == told["entries"] + 1

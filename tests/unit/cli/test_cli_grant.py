"""Whoever signs is told what they sign before the passphrase: the attacker's page may show the command."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from keys.approver import Approver
from keys.grants import read_signed

ITEM = str(uuid4())


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (["--item", ITEM], f"may open {ITEM}, at most once,"),
        (["--all"], "may open EVERY ITEM of the account"),
    ],
    ids=["one item", "everything"],
)
def test_the_command_says_what_it_signs_and_prints_the_consent_alone(
    tmp_path: Path, scope: list[str], words: str
) -> None:
    Approver.create(tmp_path / "key", None)
    words_typed = ["consent", "grant", "--account", str(uuid4()), "--operator", str(uuid4()), *scope]
    words_typed += ["--purpose", "playback", "--ticket", "T-1", "--key", str(tmp_path / "key")]
    ran = subprocess.run(
        [sys.executable, "-m", "recstore", *words_typed], capture_output=True, text=True, check=True
    )
    assert words in ran.stderr
    consent = read_signed(ran.stdout.encode()).consent
    assert (consent.items is None) is (scope == ["--all"])


def test_what_is_signed_is_told_though_there_is_no_key(tmp_path: Path) -> None:
    words_typed = ["consent", "grant", "--account", str(uuid4()), "--operator", str(uuid4()), "--all"]
    words_typed += ["--purpose", "playback", "--ticket", "T-1", "--key", str(tmp_path / "none")]
    ran = subprocess.run(
        [sys.executable, "-m", "recstore", *words_typed], capture_output=True, text=True, check=False
    )
    assert ran.returncode != 0
    assert "EVERY ITEM" in ran.stderr
    assert ran.stdout == ""


def test_an_operator_who_names_a_file_that_is_there_uses_no_opening_up(tmp_path: Path) -> None:
    (tmp_path / "film").write_text("mine")
    words_typed = ["support", "open", str(uuid4()), "--operator", "olga@service.example"]
    words_typed += ["--out", str(tmp_path / "film"), "--data", str(tmp_path / "nothing")]
    ran = subprocess.run(
        [sys.executable, "-m", "recstore", *words_typed],
        capture_output=True,
        text=True,
        check=False,
        input="",
    )
    assert ran.returncode != 0
    assert "nothing was opened" in ran.stderr
    assert (tmp_path / "film").read_text() == "mine"

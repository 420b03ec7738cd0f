"""Where a passphrase comes from, and the root that it opens."""

import errno
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from keys import passphrase_file
from keys.custodians import passphrase
from keys.custodians.passphrase import Cost
from keys.errors import HomeUnfit
from keys.passphrase import LONGEST, from_descriptor, from_file, from_person
from keys.secret import Secret

CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
WORDS = "correct horse battery staple"


def says(words: str) -> Callable[[bool], Secret]:
    return lambda new: Secret(words.encode())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "root.sealed"
    passphrase.create(path, says(WORDS), cost=CHEAP)
    return path


def test_the_file_is_private_says_its_cost_and_does_not_hold_the_root(root: Path) -> None:
    assert root.stat().st_mode & 0o777 == 0o600
    stated = json.loads(root.read_text())
    assert stated.keys() == {"kdf", "memory_kib", "passes", "lanes", "salt", "wrapped", "sha256"}
    assert (stated["kdf"], stated["memory_kib"]) == ("argon2id", 64)
    opened = passphrase.load(root, says(WORDS))
    wrapped = opened.wrap(Secret(b"held"), context=b"c")
    assert passphrase.load(root, says(WORDS)).unwrap(wrapped, context=b"c") == Secret(b"held")


def test_a_guess_costs_memory_and_time_by_default() -> None:
    assert Cost().memory_kib >= 64 * 1024  # RFC 9106 section 4, the second recommendation
    assert Cost().passes >= 3


def test_no_two_roots_are_alike(tmp_path: Path, root: Path) -> None:
    other = tmp_path / "other"
    passphrase.create(other, says(WORDS), cost=CHEAP)
    one, two = json.loads(root.read_text()), json.loads(other.read_text())
    assert one["salt"] != two["salt"]
    assert one["wrapped"] != two["wrapped"]


def test_a_new_root_never_replaces_one(root: Path) -> None:
    before = root.read_bytes()
    with pytest.raises(HomeUnfit, match="exists"):
        passphrase.create(root, says(WORDS), cost=CHEAP)
    assert root.read_bytes() == before


@pytest.mark.parametrize("guess", ["", "Correct horse battery staple", WORDS + " ", WORDS[:-1], "x" * 1000])
def test_attacker_with_the_file_and_another_passphrase_gets_nothing(root: Path, guess: str) -> None:
    with pytest.raises(HomeUnfit, match="is wrong, or") as refused:
        passphrase.load(root, says(guess))
    assert not guess or guess not in str(refused.value)


def test_damage_is_told_from_a_wrong_passphrase(root: Path) -> None:
    whole = root.read_bytes()
    for place in range(0, len(whole), 7):
        root.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(HomeUnfit, match=r"is damaged|is wrong, or"):
            passphrase.load(root, says(WORDS))
    for length in (0, 1, len(whole) // 2, len(whole) - 3):
        root.write_bytes(whole[:length])
        with pytest.raises(HomeUnfit, match="damaged"):
            passphrase.load(root, says(WORDS))
    root.write_bytes(whole)
    passphrase.load(root, says(WORDS))


@pytest.mark.parametrize("content", [b"[]", b"7", b'"root"', b"{}", b'{"sha256": 1}', bytes(32), b"\xff\xfe"])
def test_another_file_in_its_place_is_damage(root: Path, content: bytes) -> None:
    root.write_bytes(content)
    with pytest.raises(HomeUnfit, match="damaged"):
        passphrase.load(root, says(WORDS))


@pytest.mark.parametrize("field", ["memory_kib", "passes", "lanes", "kdf", "salt", "wrapped"])
def test_attacker_cannot_change_the_file_and_its_checksum(root: Path, field: str) -> None:
    stated = json.loads(root.read_text())
    del stated["sha256"]
    other = {"kdf": "argon2i", "salt": "A" * 22 + "==", "wrapped": "A" * len(stated["wrapped"])}
    stated[field] = other.get(field) or stated[field] * 2
    root.write_text(json.dumps(stated | {"sha256": passphrase_file._checksum(stated, passphrase._ROOT)}))
    with pytest.raises(HomeUnfit, match="altered on purpose"):
        passphrase.load(root, says(WORDS))


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "passphrase"
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


FIRST_LINES: dict[str, bytes] = {
    "alone": b"a long passphrase",
    "with its end": b"a long passphrase\n",
    "with Windows' end": b"a long passphrase\r\n",
    "with more lines": b"a long passphrase\nsomething else\n",
}


@pytest.mark.parametrize("content", [pytest.param(each, id=title) for title, each in FIRST_LINES.items()])
def test_the_first_line_counts(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    assert from_file(path)(False) == Secret(b"a long passphrase")
    assert from_descriptor(os.open(path, os.O_RDONLY))(True) == Secret(b"a long passphrase")


def test_two_keyboards_spell_one_passphrase(tmp_path: Path) -> None:
    composed = from_file(written(tmp_path, "schl\u00fcssel".encode()))(False)
    assert from_file(written(tmp_path, "schlu\u0308ssel".encode()))(False) == composed


UNFIT: dict[str, tuple[bytes, bool]] = {
    "empty": (b"", False),
    "an empty line": (b"\n", False),
    "too short for a new one": (b"11 letters!", True),
    "too long": (b"x" * (LONGEST + 1), False),
    "not UTF-8": (b"\xff\xfe secret words", False),
}


@pytest.mark.parametrize(("content", "new"), [pytest.param(*case, id=title) for title, case in UNFIT.items()])
def test_an_unfit_passphrase_is_refused_and_not_quoted(tmp_path: Path, content: bytes, new: bool) -> None:
    path = written(tmp_path, content)
    for ask in (from_file(path), from_descriptor(os.open(path, os.O_RDONLY))):
        with pytest.raises(HomeUnfit) as refused:
            ask(new)
        assert refused.value.__cause__ is None
        assert "secret" not in str(refused.value)


def test_attacker_of_another_user_cannot_have_written_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, b"a long passphrase")
    path.chmod(0o620)
    with pytest.raises(HomeUnfit, match="0600"):
        from_file(path)(False)


def test_a_missing_file_and_a_closed_descriptor_are_told(tmp_path: Path) -> None:
    with pytest.raises(HomeUnfit, match="cannot be read"):
        from_file(tmp_path / "none")(False)
    with pytest.raises(HomeUnfit, match=os.strerror(errno.EBADF)):
        from_descriptor(987)(False)


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(HomeUnfit, match="No terminal"):
            from_person(False)


ASK = (
    "import signal\nfrom keys.errors import HomeUnfit\nfrom keys.passphrase import from_person\n"
    # Whoever runs the tests in the background has it ignored, and children inherit that.
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
    "try:\n    print('got', len(from_person({new})))\nexcept HomeUnfit as error:\n    print(error)\n"
)
TYPED: dict[str, tuple[bool, list[bytes], str]] = {
    "once for a known one": (False, [b"secret words here\n"], "got 17"),
    "twice for a new one": (True, [b"secret words here\n", b"secret words here\n"], "got 17"),
    "two that differ": (True, [b"secret words here\n", b"other words here\n"], "differ"),
    "the end of input": (False, [b"\x04"], "No passphrase"),
    "an interrupt": (False, [b"\x03"], "No passphrase"),
}


@pytest.mark.parametrize(
    ("new", "typed", "outcome"), [pytest.param(*case, id=title) for title, case in TYPED.items()]
)
def test_a_person_is_asked_without_echo(new: bool, typed: list[bytes], outcome: str) -> None:
    ours, theirs = pty.openpty()
    script = ASK.replace("{new}", str(new))
    terminal = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    # In a session of its own, whose terminal it takes by opening it, as a shell's child would have one.
    with subprocess.Popen(
        [sys.executable, "-c", take(os.ttyname(theirs)) + script], **terminal, start_new_session=True
    ):
        os.close(theirs)
        shown = b""
        for line in typed:
            while not shown.endswith(b": "):
                shown += os.read(ours, 1000)
            os.write(ours, line)
            shown += b"|"
        with suppress(OSError):  # Linux's way to say that the other end of a terminal is closed
            while piece := os.read(ours, 1000):
                shown += piece
    os.close(ours)
    assert outcome in shown.decode()
    assert b"words" not in shown


def take(terminal: str) -> str:
    return f"import os\nos.close(os.open({terminal!r}, os.O_RDWR))\n"

"""Where a passphrase comes from: a private file, a descriptor, a person; never arguments or the environment.

Those two can be read by other processes of the same user, and end up in histories and reports.
"""

import getpass
import os
import signal
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Final

from keys.errors import HomeUnfit
from keys.files import read_private
from keys.secret import Secret

LONGEST: Final = 1024  # bytes
SHORTEST: Final = 12  # characters, for a new one

Ask = Callable[[bool], Secret]  # asked with True when the passphrase is a new one


def from_file(path: Path) -> Ask:
    """Read it from the first line of a file with mode 0600."""

    def ask(new: bool) -> Secret:
        try:
            return _judge(read_private(path, limit=LONGEST + 1), new=new)
        except OSError as error:
            raise HomeUnfit(f"The passphrase file {path} cannot be read: {error.strerror}.") from error

    return ask


def from_descriptor(descriptor: int) -> Ask:
    """Read it from the first line of an open file descriptor, up to its end, and close that."""

    def ask(new: bool) -> Secret:
        try:
            with os.fdopen(descriptor, "rb") as file:
                return _judge(file.readline(LONGEST + 1), new=new)
        except OSError as error:
            raise HomeUnfit(f"Descriptor {descriptor} has no passphrase: {error.strerror}.") from error

    return ask


def from_person(new: bool) -> Secret:
    """Ask at the terminal, twice for a new one; nothing is echoed. Raises HomeUnfit without an answer."""
    # Without this, getpass would fall back to reading the pipe that is our standard input, and echo it.
    if not sys.stdin.isatty():
        raise HomeUnfit("No terminal to ask for the passphrase at: give a file or a descriptor.")
    # The agent blocks signals until it serves; a person at a prompt must be able to leave.
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        given = _judge(getpass.getpass("Passphrase: ").encode(), new=new)
        if new and given != _judge(getpass.getpass("Once more: ").encode(), new=new):
            raise HomeUnfit("The two passphrases differ: nothing was made.")
    except (EOFError, KeyboardInterrupt):
        raise HomeUnfit("No passphrase was given.") from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return given


def _judge(line: bytes, *, new: bool) -> Secret:
    first = line.split(b"\n", 1)[0].removesuffix(b"\r")
    try:
        # Keyboards differ in how they spell ü; the same passphrase must give the same bytes.
        text = unicodedata.normalize("NFC", first.decode())
    except UnicodeDecodeError:
        raise HomeUnfit("The passphrase is not UTF-8.") from None  # its cause would quote the passphrase
    if not text or len(first) > LONGEST:
        raise HomeUnfit(f"The passphrase is empty, or longer than {LONGEST} bytes.")
    if new and len(text) < SHORTEST:
        raise HomeUnfit(f"A new passphrase has at least {SHORTEST} characters.")
    return Secret(text.encode())

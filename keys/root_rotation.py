"""Put everything in an agent's home under another root: whole, or not at all, wherever it is interrupted.

Everything is wrapped anew beside the old, in `next/`. Once all of it is on the disk, `next/complete` lists
it; from then on the way is forward: every start first moves what is listed into its place. Without that
list, `next/` is dropped.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from keys.custodians import Custodian
from keys.custodians.choice import SETTINGS
from keys.errors import HomeUnfit
from keys.files import make_private_folder, move, read_private, remove, write_private
from keys.receipt_key import RECEIPT_KEY_CONTEXT
from keys.vault import account_key_context

_NEXT: Final = "next"
_COMPLETE: Final = "complete"
# Of another custodian than the new one: they must not stay.
_OF_THE_OLD: Final = (SETTINGS, "root.key", "root.sealed")


def stage(home: Path, old: Custodian, make: Callable[[Path], Custodian], *, settings: Path | None) -> None:
    """Wrap everything anew under the custodian that `make` gives for a folder with these settings."""
    folder = home / _NEXT
    make_private_folder(folder)
    chosen = settings or home / SETTINGS
    if chosen.exists():
        write_private(folder / SETTINGS, chosen.read_bytes())
    new = make(folder)
    for path, context in _wrapped(home):
        kept = folder / path.relative_to(home)
        make_private_folder(kept.parent)
        write_private(kept, new.wrap(old.unwrap(read_private(path), context=context), context=context))
    staged = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    write_private(folder / _COMPLETE, json.dumps(staged).encode("ascii"))


def finish(home: Path) -> None:
    """End what was interrupted: forward if all of it is there, else back. Without any, do nothing."""
    folder = home / _NEXT
    if not (folder / _COMPLETE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        return
    staged = json.loads((folder / _COMPLETE).read_text())
    for name in staged:
        if (folder / name).exists():  # else it was moved before the interruption
            move(folder / name, home / name)
    for name in _OF_THE_OLD:
        if name not in staged:
            remove(home / name)
    remove(folder / _COMPLETE)
    shutil.rmtree(folder)


def _wrapped(home: Path) -> Iterator[tuple[Path, bytes]]:
    """Give every file that is wrapped under the root, with its context."""
    for path in sorted((home / "accounts").glob("*/*.key")):
        try:
            account_id, key_id = UUID(path.parent.name), UUID(path.stem)
        except ValueError as error:
            raise HomeUnfit(f"{path} is no account's key: take it away first.") from error
        yield path, account_key_context(account_id=account_id, key_id=key_id)
    if (home / "receipts.key").exists():
        yield home / "receipts.key", RECEIPT_KEY_CONTEXT

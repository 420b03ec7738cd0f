"""What `recstore serve` does beside serving: once a minute, settle the texts of every account."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from recstore.errors import RecstoreError
from recstore.wiring import Recstore

EVERY_SECONDS = 60.0
END_SECONDS = 5.0


@contextmanager
def settling_meanwhile(recstore: Recstore) -> Iterator[None]:
    """Settle in a thread for the length of the block. Cut off in the middle, the next start goes on."""
    stopped = threading.Event()
    thread = threading.Thread(target=_run, args=(recstore, stopped), name="settling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(END_SECONDS)


def _run(recstore: Recstore, stopped: threading.Event) -> None:
    while not stopped.wait(EVERY_SECONDS):
        told = {word for word in settle_all(recstore, stopped) if word}
        for words in sorted(told):
            click.echo(f"settling: {words}", err=True)  # and tried again the next time


def settle_all(recstore: Recstore, stopped: threading.Event) -> Iterator[str | None]:
    """Settle one account after the other; give what went wrong with each, or None."""
    for account_id in recstore.accounts.all_ids():
        if stopped.is_set():
            return
        try:
            recstore.settling.settle(account_id)
        except RecstoreError as error:
            yield error.message
        else:
            yield None

"""`recstore demo`: an installation with sample accounts, people, calls, recordings and chats."""

import io
import json
import multiprocessing
import secrets
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from recstore.cli.options import absolute, as_json_option, data_option, installation, show
from recstore.cli.supervisor import supervise
from recstore.clock import utc_now
from recstore.errors import Conflict
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.installation import prepare
from recstore.journal.log import SYSTEM
from recstore.sample import film, world
from recstore.sample.world import SampleAccount, SampleCall, World
from recstore.settings import Settings, read_settings
from recstore.wiring import Recstore

KEPT = "demo.json"


@click.command()
@click.option("--port", default=8080, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--no-serve", is_flag=True, help="Only set up; do not serve.")
@as_json_option
@data_option
def demo(port: int, no_serve: bool, as_json: bool, data: Path | None) -> None:
    """Set up two sample accounts, print how to sign in, and serve.

    Interrupted, it goes on where it was: everything is handed over under the same refs. With --json, a line
    with {"sign_ins": [...]}, then that of `serve`.
    """
    settings = absolute(read_settings(data))
    plan = _read_plan(settings)
    if not plan["done"]:
        with installation(data) as recstore:
            fill(recstore, world.build(datetime.fromisoformat(plan["now"])), password=plan["password"])
        _write_plan(settings, plan | {"done": True})
    _tell_sign_ins(plan["password"], as_json=as_json)
    if not no_serve:
        supervise(settings, host="127.0.0.1", port=port, workers=1, as_json=as_json)


def fill(recstore: Recstore, sample: World, *, password: str) -> None:
    """Hand over the sample through the same code as any recorder's."""
    calls = [call for account in sample.accounts for call in account.calls]
    scripts = [call.recording.script for call in calls if call.recording]
    # Spawned, not forked: this process has threads and connections. Rendering is what takes the time.
    pool = ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))
    with Progress(console=Console(stderr=True)) as progress, pool:
        films = pool.map(film.render, scripts)
        bar = progress.add_task("sample calls", total=len(calls))
        for account in sample.accounts:
            account_id = _set_up(recstore, account, password=password)
            for call in account.calls:
                _hand_over(recstore, account_id, call, films)
                progress.advance(bar)


def _set_up(recstore: Recstore, account: SampleAccount, *, password: str) -> UUID:
    try:
        account_id = recstore.accounts.create(account.name, domains=[account.domain]).id
    except Conflict:
        account_id = recstore.accounts.find(account.name).id
    for person in account.people:
        # Here already, if an earlier demo was interrupted.
        with suppress(Conflict):
            recstore.accounts.create_user(
                account_id, email=person.email, name=person.name, admin=person.admin, password=password
            )
    return account_id


def _hand_over(recstore: Recstore, account_id: UUID, call: SampleCall, films: Iterator[bytes]) -> None:
    recstore.calls.put(account_id, call.ref, json.dumps(call.document).encode(), actor=SYSTEM)
    if call.transcript:
        body = json.dumps(call.transcript.document).encode()
        recstore.transcripts.put(account_id, call.ref, call.transcript.ref, body, actor=SYSTEM)
    if call.recording:
        described = Described(
            title=call.recording.title,
            filetype=film.MEDIA_TYPE,
            started_by=call.recording.started_by,
            started_at=call.recording.started_at,
            duration_s=call.recording.script.seconds,
        )
        body = next(films)
        recstore.recordings.put(
            account_id,
            call.ref,
            call.recording.ref,
            Body(io.BytesIO(body), limit=len(body)),
            described,
            actor=SYSTEM,
        )


def _read_plan(settings: Settings) -> dict[str, Any]:
    """Read what an earlier demo on this folder began, or begin."""
    path = settings.data / KEPT
    if path.exists():
        plan: dict[str, Any] = json.loads(path.read_text())
        return plan
    prepare(settings)
    plan = {"now": utc_now().isoformat(), "password": secrets.token_urlsafe(9), "done": False}
    _write_plan(settings, plan)
    return plan


def _write_plan(settings: Settings, plan: dict[str, Any]) -> None:
    path = settings.data / KEPT
    path.touch(mode=0o600)
    path.write_text(json.dumps(plan))


def _tell_sign_ins(password: str, *, as_json: bool) -> None:
    if as_json:
        told = [{"role": who.role, "email": who.email, "password": password} for who in world.SIGN_INS]
        show({"sign_ins": told})
        return
    table = Table(title="Sign in as", title_justify="left")
    for heading in ("who", "address", "password"):
        table.add_column(heading, no_wrap=True)
    for who in world.SIGN_INS:
        table.add_row(who.role, who.email, password)
    Console().print(table)

"""`recstore ingest`: hand over one call through the same code as the API, with a progress bar."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from recstore.cli.options import data_option, installation, json_option, show
from recstore.ingest.calls import Received
from recstore.ingest.described import read_description
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".ogg": "audio/ogg", ".m4a": "audio/mp4"}


@click.command()
@click.argument("call", type=FILE)
@click.option("--account", "account_name", help="The account's name or id; not needed if there is only one.")
@click.option("--ref", help="Reference of the call; without it the document's own, or the file's name.")
@click.option("--recording", type=FILE, help="Media file to hand over with the call.")
@click.option("--started-by", help="Ref of the participant who pressed record.")
@click.option("--transcript", type=FILE, help="Transcript document to hand over with the call.")
@json_option
@data_option
def ingest(
    call: Path,
    account_name: str | None,
    ref: str | None,
    recording: Path | None,
    started_by: str | None,
    transcript: Path | None,
    data: Path | None,
) -> None:
    """Hand over the call document CALL, and with it a recording and a transcript.

    Interrupted, it can be run again: what is there already is not handed over twice.
    """
    document = call.read_bytes()
    call_ref = ref or _own_ref(document) or _ref_of(call)
    answers: dict[str, object] = {}
    with installation(data) as recstore:
        account_id = recstore.accounts.find(account_name).id if account_name else recstore.accounts.only().id
        answers["call"] = _tell(recstore.calls.put(account_id, call_ref, document, actor=SYSTEM))
        if recording:
            fields = {"filename": recording.name, "filetype": TYPES.get(recording.suffix.lower(), "")}
            if started_by:
                fields["started_by"] = started_by
            with _read_with_progress(recording, limit=recstore.settings.max_recording_bytes) as body:
                received = recstore.recordings.put(
                    account_id, call_ref, _ref_of(recording), body, read_description(fields), actor=SYSTEM
                )
            answers["recording"] = _tell(received)
        if transcript:
            received = recstore.transcripts.put(
                account_id, call_ref, _ref_of(transcript), transcript.read_bytes(), actor=SYSTEM
            )
            answers["transcript"] = _tell(received)
    show(answers)


@contextmanager
def _read_with_progress(path: Path, *, limit: int) -> Iterator[Body]:
    label = TextColumn("{task.description}")
    columns = (label, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    # On standard error: standard output has the answer, for scripts.
    with (
        Progress(*columns, console=Console(stderr=True)) as progress,
        progress.open(path, "rb", description="sealing") as file,
    ):
        yield Body(file, limit=limit, declared=path.stat().st_size)


def _ref_of(path: Path) -> str:
    """Make a reference of a file's name: the same name gives the same one, so that nothing is doubled."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._") or "file"


def _own_ref(body: bytes) -> str | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None  # the hand-over itself says what is wrong with it
    ref = document.get("ref") if isinstance(document, dict) else None
    return ref if isinstance(ref, str) else None


def _tell(received: Received) -> dict[str, object]:
    return {"id": str(received.id), "state": received.state, "new": received.is_new}

"""`recstore ingest`: hand over one call through the same code as the API, with a progress bar."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

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

from recstore.catalog import accounts
from recstore.cli.options import data_option, handing_over, json_option, show
from recstore.errors import BadInput, RecstoreError
from recstore.ingest.calls import Received
from recstore.ingest.described import Described, read_description
from recstore.ingest.documents import CallDocument, read_call, read_transcript
from recstore.ingest.receiving import Body
from recstore.ingest.refusals import noting_refusals
from recstore.journal.log import SYSTEM
from recstore.wiring import Intake

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("call", type=FILE)
@click.option("--account", "account_name", help="The account's name or id; not needed if there is only one.")
@click.option("--ref", help="Reference of the call; without it the document's own, or its room and time.")
@click.option("--recording", type=FILE, help="Media file to hand over with the call.")
@click.option("--started-by", help="Ref of the participant who pressed record.")
@click.option("--title", help="Title of the recording; without it the room's, or the file's name.")
@click.option("--started-at", help="When the recording began (RFC 3339, with zone), if not with its call.")
@click.option("--transcript", type=FILE, help="Transcript document to hand over with the call.")
@json_option
@data_option
def ingest(
    call: Path,
    account_name: str | None,
    ref: str | None,
    recording: Path | None,
    transcript: Path | None,
    data: Path | None,
    **said: str | None,
) -> None:
    """Hand over a call, its recording and its transcript.

    Interrupted, it can be run again: what is there already is not handed over twice. Needs no key agent.
    """
    answers: dict[str, object] = {}
    with handing_over(data) as intake:
        with intake.catalog.front_desk() as desk:
            account_id = (accounts.find(desk, account_name) if account_name else accounts.only(desk)).id
        bodies = call.read_bytes(), transcript.read_bytes() if transcript else None
        fields = {name: value for name, value in said.items() if value}  # started_by, title, started_at
        media = _Media(intake, account_id, recording, fields) if recording else None
        with noting_refusals(intake.catalog, account_id, actor=SYSTEM, clock=intake.clock):
            # All of it, before a correction of the call is committed that its recording then contradicts.
            call_ref = ref or find_ref(read_call(bodies[0]))
            if bodies[1] is not None:
                read_transcript(bodies[1])
            if media:
                media.check(call_ref)
        answers["call"] = _tell(intake.calls.put(account_id, call_ref, bodies[0], actor=SYSTEM))
        with _saying_what_was_taken():
            if media:
                answers["recording"] = _tell(media.hand_over(call_ref))
            if transcript and bodies[1] is not None:
                received = intake.transcripts.put(
                    account_id, call_ref, _ref_of(transcript), bodies[1], actor=SYSTEM
                )
                answers["transcript"] = _tell(received)
    show(answers)


@dataclass(slots=True)
class _Media:
    """The media file of a call on its way in."""

    intake: Intake
    account_id: UUID
    path: Path
    fields: dict[str, str]

    def check(self, call_ref: str) -> None:
        """Raise what the hand-over would raise for these bytes under this ref; change nothing."""
        with self._read("checking") as body:
            self.intake.recordings.check(
                self.account_id, call_ref, _ref_of(self.path), body, self._described()
            )

    def hand_over(self, call_ref: str) -> Received:
        with self._read("sealing") as body:
            return self.intake.recordings.put(
                self.account_id, call_ref, _ref_of(self.path), body, self._described(), actor=SYSTEM
            )

    def _described(self) -> Described:
        return read_description(self.fields | {"filename": self.path.name})

    def _read(self, doing: str) -> AbstractContextManager[Body]:
        return _read_with_progress(self.path, doing, limit=self.intake.settings.max_recording_bytes)


@contextmanager
def _saying_what_was_taken() -> Iterator[None]:
    try:
        yield
    except RecstoreError:
        click.echo("The call itself was taken; run this again once the following is mended.", err=True)
        raise


@contextmanager
def _read_with_progress(path: Path, doing: str, *, limit: int) -> Iterator[Body]:
    label = TextColumn("{task.description}")
    columns = (label, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    # On standard error: standard output has the answer, for scripts.
    with (
        Progress(*columns, console=Console(stderr=True)) as progress,
        progress.open(path, "rb", description=doing) as file,
    ):
        yield Body(file, limit=limit, declared=path.stat().st_size)


def _ref_of(path: Path) -> str:
    """Make a reference of a file's name: the same name gives the same one, so that nothing is doubled."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._") or "file"


def find_ref(document: CallDocument) -> str:
    """Give the document's own `ref`, or one of its room and occurrence: never another occurrence's."""
    own = (document.model_extra or {}).get("ref")
    if isinstance(own, str) and own:
        return own
    if document.vmr is None:
        raise BadInput("The document has no ref and no room to make one of; say --ref.", code="bad_ref")
    at = document.occurrence or document.started_at
    return f"{document.vmr.ref}@{at.isoformat().replace('+00:00', 'Z')}"


def _tell(received: Received) -> dict[str, object]:
    return {"id": str(received.id), "state": received.state, "new": received.is_new}

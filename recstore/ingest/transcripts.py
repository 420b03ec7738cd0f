"""Take a chat transcript: messages sealed as one item, one a line; only counts stand in the catalog."""

import io
import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from recstore.catalog import accounts, calls
from recstore.catalog.database import Transaction
from recstore.catalog.tables import Call
from recstore.errors import BadInput
from recstore.ingest.calls import Received
from recstore.ingest.documents import TranscriptDocument, check_ref, read_transcript
from recstore.ingest.placing import About, ItemIntake, find_call
from recstore.ingest.refusals import noting_refusals
from recstore.journal.log import Actor
from recstore.model import Kind

MEDIA_TYPE = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class TranscriptIntake(ItemIntake):
    """Hands over transcripts. Idempotent on (call, transcript ref): the same again changes nothing."""

    def put(self, account_id: UUID, call_ref: str, ref: str, body: bytes, *, actor: Actor) -> Received:
        """Take the transcript of a call that was handed over before.

        Raises BadInput (call_unknown, chat_off, not_json, bad_document, participant_unknown, empty_body) and
        Conflict (transcript_exists).
        """
        with noting_refusals(self.catalog, account_id, actor=actor, clock=self.clock):
            check_ref(ref)
            document = read_transcript(body)
            if not document.messages:
                raise BadInput("The transcript has no messages: there is nothing to keep.", code="empty_body")
            with self.catalog.read(account_id) as tx:
                call = find_call(tx, call_ref)
                _check_switch(tx, call)
                _check_people(tx, call, document)
            with self.store.sealed(account_id, Kind.TRANSCRIPT, write_lines(document)) as sealed:
                return self._place(
                    account_id, call_ref, sealed, lambda _, call: _describe(call, ref, document), actor=actor
                )


def _describe(call: Call, ref: str, document: TranscriptDocument) -> About:
    return About(
        kind=Kind.TRANSCRIPT,
        ref=ref,
        title=None,
        started_at=call.started_at,
        duration_s=None,
        media_type=MEDIA_TYPE,
        message_counts=count_by_audience(document),
        responsible_id=call.responsible_id,
    )


def write_lines(document: TranscriptDocument) -> io.BytesIO:
    """Write the messages as JSON, one a line, in their order."""
    lines = io.BytesIO()
    for message in document.messages:
        lines.write(message.model_dump_json().encode() + b"\n")
    lines.seek(0)
    return lines


def count_by_audience(document: TranscriptDocument) -> str:
    """Count messages by who may read them, as JSON: [[refs or null for everyone, count], …].

    So the number that a viewer is shown leaves out what they may not read, without opening the transcript.
    """
    counts = Counter(
        None if message.to == "everyone" else tuple(sorted({message.sender, *message.to}))
        for message in document.messages
    )
    return json.dumps([[audience, count] for audience, count in counts.items()])


def _check_switch(tx: Transaction, call: Call) -> None:
    if accounts.was_off(tx, Kind.TRANSCRIPT, at=call.started_at):
        raise BadInput(
            "This account had switched chat storage off when this began; nothing was kept.", code="chat_off"
        )


def _check_people(tx: Transaction, call: Call, document: TranscriptDocument) -> None:
    known = {line.ref_key for line in calls.lines(tx, call.id)}
    is_known = cache(lambda ref: tx.lookup(ref) in known)
    for message in document.messages:
        named = {message.sender, *(() if message.to == "everyone" else message.to)}
        if not all(map(is_known, named)):
            raise BadInput(
                f"Message {message.ref} names a sender or recipient who is no participant of the call;"
                " hand over the call document with everybody in it first.",
                code="participant_unknown",
            )

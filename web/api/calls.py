"""Hand-over: what recorders put here, under an ingest token."""

from contextlib import AbstractContextManager

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from recstore.errors import BadInput
from recstore.ingest.calls import Received
from recstore.ingest.described import Described, read_description, read_upload_metadata
from recstore.ingest.refusals import noting_refusals
from recstore.journal.actor import Actor
from web import guard
from web.api import shapes
from web.api.described import RECEIVED_RESPONSES, RECORDING_BODY, takes
from web.api.refusals import refuses
from web.bodies import read_document, recording_body
from web.current import recorder, recstore

calls = APIBlueprint("api_calls", __name__, tag="Calls")

_OF_FORMS = "application/x-www-form-urlencoded"


@calls.put("/calls/<call_ref>")
@guard.recorder
@refuses(400, "bad_document", "bad_query", "bad_ref", "cut_short", "empty_body", "not_json")
@refuses(400, "size_mismatch")
@refuses(409, "call_changed", "keys_destroyed", "not_your_call")
@calls.output(shapes.Received)
@calls.doc(responses=RECEIVED_RESPONSES, extensions=takes("CallDocument"))
def put_call(call_ref: str) -> Response:
    """Hand over a call, or a correction of one."""
    received = recstore().calls.put(recorder().account_id, call_ref, _document(), actor=_actor())
    return _show(received)


@calls.put("/calls/<call_ref>/recordings/<recording_ref>")
@guard.recorder
@refuses(400, "bad_metadata", "bad_query", "bad_ref", "call_unknown", "cut_short", "empty_body", "not_media")
@refuses(400, "participant_unknown", "recording_off", "sha256_mismatch", "size_mismatch")
@refuses(409, "keys_destroyed", "recording_exists")
@refuses(503, "store_unavailable")
@calls.output(shapes.Received)
@calls.doc(responses=RECEIVED_RESPONSES, extensions=RECORDING_BODY)
def put_recording(call_ref: str, recording_ref: str) -> Response:
    """Hand over a recording of a call, in one streaming request."""
    with _noted():
        _check_query(*Described.model_fields, call=call_ref, kind="recording", recording=recording_ref)
        described = _description()
    received = recstore().recordings.put(
        recorder().account_id, call_ref, recording_ref, recording_body(), described, actor=_actor()
    )
    return _show(received)


@calls.put("/calls/<call_ref>/transcripts/<transcript_ref>")
@guard.recorder
@refuses(400, "bad_document", "bad_query", "bad_ref", "call_unknown", "chat_off", "cut_short")
@refuses(400, "empty_body", "not_json", "participant_unknown", "size_mismatch")
@refuses(409, "keys_destroyed", "transcript_exists")
@refuses(503, "store_unavailable")
@calls.output(shapes.Received)
@calls.doc(responses=RECEIVED_RESPONSES, extensions=takes("TranscriptDocument"))
def put_transcript(call_ref: str, transcript_ref: str) -> Response:
    """Hand over the chat transcript of a call."""
    received = recstore().transcripts.put(
        recorder().account_id, call_ref, transcript_ref, _document(), actor=_actor()
    )
    return _show(received)


def _actor() -> Actor:
    return Actor.token(recorder().token_id)


def _noted() -> AbstractContextManager[None]:
    """Note what is refused here already, before the service notes by itself."""
    return noting_refusals(recstore().catalog, recorder().account_id, actor=_actor(), clock=recstore().clock)


def _document() -> bytes:
    with _noted():
        _check_query()
        return read_document()


def _check_query(*known: str, **as_in_address: str) -> None:
    """Raise BadInput (bad_query) for what has no meaning here: a misspelt sha256 would check nothing."""
    for name, value in request.args.items(multi=True):
        if name not in known and as_in_address.get(name) != value:
            taken = ", ".join(known) or "none"
            raise BadInput(
                f"A query field is not known here, or says another thing than the address; taken: {taken}.",
                code="bad_query",
            )


def _description() -> Described:
    """Read what is said beside the bytes: the query counts over Upload-Metadata, that over Content-Type."""
    # What curl says of any body that it is not told the type of, says nothing.
    fields = {"filetype": request.mimetype} if request.mimetype != _OF_FORMS else {}
    fields |= read_upload_metadata(request.headers.get("Upload-Metadata", ""))
    return read_description(fields | request.args.to_dict())


def _show(received: Received) -> Response:
    response = jsonify(shapes.Received(id=received.id, state=received.state).model_dump(mode="json"))
    response.status_code = 201 if received.is_new else 200
    return response

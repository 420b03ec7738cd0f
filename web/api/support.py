"""For operators, under their own session: ask for consent, and open what was consented to. Lists no items."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify

from recstore.catalog.consents import SupportRequest
from recstore.consents import Agreement
from recstore.model import Kind
from recstore.operators import KnownOperator
from web import forgery, guard, identity
from web.api import consent_shapes, shapes
from web.api.described import MEDIA_RESPONSES
from web.api.refusals import opens, refuses
from web.current import operator, recstore
from web.identity import OPERATOR_COOKIE, clear_cookie, set_cookie
from web.streaming import stream

support = APIBlueprint("api_support", __name__, tag="Support")
UNDER = "/consents/<uuid:consent_id>"


@support.post("/session")
@guard.public
@refuses(400, "bad_email")
@refuses(401, "sign_in_refused")
@refuses(429, "too_many_attempts")
@support.input(shapes.SignInDocument, arg_name="sent")
@support.output(consent_shapes.Operator)
def sign_in(sent: shapes.SignInDocument) -> Response:
    """Sign in as an operator. The session counts below /support alone."""
    signed_in = identity.sign_in_operator(sent.email, sent.password)
    response = jsonify(_show_operator(signed_in.operator).model_dump(mode="json"))
    set_cookie(response, signed_in)
    return response


@support.get("/session")
@guard.operator
@support.output(consent_shapes.Operator)
def get_session() -> consent_shapes.Operator:
    """Say which operator is signed in, with the token for changes."""
    return _show_operator(operator())


@support.delete("/session")
@guard.operator
@support.output({}, status_code=204)
def sign_out() -> Response:
    """Sign out: the session ends at once, wherever it plays something."""
    recstore().operators.sign_out(operator())
    response = Response(status=204)
    clear_cookie(response, OPERATOR_COOKIE)
    return response


@support.get("/requests")
@guard.operator
@support.output(consent_shapes.OwnRequests)
def list_requests() -> consent_shapes.OwnRequests:
    """List one's own requests that wait for an answer."""
    found = recstore().support.waiting(operator())
    return consent_shapes.OwnRequests(items=[_show_request(row) for _, row in found])


@support.post("/requests")
@guard.operator
@refuses(400, "account_needed", "account_unknown", "bad_ticket")
@refuses(429, "too_many_attempts")
@refuses(503, "journal_unavailable")
@support.input(consent_shapes.NewSupportRequest, arg_name="new")
@support.output(consent_shapes.OwnRequest, status_code=201)
def ask(new: consent_shapes.NewSupportRequest) -> consent_shapes.OwnRequest:
    """Ask an account's admins for consent. The answer is the same whether the item is there or not."""
    row = recstore().support.ask(operator(), new.account, new.item, purpose=new.purpose, ticket=new.ticket)
    return _show_request(row)


@support.get("/consents")
@guard.operator
@support.output(consent_shapes.Usables)
def list_consents() -> consent_shapes.Usables:
    """List the consents to oneself that stand now."""
    return consent_shapes.Usables(
        items=[
            consent_shapes.Usable(**agreed(one.id, one.consent).model_dump(), account=one.account)
            for one in recstore().support.usable(operator())
        ]
    )


@support.get(f"{UNDER}/recordings/<uuid:item_id>/media")
@guard.operator
@refuses(403, "consent_refused")
@refuses(503, "journal_unavailable")
@opens
@support.doc(responses=MEDIA_RESPONSES)
def get_media(consent_id: UUID, item_id: UUID) -> Response:
    """Give a recording's bytes, or a range of them, under a consent."""
    content = recstore().support.open(operator(), consent_id, Kind.RECORDING, item_id)
    return stream(content, download=False)


@support.get(f"{UNDER}/transcripts/<uuid:item_id>/messages")
@guard.operator
@refuses(403, "consent_refused")
@refuses(503, "journal_unavailable")
@opens
@support.output(shapes.Messages)
def get_messages(consent_id: UUID, item_id: UUID) -> dict[str, Any]:
    """Give a transcript's messages to everyone under a consent; those to single people are not in it."""
    content = recstore().support.open(operator(), consent_id, Kind.TRANSCRIPT, item_id)
    return {"items": list(recstore().playback.messages(content.grant))}


def agreed(consent_id: UUID, consent: Agreement) -> consent_shapes.Agreed:
    """Show what was signed."""
    return consent_shapes.Agreed(
        id=consent_id,
        items=list(consent.items) if consent.items is not None else None,
        purpose=consent.purpose.value,
        ticket=consent.ticket,
        not_before=consent.not_before,
        not_after=consent.not_after,
        openings=consent.openings,
    )


def _show_request(row: SupportRequest) -> consent_shapes.OwnRequest:
    return consent_shapes.OwnRequest(
        id=row.id,
        item=row.item_id,
        purpose=row.purpose,
        ticket=row.ticket,
        at=row.asked_at,
        until=row.until,
    )


def _show_operator(known: KnownOperator) -> consent_shapes.Operator:
    return consent_shapes.Operator(id=known.id, email=known.email, csrf_token=forgery.token())

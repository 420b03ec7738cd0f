"""For the account's admins: which operators ask, what was consented to, and taking it back."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from recstore.consents import Asked, Given
from web import guard
from web.api import consent_shapes
from web.api.refusals import refuses
from web.api.support import agreed
from web.current import recstore, viewer

consents = APIBlueprint("api_consents", __name__, tag="Consents")


@consents.get("/consents")
@guard.admin
@consents.output(consent_shapes.Givens)
def list_consents() -> consent_shapes.Givens:
    """List what the account consented to, and where each stands."""
    return _show_all()


@consents.post("/consents")
@guard.admin
@refuses(400, "bad_consent", "operator_unknown")
@refuses(409, "consent_exists")
@consents.input(consent_shapes.SignedConsent, arg_name="sent")
@consents.output(consent_shapes.Givens, status_code=201)
def hand_in(sent: consent_shapes.SignedConsent) -> consent_shapes.Givens:
    """Hand in a consent that an approver of the account signed, as the key agent confirms."""
    recstore().consents.hand_in(viewer(), sent.document)
    return _show_all()


@consents.delete("/consents/<uuid:consent_id>")
@guard.admin
@consents.output({}, status_code=204)
def withdraw(consent_id: UUID) -> Response:
    """Take a consent back: what streams under it ends, and the key agent is told."""
    recstore().consents.withdraw(viewer(), consent_id)
    return Response(status=204)


@consents.get("/support-requests")
@guard.admin
@consents.output(consent_shapes.SupportRequests)
def list_requests() -> consent_shapes.SupportRequests:
    """List which operators wait for a consent, to what, and why they ask."""
    return consent_shapes.SupportRequests(
        items=[_show_request(one) for one in recstore().consents.waiting(viewer())]
    )


@consents.delete("/support-requests/<uuid:request_id>")
@guard.admin
@consents.output({}, status_code=204)
def refuse(request_id: UUID) -> Response:
    """Refuse a request."""
    recstore().consents.refuse(viewer(), request_id)
    return Response(status=204)


def _show_all() -> consent_shapes.Givens:
    return consent_shapes.Givens(items=[_show(one) for one in recstore().consents.read(viewer())])


def _show(given: Given) -> consent_shapes.Given:
    told = agreed(given.id, given.consent)
    return consent_shapes.Given(
        **told.model_dump(),
        operator=given.operator,
        standing=given.standing,
        used=given.word.used if given.word else None,
        refused=given.word.refused if given.word else None,
    )


def _show_request(asked: Asked) -> consent_shapes.SupportRequest:
    row = asked.request
    return consent_shapes.SupportRequest(
        id=row.id,
        operator_id=row.operator_id,
        operator=asked.operator,
        item=row.item_id,
        kind=asked.item.what if asked.item else None,
        purpose=row.purpose,
        ticket=row.ticket,
        at=row.asked_at,
        until=row.until,
    )

"""The account's e-mail domains, for its admins: claim one, prove it, let its people be found."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from recstore.domains import Claimed
from web import guard
from web.api import domain_shapes
from web.api.refusals import refuses
from web.current import recstore, viewer

domains = APIBlueprint("api_domains", __name__, tag="Domains")


@domains.get("/domains")
@guard.admin
@domains.output(domain_shapes.Domains)
def list_domains() -> domain_shapes.Domains:
    """List the account's domains, by name, each with the record that proves it."""
    return domain_shapes.Domains(items=[_show(row) for row in recstore().domains.read(viewer())])


@domains.post("/domains")
@guard.admin
@refuses(400, "bad_domain", "domain_public", "too_many_domains")
@refuses(409, "domain_exists")
@domains.input(domain_shapes.NewDomain, arg_name="new")
@domains.output(domain_shapes.Domain, status_code=201)
def add_domain(new: domain_shapes.NewDomain) -> domain_shapes.Domain:
    """Add a domain. Nothing follows from it until it is proven and enabled."""
    return _show(recstore().domains.add(viewer(), new.domain))


@domains.post("/domains/<uuid:domain_id>/check")
@guard.admin
@refuses(503, "dns_unavailable")
@domains.output(domain_shapes.Domain)
def check_domain(domain_id: UUID) -> domain_shapes.Domain:
    """Look for the record in DNS. Not found, the domain is not proven (any more), and not enabled."""
    return _show(recstore().domains.check(viewer(), domain_id))


@domains.patch("/domains/<uuid:domain_id>")
@guard.admin
@refuses(409, "domain_unproven")
@domains.input(domain_shapes.DomainChange, arg_name="change")
@domains.output(domain_shapes.Domain)
def change_domain(domain_id: UUID, change: domain_shapes.DomainChange) -> domain_shapes.Domain:
    """Let everybody of the account find the people of a proven domain, or hide them again."""
    return _show(recstore().domains.enable(viewer(), domain_id, enabled=change.enabled))


@domains.delete("/domains/<uuid:domain_id>")
@guard.admin
@domains.output({}, status_code=204)
def remove_domain(domain_id: UUID) -> Response:
    """Forget a domain. Added again, it needs a new proof."""
    recstore().domains.remove(viewer(), domain_id)
    return Response(status=204)


def _show(row: Claimed) -> domain_shapes.Domain:
    return domain_shapes.Domain(
        id=row.id,
        domain=row.domain,
        record=domain_shapes.Record(name=row.record_name, type="TXT", value=row.record_text),
        proven_at=row.proven_at,
        enabled=row.enabled,
        people=row.people,
    )

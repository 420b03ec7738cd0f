"""What an operator streams from a running service ends within two seconds of the consent or the sign-in."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from uuid import UUID, uuid4

import pytest

from recstore.operators import SignedInOperator
from tests.consenting import Customer
from tests.web.acme import PASSWORD
from tests.web.running import Running
from tests.web.test_api_streaming import film
from tests.web.test_api_watch import BUFFER, receive_until, start_with

__all__ = ["film"]  # a fixture

RATE = 400_000
End = Callable[[Running, SignedInOperator, UUID], object]

ENDS: dict[str, End] = {
    "an admin withdraws the consent": lambda service, _, consent: (
        service.world.recstore.consents.withdraw_as_system(service.world.account, consent)
    ),
    "the operator signs out": lambda service, olga, _: service.world.recstore.operators.sign_out(
        olga.operator
    ),
    "the operator is deactivated": lambda service, olga, _: service.world.recstore.operators.deactivate(
        olga.operator.email
    ),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_an_operators_stream_ends_within_two_seconds(
    service: Running, film: UUID, tmp_path: Path, end: End
) -> None:
    recstore, email = service.world.recstore, f"olga-{uuid4()}@service.example"
    recstore.operators.create(email, password=PASSWORD)
    olga = recstore.operators.sign_in(email, PASSWORD, origin="192.0.2.1")
    customer = Customer.of(service.world.account, home=service.settings.data / "keys", folder=tmp_path)
    document = customer.sign(olga.operator.id, at=service.world.clock(), items=(film,))
    consent = recstore.consents.hand_in_as_system(service.world.account, document).id
    path = f"/api/v1/support/consents/{consent}/recordings/{film}/media"
    with start_with(service, path, cookie=f"recstore_operator={olga.token}") as wire:
        assert receive_until(wire, monotonic() + 2, per_second=RATE)[1] is False
        end(service, olga, consent)
        ended_at = monotonic()
        count, broken = receive_until(wire, ended_at + 4, per_second=RATE)
        assert broken
        # What the client's own system held already comes out yet; what the service's system held does not.
        assert monotonic() - ended_at < 2 + 2 * BUFFER / RATE + 0.2
        assert count < 2 * RATE + 2 * BUFFER

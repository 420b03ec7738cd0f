"""The people, items and ids with which every route of the API is tried."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from keys.approver import Approver
from keys.consents import Approvers
from keys.secret import Secret
from recstore.catalog import credentials
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.journal.log import SYSTEM
from recstore.model import Kind
from recstore.operators import KnownOperator
from tests.consenting import Customer
from tests.web.acme import CALL, CHAT, MEDIA, PASSWORD, Browser, World

# Acme's: ann is responsible, bo took part, cy did not, eve was taken out, ira has left, ada is an admin.
# Other's: otto, who took part in Acme's call as an outsider, and olaf, who is an admin there.
ROLES = (
    "guest", "ira", "otto", "olaf", "cy", "eve", "bo", "ann", "ada",
    "token:recorder", "token:bo",
)  # fmt: skip
OWN, COLLEAGUES, IN_BIN = "ann's", "a colleague's own", "ann's, in the bin"
FOREIGN, OTHER_KIND, ABSENT = "another account's", "of the other kind", "of nothing"

# What each may see at all; everything else is to look as if it were not there.
SEEN = {
    "otto": {FOREIGN}, "olaf": {FOREIGN}, "cy": {COLLEAGUES}, "bo": {OWN}, "token:bo": {OWN},
    "ann": {OWN, IN_BIN}, "ada": {OWN, COLLEAGUES, IN_BIN},
}  # fmt: skip
ADMINS = {"ada", "olaf"}
# Either account consented to olga's opening its items; to otis nobody did.
OPERATORS = ("olga", "otis")


@dataclass(frozen=True)
class MatrixWorld:
    """`items`: by kind, then by kind of id. all others: by kind of id."""

    world: World
    items: dict[Kind, dict[str, UUID]]
    users: dict[str, UUID]
    domains: dict[str, UUID]
    vmrs: dict[str, UUID]
    consents: dict[str, UUID]
    requests: dict[str, UUID]

    def send(self, who: str, method: str, path: str, **options: Any) -> Any:
        return self.world.send(who, method, path, **options)

    def put_back(self, kind: Kind, which: str) -> None:
        """Undo what somebody who may did to the bin."""
        binned = which == IN_BIN
        owner = {COLLEAGUES: "cy", FOREIGN: "otto"}.get(which, "ann")
        path = f"/api/v1/{kind}s/{self.items[kind][which]}"
        is_binned = "in-bin" in self.send(owner, "GET", path).json["states"]
        if is_binned != binned:
            method, end = ("DELETE", "") if binned else ("POST", "/restore")
            assert self.send(owner, method, path + end).status_code in {200, 204}


def furnish_matrix(world: World) -> MatrixWorld:
    """Add to Acme a call of cy's alone and one in the bin, and to Other a call of its own."""
    desk_of = world.recstore.catalog.front_desk
    with desk_of() as desk:
        other = credentials.by_email(desk, "otto@other.example")[0].account_id
    accounts = world.recstore.accounts
    accounts.create_user(other, email="olaf@other.example", name="Olaf", admin=True, password=PASSWORD)
    for name in SEEN.keys() | {"eve"}:
        if not name.startswith("token:"):
            world.signed_in(name)  # at once: what is counted later are the rows that requests add
    outsider = {
        "ref": "p6",
        "name": "Otto",
        "authenticated": "otto@other.example",
        "intervals": CALL["participants"][0]["intervals"],
    }
    with_otto = CALL | {"participants": [*CALL["participants"], outsider]}
    world.recstore.calls.put(world.account, "call-1", json.dumps(with_otto).encode(), actor=SYSTEM)
    lone = CALL | {
        "vmr": None,
        "participants": [CALL["participants"][0] | {"authenticated": "cy@acme.example"}],
    }
    foreign = CALL | {"vmr": CALL["vmr"] | {"organizer": "otto@other.example"}}
    items = {
        OWN: {Kind.RECORDING: world.recording, Kind.TRANSCRIPT: world.transcript},
        COLLEAGUES: hand_over(world, world.account, "call-of-cy", lone),
        IN_BIN: hand_over(world, world.account, "call-binned", CALL),
        FOREIGN: hand_over(world, other, "call-of-otto", foreign),
        ABSENT: {Kind.RECORDING: uuid4(), Kind.TRANSCRIPT: uuid4()},
    }
    items[OTHER_KIND] = {Kind.RECORDING: world.transcript, Kind.TRANSCRIPT: world.recording}
    for kind, item_id in items[IN_BIN].items():
        eve = world.users["eve"]
        path = f"/api/v1/{kind}s/{item_id}"
        taken_out = world.send("ann", "PUT", f"{path}/shares/{eve}", json={"access": "excluded"})
        assert (taken_out.status_code, world.send("ann", "DELETE", path).status_code) == (200, 204)
    return MatrixWorld(
        world,
        items={kind: {which: found[kind] for which, found in items.items()} for kind in CONTENT},
        users={OWN: world.users["bo"], FOREIGN: world.users["otto"], ABSENT: uuid4()},
        domains=first_of_each(world, "domains"),
        vmrs=first_of_each(world, "vmrs"),
        consents=consents_of_each(world, {OWN: world.account, FOREIGN: other}),
        requests=requests_of_each(world, {OWN: world.account, FOREIGN: other}),
    )


def consents_of_each(world: World, accounts: dict[str, UUID]) -> dict[str, UUID]:
    """Hand in a consent to an operator in either account: to all items, and as the agent believes it."""
    olga = world.recstore.operators.create("olga@service.example", password=PASSWORD)
    world.recstore.operators.create("otis@service.example", password=PASSWORD)
    for name in OPERATORS:
        email = f"{name}@service.example"
        world.browsers[name] = Browser.sign_in_operator(world.app.test_client(), email)
    approver = Approver(Secret(bytes(32)))
    home = Path(world.recstore.settings.keys_agent).parent / "keys"
    found = {ABSENT: uuid4()}
    for which, account in accounts.items():
        Approvers(home).add(account, approver.public)
        document = Customer(account, approver).sign(olga.id, at=world.clock())
        found[which] = world.recstore.consents.hand_in_as_system(account, document).id
    return found


def requests_of_each(world: World, accounts: dict[str, UUID]) -> dict[str, UUID]:
    """Have an operator ask in either account."""
    olga = world.recstore.operators.find("olga@service.example")
    known = KnownOperator(olga.id, olga.email, uuid4())
    found = {ABSENT: uuid4()}
    for which, account in accounts.items():
        asked = world.recstore.support.ask(known, str(account), uuid4(), purpose="playback", ticket="T-2")
        found[which] = asked.id
    return found


CONTENT = (Kind.RECORDING, Kind.TRANSCRIPT)


def hand_over(world: World, account: UUID, ref: str, call: dict[str, Any]) -> dict[Kind, UUID]:
    recstore = world.recstore
    recstore.calls.put(account, ref, json.dumps(call).encode(), actor=SYSTEM)
    body, described = Body(io.BytesIO(MEDIA), 1 << 20), Described(filetype="video/mp4")
    chat = {"messages": [CHAT["messages"][0]]}
    return {
        Kind.RECORDING: recstore.recordings.put(account, ref, "rec", body, described, actor=SYSTEM).id,
        Kind.TRANSCRIPT: recstore.transcripts.put(
            account, ref, "chat", json.dumps(chat).encode(), actor=SYSTEM
        ).id,
    }


def first_of_each(world: World, what: str) -> dict[str, UUID]:
    """Give the first of what the admins of either account have."""
    found = {
        which: world.send(admin, "GET", f"/api/v1/admin/{what}").json["items"][0]["id"]
        for which, admin in ((OWN, "ada"), (FOREIGN, "olaf"))
    }
    return {which: UUID(text) for which, text in found.items()} | {ABSENT: uuid4()}

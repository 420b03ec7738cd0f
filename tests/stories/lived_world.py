"""The world of a story, brought about by the product's own code: the real intake, real rows, real sharing."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from recstore.access.viewer import Viewer
from recstore.catalog import accounts, items
from recstore.catalog.tables import Item, Vmr
from recstore.model import Access, Kind
from recstore.operators import SignedInOperator
from tests.consenting import Customer
from tests.core_fixtures import House
from tests.stories.story import Story

PASSWORD = "correct horse battery"


class LivedWorld:
    """The people and the call of a story, with a recording and a transcript to which the same happens.

    A story's moments are moved to the present, which the key agent compares.
    """

    def __init__(self, story: Story, house: House) -> None:
        self.story = story
        self.house = house
        self.clock = house.clock
        self.now = datetime.now(UTC)
        self._later: timedelta = self.now - story.world["now"]
        self.call = story.world["call"]
        # What happened, happened a little before the moment at which the story asks.
        self.clock.now = house.began = self.now - timedelta(minutes=1)
        self.accounts = {name: house.account() for name in ("acme", "zeta")}
        self.owner = self.accounts[self.call["owner"]]
        self.users: dict[tuple[str, str], Viewer] = {}
        self.viewers: dict[str, Viewer] = {}
        for name, traits in story.world["people"].items():
            if "account" in traits:
                self._registered(name, traits["account"], admin=traits.get("admin", False))
        self.operators = {
            name: self._operator(name)
            for name, traits in story.world["people"].items()
            if traits.get("operator")
        }
        self.consents: dict[str, UUID] = {}
        self.items = self._hand_over()
        for name, traits in story.world["people"].items():
            if not traits.get("active", True):
                self._deactivated(name)
        for event in story.since:
            [word, whom], *more = event.items()
            getattr(self, f"_{word}")(whom, **dict(more))
        self.clock.now = self.now

    def is_of_the_owner(self, name: str) -> bool:
        """Say whether this is a user, active or not, of the account whose items these are."""
        return name in self.viewers and self.viewers[name].account_id == self.owner

    def users_of_the_owner(self) -> dict[str, Viewer]:
        return {
            name: viewer for (name, account), viewer in self.users.items() if account == self.call["owner"]
        }

    def row(self, kind: Kind) -> Item:
        with self.house.catalog.read(self.owner) as tx:
            item = items.by_id(tx, self.items[kind])
        assert item is not None
        return item

    # --- how it began

    def _hand_over(self) -> dict[Kind, UUID]:
        switches = self.story.world["switches"]
        with self.house.catalog.change(self.owner) as tx:
            settings = accounts.settings(tx)
            settings.auto_share, settings.download = switches["account"], switches["download"]
        self._hand_over_call("call-1", self.call["present"], self.call["organizer"])
        with self.house.catalog.change(self.owner) as tx:
            for room in tx.session.scalars(tx.select(Vmr)):
                room.auto_share = switches["vmr"]
        # The sender and the addressed are in the roster, if not always in the call.
        told = self.story.message or {"sender": self.call["present"][0], "to": "everyone"}
        found = {
            Kind.RECORDING: self.house.record(self.owner, media=b"film"),
            Kind.TRANSCRIPT: self.house.chat(
                self.owner, [self.house.message("m1", told["sender"], told["to"])]
            ),
        }
        for item_id in found.values():
            self.house.set_item(self.owner, item_id, auto_share=switches["item"])
        return found

    def _hand_over_call(self, ref: str, present: Collection[str], organizer: str | None) -> None:
        room = {"ref": "room", "title": "Room", "organizer": organizer and self._address(organizer)}
        roster = [
            self.house.line(name, None) | {"authenticated": self._address(name), "name": name}
            for name in self.story.world["people"]
        ]
        for line in roster:
            if line["ref"] not in present:
                line["intervals"] = []
        self.house.call(
            self.owner,
            ref,
            vmr=room if organizer else None,
            participants=roster,
            recorded_by=self.call["recorded_by"],
        )

    def _address(self, name: str) -> str | None:
        account = self.story.world["people"][name].get("account")
        return f"{name}@{account}.example" if account else None

    # --- what happened since: the words of the stories

    def _registered(self, name: str, account: str, *, admin: bool = False) -> None:
        self.clock.move(seconds=1)
        user = self.house.recstore.accounts.create_user(
            self.accounts[account], email=f"{name}@{account}.example", name=name, admin=admin, password=None
        )
        self._arrive(name, account, user.id)

    def _arrive(self, name: str, account: str, user_id: UUID) -> None:
        viewer = self.house.session(self.accounts[account], user_id)
        self.viewers[name] = self.users[name, account] = viewer

    def _deactivated(self, name: str) -> None:
        self._set_active(self.viewers[name], active=False)

    def _activated(self, name: str) -> None:
        viewer = self.viewers[name]
        self._set_active(viewer, active=True)
        self.viewers[name] = self.house.session(viewer.account_id, viewer.user_id)

    def _moved(self, name: str, account: str) -> None:
        self._deactivated(name)
        if (name, account) not in self.users:
            self._registered(name, account)
            return
        self._set_active(self.users[name, account], active=True)
        self._arrive(name, account, self.users[name, account].user_id)

    def _set_active(self, viewer: Viewer, *, active: bool) -> None:
        admin = self.viewers["ada" if viewer.account_id == self.accounts["acme"] else "zac"]
        self.house.recstore.membership.set_active(admin, viewer.user_id, active=active)

    def _shared(self, name: str, until: datetime | None = None, *, download: bool = False) -> None:
        self._decide(name, Access.SHARED, until=until and until + self._later, download=download)

    def _excluded(self, name: str) -> None:
        self._decide(name, Access.EXCLUDED, until=None, download=False)

    def _decide(self, name: str, access: Access, *, until: datetime | None, download: bool) -> None:
        for kind, item_id in self.items.items():
            responsible_id = self.row(kind).responsible_id
            assert responsible_id is not None
            self.house.recstore.sharing.put(
                self.house.session(self.owner, responsible_id),
                kind,
                item_id,
                self.users[name, self.call["owner"]].user_id,
                access=access,
                until=until,
                download=download,
            )

    def _appointed(self, name: str) -> None:
        for kind, item_id in self.items.items():
            self.house.recstore.review.appoint(self.viewers["ada"], kind, item_id, self.viewers[name].user_id)

    def _organizer(self, name: str) -> None:
        self._hand_over_call("call-2", self.call["present"], name)

    def _corrected(self, roster: list[str]) -> None:
        self._hand_over_call("call-1", roster, self.call["organizer"])

    def _account_auto_share(self, on: bool) -> None:
        with self.house.catalog.change(self.owner) as tx:
            accounts.settings(tx).auto_share = on

    def _consented(self, name: str) -> None:
        recstore = self.house.recstore
        with TemporaryDirectory() as folder:
            home = Path(str(recstore.settings.keys_agent)).parent / "keys"
            customer = Customer.of(self.owner, home=home, folder=Path(folder))
        signed = customer.sign(self.operators[name].operator.id, at=self.clock(), openings=9)
        self.consents[name] = recstore.consents.hand_in_as_system(self.owner, signed).id

    def _operator(self, name: str) -> SignedInOperator:
        """Sign in somebody who runs the service; houses are shared, and so their address is a fresh one."""
        operators, email = self.house.recstore.operators, f"{name}-{uuid4()}@service.example"
        operators.create(email, password=PASSWORD)
        return operators.sign_in(email, PASSWORD, origin=str(uuid4()))

    def _binned(self, _: bool) -> None:
        for kind, item_id in self.items.items():
            self.house.recstore.sharing.bin(self.viewers["ada"], kind, item_id)

    def _restored(self, _: bool) -> None:
        for kind, item_id in self.items.items():
            self.house.recstore.sharing.restore(self.viewers["ada"], kind, item_id)

    # What later features bring about, as rows.

    def _held(self, _: bool) -> None:
        self._set(held=True)

    def _released(self, _: bool) -> None:
        self._set(held=False)

    def _processing(self, _: bool) -> None:
        self._set(processing=True)

    def _restricted(self, _: bool) -> None:
        self._set(restricted=True)

    def _destroyed(self, _: bool) -> None:
        self._set(destroyed_at=self.clock())

    def _expires(self, at: datetime) -> None:
        self._set(expires_at=at + self._later)

    def _set(self, **columns: Any) -> None:
        for item_id in self.items.values():
            self.house.set_item(self.owner, item_id, **columns)

"""The same events, lived through by the product: real catalog, intake, sharing and review.

Rows are set directly only for what has no service yet (holds, restrictions, the end of retention, processing,
destruction, who is an admin). Content is never opened here, and texts with the private key itself: the rules
are compared, not the way to a key agent.
"""

import io
import json
import secrets
import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from sqlalchemy import event as database_event

from keys.protocol import AccountKey
from keys.secret import Secret
from keys.unwrap import PrivateKey
from recstore.access.decision import Decider
from recstore.access.gate import Gate
from recstore.access.viewer import Viewer
from recstore.accounts import Accounts
from recstore.agents import Agents
from recstore.catalog import calls, credentials
from recstore.catalog.database import Catalog, Transaction
from recstore.catalog.desk import Session
from recstore.catalog.existing import Turned
from recstore.catalog.reading import Noted
from recstore.catalog.tables import Item, User
from recstore.catalog.text_tables import TextKey
from recstore.errors import BadInput, Conflict, NotThere, Refused
from recstore.existing import Existing, Preview
from recstore.ingest.calls import CallIntake
from recstore.ingest.content import SealedStore
from recstore.ingest.described import Described
from recstore.ingest.receiving import Body
from recstore.ingest.recordings import RecordingIntake
from recstore.ingest.transcripts import TranscriptIntake
from recstore.journal.log import SYSTEM
from recstore.library import Library
from recstore.membership import Membership
from recstore.model import Access, Kind, Switch
from recstore.review import Review
from recstore.rooms import Rooms
from recstore.sharing import Edit, Sharing
from recstore.storage.memory import MemoryBlobs
from recstore.switches import Change, Switches
from recstore.wiring import read_policy
from tests.films import film_of
from tests.oracle.past import Effects, Event, account_of

BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICIES = Path(__file__).parents[2] / "policies"
PRIVATE_KEY = PrivateKey.generate()
PUBLIC_KEY = PRIVATE_KEY.public_key().raw
DECIDER = Decider(read_policy(POLICIES))
SECRET = bytes(32)
REFUSALS = (BadInput, Conflict, NotThere, Refused)


class KeyMaker:
    """An agent that makes key pairs, always the same, and opens nothing."""

    @property
    def service(self) -> "KeyMaker":
        return self

    def create_account(self, account_id: UUID) -> AccountKey:
        return AccountKey(key_id=uuid.uuid4(), public_key=PUBLIC_KEY)


class OwnKeys:
    """Opens texts with the one private key of all accounts here."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._opened: dict[UUID, Secret] = {}

    def key(
        self, account_id: UUID, key_id: UUID, *, soon: Iterable[UUID], within: Transaction | None
    ) -> Secret:
        if key_id not in self._opened:
            with nullcontext(within) if within else self._catalog.read(account_id) as tx:
                row = tx.get(TextKey, key_id)
            assert row is not None
            opened = PRIVATE_KEY.open_text_key(row.sealed, account_id=account_id, text_key_id=key_id)
            self._opened[key_id] = opened
        return self._opened[key_id]

    def note_failed(self, account_id: UUID, noted: Sequence[Noted]) -> None:
        assert not noted


def moment(seconds: int) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def open_copy(template: Path, path: Path) -> Catalog:
    """Open a fresh catalog: a copy of an empty, migrated one, which need not outlive a loss of power."""
    shutil.copy(template, path)
    catalog = Catalog(f"sqlite:///{path}", secret=SECRET)
    database_event.listen(
        catalog.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF")
    )
    return catalog


class Product:
    """One installation, and what its rows are called in the world's events."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        catalog.text_keys = OwnKeys(catalog)
        self.now = 0
        self.gate = Gate(catalog, DECIDER, self.clock)
        self.library = Library(self.gate)
        self.accounts = Accounts(catalog, cast("Agents", KeyMaker()), self.clock)
        self.calls = CallIntake(catalog, self.clock)
        store = SealedStore(catalog, MemoryBlobs())
        self.recordings = RecordingIntake(catalog, store, self.clock)
        self.transcripts = TranscriptIntake(catalog, store, self.clock)
        self.sharing, self.review = Sharing(self.gate, self.clock), Review(self.gate, self.clock)
        self.switches, self.membership = Switches(catalog, self.clock), Membership(catalog, self.clock)
        self.rooms, self.existing = Rooms(catalog, self.clock), Existing(self.gate, self.clock)
        self.effects: Effects = {}
        self.account_ids: dict[str, UUID] = {}
        self.user_ids: dict[str, UUID] = {}
        self.item_ids: dict[str, UUID] = {}
        self.sessions: dict[str, Viewer] = {}
        self.grants: dict[tuple[str, str], datetime] = {}

    def clock(self) -> datetime:
        return moment(self.now)

    def apply(self, event: Event) -> bool:
        """Live through an event; False if the product refuses it."""
        do: Callable[..., object] = getattr(self, f"_{event['do']}")
        try:
            do(**{key: value for key, value in event.items() if key != "do"})
        except REFUSALS:
            return False
        return True

    def account_id(self, name: str) -> UUID:
        if name not in self.account_ids:
            self.account_ids[name] = self.accounts.create(name, domains=[f"{name}.example"]).id
        return self.account_ids[name]

    def viewer(self, user: str) -> Viewer:
        """Give a user who is signed in. Whoever is unknown is somebody of that account all the same."""
        if user not in self.sessions:
            self.sessions[user] = self.sign_in(user, until=self.clock() + timedelta(days=3650))
        return self.sessions[user]

    def sign_in(self, user: str, *, until: datetime) -> Viewer:
        row = Session(
            id=uuid.uuid4(),
            token_hash=credentials.hash_token(secrets.token_urlsafe(8)),
            account_id=self.account_id(account_of(user)),
            user_id=self.user_ids.get(user, uuid.uuid4()),
            created_at=self.clock(),
            expires_at=until,
            ended_at=None,
        )
        if user in self.user_ids:
            with self.catalog.front_desk(write=True) as desk:
                desk.session.add(row)
        return Viewer(row.account_id, row.user_id, row.id)

    def kind_of(self, item: str) -> Kind:
        return Kind.TRANSCRIPT if "/chat" in item else Kind.RECORDING

    def _wait(self, seconds: int) -> None:
        self.now += seconds

    def _user(self, account: str, address: str, admin: bool) -> None:
        user = self.accounts.create_user(
            self.account_id(account), email=address, name=address, admin=admin, password=None
        )
        name = f"{account}:{address.lower()}"
        self.user_ids[name] = user.id
        self.sessions.pop(name, None)  # who was nobody signs in

    def _set_admin(self, who: str, admin: bool) -> None:
        with self.catalog.change(self.account_id(account_of(who))) as tx:
            user = tx.get(User, self.user_ids.get(who))
            if user:
                user.admin = admin

    def _set_active(self, by: str, who: str, active: bool) -> None:
        self.membership.set_active(self.viewer(by), self.user_ids.get(who, uuid.uuid4()), active=active)
        self.sessions.pop(who, None)  # who was deactivated signs in anew

    def _switch(self, by: str, **turned: bool) -> None:
        self.switches.change(self.viewer(by), Change(**turned))

    def _room(self, by: str, room: str, auto_share: bool) -> None:
        self.rooms.change(self.viewer(by), self._room_id(room), auto_share=auto_share)

    def _room_id(self, room: str) -> UUID:
        account, _, ref = room.partition(":")
        with self.catalog.read(self.account_id(account)) as tx:
            row = calls.vmr_by_ref(tx, ref)
        return row.id if row else uuid.uuid4()

    def _apply(self, by: str, switch: str, on: bool) -> None:
        """Apply a switch to existing items, in pages of two, and keep what the pages foretold."""
        _, _, rest = switch.partition(":")
        word = Switch.DOWNLOAD if rest == "download" else Switch.AUTO_SHARE
        room = self._room_id(switch) if rest not in {"", "download"} else None
        turned, viewer = Turned(switch=word, on=on, vmr_id=room), self.viewer(by)
        self.effects, cursor = {}, None
        while True:
            page = self.existing.preview(viewer, turned, cursor=cursor, limit=2)
            self._foretell(page)
            cursor = None if on else page.next_cursor
            if page.confirmation:
                self.existing.apply(viewer, turned, page.confirmation)
            if cursor is None and page.confirmation is None:
                break
        if not on:
            self.existing.apply(viewer, turned, None)

    def _foretell(self, page: Preview) -> None:
        names = {known: name for name, known in [*self.user_ids.items(), *self.item_ids.items()]}
        for one in page.items:
            for effect in (effect for effect in one.people if not effect.if_taken_back):
                changed = {action.value for action in effect.gains}, {word.value for word in effect.loses}
                self.effects[names[effect.user.id], names[one.item.id]] = changed

    def _call(self, call: str, **told: Any) -> None:
        account, _, ref = call.partition(":")
        body = json.dumps(write_call(**told)).encode()
        self.calls.put(self.account_id(account), ref, body, actor=SYSTEM)

    def _record(self, call: str, ref: str, started_by: str | None, began: int) -> None:
        account, _, call_ref = call.partition(":")
        described = Described(started_by=started_by, started_at=moment(began))
        body = Body(io.BytesIO(film_of(b"moving pictures")), limit=1000)
        done = self.recordings.put(self.account_id(account), call_ref, ref, body, described, actor=SYSTEM)
        self.item_ids[f"{call}/{ref}"] = done.id

    def _chat(self, call: str, ref: str, messages: list[list[Any]]) -> None:
        account, _, call_ref = call.partition(":")
        at = BEGAN.isoformat()
        lines = [
            {"ref": f"m{n}", "at": at, "sender": sender, "body": "", "to": "everyone" if to is None else to}
            for n, (sender, to) in enumerate(messages)
        ]
        body = json.dumps({"messages": lines}).encode()
        done = self.transcripts.put(self.account_id(account), call_ref, ref, body, actor=SYSTEM)
        self.item_ids[f"{call}/{ref}"] = done.id

    def _share(self, by: str, item: str, who: str, until: int | None, download: bool) -> None:
        self._put(by, item, who, Access.SHARED, moment(until) if until is not None else None, download)

    def _exclude(self, by: str, item: str, who: str) -> None:
        self._put(by, item, who, Access.EXCLUDED, None, False)

    def _put(
        self, by: str, item: str, who: str, access: Access, until: datetime | None, download: bool
    ) -> None:
        self.sharing.put(*self._asked(by, item), self._id(who), access=access, until=until, download=download)

    def _withdraw(self, by: str, item: str, who: str) -> None:
        self.sharing.withdraw(*self._asked(by, item), self._id(who))

    def _appoint(self, by: str, item: str, who: str) -> None:
        self.review.appoint(*self._asked(by, item), self._id(who))

    def _edit(self, by: str, item: str, **changed: bool) -> None:
        self.sharing.edit(*self._asked(by, item), Edit(**changed))

    def _bin(self, by: str, item: str) -> None:
        self.sharing.bin(*self._asked(by, item))

    def _restore(self, by: str, item: str) -> None:
        self.sharing.restore(*self._asked(by, item))

    def _mark(self, item: str, **states: Any) -> None:
        columns = {"binned": "binned_at", "destroyed": "destroyed_at", "expires": "expires_at"}
        with self.catalog.change(self.account_id(account_of(item))) as tx:
            row = tx.get(Item, self.item_ids.get(item, uuid.uuid4()))
            if row is None:
                raise NotThere
            for word, value in states.items():
                at = (
                    moment(value)
                    if word == "expires" and value is not None
                    else self.clock()
                    if value
                    else None
                )
                setattr(row, columns.get(word, word), at if word in columns else value)

    def _consent(self, operator: str, item: str, until: int) -> None:
        self.grants[operator, item] = moment(until)

    def _asked(self, by: str, item: str) -> tuple[Viewer, Kind, UUID]:
        return self.viewer(by), self.kind_of(item), self.item_ids.get(item, uuid.uuid4())

    def _id(self, user: str) -> UUID:
        return self.user_ids.get(user, uuid.uuid4())


def write_call(
    room: str | None, organizer: str | None, recorded_by: str | None, began: int, people: dict[str, list[Any]]
) -> dict[str, Any]:
    """Write the document that a recorder would hand over. Whoever is not asserted claims an address."""
    stay = [moment(began).isoformat(), moment(began + 60).isoformat()]
    return {
        "started_at": stay[0],
        "vmr": {"ref": room, "title": room, "organizer": organizer} if room else None,
        "recorded_by": recorded_by,
        "participants": [
            {
                "ref": ref,
                "name": ref,
                "authenticated": asserted,
                "claimed_email": "bo@x.example",
                "intervals": [stay] if there else [],
            }
            for ref, (asserted, there) in people.items()
        ],
    }

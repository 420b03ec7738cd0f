"""Play every story through the second door: the real intake, real rows, and the gate.

Who is a guest or an operator has no way to ask the gate, so nothing is asked for them here.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from story import NO_RULE, Story, load_stories

from recstore.access.messages import message_filter
from recstore.access.viewer import Viewer
from recstore.catalog import accounts, calls, items, people
from recstore.catalog.tables import Vmr
from recstore.errors import NotThere, Refused
from recstore.model import Access, Action, Kind
from tests.core_fixtures import House, build_house, copy_catalog

# A transcript's rules are a recording's; those of its messages are told apart.
STORIES = [story for story in load_stories() if story.kind is not Kind.TRANSCRIPT]
Told = tuple[bool, str | None]  # whether it may be done, and by which rule, where the gate says so


class LivedWorld:
    """The people, call and item of a story, brought about by the product's own code where it can."""

    def __init__(self, story: Story, house: House) -> None:
        self.story = story
        self.house = house
        self.clock = house.clock
        self.now: datetime = story.world["now"]
        self.call = story.world["call"]
        self.kind = Kind.RECORDING if story.kind is Kind.RECORDING else Kind.TRANSCRIPT
        # What happened, happened a little before the moment at which the story asks.
        self.clock.now = house.began = self.now - timedelta(minutes=1)
        self.accounts = {name: house.account() for name in ("acme", "zeta")}
        self.owner = self.accounts[self.call["owner"]]
        self.users: dict[tuple[str, str], Viewer] = {}
        self.viewers: dict[str, Viewer] = {}
        for name, traits in story.world["people"].items():
            if "account" in traits:
                self._registered(name, traits["account"], admin=traits.get("admin", False))
        self.item_id = self._hand_over()
        for name, traits in story.world["people"].items():
            if not traits.get("active", True):
                self._deactivated(name)
        for event in story.since:
            [word, whom], *more = event.items()
            getattr(self, f"_{word}")(whom, **dict(more))
        self.clock.now = self.now

    # --- how it began

    def _hand_over(self) -> UUID:
        switches = self.story.world["switches"]
        with self.house.catalog.change(self.owner) as tx:
            settings = accounts.settings(tx)
            settings.auto_share, settings.download = switches["account"], switches["download"]
        self._hand_over_call("call-1", self.call["present"], self.call["organizer"])
        with self.house.catalog.change(self.owner) as tx:
            for room in tx.session.scalars(tx.select(Vmr)):
                room.auto_share = switches["vmr"]
        if self.kind is Kind.RECORDING:
            item_id = self.house.record(self.owner, media=b"film")
        else:
            told = self.story.message or {"sender": self.call["present"][0], "to": "everyone"}
            # The sender and the addressed are in the roster, if not always in the call.
            item_id = self.house.chat(self.owner, [self.house.message("m1", told["sender"], told["to"])])
        self.house.set_item(self.owner, item_id, auto_share=switches["item"])
        return item_id

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
        self.house.deactivate(self.viewers[name])

    def _moved(self, name: str, account: str) -> None:
        self._deactivated(name)
        if (name, account) not in self.users:
            self._registered(name, account)
            return
        self.viewers[name] = viewer = self.users[name, account]
        with self.house.catalog.change(viewer.account_id) as tx:
            user = people.by_id(tx, viewer.user_id)
            assert user is not None
            user.inactive_since = None

    def _shared(self, name: str, until: datetime | None = None, *, download: bool = False) -> None:
        self._decide(name, Access.SHARED, until=until, download=download)

    def _excluded(self, name: str) -> None:
        self._decide(name, Access.EXCLUDED, until=None, download=False)

    def _decide(self, name: str, access: Access, *, until: datetime | None, download: bool) -> None:
        with self.house.catalog.read(self.owner) as tx:
            item = items.by_id(tx, self.item_id)
            assert item is not None
            assert item.responsible_id is not None
        self.house.recstore.sharing.put(
            self.house.session(self.owner, item.responsible_id),
            self.kind,
            self.item_id,
            self.users[name, self.call["owner"]].user_id,
            access=access,
            until=until,
            download=download,
        )

    def _appointed(self, name: str) -> None:
        self.house.recstore.review.appoint(
            self.viewers["ada"], self.kind, self.item_id, self.viewers[name].user_id
        )

    def _organizer(self, name: str) -> None:
        self._hand_over_call("call-2", self.call["present"], name)

    def _corrected(self, roster: list[str]) -> None:
        self._hand_over_call("call-1", roster, self.call["organizer"])

    def _account_auto_share(self, on: bool) -> None:
        with self.house.catalog.change(self.owner) as tx:
            accounts.settings(tx).auto_share = on

    def _consented(self, _: str) -> None:
        """Operators have no way to ask yet."""

    def _binned(self, _: bool) -> None:
        self._set(binned_at=self.clock())

    def _restored(self, _: bool) -> None:
        self._set(binned_at=None)

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
        self._set(expires_at=at)

    def _set(self, **columns: Any) -> None:
        self.house.set_item(self.owner, self.item_id, **columns)

    # --- asking

    def ask(self, name: str, action: Action) -> Told:
        viewer = self.viewers[name]
        if self.story.message is not None:
            return self._may_read(viewer, action), None
        try:
            verdict = self.house.recstore.gate.look(viewer, action, kind=self.kind, item_id=self.item_id)
        except Refused as refused:
            return False, refused.rule or NO_RULE
        except NotThere:
            return False, self._rule_told_of(viewer, action)
        return True, verdict.rule

    def _rule_told_of(self, viewer: Viewer, action: Action) -> str | None:
        if viewer.account_id != self.owner:
            return None
        with self.house.catalog.read(self.owner) as tx:
            item = items.by_id(tx, self.item_id)
            assert item is not None
            told = self.house.recstore.explainer.explain_other(
                tx, of=viewer.user_id, action=action, item=item
            )
        assert not told.allowed
        return told.rule or NO_RULE

    def _may_read(self, viewer: Viewer, action: Action) -> bool:
        message = self.story.message
        assert message is not None
        with self.house.catalog.read(self.owner) as tx:
            item = items.by_id(tx, self.item_id)
            assert item is not None
            reader = self.house.recstore.gate.reader(tx, viewer)
            lines = calls.participants_of_user(tx, [item.call_id], viewer.user_id)
            may_read = message_filter(self.house.recstore.gate, reader, item, lines, action=action)
        to_everyone = message["to"] == "everyone"
        return may_read(to_everyone, {message["sender"], *([] if to_everyone else message["to"])})


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, core_agent: Path
) -> Iterator[House]:
    """One house for all stories: each has accounts of its own."""
    folder = tmp_path_factory.mktemp("stories")
    catalog = copy_catalog(migrated_sqlite, folder)
    yield build_house(folder, catalog, core_agent)
    catalog.engine.dispose()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.name}, {story.kind}")
def test_story(story: Story, house: House) -> None:
    world = LivedWorld(story, house)
    wrong = []
    for name, claim in story.claims.items():
        if name not in world.viewers:
            continue
        asked = {action: world.ask(name, action) for action in Action}
        got = {action for action, (may, _) in asked.items() if may}
        if got != claim.may:
            wrong.append(f"{name} may {sorted(got)}, told {sorted(claim.may)}")
        for action, rule in claim.because.items():
            _, reason = asked[action]
            if reason not in (None, rule):
                wrong.append(f"{name} {action}: because {reason}, told {rule}")
    for action, expected in story.who_can.items():
        able = {name for name in world.viewers if world.ask(name, action)[0]}
        if able != expected & world.viewers.keys():
            wrong.append(f"who can {action}: {sorted(able)}, told {sorted(expected)}")
    assert wrong == []

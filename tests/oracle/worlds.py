"""Generated worlds: people, calls, recordings, chats, and what is done with them, from a seed.

Events are plausible more often than not: the generator asks the oracle who is responsible, so that most
shares are made by somebody who may. The same address lives in several accounts, and guests claim it too.
"""

from random import Random
from typing import Any

from tests.oracle.oracle import Oracle
from tests.oracle.past import Event, account_of

ACCOUNTS = ("acme", "zeta", "kilo")
ADDRESSES = tuple(f"{name}@x.example" for name in ("ada", "ann", "bo", "cem", "dee", "eve"))
NEVER_REGISTERED = "nobody@x.example"
ROOMS = ("room1", "room2")
OPERATORS = ("operator:olga", "operator:otto")
GUEST = "guest:gus"

# How often each kind of event happens once there are items.
CHANCES = {
    "share": 16, "exclude": 6, "withdraw": 3, "appoint": 4, "edit": 10, "bin": 5, "restore": 3, "mark": 16,
    "consent": 5, "switch": 4, "room": 2, "apply": 4, "set_active": 4, "set_admin": 2, "user": 2, "call": 4,
    "correct": 5, "record": 5, "chat": 3, "wait": 5,
}  # fmt: skip


class Teller:
    """Makes up a world's events, one after another."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.oracle = Oracle()
        self.accounts = ACCOUNTS[: self.chance.choice((2, 2, 3))]
        self.events: list[Event] = []

    def tell(self, length: int) -> list[Event]:
        """Give a world of about `length` events."""
        for account in self.accounts:
            for address in ADDRESSES[: self.chance.randint(3, 6)]:
                self._happen("user", account=account, address=address, admin=address == ADDRESSES[0])
        self._tell_call()
        while len(self.events) < length:
            what = self.chance.choices(list(CHANCES), list(CHANCES.values()))[0]
            getattr(self, f"_tell_{what}")()
        return self.events

    def _happen(self, do: str, **more: Any) -> None:
        event = {"do": do, **more}
        self.oracle.apply(event)
        self.events.append(event)

    def _one(self, several: Any) -> Any:
        return self.chance.choice(list(several))

    def _often(self, percent: int = 50) -> bool:
        return self.chance.randrange(100) < percent

    def _item(self) -> str:
        return str(self._one(self.oracle.items)) if self.oracle.items else "acme:none/rec"

    def _colleague(self, item: str) -> str:
        """Most often somebody of the item's account; sometimes an outsider or somebody unknown."""
        account = account_of(item) if self._often(90) else self._one(self.accounts)
        known = sorted(user for user in self.oracle.left if account_of(user) == account)
        if known and self._often(80):
            return str(self._one(known))
        return f"{account}:{self._one((*ADDRESSES, *ADDRESSES, NEVER_REGISTERED))}"

    def _owner(self, item: str) -> str:
        owner = self.oracle.items.get(item, {}).get("responsible")
        return owner if owner and self._often(85) else self._colleague(item)

    def _admin(self, account: str) -> str:
        return f"{account}:{ADDRESSES[0] if self._often(85) else self._one(ADDRESSES)}"

    def _tell_user(self) -> None:
        address = self._one(ADDRESSES)
        spelled = self._one((address, address.upper(), f"tag+{address}"))
        self._happen("user", account=self._one(self.accounts), address=spelled, admin=self._often(15))

    def _tell_set_admin(self) -> None:
        self._happen("set_admin", who=self._one(self.oracle.left), admin=self._often())

    def _tell_set_active(self) -> None:
        gone = [user for user, since in self.oracle.left.items() if since is not None]
        who = self._one(gone) if gone and self._often() else self._one(self.oracle.left)
        self._happen("set_active", by=self._admin(account_of(who)), who=who, active=who in gone)

    def _tell_switch(self) -> None:
        word = self._one(("auto_share", "auto_share", "download", "download", "recording", "chat"))
        self._happen("switch", by=self._admin(self._one(self.accounts)), **{word: self._often(60)})

    def _tell_room(self) -> None:
        known = {
            f"{account_of(call)}:{told['room']}" for call, told in self.oracle.calls.items() if told["room"]
        }
        if known:
            room = self._one(sorted(known))
            self._happen("room", by=self._admin(account_of(room)), room=room, auto_share=self._often(60))

    def _tell_apply(self) -> None:
        account = self._one(self.accounts)
        switch = self._one((account, f"{account}:{self._one(ROOMS)}", f"{account}:download"))
        stands = (
            account in self.oracle.downloading if "download" in switch else switch not in self.oracle.closed
        )
        self._happen(
            "apply", by=self._admin(account), switch=switch, on=stands if self._often(90) else not stands
        )

    def _tell_call(self) -> None:
        call = f"{self._one(self.accounts)}:call{len(self.oracle.calls)}"
        self._hand_over(call, self._one((*ROOMS, None)), self._one(ADDRESSES), None)
        self._tell_record(call)
        if self._often():
            self._tell_chat(call)

    def _tell_correct(self) -> None:
        if not self.oracle.calls:
            return
        call = self._one(self.oracle.calls)
        before = self.oracle.calls[call]
        recorded_by, organizer = before["names"]
        if self._often(10):
            organizer = self._one(ADDRESSES)
        self._hand_over(call, before["room"], organizer, before["told"], recorded_by=recorded_by)

    def _hand_over(
        self,
        call: str,
        room: str | None,
        organizer: str | None,
        before: Event | None,
        *,
        recorded_by: str | None = None,
    ) -> None:
        began = before["began"] if before else self.oracle.now - self.chance.randint(0, 60)
        people = dict(before["people"]) if before else {}
        for ref in self.chance.sample(["p1", "p2", "p3", "p4", "p5", "p6"], self.chance.randint(1, 5)):
            asserted = self._one((*ADDRESSES, *ADDRESSES, None, NEVER_REGISTERED, ADDRESSES[1].upper()))
            if before and ref in people and ref != recorded_by and self._often(40):
                del people[ref]
            else:
                # Who a ref was stays it: mostly, for another is refused.
                known = self.oracle.calls[call]["known"] if before else {}
                kept = known.get(ref, asserted) or None if self._often(95) else asserted
                people[ref] = [kept, self._often(85)]
        if recorded_by is None and self._often(85):
            recorded_by = self._one(people) if people else None
        if room and not before and self._often(15):
            organizer = self._one((None, NEVER_REGISTERED))
        self._happen(
            "call",
            call=call,
            room=room,
            organizer=organizer if room else None,
            recorded_by=recorded_by,
            began=began,
            people=people,
        )

    def _tell_record(self, call: str | None = None) -> None:
        call = call or self._one(self.oracle.calls or ("acme:none",))
        told = self.oracle.calls.get(call)
        started_by = self._one(told["lines"]) if told and told["lines"] and self._often(30) else None
        began = (told["told"]["began"] if told else 0) + self.chance.choice((0, 0, 5, 20))
        self._happen(
            "record", call=call, ref=f"rec{self.chance.randint(1, 3)}", started_by=started_by, began=began
        )

    def _tell_chat(self, call: str | None = None) -> None:
        call = call or self._one(self.oracle.calls or ("acme:none",))
        refs = sorted(self.oracle.calls[call]["lines"]) if call in self.oracle.calls else []
        refs = refs or ["p1"]
        messages = [
            [
                self._one(refs),
                None if self._often() else self.chance.choices(refs, k=self.chance.randint(0, 2)),
            ]
            for _ in range(self.chance.randint(0, 5))
        ]
        if messages:
            self._happen("chat", call=call, ref="chat", messages=messages)

    def _tell_share(self) -> None:
        item = self._item()
        until = self.oracle.now + self.chance.randint(-3, 60) if self._often(40) else None
        self._happen(
            "share",
            by=self._owner(item),
            item=item,
            who=self._colleague(item),
            until=until,
            download=self._often(),
        )

    def _tell_exclude(self) -> None:
        item = self._item()
        self._happen("exclude", by=self._owner(item), item=item, who=self._colleague(item))

    def _tell_withdraw(self) -> None:
        item = self._item()
        chosen = [who for who, what in [*self.oracle.shares, *self.oracle.excluded] if what == item]
        who = self._one(chosen) if chosen else self._colleague(item)
        self._happen("withdraw", by=self._owner(item), item=item, who=who)

    def _tell_appoint(self) -> None:
        item = self._item()
        self._happen("appoint", by=self._admin(account_of(item)), item=item, who=self._colleague(item))

    def _tell_edit(self) -> None:
        item = self._item()
        changed = {word: self._often(60) for word in ("auto_share", "download") if self._often(70)}
        self._happen("edit", by=self._owner(item), item=item, **changed)

    def _tell_bin(self) -> None:
        item = self._item()
        self._happen("bin", by=self._one((self._owner(item), self._admin(account_of(item)))), item=item)

    def _tell_restore(self) -> None:
        binned = [name for name, item in self.oracle.items.items() if item["binned"]]
        item = self._one(binned) if binned else self._item()
        self._happen("restore", by=self._one((self._owner(item), self._admin(account_of(item)))), item=item)

    def _tell_mark(self) -> None:
        word = self._one(("held", "held", "restricted", "processing", "expires", "destroyed"))
        on = self._often(35 if word == "destroyed" else 60)
        value: Any = on
        if word == "expires":
            value = self.oracle.now + self.chance.randint(-5, 60) if on else None
        self._happen("mark", item=self._item(), **{word: value})

    def _tell_consent(self) -> None:
        until = self.oracle.now + self.chance.randint(0, 120)
        self._happen("consent", operator=self._one(OPERATORS), item=self._item(), until=until)

    def _tell_wait(self) -> None:
        self._happen("wait", seconds=self.chance.choice((1, 2, 5, 10, 30)))

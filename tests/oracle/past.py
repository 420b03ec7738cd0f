"""What has happened in a world, in plain sets: the events that the oracle lives through.

A world is a list of events, each a small dict: `do` names it, the rest are the arguments of the method of
that name below. Users are named "account:address", calls "account:call", items "account:call/ref"; moments
are whole seconds.
"""

from typing import Any

Event = dict[str, Any]
# (user, item) → what they gain, what they lose
Effects = dict[tuple[str, str], tuple[set[str], set[str]]]


def account_of(name: str) -> str:
    return name.partition(":")[0]


class Past:
    """What is so after the events so far. What follows from it is said in oracle.py."""

    def __init__(self) -> None:
        self.now = 0
        self.left: dict[str, int | None] = {}  # every user, and since when they are deactivated
        self.since: dict[str, int] = {}  # every user, and when they were registered
        self.admins: set[str] = set()
        self.calls: dict[str, Event] = {}
        self.items: dict[str, Event] = {}
        self.off: dict[str, int] = {}  # "account:recording" and "account:chat", since when
        self.was_off: list[tuple[str, int, int]] = []  # the same words: from when until when, once on again
        self.closed: set[str] = set()  # accounts, and rooms as "account:room", with auto-share off
        self.downloading: set[str] = set()  # accounts whose new items begin with download allowed
        self.shares: dict[tuple[str, str], tuple[float, bool]] = {}
        self.excluded: set[tuple[str, str]] = set()
        self.grants: dict[tuple[str, str], int] = {}
        self.effects: Effects = {}  # of the last switch that was applied to existing items

    def active(self, user: str) -> bool:
        return user in self.left and self.left[user] is None

    def may(self, viewer: str, name: str) -> set[str]:
        raise NotImplementedError  # the rules are oracle.py

    def apply(self, event: Event) -> bool:
        """Live through an event; False if it is refused, and then nothing has changed."""
        done: bool = getattr(self, f"_{event['do']}")(**{key: event[key] for key in event if key != "do"})
        return done

    def _wait(self, seconds: int) -> bool:
        self.now += seconds
        return True

    def _user(self, account: str, address: str, admin: bool) -> bool:
        user = f"{account}:{address.lower()}"
        if user in self.left:
            return False
        self.left[user], self.since[user] = None, self.now
        self.admins |= {user} if admin else set()
        return True

    def _set_admin(self, who: str, admin: bool) -> bool:
        self.admins = self.admins | {who} if admin else self.admins - {who}
        return True

    def _set_active(self, by: str, who: str, active: bool) -> bool:
        if not self._commands(by, account_of(who)) or who not in self.left or (who == by and not active):
            return False
        if self.active(who) != active:
            self.left[who] = None if active else self.now
        return True

    def _switch(self, by: str, **turned: bool) -> bool:
        account = account_of(by)
        if not self._commands(by, account):
            return False
        for word, on in turned.items():
            if word == "auto_share":
                self.closed = self.closed - {account} if on else self.closed | {account}
            elif word == "download":
                self.downloading = self.downloading | {account} if on else self.downloading - {account}
            elif on:
                off_at = self.off.pop(f"{account}:{word}", None)
                self.was_off += [] if off_at is None else [(f"{account}:{word}", off_at, self.now)]
            else:
                self.off.setdefault(f"{account}:{word}", self.now)
        return True

    def _room(self, by: str, room: str, auto_share: bool) -> bool:
        if not self._commands(by, account_of(room)) or not self._is_room(room):
            return False
        self.closed = self.closed - {room} if auto_share else self.closed | {room}
        return True

    def _is_room(self, room: str) -> bool:
        return any(f"{account_of(call)}:{told['room']}" == room for call, told in self.calls.items())

    def _apply(self, by: str, switch: str, on: bool) -> bool:
        """Apply a switch to existing items: "account", "account:room", or "account:download"."""
        account, _, rest = switch.partition(":")
        downloads = rest == "download"
        stands = account in self.downloading if downloads else switch not in self.closed
        known = rest in {"", "download"} or self._is_room(switch)
        if not known or not self._commands(by, account) or stands != on:
            return False
        turned = [name for name in self.items if self._turns(name, switch, on, downloads=downloads)]
        asked = [(user, name) for user in self.left for name in turned if account_of(user) == account]
        before = {pair: self.may(*pair) for pair in asked}
        for name in turned:
            item = self.items[name]
            if downloads:
                item["download"] = on
            else:
                item["closed"] = item["closed"] - {switch} if on else item["closed"] | {switch}
        after = {pair: self.may(*pair) for pair in asked}
        self.effects = {
            pair: (after[pair] - before[pair], before[pair] - after[pair])
            for pair in asked
            if after[pair] != before[pair]
        }
        return True

    def _turns(self, name: str, switch: str, on: bool, *, downloads: bool) -> bool:
        item, account = self.items[name], account_of(name)
        covered = {account, f"{account}:{self.calls[item['call']]['room']}", f"{account}:download"}
        stands = item["download"] if downloads else switch not in item["closed"]
        if switch not in covered or stands == on or item["destroyed"]:
            return False
        decided = item["chosen"] if downloads else not item["auto_share"]
        gone = item["expires"] is not None and item["expires"] <= self.now
        shut = item["binned"] or item["processing"] or item["restricted"] or gone
        return not on or not (decided or shut or item["responsible"] is None)

    def _call(self, call: str, **told: Any) -> bool:
        """Hand over a call, or a correction of it."""
        before = self.calls.get(call)
        told_at = before["told_at"] if before else self.now
        names = [told["recorded_by"], told["organizer"]]
        if before and any(was not in {None, now} for was, now in zip(before["names"], names, strict=True)):
            return False
        if before and before["room"] != told["room"]:
            return False
        asserted = {ref: (who or "").lower() for ref, (who, _) in told["people"].items()}
        known = before["known"] if before else {}
        if any(known.get(ref, who) != who for ref, who in asserted.items()):
            return False  # a ref means one person for good, also after it was dropped
        lines = {
            ref: (self._registered(call, asserted, told["began"], told_at), there)
            for ref, (asserted, there) in told["people"].items()
        }
        for ref in (lines.keys() & before["lines"].keys()) if before else ():
            lines[ref] = (before["lines"][ref][0], lines[ref][1])  # a line once answered keeps its answer
        chose = lines[told["recorded_by"]][0] if told["recorded_by"] else None
        named = self._registered(call, told["organizer"], told["began"], told_at) if told["room"] else chose
        nobody = before is None or before["names"][1 if told["room"] else 0] is None
        responsible = named if nobody else before["responsible"]  # who once was named cannot be corrected
        self.calls[call] = {
            "room": told["room"], "names": names, "lines": lines, "responsible": responsible,
            "told": told, "told_at": told_at, "known": known | asserted,
        }  # fmt: skip
        for item in self.items.values():
            chosen_by_somebody = told["room"] is None and item["messages"] is None
            if item["call"] == call and item["responsible"] is None and not chosen_by_somebody:
                item["responsible"] = responsible
        return True

    def _registered(self, call: str, address: str | None, began: int, told_at: int) -> str | None:
        """Who counts: known when the call was first handed over, and not deactivated before it began."""
        user = f"{account_of(call)}:{(address or '').lower()}"
        if user not in self.left or self.since[user] > told_at:
            return None
        left = self.left[user]
        return user if left is None or left > began else None

    def _record(self, call: str, ref: str, started_by: str | None, began: int) -> bool:
        known = self.calls.get(call)
        if known is None or (started_by is not None and started_by not in known["lines"]):
            return False
        if self._was_off(call, "recording", at=max(began, known["told"]["began"])):
            return False
        own = started_by is not None and known["room"] is None
        self._place(call, ref, known["lines"][started_by][0] if own else known["responsible"], began, None)
        return True

    def _was_off(self, call: str, word: str, *, at: int) -> bool:
        switch = f"{account_of(call)}:{word}"
        since = self.off.get(switch)
        return (since is not None and at >= since) or any(
            name == switch and start <= at < end for name, start, end in self.was_off
        )

    def _chat(self, call: str, ref: str, messages: list[list[Any]]) -> bool:
        known = self.calls.get(call)
        if (
            known is None
            or not {ref for who, to in messages for ref in [who, *(to or [])]} <= known["lines"].keys()
        ):
            return False
        if self._was_off(call, "chat", at=known["told"]["began"]):
            return False
        there = self.items.get(f"{call}/{ref}")
        if there:
            return bool(there["messages"] == messages)
        self._place(call, ref, known["responsible"], known["told"]["began"], messages)
        return True

    def _place(self, call: str, ref: str, responsible: str | None, began: int, messages: Any) -> None:
        switches = {account_of(call), f"{account_of(call)}:{self.calls[call]['room']}"}
        self.items.setdefault(f"{call}/{ref}", {
            "call": call, "began": began, "responsible": responsible, "messages": messages,
            "closed": switches & self.closed, "auto_share": True, "chosen": False,
            "download": account_of(call) in self.downloading, "binned": False, "destroyed": False,
            "held": False, "restricted": False, "processing": False, "expires": None,
        })  # fmt: skip

    def _share(self, by: str, item: str, who: str, until: int | None, download: bool) -> bool:
        if not self._does(by, "share", item) or who == by or account_of(who) != account_of(item):
            return False
        if not self.active(who) or (until is not None and until <= self.now):
            return False
        self.excluded -= {(who, item)}
        self.shares[who, item] = (float("inf") if until is None else until, download)
        return True

    def _exclude(self, by: str, item: str, who: str) -> bool:
        if not self._does(by, "share", item) or who == by or who not in self.left:
            return False
        if account_of(who) != account_of(item):
            return False
        self.shares.pop((who, item), None)
        self.excluded |= {(who, item)}
        return True

    def _withdraw(self, by: str, item: str, who: str) -> bool:
        if not self._does(by, "share", item):
            return False
        self.shares.pop((who, item), None)
        self.excluded -= {(who, item)}
        return True

    def _appoint(self, by: str, item: str, who: str) -> bool:
        if not self._does(by, "appoint", item) or not self.active(who) or account_of(who) != account_of(item):
            return False
        self.items[item]["responsible"] = who
        self.excluded -= {(who, item)}
        return True

    def _edit(self, by: str, item: str, **changed: bool) -> bool:
        if changed and self._does(by, "edit", item):
            self.items[item].update(changed)
            self.items[item]["chosen"] |= "download" in changed
            return True
        return False

    def _bin(self, by: str, item: str) -> bool:
        if self._does(by, "bin", item):
            self.items[item]["binned"] = True
            return True
        return False

    def _restore(self, by: str, item: str) -> bool:
        if self._does(by, "restore", item) and self.items[item]["binned"]:
            self.items[item]["binned"] = False
            return True
        return False

    def _mark(self, item: str, **states: Any) -> bool:
        """A state that a later feature brings about."""
        self.items.get(item, {}).update(states)
        return item in self.items

    def _consent(self, operator: str, item: str, until: int) -> bool:
        self.grants[operator, item] = until
        return True

    def _does(self, by: str, action: str, item: str) -> bool:
        return item in self.items and action in self.may(by, item)

    def _commands(self, by: str, account: str) -> bool:
        return self.active(by) and by in self.admins and account_of(by) == account

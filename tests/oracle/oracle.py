"""The sharing rules once more, written from the page of rules alone: plain sets, no engine, no database."""

from typing import Any

from tests.oracle.past import Event, Past, account_of

USE = {"see", "open", "download", "share", "edit", "bin"}
KEEP = {"see", "review", "export", "bin", "restore", "hold", "appoint"}
EVERYTHING = USE | KEEP | {"destroy", "support"}


class Oracle(Past):
    """What follows from what has happened: who is tied to what, and may do what."""

    def relations(self, viewer: str, name: str) -> set[str]:
        """Viewers are users; "guest:…" is nobody who is signed in; "operator:…" runs the service."""
        item, tie = self.items[name], (viewer, name)
        if viewer.startswith("guest:"):
            return {"guest"}
        if viewer.startswith("operator:"):
            return {"consented" if self.now < self.grants.get(tie, 0) else "operator"}
        if not self.active(viewer):
            return {"inactive"}
        if account_of(viewer) != account_of(name):
            return {"outsider"}
        present = {user for user, there in self.calls[item["call"]]["lines"].values() if there}
        ties = {"responsible"} if viewer == item["responsible"] else set()
        ties |= {"participant"} if viewer in present else set()
        ties |= {"shared-with"} if self.now < self.shares.get(tie, (0, False))[0] else set()
        ended = tie in self.shares and self.shares[tie][0] <= self.now
        out = tie in self.excluded or (ended and "participant" in ties and "responsible" not in ties)
        ties = {"excluded"} if out else ties
        ties |= {"admin"} if viewer in self.admins else set()
        return ties or {"colleague"}

    def may(self, viewer: str, name: str) -> set[str]:
        """Everything that the viewer may do with the item now."""
        item, who = self.items[name], self.relations(viewer, name)
        available = not item["binned"] and not item["destroyed"]
        shown = available and item["responsible"] is not None and not item["closed"] and item["auto_share"]
        given: set[str] = set()
        given |= USE if "responsible" in who and available else set()
        given |= {"see", "restore"} if "responsible" in who and item["binned"] else set()
        given |= {"see", "open"} if "participant" in who and shown else set()
        given |= {"download"} if "participant" in who and shown and item["download"] else set()
        given |= {"see", "open"} if "shared-with" in who and available else set()
        given |= (
            {"download"} if "shared-with" in who and available and self.shares[viewer, name][1] else set()
        )
        given |= KEEP if "admin" in who else set()
        given |= {"destroy"} if "admin" in who and item["binned"] else set()
        given |= {"support"} if "consented" in who and available else set()
        return given - self.forbidden(item, who)

    def forbidden(self, item: Event, who: set[str]) -> set[str]:
        expired = item["expires"] is not None and item["expires"] <= self.now
        never = who & {"guest", "outsider", "inactive"} or item["destroyed"]
        shut = (item["restricted"] or expired) and "admin" not in who
        unready = item["processing"] and not who & {"responsible", "admin"}
        if never or shut or unready:
            return EVERYTHING
        content = {"open", "download"} if "excluded" in who or item["processing"] else set()
        return content | ({"bin", "destroy"} if item["held"] else set())

    def reads(self, viewer: str, name: str, message: list[Any]) -> set[str]:
        """What the viewer may do with one message: [sender, refs of recipients, or None for everyone]."""
        sender, to = message
        lines = self.calls[self.items[name]["call"]]["lines"]
        recipients = {lines[ref][0] for ref in [sender, *(to or [])] if ref in lines}
        hidden = to is not None and viewer not in recipients
        return self.may(viewer, name) & ({"review"} if hidden else EVERYTHING)

    def counts(self, viewer: str, name: str) -> int | None:
        """The number of messages shown beside a transcript; None if nothing of it can be read."""
        reading = next((way for way in ("open", "export") if way in self.may(viewer, name)), None)
        messages = self.items[name]["messages"]
        if reading is None or messages is None:
            return None
        return sum(reading in self.reads(viewer, name, message) for message in messages)

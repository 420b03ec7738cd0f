"""The people of a story before the HTTP API, each with a session of their own, trying every action for real.

What no route serves yet stands in NO_ROUTE, together with how to notice that one came.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from apiflask import APIFlask
from flask.testing import FlaskClient

from recstore.access.viewer import Viewer
from recstore.model import Action, Kind
from tests.stories.lived_world import LivedWorld

API = "/api/v1"
CONTENT = {Kind.RECORDING: "media", Kind.TRANSCRIPT: "messages"}

# No route tries these yet. A path of the served document with one of these words in it is such a route: then
# the action moves to TRIES below.
NO_ROUTE: dict[Action, frozenset[str]] = {
    Action.EXPORT: frozenset({"export", "exports"}),
    Action.HOLD: frozenset({"hold", "holds"}),
    Action.DESTROY: frozenset({"destroy", "destruction", "destructions", "shred"}),
}


@dataclass
class Browser:
    """Somebody's browser. Without a cookie, a guest's."""

    client: FlaskClient
    token: str

    def send(self, method: str, path: str, **options: Any) -> Any:
        headers = {"X-CSRF-Token": self.token, "Origin": "http://localhost"}
        return self.client.open(API + path, method=method, headers=headers, **options)


class Door:
    """Asks the API, as the people of one world."""

    def __init__(self, world: LivedWorld, app: APIFlask) -> None:
        self.world = world
        self.app = app
        self.browsers = {name: self._open(viewer) for name, viewer in world.viewers.items()}
        self.browsers |= {
            name: Browser(app.test_client(), "")
            for name, traits in world.story.world["people"].items()
            if name not in world.viewers and not traits.get("operator")
        }
        self.browsers |= {name: self._open_support(name) for name in world.operators}

    def _open(self, viewer: Viewer) -> Browser:
        client = self.app.test_client()
        client.set_cookie("recstore_session", self.world.house.cookies[viewer.credential_id])
        answer = client.get(f"{API}/session")
        return Browser(client, answer.json["csrf_token"] if answer.status_code == 200 else "")

    def _open_support(self, name: str) -> Browser:
        client = self.app.test_client()
        client.set_cookie("recstore_operator", self.world.operators[name].token)
        return Browser(client, client.get(f"{API}/support/session").json["csrf_token"])

    def is_known(self, name: str, action: Action) -> bool:
        """Say whether somebody has a session that counts where this is done: operators' are apart."""
        is_operator = name in self.world.operators
        return self.browsers[name].token != "" and is_operator == (action is Action.SUPPORT)

    def anew(self, name: str) -> Browser:
        """Give the browser of somebody with a session that has begun nothing; a guest's has none."""
        viewer = self.world.viewers.get(name)
        if viewer is None or self.browsers[name].token == "":
            return self.browsers[name]
        return self._open(self.world.house.session(viewer.account_id, viewer.user_id))

    def path(self, kind: Kind, rest: str = "") -> str:
        return f"/{kind}s/{self.world.items[kind]}{rest}"

    def details(self, name: str, kind: Kind) -> Any:
        return self.browsers[name].send("GET", self.path(kind))

    def is_listed(self, name: str, kind: Kind) -> bool:
        answer = self.browsers[name].send("GET", f"/{kind}s")
        return str(self.world.items[kind]) in {item["id"] for item in answer.json.get("items", [])}

    def try_out(self, name: str, kind: Kind, action: Action) -> Any:
        """Do it, and put the item back as it was. Gives the answer."""
        if action not in {Action.BIN, Action.RESTORE}:
            return TRIES[action](self, name, kind)
        before = self.world.row(kind).binned_at
        answer = TRIES[action](self, name, kind)
        self.world.house.set_item(self.world.owner, self.world.items[kind], binned_at=before)
        return answer


def _see(door: Door, name: str, kind: Kind) -> Any:
    return door.details(name, kind)


def _open(door: Door, name: str, kind: Kind) -> Any:
    return door.browsers[name].send("GET", door.path(kind, f"/{CONTENT[kind]}"))


def _download(door: Door, name: str, kind: Kind) -> Any:
    return door.browsers[name].send("GET", door.path(kind, f"/{CONTENT[kind]}?download=1"))


def _share(door: Door, name: str, kind: Kind) -> Any:
    world = door.world
    if ("eli", world.call["owner"]) not in world.users:
        world._registered("eli", world.call["owner"])
        world.clock.now = world.now
    path = door.path(kind, f"/shares/{world.users['eli', world.call['owner']].user_id}")
    answer = door.browsers[name].send("PUT", path, json={"access": "shared"})
    if answer.status_code == 200:
        assert door.browsers[name].send("DELETE", path).status_code == 204
    return answer


def _edit(door: Door, name: str, kind: Kind) -> Any:
    return door.browsers[name].send("PATCH", door.path(kind), json={"title": "Another title"})


def _bin(door: Door, name: str, kind: Kind) -> Any:
    return door.browsers[name].send("DELETE", door.path(kind))


def _restore(door: Door, name: str, kind: Kind) -> Any:
    return door.browsers[name].send("POST", door.path(kind, "/restore"))


def _review(door: Door, name: str, kind: Kind) -> Any:
    browser, item_id = door.anew(name), str(door.world.items[kind])
    about = {"kind": kind.value, "item_id": item_id, "reason": "A complaint of 21 November"}
    answer = browser.send("POST", "/admin/reviews", json=about)
    content = browser.send("GET", f"/admin/{kind}s/{item_id}/{CONTENT[kind]}")
    assert answer.status_code == 201 or content.status_code == answer.status_code
    return content


def _appoint(door: Door, name: str, kind: Kind) -> Any:
    # Nobody is named: what is asked for is asked of the gate first, and only then of the directory.
    path = f"/admin{door.path(kind)}/responsible"
    return door.browsers[name].send("PUT", path, json={"user_id": str(uuid4())})


def _support(door: Door, name: str, kind: Kind) -> Any:
    consent_id = door.world.consents.get(name, uuid4())
    path = f"/support/consents/{consent_id}{door.path(kind)}/{CONTENT[kind]}"
    return door.browsers[name].send("GET", path)


TRIES: dict[Action, Callable[[Door, str, Kind], Any]] = {
    Action.SEE: _see,
    Action.OPEN: _open,
    Action.DOWNLOAD: _download,
    Action.SHARE: _share,
    Action.EDIT: _edit,
    Action.BIN: _bin,
    Action.RESTORE: _restore,
    Action.REVIEW: _review,
    Action.APPOINT: _appoint,
    Action.SUPPORT: _support,
}
# What is answered where the rules let in and something else refuses: nothing to restore, nobody named.
LET_IN = {(Action.RESTORE, "not_in_bin"), (Action.APPOINT, "user_unknown")}


def is_let_in(action: Action, answer: Any) -> bool:
    """Say whether the rules let somebody in, by the answer they got."""
    if answer.status_code < 300:
        return True
    return (action, answer.json["code"]) in LET_IN and answer.status_code == 400

"""The pages as the application's URL map has them, with every query and form that is sent to them.

A new page is taken up by itself; a new form, or an id in a query, fails until `SENT` has it.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Any

from werkzeug.routing import Map, Rule

from tests.web.matrix.matrix_routes import Route
from web.guard import declared

ID = "of each kind in turn"
ASK = "POST /{plural}/{item_id}"
EXISTING = {"on": "yes", "agreed": "on", "confirmation": "none"}
ARGUMENT = re.compile(r"<(?:[^<:]+:)?([^>]+)>")
CHOICE = re.compile(r"<any\(([^)]*)\):(\w+)>")

# Page → the forms that are sent to it; of a page that is only read, the queries beside none at all.
SENT: dict[str, list[dict[str, str]]] = {
    ASK: [{"note": "I was ill"}],
    "POST /{plural}/{item_id}/title": [{"title": "Mine"}, {"title": ""}],
    "POST /{plural}/{item_id}/switches": [{"was": "auto_share"}, {"auto_share": "on", "was": "auto_share"}],
    "POST /{plural}/{item_id}/bin": [{}, {"shown": "stale"}],
    "POST /{plural}/{item_id}/restore": [{}, {"shown": "stale"}],
    "POST /{plural}/{item_id}/shares/{user_id}": [
        {"change": "share", "until": "2999-01-01", "download": "on"},
        {"change": "share", "until": "never"},
        {"change": "take-out", "shown": "stale"},
        {"change": "withdraw"},
        {"change": "withdraw", "shown": "stale"},
        {"change": "shout"},
    ],
    "POST /{plural}/{item_id}/access-requests/{user_id}": [
        {"answer": "accept", "download": "on"},
        {"answer": "decline", "all": "1"},
    ],
    "POST /admin/{plural}/{item_id}/review": [{"reason": "a complaint"}, {"reason": ""}],
    "POST /admin/{plural}/{item_id}/responsible": [{"user_id": ID}],
    "POST /admin/keys/lock": [{"change": word} for word in ("lock", "unlock", "open")],
    "POST /admin/domains": [{"domain": "mail.acme.example"}],
    "POST /admin/domains/{domain_id}": [
        {"change": word} for word in ("check", "enable", "disable", "remove", "sell")
    ],
    "POST /admin/rooms/{vmr_id}": [{}, {"auto_share": "on"}],
    "POST /admin/rooms/{vmr_id}/existing": [EXISTING, {"on": "no"}],
    "POST /admin/settings": [{}],
    "POST /admin/settings/existing/{switch}": [EXISTING, {"on": "no"}],
    "POST /admin/consents": [{"document": "yes"}],
    "POST /admin/consents/{consent_id}": [{}],
    "POST /admin/support-requests/{request_id}": [{}],
    "POST /support": [{"account": "Acme", "item": ID, "purpose": "playback", "ticket": "T-9"}],
    "POST /support/sign-in": [{"email": "olga@service.example", "password": "wrong"}],
    "POST /support/sign-out": [{}],
    "GET /support/opened": [{"consent": ID, "item": ID}],
    "POST /sign-in": [{"email": "ann@acme.example", "password": "wrong"}],
    "POST /sign-out": [{}],
    "GET /{plural}/{item_id}/why": [{"action": "open"}],
    "GET /{plural}/{item_id}/shares": [{"q": "b"}],
    "GET /{plural}/{item_id}/shares/found": [{"q": "b"}],
    "GET /admin/{plural}/{item_id}": [{"q": "b"}],
    "GET /admin/{plural}/{item_id}/found": [{"q": "b"}],
    "GET /{plural}/{item_id}/what-if": [
        {"change": "take-out", "user": ID},
        {"change": "take-away", "user": ID},
        {"change": "appoint", "user": ID},
        {"change": "switches", "was": "auto_share"},
        {"change": "restore"},
        {"change": "shout"},
    ],
}  # fmt: skip


def read_pages(app: Any) -> Iterator[Route]:
    """Give every page and form of an application that stands in no document: what people's browsers ask."""
    for rule in rules_of(app.url_map):
        asked = declared(app.view_functions[rule.endpoint])
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            sent = SENT.get(f"{method} {pattern_of(rule)}", [])
            for path, fields in itertools.product(paths_of(rule), sent if method == "POST" else [{}, *sent]):
                yield Route(
                    method=method,
                    path=path,
                    asks=asked.action.value if asked and asked.action else None,
                    parameters=frozenset(re.findall(r"\{(\w+)\}", path)),
                    query=fields if method == "GET" else {},
                    body=fields if method == "POST" else None,
                    sends="data",
                )


def rules_of(routes: Map) -> list[Rule]:
    """Give the rules that lead to pages."""
    return [rule for rule in routes.iter_rules() if not rule.endpoint.startswith(("api_", "static"))]


def pattern_of(rule: Rule) -> str:
    """Write a rule as `SENT` names it."""
    return ARGUMENT.sub(r"{\1}", rule.rule)


def unsent(app: Any) -> list[str]:
    """Name the forms of which nothing is said in `SENT`, and what is said of pages that are not there."""
    served = {
        f"{method} {pattern_of(rule)}" for rule in rules_of(app.url_map) for method in rule.methods or set()
    }
    forms = {name for name in served if name.startswith("POST ")}
    return sorted((forms - SENT.keys()) | (SENT.keys() - served))


def paths_of(rule: Rule) -> Iterator[str]:
    """Give a rule's paths, one for each word that may stand in it: ids stand there by name."""
    choice = CHOICE.search(rule.rule)
    words = choice[1].split(", ") if choice else [""]
    yield from (ARGUMENT.sub(r"{\1}", CHOICE.sub(word, rule.rule)) for word in words)

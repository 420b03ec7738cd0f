"""Every page and form × every kind of id × everybody: "not yours" is the very answer of "not there"."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Response

from recstore.access.gate import Gate
from recstore.catalog import items
from recstore.errors import NotThere, Refused
from tests.statements import statements
from tests.web.matrix.asking import fingerprint, ids_of
from tests.web.matrix.matrix_pages import ASK, SENT, read_pages, unsent
from tests.web.matrix.matrix_routes import SLOTS, Route
from tests.web.matrix.matrix_world import (
    ABSENT,
    ADMINS,
    COLLEAGUES,
    FOREIGN,
    IN_BIN,
    OTHER_KIND,
    OWN,
    ROLES,
    SEEN,
    MatrixWorld,
)
from web import guard
from web.app import create_app
from web.current import recstore, viewer

TOKEN = re.compile(rb'(name="csrf_token" value=")[^"]*')
ITEM = re.compile(r"(/admin)?/(recordings|transcripts)/\{item_id\}")
# Pages that are about nobody's item, and not an admin's.
ELSEWHERE = {"/", "/sign-in", "/sign-out", "/access-requests"}


@pytest.fixture(scope="module")
def pages(matrix: MatrixWorld) -> list[Route]:
    return list(read_pages(matrix.world.app))


def answer_to(matrix: MatrixWorld, who: str, page: Route, which: str, **ids: UUID | str) -> tuple[Any, ...]:
    """Give all that somebody could compare: the answer without what is of this moment, and the work behind.

    Cookies begin anew each time, so that what one answer has said is not in the next one.
    """
    named = ids_of(matrix, page, which) | ids
    path, options = page.fill(named)
    asker = matrix.world
    if who != "guest" and not who.startswith("token:"):
        asker = replace(asker, browsers={who: asker.signed_in(who).moved(asker.app)})
    with statements(asker.recstore.catalog.engine) as ran:
        answer = asker.send(who, page.method, path, **options)
    status, headers, body = fingerprint(answer)
    said = [value for name, value in headers if name == "Set-Cookie"]
    told = [(name, value) for name, value in headers if name != "Set-Cookie"]
    for one in map(str, named.values()):  # what the asker wrote tells them nothing
        told = [(name, value.replace(one, "id")) for name, value in told]
        body = body.replace(one.encode(), b"id")
    return status, told, TOKEN.sub(rb"\1", body), [open_cookie(matrix, value) for value in said], ran


def open_cookie(matrix: MatrixWorld, header: str) -> Any:
    """Give what a cookie carries: the form's holds words for the next page, signed with the time."""
    name, _, value = header.partition("=")
    if name != "recstore_form":
        return header
    opened = matrix.world.app.session_interface.get_signing_serializer(matrix.world.app)
    assert opened is not None
    carried = opened.loads(value.partition(";")[0])
    return {key: one for key, one in carried.items() if key not in {"csrf_pages", "csrf_support"}}


def answers_to_nowhere(matrix: MatrixWorld, who: str) -> dict[str, tuple[Any, ...]]:
    """Give what this person is answered at an address that leads nowhere, by method."""
    return {
        method: answer_to(matrix, who, Route(method, "/nowhere", None, frozenset(), {}, None), OWN)
        for method in ("GET", "POST")
    }


def hidden_from(who: str, page: Route) -> Iterator[str]:
    """Give the kinds of id that this person is to find as empty as an id of nothing."""
    if "items" in page.slots.values():
        yield from {OWN, COLLEAGUES, IN_BIN, FOREIGN, OTHER_KIND} - SEEN.get(who, set())
    else:
        yield OWN if who == "olaf" else FOREIGN


def told_apart(matrix: MatrixWorld, pages: list[Route], who: str) -> Iterator[str]:
    """Name each page at which this person can tell an id that is not theirs from one of nothing."""
    for page in (page for page in pages if page.slots):
        for method in (page.method, "HEAD") if page.method == "GET" and not page.query else (page.method,):
            asked = replace(page, method=method)
            absent = answer_to(matrix, who, asked, ABSENT)
            for which in sorted(hidden_from(who, page)):
                got = answer_to(matrix, who, asked, which)
                names = ("status", "headers", "body", "cookies", "statements")
                differ = [name for name, one, other in zip(names, got, absent, strict=True) if one != other]
                if differ:
                    sent = page.body or page.query
                    yield f"{method} {page.path} {sent}: {which} is told from nothing by {differ}"


def test_of_every_page_it_is_said_who_gets_in_and_what_is_sent(
    matrix: MatrixWorld, pages: list[Route]
) -> None:
    unknown = [
        page.name
        for page in pages
        if not (page.path in ELSEWHERE or page.is_admins or page.is_operators or ITEM.match(page.path))
        or page.parameters - SLOTS.keys()
    ]
    assert unknown == []
    assert unsent(matrix.world.app) == []


def test_only_known_pages_read_ids_out_of_queries_and_forms() -> None:
    """An id in an address is found by itself; one elsewhere is to be added to `SENT`."""
    folder = Path(guard.__file__).parent / "pages"
    reading = {file.name for file in folder.glob("*.py") if "UUID(request." in file.read_text()}
    assert reading == {"admin.py", "support.py", "what_if.py"}


@pytest.mark.parametrize("who", ROLES)
def test_attacker_cannot_tell_not_yours_from_not_there_in_any_page(
    matrix: MatrixWorld, pages: list[Route], who: str
) -> None:
    before = matrix.world.count_rows() | {"access_requests": 0}
    assert list(told_apart(matrix, pages, who)) == []
    assert matrix.world.count_rows() | {"access_requests": 0} == before


def test_attacker_names_people_of_another_account_in_forms_of_their_own_item(
    matrix: MatrixWorld, pages: list[Route]
) -> None:
    """With an item that is theirs, a foreign user's id is like nobody's."""
    about_people = [page for page in pages if {"items", "users"} <= set(page.slots.values())]
    for who in ("ann", "ada"):
        for page in about_people:
            [slot] = [name for name, what in page.slots.items() if what == "users"]
            foreign, absent = (
                answer_to(matrix, who, page, OWN, **{slot: matrix.users[which]})
                for which in (FOREIGN, ABSENT)
            )
            assert foreign == absent, (who, page.name, page.body or page.query)
    assert {page.method for page in about_people} == {"GET", "POST"}


def test_an_id_that_is_none_is_answered_like_an_address_that_is_none(
    matrix: MatrixWorld, pages: list[Route]
) -> None:
    for who in ROLES:
        nowhere = answers_to_nowhere(matrix, who)
        for page in (page for page in pages if page.parameters & SLOTS.keys()):
            wrong = dict.fromkeys(page.parameters & SLOTS.keys(), "1-or-2")
            got = answer_to(matrix, who, page, OWN, **wrong)
            assert got == nowhere[page.method], (who, page.name)


def test_attacker_at_the_door_of_every_page(matrix: MatrixWorld, pages: list[Route]) -> None:
    """Guests and the deactivated are sent to sign in; recorders are refused; nothing is done."""
    before = matrix.world.count_rows()
    expected = {"guest": {"GET": 302, "POST": 401}, "ira": {"GET": 302, "POST": 401}}
    expected["token:recorder"] = {"GET": 403, "POST": 403}
    for page in (page for page in pages if not page.path.endswith("/sign-in")):
        for who, statuses in expected.items():
            if page.is_operators:
                statuses = expected["guest"]  # whoever they are elsewhere, they are no operator
            assert answer_to(matrix, who, page, OWN)[0] == statuses[page.method], (who, page.name)
    assert matrix.world.count_rows() == before


def test_attacker_learns_nothing_from_pages_of_admins(matrix: MatrixWorld, pages: list[Route]) -> None:
    """To whoever is no admin they are as addresses that lead nowhere, but for the entry in the journal."""
    for who in sorted(set(ROLES) - ADMINS - {"guest", "ira", "token:recorder"}):
        nowhere = answers_to_nowhere(matrix, who)
        for page in (page for page in pages if page.is_admins):
            got = answer_to(matrix, who, page, OWN)
            assert got[:-1] == nowhere[page.method][:-1], (who, page.name)


def test_a_gate_that_says_more_of_what_is_there_is_found(
    matrix: MatrixWorld, pages: list[Route], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check itself: with a gate that refuses what it should not know, every page of an item is named."""
    monkeypatch.setattr(Gate, "_refusal", lambda _, verdict: Refused("No.") if verdict else NotThere())
    of_items = [
        page
        for page in pages
        # But for asking to be let in, which puts nothing to the gate that it would refuse.
        if page.path.startswith(("/recordings/", "/transcripts/")) and page.body != SENT[ASK][0]
    ]
    found = "\n".join(told_apart(matrix, of_items, "eve"))
    assert [page.name for page in of_items if f"{page.name} " not in found] == []


LEAKS = {
    "in the body": ("body", lambda item: Response("one" if item else "none", 404)),
    "in a header": ("headers", lambda item: Response(status=404, headers={"X-Item": str(bool(item))})),
    "by its work": ("statements", lambda item: Response(str(item.call_id)[:0] if item else "", 404)),
}


@pytest.mark.parametrize(("part", "leak"), LEAKS.values(), ids=LEAKS)
def test_a_new_page_that_leaks_is_found_by_itself(matrix: MatrixWorld, part: str, leak: Any) -> None:
    app = create_app(matrix.world.recstore)

    @guard.signed_in
    def show_leak(item_id: UUID) -> Response:
        with recstore().catalog.read(viewer().account_id) as tx:
            item = items.by_id(tx, item_id)
            if part == "statements" and item:
                items.of_call(tx, item.call_id)
            answer: Response = leak(item)
            return answer

    app.add_url_rule("/recordings/<uuid:item_id>/leak", view_func=show_leak)
    leaking = replace(matrix, world=replace(matrix.world, app=app, browsers={}))
    pages = [page for page in read_pages(app) if page.path.endswith("/leak")]
    found = list(told_apart(leaking, pages, "cy"))
    assert any(f"'{part}'" in line for line in found)

"""What pages write: times, lengths, names, the journal in words; and where signing in may lead."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from recstore.errors import BadInput
from recstore.history import tell
from recstore.model import Event
from web.pages import formats
from web.pages.item import write_announced
from web.pages.sign_in import same_site

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(None, "", id="not known"),
        pytest.param(48.4, "48 s", id="under a minute"),
        pytest.param(126, "2 min", id="minutes"),
        pytest.param(3599, "1 h 00 min", id="just under an hour is rounded up"),
        pytest.param(4 * 3600 + 300, "4 h 05 min", id="hours"),
    ],
)
def test_a_length_is_written_as_people_say_it(seconds: float | None, words: str) -> None:
    assert formats.write_length(seconds) == words


@pytest.mark.parametrize(
    ("until", "words"),
    [
        pytest.param(datetime(2026, 12, 4, tzinfo=UTC), "3 Dec", id="the end of a day is named by that day"),
        pytest.param(datetime(2027, 1, 1, tzinfo=UTC), "31 Dec", id="the end of a year too"),
        pytest.param(datetime(2027, 3, 2, tzinfo=UTC), "1 Mar 2027", id="another year is named"),
        pytest.param(
            datetime(2026, 12, 3, 15, 30, tzinfo=UTC), "3 Dec, 15:30 UTC", id="a moment is a moment"
        ),
        pytest.param(
            datetime(2026, 12, 4, 1, tzinfo=timezone(timedelta(hours=1))), "3 Dec", id="counted in UTC"
        ),
    ],
)
def test_the_end_of_a_share_is_its_last_day(until: datetime, words: str) -> None:
    assert formats.write_end(until, now=NOW) == words


@pytest.mark.parametrize(
    ("announced_at", "words"),
    [
        pytest.param("2026-11-21T11:59:00Z", "Announced before it began", id="before"),
        pytest.param("2026-11-21T14:00:00+02:00", "Announced before it began", id="as it began"),
        pytest.param("2026-11-21T12:00:01Z", "Announced only after it had begun", id="after"),
        pytest.param("yesterday", "Announced, it was not told when", id="no time"),
        pytest.param("2026-11-21T11:59:00", "Announced, it was not told when", id="no zone"),
        pytest.param(7, "Announced, it was not told when", id="a number"),
    ],
)
def test_a_notice_says_whether_people_were_told_in_time(announced_at: object, words: str) -> None:
    assert write_announced(announced_at, began=NOW) == words


def test_a_last_day_is_read_as_all_of_it_and_shown_as_it_was_typed() -> None:
    until = formats.read_last_day("2026-12-03")
    assert until == datetime(2026, 12, 4, tzinfo=UTC)
    assert formats.last_day(until) == "2026-12-03"
    assert formats.read_last_day(" ") is None
    assert formats.last_day(None) == ""


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "03/12/2026"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        formats.read_last_day(text)
    assert refused.value.code == "bad_date"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ann Lindqvist", "AL"),
        ("Åsa Öberg", "ÅÖ"),
        ("Ann (guest)", "AG"),
        ("Cher", "C"),
        ("Ludwig van der Rohe", "LR"),
        ("李 小龍", "李小"),
        ("  ", "?"),
        ("()", "?"),
        ("42", "?"),
    ],
)
def test_initials_are_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert formats.initials(name) == letters


@pytest.mark.parametrize(
    ("size", "words"), [(512, "512 bytes"), (5_200_000, "5.2 MB"), (3 * 10**9, "3.0 GB")]
)
def test_a_size_has_a_unit(size: int, words: str) -> None:
    assert formats.write_size(size) == words


def test_a_place_in_a_film_is_written_as_players_do() -> None:
    assert [formats.write_offset(second) for second in (5, 78, 3725)] == ["0:05", "1:18", "1:02:05"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "recordings",
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/a\n",
        "/a\r\nSet-Cookie: x=y",
    ],
)
def test_attacker_cannot_make_signing_in_lead_to_another_site(address: str) -> None:
    assert same_site(address) == "/"


@pytest.mark.parametrize("address", ["/", "/recordings/1?t=30", "/?show=chats&q=plan%20b"])
def test_signing_in_leads_back_within_the_site(address: str) -> None:
    assert same_site(address) == address


@pytest.mark.parametrize("event", Event)
def test_every_entry_of_the_journal_has_words(event: Event) -> None:
    ann, bo = str(uuid4()), str(uuid4())
    entry = {
        "index": 7,
        "at": "2026-11-20T09:00:00.000000+00:00",
        "event": event.value,
        "actor": ann,
        "detail": {"user": bo, "action": "open"},
    }
    told = tell(entry, {ann: "Ann", bo: "Bo"})
    assert (told.number, told.who) == (7, "Ann")
    assert told.what
    assert "{" not in told.what


CHANGES: dict[str, tuple[str, dict[str, object], str]] = {
    "a consent, which names no item": ("consent-given", {}, "handed in a consent to an operator"),
    "its withdrawal": ("consent-withdrawn", {}, "took a consent to an operator back"),
    "its end": ("consent-expired", {}, "noted that a consent to an operator is over"),
    "a title": ("edited", {"title": True}, "changed its title"),
    "a switch off": ("edited", {"auto_share": False}, "turned sharing with everybody who was there off"),
    "both": (
        "edited",
        {"title": True, "download": True},
        "changed its title, turned download for those who were there on",
    ),
    "an account's switch": (
        "item-switched",
        {"switch": "download", "on": False, "vmr": None},
        "applied the account's switch to it: turned download for those who were there off",
    ),
    "a room's switch": (
        "item-switched",
        {"switch": "auto_share", "on": True, "vmr": str(uuid4())},
        "applied the room's switch to it: turned sharing with everybody who was there on",
    ),
}


@pytest.mark.parametrize(("event", "detail", "what"), CHANGES.values(), ids=CHANGES)
def test_the_history_tells_what_was_done(event: str, detail: dict[str, object], what: str) -> None:
    at = "2026-11-20T09:00:00.000000+00:00"
    assert tell({"index": 0, "at": at, "event": event, "actor": "system", "detail": detail}, {}).what == what


@pytest.mark.parametrize(
    ("actor", "who"), [("system", "System"), ("guest", "Guest"), (f"token:{uuid4()}", "A recorder")]
)
def test_an_entry_names_who_is_no_user(actor: str, who: str) -> None:
    entry = {
        "index": 0,
        "at": "2026-11-20T09:00:00.000000+00:00",
        "event": "shared",
        "actor": actor,
        "detail": {"user": str(uuid4())},
    }
    told = tell(entry, {})
    assert (told.who, told.what) == (who, "gave somebody access")

"""Acme: a weekly room with two occurrences, a direct call, and a room that somebody of Norrsken joined."""

from datetime import datetime, timedelta

from recstore.sample import acme_films as films
from recstore.sample.documents import Attendee, Call, Filmed, Line, Room

NAME = "Acme"
DOMAIN = "acme.example"
PEOPLE = (
    ("ann.lindqvist", "Ann Lindqvist", False),
    ("bo.nystrom", "Bo Nyström", False),
    ("chloe.martin", "Chloé Martin", False),
    ("dana.kovacs", "Dana Kovacs", False),
    ("ines.duarte", "Inés Duarte", True),
    ("farid.haddad", "Farid Haddad", False),  # invited every week, never came: sees nothing
)
ANN, BO, CHLOE, DANA, _, FARID = (f"{local}@{DOMAIN}" for local, _, _ in PEOPLE)

WEEKLY = Room(
    ref="acme-weekly",
    title="Product weekly",
    link="https://meet.acme.example/product-weekly",
    organizer=ANN,
    invitees=(BO, CHLOE, DANA, FARID),
)
PARTNERS = Room(
    ref="acme-partners",
    title="Partner room",
    link="https://meet.acme.example/partners",
    organizer=ANN,
    invitees=(DANA, "asa.oberg@norrsken.example"),
)


def calls(hour: datetime) -> tuple[Call, ...]:
    """Return Acme's calls, dated from `hour`, the full hour before now."""
    yesterday = hour - timedelta(days=1)
    return (
        _release_plan(yesterday - timedelta(days=7)),
        _invoice_bug(hour - timedelta(days=3, hours=2)),
        _integration(hour - timedelta(days=2, hours=1)),
        _pilot_start(yesterday),
    )


def _release_plan(start: datetime) -> Call:
    return Call(
        ref="acme-weekly-1",
        started_at=start,
        minutes=26,
        room=WEEKLY,
        attendees=(
            Attendee("p1", "Ann Lindqvist", 0, 26, email=ANN, network="wired"),
            Attendee("p2", "Bo Nyström", 0, 26, email=BO),
            Attendee("p3", "Chloé Martin", 2, 26, email=CHLOE),
        ),
        filmed=Filmed("acme-weekly-1-video", after=240, by="p1", script=films.RELEASE_PLAN),
        chat=(
            Line(30, "p1", "Good morning! We start with the release.", read=(("p2", 4), ("p3", 95))),
            Line(130, "p3", "Sorry, late train.", read=(("p1", 5), ("p2", 8))),
            Line(
                318,
                "p2",
                "Most tickets are about sign-in after a new password.",
                read=(("p1", 6), ("p3", 9)),
            ),
            Line(342, "p3", "Is that the new page?", read=(("p2", 3), ("p1", 12)), reply_to="m3"),
            Line(
                371,
                "p2",
                "Yes. I have a fix, it is not tested yet.",
                to=("p3",),
                read=(("p3", 5),),
            ),
            Line(384, "p3", "I can test it this afternoon.", to=("p2",), read=(("p2", 2),), reply_to="m5"),
            Line(1510, "p1", "Notes are in the wiki. Thank you!", read=(("p2", 7),)),
        ),
    )


def _pilot_start(start: datetime) -> Call:
    """Return the same room a week later, without Chloé, and with a guest who typed Ann's address."""
    return Call(
        ref="acme-weekly-2",
        started_at=start,
        minutes=31,
        room=WEEKLY,
        attendees=(
            Attendee("p1", "Ann Lindqvist", 0, 31, email=ANN, network="wired"),
            Attendee("p2", "Bo Nyström", 0, 31, email=BO),
            Attendee("p3", "Dana Kovacs", 1, 29, email=DANA, network="cellular"),
            Attendee("p4", "Ann (guest)", 2, 12, typed=ANN),
        ),
        filmed=Filmed("acme-weekly-2-video", after=180, by="p2", script=films.PILOT_START),
        chat=(
            Line(45, "p1", "Chloé is travelling, Dana brings the numbers.", read=(("p2", 5), ("p3", 31))),
            Line(219, "p4", "Hello! May I have the slides?", read=(("p1", 4), ("p2", 5), ("p3", 9))),
            Line(
                236,
                "p1",
                "Please sign in, then they are in the room.",
                read=(("p4", 6),),
                reply_to="m2",
            ),
            Line(251, "p2", "Do you know who that is?", to=("p1",), read=(("p1", 3),)),
            Line(259, "p1", "No. Let us stay general.", to=("p2", "p3"), read=(("p2", 2), ("p3", 11))),
            Line(300, "p3", "9 minutes is the median, the slowest took 22.", read=(("p1", 8), ("p2", 8))),
            Line(322, "p2", "22 was the catalog with four million rows.", read=(("p3", 4),), reply_to="m6"),
        ),
    )


def _invoice_bug(start: datetime) -> Call:
    """Return a direct call: Bo chose to record, so Bo is responsible."""
    return Call(
        ref="acme-direct-1",
        started_at=start,
        minutes=14,
        room=None,
        attendees=(
            Attendee("p1", "Bo Nyström", 0, 14, email=BO),
            Attendee("p2", "Chloé Martin", 0, 14, email=CHLOE),
        ),
        filmed=Filmed("acme-direct-1-video", after=120, by="p1", script=films.INVOICE_BUG),
        chat=(
            Line(20, "p1", "It is ticket 4711.", read=(("p2", 3),)),
            Line(150, "p2", "Invoice of 3 March, three tax rates.", read=(("p1", 2),)),
            Line(790, "p2", "The accountant agrees: nothing to correct.", read=(("p1", 12),)),
        ),
    )


def _integration(start: datetime) -> Call:
    """Return a call in Acme's room, with Åsa signed in at Norrsken: an outsider to all that was kept."""
    return Call(
        ref="acme-partners-1",
        started_at=start,
        minutes=38,
        room=PARTNERS,
        attendees=(
            Attendee("p1", "Ann Lindqvist", 0, 38, email=ANN, network="wired"),
            Attendee("p2", "Dana Kovacs", 0, 38, email=DANA),
            Attendee("p3", "Åsa Öberg", 1, 38, email="asa.oberg@norrsken.example", network="wired"),
        ),
        filmed=Filmed("acme-partners-1-video", after=300, by="p1", script=films.INTEGRATION),
        chat=(
            Line(70, "p3", "Hej! Nice to meet you both.", read=(("p1", 3), ("p2", 4))),
            Line(365, "p2", "Load test report: 40,000 bookings, 0 lost.", read=(("p1", 6), ("p3", 7))),
            Line(392, "p1", "Shall we offer them October?", to=("p2",), read=(("p2", 5),)),
            Line(401, "p2", "Yes, the load allows it.", to=("p1",), read=(("p1", 2),), reply_to="m3"),
            Line(2190, "p3", "Tack! The test accounts come tomorrow.", read=(("p1", 4), ("p2", 6))),
        ),
    )

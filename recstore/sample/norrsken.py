"""Norrsken Energi: a Swedish account with one recorded room and one direct call that left only a chat."""

from datetime import datetime, timedelta

from recstore.sample.documents import Attendee, Call, Filmed, Line, Room
from recstore.sample.script import Script, Slide, Turn

NAME = "Norrsken Energi"
DOMAIN = "norrsken.example"
PEOPLE = (
    ("asa.oberg", "Åsa Öberg", False),
    ("bjorn.sjoberg", "Björn Sjöberg", False),
    ("marta.ek", "Märta Ek", True),
)
ASA, BJORN, _ = (f"{local}@{DOMAIN}" for local, _, _ in PEOPLE)

MORNING = Room(
    ref="norrsken-morgon",
    title="Morgonmöte",
    link="https://mote.norrsken.example/morgon",
    organizer=ASA,
    invitees=(BJORN,),
)

FORECAST = Script(
    title="Morgonmöte: vindprognos",
    room="Morgonmöte",
    people=("Åsa Öberg", "Björn Sjöberg"),
    seconds=124,
    slides=(
        Slide(
            0,
            "Vind den här veckan",
            ("Måndag och tisdag: lugnt", "Torsdag: upp till 14 m/s"),
            (0.2, 0.25, 0.5, 0.9, 0.7, 0.4, 0.3),
        ),
        Slide(
            62,
            "Underhåll",
            ("Verk 7 står still på tisdag", "Reservdelar finns i Luleå"),
            (0.8, 0.1, 0.8, 0.85, 0.9),
        ),
    ),
    turns=(
        Turn(2, 0, "God morgon, Björn! Vi börjar med vinden."),
        Turn(9, 1, "Måndag och tisdag blir lugna. På torsdag väntar vi upp till fjorton meter i sekunden."),
        Turn(23, 0, "Då lägger vi underhållet på tisdag, när det ändå inte blåser."),
        Turn(36, 1, "Precis vad jag tänkte. Två personer räcker."),
        Turn(48, 0, "Har vi allt som behövs?"),
        Turn(62, 1, "Reservdelarna finns i Luleå. De kan vara här i morgon bitti."),
        Turn(75, 0, "Bra. Verk 7 står alltså still från åtta till fyra."),
        Turn(88, 1, "Jag skriver till elnätet, så att de vet."),
        Turn(100, 0, "Tack. På torsdag tittar vi på siffrorna igen."),
        Turn(111, 1, "Det gör vi. Ha en fin dag!"),
    ),
)


def calls(hour: datetime) -> tuple[Call, ...]:
    """Return Norrsken's calls, dated from `hour`, the full hour before now."""
    return (
        Call(
            ref="norrsken-morgon-1",
            started_at=hour - timedelta(days=1, hours=3),
            minutes=12,
            room=MORNING,
            attendees=(
                Attendee("p1", "Åsa Öberg", 0, 12, email=ASA, network="wired"),
                Attendee("p2", "Björn Sjöberg", 0, 12, email=BJORN, network="cellular"),
            ),
            filmed=Filmed("norrsken-morgon-1-video", after=60, by="p1", script=FORECAST),
            chat=(
                Line(75, "p2", "Prognosen: 14 m/s på torsdag.", read=(("p1", 4),)),
                Line(131, "p1", "Verk 7 på tisdag, klockan 8–16.", read=(("p2", 6),), reply_to="m1"),
            ),
        ),
        Call(
            ref="norrsken-direkt-1",
            started_at=hour - timedelta(hours=5),
            minutes=4,
            room=None,
            attendees=(
                Attendee("p1", "Björn Sjöberg", 0, 4, email=BJORN, network="cellular"),
                Attendee("p2", "Åsa Öberg", 0, 4, email=ASA),
            ),
            filmed=None,
            chat=(
                Line(40, "p1", "Delarna har kommit.", read=(("p2", 2),)),
                Line(52, "p2", "Utmärkt! Då kör vi på tisdag.", read=(("p1", 3),), reply_to="m1"),
            ),
        ),
    )

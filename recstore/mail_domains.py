"""E-mail domains: their one spelling, and those where anybody gets an address.

Such a domain says nothing about who works together, so nothing follows from it: nobody can claim it, and
nobody is found through it. Nor through a domain below it, which its provider hands out just the same.
"""

from functools import lru_cache
from pathlib import Path

import idna

from recstore.errors import BadInput

LONGEST = 253  # RFC 1035, section 2.3.4, as text without the last dot


def read_list(text: str) -> frozenset[str]:
    """Read a list of domains: one a line, comments begin with #."""
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


PUBLIC = read_list(Path(__file__).with_name("public_domains.txt").read_text())
# Public themselves, though each domain right below is one organisation's own.
PUBLIC_ALONE = frozenset({"onmicrosoft.com"})


@lru_cache(maxsize=4096)  # a search in the directory asks this of every user
def spell(text: str) -> str:
    """Give the one spelling of a domain: ASCII (IDNA 2008, mapped as in UTS #46), lower case, no last dot.

    Raises BadInput (bad_domain) for what is no domain of two labels or more, such as an IP address.
    """
    try:
        if len(text) > LONGEST + 1:
            raise idna.IDNAError
        spelled = idna.encode(text.strip(), uts46=True, std3_rules=True).decode().lower().removesuffix(".")
    except UnicodeError:  # idna's own errors are of this kind
        spelled = ""
    labels = spelled.split(".")
    if len(labels) < 2 or len(spelled) > LONGEST or labels[-1].isdigit():
        raise BadInput("This is not a domain; it is written like example.com.", code="bad_domain")
    return spelled


def domain_of(email: str) -> str | None:
    """Give the domain of an address in its one spelling; None if it has none that could be anybody's."""
    try:
        return spell(email.rpartition("@")[2])
    except BadInput:
        return None


def is_public(domain: str) -> bool:
    """Say whether anybody gets an address at this domain, in its one spelling, or at one above it."""
    labels = domain.split(".")
    return domain in PUBLIC_ALONE or any(".".join(labels[start:]) in PUBLIC for start in range(len(labels)))


def spell_own(text: str) -> str:
    """Give the spelling of a domain that an organisation may call its own.

    Raises BadInput: bad_domain, domain_public.
    """
    spelled = spell(text)
    if is_public(spelled):
        raise BadInput(
            "Anybody can get an address at this domain, so it makes nobody colleagues; it cannot be added.",
            code="domain_public",
        )
    return spelled

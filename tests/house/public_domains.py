"""Write recstore/public_domains.txt anew: make domains.

The list is that of the npm package free-email-domains (MIT), which is renewed often; its packed file is given
as argument. Domains that we found missing there are OURS and RELAYS.
"""

import json
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

from recstore.mail_domains import domain_of

OURS = """
gmx.at gmx.ch gmx.info hey.com hotmail.com.ar mailbox.org mailfence.com pm.me posteo.de posteo.net
proton.me protonmail.com runbox.com startmail.com t-online.de talktalk.net telus.net tuta.com tuta.io
tutamail.com tutanota.com tutanota.de vodafone.it
"""
# Relays: anybody gets an alias there, which forwards to an address that it hides.
RELAYS = """
8alias.com 8shield.net addymail.com aleeas.com anonaddy.com anonaddy.me burnermail.io dralias.com duck.com
erine.email mozmail.com passfwd.com passinbox.com passmail.com passmail.net privaterelay.appleid.com
relay.firefox.com silomails.com simplelogin.co simplelogin.com simplelogin.fr slmail.me slmails.com
users.noreply.github.com users.noreply.gitlab.com
"""
HEAD = """\
# Domains where anybody gets an e-mail address, free or thrown away after use. One a line, in ASCII, sorted.
# From: the npm package free-email-domains {version}, and what tests/house/public_domains.py adds by hand.
# Taken on: {day}. Renew with: make domains
# Licence of the list: MIT, Copyright 2017 Kiko Beats; the text is in docs/licences.md.
"""


def render(packed: Path, *, day: str) -> str:
    """Return the file's text. What is no domain to us (emoji, for one) is left out: nobody could claim it."""
    with tarfile.open(packed) as tar:
        version = json.loads(_read(tar, "package/package.json"))["version"]
        listed = set(json.loads(_read(tar, "package/domains.json")))
    spelled = {domain for name in listed | set((OURS + RELAYS).split()) if (domain := domain_of(name))}
    return HEAD.format(version=version, day=day) + "".join(f"{name}\n" for name in sorted(spelled))


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.extractfile(name)
    assert member is not None
    return member.read()


if __name__ == "__main__":
    print(render(Path(sys.argv[1]), day=datetime.now(UTC).date().isoformat()), end="")  # noqa: T201

"""Write docs/licences.md: python -m tests.house.licences > docs/licences.md."""

import re
from importlib.metadata import metadata

from tests.house.house import ROOT

HEAD = """# Licences of what recstore installs

recstore itself is under the Apache License 2.0. Written from the packages' own metadata by
`python -m tests.house.licences`; a test fails when this page is stale.

The wheel of `av` carries FFmpeg with the encoders x264 and x265 (GPL-2.0-or-later). recstore uses it to make
the demo's sample recordings, and nowhere else; leave it out of what you pass on if that matters to you.

| package | version | licence |
|---|---|---|
"""
TAIL = """
`recstore/public_domains.txt` is made from the list of the npm package free-email-domains, under this licence:

> The MIT License (MIT)
>
> Copyright © 2017 Kiko Beats
>
> Permission is hereby granted, free of charge, to any person obtaining a copy
> of this software and associated documentation files (the "Software"), to deal
> in the Software without restriction, including without limitation the rights
> to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
> copies of the Software, and to permit persons to whom the Software is
> furnished to do so, subject to the following conditions:
>
> The above copyright notice and this permission notice shall be included in
> all copies or substantial portions of the Software.
>
> THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
> IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
> FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
> AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
> LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
> OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
> THE SOFTWARE.
"""


def render() -> str:
    """Return the page for the versions locked in locks/run.txt, which must be installed."""
    text = (ROOT / "locks" / "run.txt").read_text()
    rows = re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, flags=re.MULTILINE)
    return HEAD + "".join(f"| {name} | {version} | {licence(name)} |\n" for name, version in rows) + TAIL


def licence(name: str) -> str:
    """Return what a package says its licence is, or an empty string."""
    fields = metadata(name)
    classifiers = [each for each in fields.get_all("Classifier") or [] if each.startswith("License ::")]
    named = fields.get("License-Expression") or (
        classifiers[0] if classifiers else fields.get("License") or ""
    )
    return named.removeprefix("License :: ").removeprefix("OSI Approved :: ").strip().split("\n")[0]


if __name__ == "__main__":
    print(render(), end="")  # noqa: T201 - this is its output

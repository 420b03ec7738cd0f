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


def render() -> str:
    """Return the page for the versions locked in locks/run.txt, which must be installed."""
    text = (ROOT / "locks" / "run.txt").read_text()
    rows = re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, flags=re.MULTILINE)
    return HEAD + "".join(f"| {name} | {version} | {licence(name)} |\n" for name, version in rows)


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

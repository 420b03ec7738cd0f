"""What the documents tell people to type exists, and what they point to is there."""

import re
from pathlib import Path

import pytest

from recstore.cli import main
from recstore.settings import Settings
from tests.house.house import ROOT, modules, walk

DOCUMENTS = [path for path in walk(ROOT) if path.suffix == ".md"]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
TARGETS = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def code(path: Path) -> list[str]:
    """Return what a document shows as code: spans, and lines of blocks."""
    text = path.read_text()
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, flags=re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [*spans, *(line.strip() for block in blocks for line in block.splitlines())]


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_targets_of_make_exist(document: Path) -> None:
    named = {match[1] for line in code(document) if (match := re.match(r"make ([a-z]+)\b", line))}
    assert named <= TARGETS


def test_commands_of_recstore_exist() -> None:
    command = re.compile(r"(?:\.venv/bin/)?recstore ([a-z]+)\b")
    named = {match[1] for document in DOCUMENTS for line in code(document) if (match := command.match(line))}
    assert named <= set(main.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_target_of_make_says_what_it_does() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == TARGETS
    assert {"install", "demo", "test", "check", "bench"} <= TARGETS


FOLDERS = sorted({path.parent for path in modules().values() if "migrations" not in path.parts})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_module_stands_in_its_folders_readme(folder: Path) -> None:
    named = set(re.findall(r"\w+", "\n".join(code(folder / "README.md"))))
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} - named == set()


def test_the_first_screen_counts_the_rules_rightly() -> None:
    counted = re.search(r"one table of (\d+) sentences", (ROOT / "README.md").read_text())
    rules = re.findall(r"^p,", (ROOT / "policies" / "policy.csv").read_text(), flags=re.MULTILINE)
    assert counted is not None
    assert int(counted[1]) == len(rules)


def test_the_table_of_settings_is_not_stale() -> None:
    page = (ROOT / "docs" / "operators.md").read_text()
    rows = [
        f"| `RECSTORE_{name.upper()}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    assert re.findall(r"^\| `RECSTORE_.*$", page, flags=re.MULTILINE) == rows

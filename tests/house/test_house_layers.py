"""The walls inside the code stand, and each of them would be missed."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.house.house import PRODUCT, ROOT, contract, modules, project

CONTRACTS = [each["id"] for each in project()["tool"]["importlinter"]["contracts"]]

# contract that forbids modules → a file under its rule; all that it forbids are imported there
FILES = {
    "pure": "recstore/access/facts.py",
    "store": "recstore/journal/log.py",
    "policy": "recstore/access/gate.py",
    "dns": "recstore/domains.py",
    "http": "recstore/access/gate.py",
    "token": "keys/agent.py",
    "kms": "keys/custodians/choice.py",
    "web": "web/api/media.py",
    "account-keys": "recstore/access/gate.py",
    "ingest": "recstore/ingest/documents.py",
    "agent-alone": "keys/agent.py",
}
# contract of layers → (a file, what lies above it, or beside it behind a wall)
STEPS = {
    "direction": [
        ("keys/secret.py", "recstore.model"),
        ("keys/secret.py", "web.ranges"),
        ("recstore/model.py", "web.ranges"),
    ],
    "layers": [
        ("recstore/errors.py", "recstore.settings"),
        ("recstore/errors.py", "recstore.model"),
        ("recstore/clock.py", "recstore.access.grant"),
        ("recstore/access/grant.py", "recstore.access.decision"),
        ("recstore/access/decision.py", "recstore.access.words"),
        ("recstore/access/words.py", "recstore.journal.entry"),
        ("recstore/journal/entry.py", "recstore.storage.blobs"),
        ("recstore/storage/blobs.py", "recstore.catalog.base"),
        ("recstore/storage/blobs.py", "recstore.journal.log"),
        ("recstore/journal/log.py", "recstore.tying"),
        ("recstore/tying.py", "recstore.custody"),
        ("recstore/custody.py", "recstore.access.gate"),
        ("recstore/access/gate.py", "recstore.access.listing"),
        ("recstore/access/admins.py", "recstore.sharing"),
        ("recstore/ingest/documents.py", "recstore.sample.film"),
        ("recstore/sample/script.py", "recstore.wiring"),
        ("recstore/wiring.py", "recstore.cli.main"),
        ("recstore/cli/options.py", "recstore.__main__"),
    ],
}
PLANTED = [(identity, *step) for identity, steps in STEPS.items() for step in steps]


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    # -P is not given: the copy in the working folder comes before the installed packages.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    return subprocess.run(
        [*command, "--contract", contract, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product's code, to plant breaches in."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PRODUCT:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@contextmanager
def planted(file: Path, imported: list[str]) -> Iterator[None]:
    before = file.read_text()
    file.write_text(before + "".join(f"\nimport {name}" for name in imported))
    try:
        yield
    finally:
        file.write_text(before)


def test_every_contract_has_a_breach_to_find() -> None:
    assert sorted([*FILES, *STEPS]) == sorted(CONTRACTS)


@pytest.mark.parametrize("identity", CONTRACTS)
def test_contract_holds(house: Path, identity: str) -> None:
    result = lint(house, identity)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("identity", FILES)
def test_every_module_that_a_contract_forbids_is_found(house: Path, identity: str) -> None:
    forbidden = contract(identity)["forbidden_modules"]
    with planted(house / FILES[identity], forbidden):
        result = lint(house, identity)
    assert "0 kept, 1 broken" in result.stdout
    module = FILES[identity].removesuffix(".py").replace("/", ".")
    text = re.sub(r"\s+", " ", result.stdout)
    assert [name for name in forbidden if f"{module} -> {name} " not in text] == []


@pytest.mark.parametrize(("identity", "file", "above"), PLANTED)
def test_a_step_up_or_through_a_wall_is_found(house: Path, identity: str, file: str, above: str) -> None:
    with planted(house / file, [above]):
        result = lint(house, identity)
    assert "0 kept, 1 broken" in result.stdout


def test_every_module_of_recstore_stands_in_a_layer() -> None:
    layers = [
        name.strip(" ()")
        for line in contract("layers")["layers"]
        for name in line.replace("|", ":").split(":")
    ]
    homeless = [
        name
        for name, path in modules().items()
        if name.startswith("recstore.") and path.name != "__init__.py"
        if not any(name == layer or name.startswith(f"{layer}.") for layer in layers)
    ]
    assert homeless == []

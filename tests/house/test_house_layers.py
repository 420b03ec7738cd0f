"""The walls inside the code stand, and each of them would be missed."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.house import PRODUCT, ROOT, contract, modules, parse, project

CONTRACTS = [each["id"] for each in project()["tool"]["importlinter"]["contracts"]]
LINTER = Path(sys.executable).with_name("lint-imports")

# contract → (a module, the import that it must not have)
BREACHES = {
    "direction": ("keys/secret.py", "import recstore.model"),
    "layers": ("recstore/model.py", "import recstore.access.gate"),
    "pure": ("recstore/access/facts.py", "import time"),
    "store": ("recstore/journal/log.py", "import minio"),
    "token": ("keys/agent.py", "import pkcs11"),
    "kms": ("keys/custodians/choice.py", "import boto3"),
    "policy": ("recstore/access/gate.py", "import casbin"),
    "dns": ("recstore/domains.py", "import dns.resolver"),
    "http": ("recstore/access/gate.py", "import flask"),
    "web": ("web/__init__.py", "import keys.client"),
    "account-keys": ("recstore/access/gate.py", "import keys.vault"),
    "ingest": ("recstore/ingest/documents.py", "import recstore.custody"),
    "agent-alone": ("keys/agent.py", "import sqlalchemy"),
}


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


def test_every_contract_has_a_breach_to_find() -> None:
    assert sorted(BREACHES) == sorted(CONTRACTS)


@pytest.mark.parametrize("identity", CONTRACTS)
def test_contract_holds(house: Path, identity: str) -> None:
    result = lint(house, identity)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("identity", CONTRACTS)
def test_a_planted_breach_breaks_the_contract(house: Path, identity: str) -> None:
    file, line = BREACHES[identity]
    planted = house / file
    before = planted.read_text()
    planted.write_text(f"{before}\n{line}\n")
    try:
        result = lint(house, identity)
    finally:
        planted.write_text(before)
    assert result.returncode == 1
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


def test_recstore_and_web_use_only_the_open_side_of_keys() -> None:
    open_side = {"keys.client", "keys.errors", "keys.protocol", "keys.reasons", "keys.secret", "keys.wrap"}
    reached = {
        (name, imported)
        for name, path in modules().items()
        if not name.startswith("keys")
        for imported in imports(parse(path))
        if imported.split(".")[0] == "keys"
    }
    assert {each for each in reached if each[1] not in open_side} == set()


def imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from keys import client` names a module, `from keys.client import Agent` a thing inside one
            found |= (
                {f"keys.{alias.name}" for alias in node.names} if node.module == "keys" else {node.module}
            )
    return found


IMPURE = {"now", "utcnow", "today", "urandom", "open", "getenv", "input", "print"}


def test_pure_modules_ask_no_clock_and_open_nothing() -> None:
    pure = contract("pure")["source_modules"]
    found = [
        (name, node.lineno, called(node))
        for name, path in modules().items()
        if any(name == each or name.startswith(f"{each}.") for each in pure)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and called(node) in IMPURE
    ]
    assert found == []


def called(call: ast.Call) -> str:
    """Return the name of what is called: `now` for `datetime.now()`. Most methods do not count."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    if isinstance(call.func, ast.Attribute) and call.func.attr in {
        "now",
        "utcnow",
        "today",
        "urandom",
        "getenv",
    }:
        return call.func.attr
    return ""


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        name
        for name, path in modules().items()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
        if ast.unparse(node) != "request.environ"  # what the web server says of a request
    }
    # The supervisor reads nothing of it: it hands the whole on to the web process.
    assert readers <= {"recstore.settings", "recstore.cli.supervisor"}


def test_only_the_clock_asks_the_time_of_day() -> None:
    askers = {
        name
        for name, path in modules().items()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and called(node) in {"now", "utcnow", "today"}
    }
    # The agent has a clock of its own; the store in memory stamps its blobs, as real stores do.
    assert {name for name in askers if not name.startswith("keys")} <= {
        "recstore.clock",
        "recstore.storage.memory",
    }

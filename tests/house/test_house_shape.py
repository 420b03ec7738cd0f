"""Files stay small, folders explain themselves, and nothing of the machine they were written on remains."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.house import PRODUCT, ROOT, modules, parse, walk

LINES_OF_A_FILE = 320
LINES_OF_A_FUNCTION = 60
VAGUE = {"utils", "util", "helpers", "helper", "manager", "data", "info", "common", "misc"}
# The folders of somebody's machine. Written so that this line does not find itself.
MACHINE = re.compile(r"(?<![\w.$}])/(?:work/|root/|home/|opt/(?:wheels|pypi)|tmp/[a-z])")
TEXT = {"", ".conf", ".css", ".csv", ".html", ".js", ".json", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}
MAY_NAME_FOLDERS = {"deploy/Dockerfile"}


def test_every_package_has_a_readme() -> None:
    packages = {path.parent for path in modules().values() if path.name == "__init__.py"}
    assert [
        str(each.relative_to(ROOT)) for each in sorted(packages) if not (each / "README.md").is_file()
    ] == []


@pytest.mark.parametrize("folder", ["policies", "deploy", "benchmarks", "docs", "tests"])
def test_other_folders_explain_themselves(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file()


def written() -> dict[str, Path]:
    """Return the modules that people write. Migrations are lists of columns, long by nature."""
    return {name: path for name, path in modules().items() if "versions" not in path.parts}


def test_no_file_of_the_product_is_long() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in written().items()}
    assert {name: length for name, length in lengths.items() if length > LINES_OF_A_FILE} == {}


def test_no_function_of_the_product_is_long() -> None:
    found = {
        f"{name}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, path in written().items()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in found.items() if length > LINES_OF_A_FUNCTION} == {}


def test_no_module_has_a_vague_name() -> None:
    assert [name for name in modules() if set(name.split(".")) & VAGUE] == []


def test_nothing_names_a_folder_of_the_machine_it_was_written_on() -> None:
    found = []
    for path in walk(ROOT):
        name = str(path.relative_to(ROOT))
        if path.suffix in TEXT and name not in MAY_NAME_FOLDERS:
            lines = path.read_text(errors="replace").splitlines()
            found += [f"{name}:{number}" for number, line in enumerate(lines, 1) if MACHINE.search(line)]
    assert found == []


def test_the_search_for_machine_folders_would_find_one() -> None:
    assert MACHINE.search("see " + "/wor" + "k/main/x")
    assert MACHINE.search('"' + "/tm" + 'p/made-up"')
    assert not MACHINE.search("https://example.org" + "/ho" + "me/x")


def test_nothing_is_swallowed() -> None:
    swallowed = [
        (name, node.lineno)
        for name, path in modules().items()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ExceptHandler)
        if node.type is None
        or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        if not any(isinstance(inner, ast.Raise | ast.Return | ast.Call) for inner in ast.walk(node))
    ]
    assert swallowed == []


def test_the_product_is_all_there_is() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == set(PRODUCT)

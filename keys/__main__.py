"""Run the key agent: `python -m keys serve --home DIR --socket PATH`. SIGTERM ends it."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from keys.agent import KeyAgent
from keys.errors import KeysError
from keys.hardening import harden
from keys.home import open_home
from keys.server import Server

_END: Final = {signal.SIGTERM, signal.SIGINT}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end. Gives the exit code: 0, or 1 with one line on standard error."""
    asked = _parser().parse_args(arguments)
    # Before any thread starts, so that each inherits the mask and only `sigwait` takes the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, _END)
    try:
        harden()
        with open_home(asked.home, passphrase_from=asked.passphrase_fd) as agent:
            serve(agent, asked.socket, until_stdin_ends=asked.until_stdin_ends)
    except (KeysError, OSError) as error:
        sys.stderr.write(f"key agent: {error}\n")
        return 1
    return 0


def serve(agent: KeyAgent, path: Path, *, until_stdin_ends: bool) -> None:
    """Answer requests until a signal comes."""
    with Server(path, agent, owner=os.geteuid()) as server:
        listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        listening.start()
        if until_stdin_ends:
            threading.Thread(target=_end_with_stdin, daemon=True).start()
        sys.stdout.write("agent ready\n")
        sys.stdout.flush()
        signal.sigwait(_END)
        server.shutdown()
        listening.join()


def _end_with_stdin() -> None:
    # The pipe closes however the parent ends, SIGKILL included: no agent is left behind to hold the lock.
    while os.read(0, 4096):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m keys", description="The key agent.")
    command = parser.add_subparsers(required=True).add_parser("serve", help="answer at a Unix socket")
    command.add_argument("--home", type=Path, required=True, help="the agent's folder, private to its user")
    command.add_argument("--socket", type=Path, required=True, help="where to listen")
    command.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the root's passphrase from this open descriptor"
    )
    command.add_argument(
        "--until-stdin-ends", action="store_true", help="end with the process that started it"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

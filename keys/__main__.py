"""The key agent's commands: `python -m keys serve`, which SIGTERM ends, and others beside it."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from keys import consent_commands, custody_commands, receipt_commands
from keys.agent import KeyAgent
from keys.answering import Answering
from keys.errors import KeysError
from keys.hardening import harden
from keys.holder import set_lock
from keys.home import open_home
from keys.paired import CLIENT, paired_identity
from keys.server import Server
from keys.tls import Identity
from keys.tls_server import TlsServer

_SWITCH: Final = 0.0005  # seconds
_END: Final = {signal.SIGTERM, signal.SIGINT}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command. Gives the exit code: 0, or 1 with one line on standard error."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.run is _serve:
        tls = (asked.tls_listen, asked.tls_cert, asked.tls_key, asked.tls_clients_ca)
        if any(tls) and not all(tls):
            parser.error("--tls-listen, --tls-cert, --tls-key and --tls-clients-ca go together")
    try:
        asked.run(asked)
    except (KeysError, OSError) as error:
        sys.stderr.write(f"key agent: {error}\n")
        return 1
    return 0


def _serve(asked: argparse.Namespace) -> None:
    # Before any thread starts, so that each inherits the mask and only `sigwait` takes the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, _END)
    harden()
    # A rotation computes for long; at Python's own 5 ms, an opening beside it would wait ten times as long.
    sys.setswitchinterval(_SWITCH)
    with open_home(asked.home, passphrase_from=asked.passphrase_fd) as agent, ExitStack() as servers:
        for server in _servers(agent, asked):
            servers.enter_context(server)
            servers.enter_context(_listening(server))
        serve(until_stdin_ends=asked.until_stdin_ends)


def serve(*, until_stdin_ends: bool) -> None:
    """Say that we listen, and wait for a signal."""
    if until_stdin_ends:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    sys.stdout.write("agent ready\n")
    sys.stdout.flush()
    signal.sigwait(_END)


def _servers(agent: KeyAgent, asked: argparse.Namespace) -> Iterator[Answering]:
    yield Server(asked.socket, agent, owner=os.geteuid())
    if asked.tls_listen:
        identity = Identity(certificate=asked.tls_cert, key=asked.tls_key, peers_ca=asked.tls_clients_ca)
        yield TlsServer(asked.tls_listen, agent, identity=identity, allowed=asked.allow)
    elif paired := paired_identity(asked.home):
        listen, identity = paired
        yield TlsServer(_address(listen), agent, identity=identity, allowed=[CLIENT])


@contextmanager
def _listening(server: Answering) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def _end_with_stdin() -> None:
    # The pipe closes however the parent ends, SIGKILL included: no agent is left behind to hold the lock.
    while os.read(0, 4096):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m keys", description="The key agent.")
    commands = parser.add_subparsers(required=True)
    _add_serve(commands.add_parser("serve", help="answer at a Unix socket, and over TLS"))
    _add_lock(commands.add_parser("lock", help="open nothing from now on"), locked=True)
    _add_lock(commands.add_parser("unlock", help="open again"), locked=False)
    consent_commands.add_commands(commands)
    custody_commands.add_commands(commands)
    receipt_commands.add_commands(commands)
    return parser


def _add_lock(command: argparse.ArgumentParser, *, locked: bool) -> None:
    command.description = "The running agent needs no restart."
    command.add_argument("--home", type=Path, required=True, help="the agent's folder")
    command.add_argument("--account", type=UUID, metavar="ID", help="this account alone, instead of all")
    command.set_defaults(run=lambda asked: set_lock(asked.home, asked.account, locked=locked))


def _add_serve(command: argparse.ArgumentParser) -> None:
    command.set_defaults(run=_serve)
    command.add_argument("--home", type=Path, required=True, help="the agent's folder, private to its user")
    command.add_argument("--socket", type=Path, required=True, help="where to listen")
    command.add_argument(
        "--passphrase-fd", type=int, metavar="N", help="read the root's passphrase from this open descriptor"
    )
    command.add_argument(
        "--until-stdin-ends", action="store_true", help="end with the process that started it"
    )
    tls = command.add_argument_group("for clients on other machines, with mutual TLS 1.3")
    tls.add_argument("--tls-listen", type=_address, metavar="HOST:PORT", help="listen here as well")
    tls.add_argument("--tls-cert", type=Path, metavar="PEM", help="the agent's certificate")
    tls.add_argument("--tls-key", type=Path, metavar="PEM", help="its private key, with mode 0600")
    tls.add_argument("--tls-clients-ca", type=Path, metavar="PEM", help="the CA that vouches for clients")
    tls.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="NAME",
        help="a client, by its certificate's name; repeatable",
    )


if __name__ == "__main__":
    sys.exit(main())

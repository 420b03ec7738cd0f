"""A small server that answers like AWS KMS and misbehaves when told. (With moto, disabled keys decrypt.)"""

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

REGION = "eu-test-1"
ARN = f"arn:aws:kms:{REGION}:111122223333:key/"


class Fault(StrEnum):
    """What goes wrong. A word with capitals is an error of KMS itself, as it spells it."""

    NONE = "none"
    HANG = "hang"  # until the fault is over
    TRICKLE = "trickle"  # one byte of the answer at a time, for ever
    CUT = "cut"  # the connection ends in the middle of the answer
    EMPTY = "empty"  # an answer without what was asked for
    NOT_JSON = "not JSON"
    OTHER_KEY = "other key"  # opened, but with another key than the one asked for
    DISABLED = "DisabledException"
    PENDING_DELETION = "KMSInvalidStateException"
    DENIED = "AccessDeniedException"
    MISSING = "NotFoundException"
    BAD_SIGNATURE = "InvalidSignatureException"
    THROTTLED = "ThrottlingException"
    INTERNAL = "KMSInternalException"


class KmsStub(ThreadingHTTPServer):
    """Keys by their ARN, made when first asked for; one fault at a time; counts requests and connections."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys: dict[str, AESGCM] = {}
        self.fault, self.once = Fault.NONE, False
        self.asked: list[str] = []
        self.open_connections = 0
        self.over = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def failing(self, fault: Fault, *, once: bool = False) -> Iterator[None]:
        """Misbehave for as long as the block runs, or for one request."""
        self.fault, self.once = fault, once
        self.over.clear()
        try:
            yield
        finally:
            self.fault = Fault.NONE
            self.over.set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hung up."""


@contextmanager
def serving() -> Iterator[KmsStub]:
    with KmsStub() as stub:
        thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stub
        finally:
            stub.over.set()
            stub.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: KmsStub

    def setup(self) -> None:
        super().setup()
        self.server.open_connections += 1

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.server.open_connections -= 1

    def log_message(self, *args: Any) -> None:
        """Be quiet."""

    def do_POST(self) -> None:
        operation = self.headers["X-Amz-Target"].removeprefix("TrentService.")
        fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(operation)
        fault = self.server.fault
        if self.server.once:
            self.server.fault = Fault.NONE
        if fault is Fault.HANG:
            self.server.over.wait(10)
        if str(fault)[0].isupper():
            self._send(500 if fault is Fault.INTERNAL else 400, {"__type": fault, "message": "No."})
        elif fault is Fault.EMPTY:
            self._send(200, {})
        else:
            self._send(*self._do(operation, fields, fault), fault=fault)

    def _do(self, operation: str, fields: dict[str, Any], fault: Fault) -> tuple[int, dict[str, Any]]:
        arn = fields["KeyId"]
        key = self.server.keys.setdefault(arn, AESGCM(os.urandom(32)))
        context = json.dumps(fields["EncryptionContext"], sort_keys=True).encode()
        if operation == "Encrypt":
            nonce = os.urandom(12)
            sealed = nonce + key.encrypt(nonce, base64.b64decode(fields["Plaintext"]), context)
            return 200, {"KeyId": arn, "CiphertextBlob": base64.b64encode(sealed).decode()}
        sealed = base64.b64decode(fields["CiphertextBlob"])
        try:
            opened = key.decrypt(sealed[:12], sealed[12:], context)
        except (InvalidTag, ValueError):
            return 400, {"__type": "InvalidCiphertextException"}
        answered = f"{ARN}another" if fault is Fault.OTHER_KEY else arn
        return 200, {"KeyId": answered, "Plaintext": base64.b64encode(opened).decode()}

    def _send(self, status: int, answer: dict[str, Any], *, fault: Fault = Fault.NONE) -> None:
        body = b"<html>" if fault is Fault.NOT_JSON else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault is Fault.CUT:
            self.wfile.write(body[:-4])
            self.close_connection = True
        elif fault is Fault.TRICKLE:
            with suppress(OSError):
                for place in range(len(body)):
                    self.wfile.write(body[place : place + 1])
                    time.sleep(0.1)
        else:
            self.wfile.write(body)

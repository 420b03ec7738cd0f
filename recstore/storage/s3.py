"""Blobs in an S3 store, through minio. Foreign errors end here.

Nothing is buffered beyond the parts in flight: (PARALLEL + 1) × PART_SIZE bytes for each `put`, and a quarter
more while they grow; nothing for a range, which fills the caller's own buffer.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

from minio import Minio
from minio.datatypes import Object, Part
from minio.error import MinioException, S3Error
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from recstore.errors import Damaged, StoreUnavailable
from recstore.storage.blobs import BlobStat, Range, Readable, check_name, check_range
from recstore.storage.pool import ImpatientPool

PART_SIZE = 8 << 20  # S3 takes 10,000 parts: blobs up to 78 GiB
PARALLEL = 3
READ_SIZE = 1 << 20

_FAULTS = (MinioException, HTTPError, HTTPException, OSError, ParseError, UnicodeDecodeError)
_MISSING = frozenset({"NoSuchKey", "InvalidRange"})


class S3Blobs:
    """Blobs under `prefix` in one bucket. Safe to share between threads, not between processes."""

    def __init__(
        self,
        *,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        prefix: str = "",
        region: str = "us-east-1",
    ) -> None:
        """Take `endpoint` as a URL; connect to nothing yet."""
        address = urlsplit(endpoint)
        self._bucket = bucket
        self._prefix = prefix
        self._client = _Client(
            address.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=address.scheme == "https",
            region=region,  # stated, because asking the store costs a request and fails on some
            http_client=ImpatientPool(),
        )

    def put(self, name: str, source: Readable) -> int:
        """Store all that `source` gives: small blobs in one request, others in parts sent side by side."""
        check_name(name)
        first = _read_part(source)
        if len(first) == PART_SIZE:
            return self._put_parts(self._prefix + name, first, source)
        with _faults():
            self._client.put_object(self._bucket, self._prefix + name, BytesIO(first), len(first))
        return len(first)

    def _put_parts(self, key: str, first: bytearray, source: Readable) -> int:
        with _faults():
            upload = self._client.begin(self._bucket, key)
        try:
            with ThreadPoolExecutor(PARALLEL) as threads:
                sent, size = self._send_parts(threads, key, upload, first, source)
            with _faults():
                self._client.finish(self._bucket, key, upload, sent)
        except StoreUnavailable:
            raise  # asking a dead store to clean up would only double the wait
        except BaseException as error:
            self._abandon(key, upload, error)
            raise
        return size

    def _send_parts(
        self, threads: ThreadPoolExecutor, key: str, upload: str, part: bytearray, source: Readable
    ) -> tuple[list[Part], int]:
        """Read ahead of the parts in flight by one, never more: that bounds the memory."""
        flying: deque[Future[Part]] = deque()
        sent: list[Part] = []
        size = 0
        while part:
            if len(flying) == PARALLEL:
                sent.append(flying.popleft().result())
            number = len(sent) + len(flying) + 1
            flying.append(threads.submit(self._send_part, key, upload, number, part))
            size += len(part)
            part = _read_part(source)
        return sent + [future.result() for future in flying], size

    def _send_part(self, key: str, upload: str, number: int, part: bytearray) -> Part:
        with _faults():
            return self._client.send(self._bucket, key, upload, number, part)

    def _abandon(self, key: str, upload: str, error: BaseException) -> None:
        try:
            with _faults():
                self._client.abandon(self._bucket, key, upload)
        except StoreUnavailable as fault:
            error.add_note(f"The parts already sent are still in the store: {fault}")

    @contextmanager
    def range(self, name: str, start: int, stop: int) -> Iterator[Range]:
        """Open bytes `start` to `stop - 1` on a connection of their own."""
        check_name(name)
        check_range(start, stop)
        with _faults():
            response = self._client.get_object(
                self._bucket, self._prefix + name, offset=start, length=stop - start
            )
        reader = _S3Range(response, length=stop - start)
        try:
            reader.check_length()
            yield reader
        finally:
            # Bytes left on a connection would become the next answer, so it may only be kept when none are.
            if reader.left:
                response.close()
            response.release_conn()

    def stat(self, name: str) -> BlobStat | None:
        """Say what is under `name`."""
        check_name(name)
        try:
            with _faults():
                found = self._client.stat_object(self._bucket, self._prefix + name)
        except Damaged:
            return None
        return self._stat(found)

    def delete(self, name: str) -> None:
        """Remove the blob, if it is there."""
        check_name(name)
        with _faults():
            self._client.remove_object(self._bucket, self._prefix + name)

    def list(self, prefix: str) -> Iterator[BlobStat]:
        """List blobs, asking the store for a page at a time."""
        found = self._client.list_objects(self._bucket, prefix=self._prefix + prefix, recursive=True)
        while True:
            with _faults():
                blob = next(found, None)
            if blob is None:
                return
            yield self._stat(blob)

    def check(self) -> None:
        """Ask for the bucket."""
        with _faults():
            there = self._client.bucket_exists(self._bucket)
        if not there:
            raise StoreUnavailable(f"The object store answers, but has no bucket {self._bucket}.")

    def _stat(self, found: Object) -> BlobStat:
        if found.object_name is None or found.size is None or found.last_modified is None:
            raise StoreUnavailable("The object store describes a blob without its name, size or time.")
        name = found.object_name.removeprefix(self._prefix)
        return BlobStat(name=name, size=found.size, modified=found.last_modified)


class _S3Range:
    """The body of one answer, read straight into the caller's buffer."""

    def __init__(self, response: BaseHTTPResponse, *, length: int) -> None:
        # The standard library's response below urllib3's fills the buffer from the socket; urllib3's own
        # readinto makes a copy of every byte first.
        self._body: HTTPResponse = response._fp  # type: ignore[attr-defined]  # noqa: SLF001
        self.left = length

    def check_length(self) -> None:
        if self._body.length != self.left:
            raise Damaged("A stored blob is shorter than the catalog says.")

    def readinto(self, buffer: memoryview, /) -> int:
        view = buffer[: self.left]
        with _faults():
            count = self._body.readinto(view)
        if count < len(view):
            raise StoreUnavailable("The object store broke off in the middle of a blob.")
        self.left -= count
        return count


class _Client(Minio):
    """Minio's steps of an upload in parts, which it offers to subclasses only.

    Its `put_object` keeps threads alive and leaves parts behind when the source raises.
    """

    def begin(self, bucket: str, key: str) -> str:
        return self._create_multipart_upload(bucket, key, {})

    def send(self, bucket: str, key: str, upload: str, number: int, part: bytearray) -> Part:
        etag = self._upload_part(bucket, key, part, None, upload, number)  # type: ignore[arg-type]  # saves a copy
        return Part(number, etag)

    def finish(self, bucket: str, key: str, upload: str, parts: list[Part]) -> None:
        self._complete_multipart_upload(bucket, key, upload, parts)

    def abandon(self, bucket: str, key: str, upload: str) -> None:
        self._abort_multipart_upload(bucket, key, upload)


@contextmanager
def _faults() -> Iterator[None]:
    """Turn every fault of the store into an error of ours. A source's own errors must never pass here."""
    try:
        yield
    except _FAULTS as error:
        if isinstance(error, S3Error) and error.code in _MISSING:
            raise Damaged("A stored blob is missing or shorter than the catalog says.") from error
        raise StoreUnavailable(f"The object store does not answer as it should: {_word(error)}.") from error


def _word(error: BaseException) -> str:
    return str(error.code) if isinstance(error, S3Error) else type(error).__name__


def _read_part(source: Readable) -> bytearray:
    """Read PART_SIZE bytes, or what is left; sources may give less at a time."""
    part = bytearray()
    while len(part) < PART_SIZE and (piece := source.read(min(READ_SIZE, PART_SIZE - len(part)))):
        part += piece
    return part

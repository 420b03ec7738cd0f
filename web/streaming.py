"""Answer with the bytes of an item: ranges, validators, and an end that never lies (RFC 9110).

The first piece is opened before the status is sent, so a part that does not answer, or damage, is a clean
problem. What goes wrong later breaks the connection: fewer bytes than announced, never a tidy end.
"""

import errno
from collections.abc import Iterator
from itertools import chain
from socket import socket
from urllib.parse import quote

from flask import Response, request

from recstore.errors import RangeOutside, RecstoreError
from recstore.model import Kind
from recstore.playback import Content
from web import logs, preconditions
from web.ranges import Part, Unsatisfiable, read_range
from web.watch import WATCH, cut

# How long a client may take no byte before its connection is given up, in seconds: a paused player comes
# back with a range. With the 40 s for which custody holds a data key, none lives beyond its minute.
STALLED = 15


def stream(content: Content, *, download: bool) -> Response:
    """Answer the present request with an item's bytes, or the part of them that it asks for."""
    headers = _headers(content, download=download)
    preconditions.check(content.etag)
    if _is_known(content.etag):
        return Response(status=304, headers=headers)
    try:
        wanted = read_range(_range_header(content.etag), length=content.length)
    except Unsatisfiable:
        raise RangeOutside(length=content.length) from None
    part = wanted or Part(0, content.length)
    headers["Content-Length"] = str(part.stop - part.start)
    if wanted:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{content.length}"
    response = Response(status=206 if wanted else 200, headers=headers)
    if request.method != "HEAD":
        _begin(response, content, part)
    return response


def as_attachment(content: Content) -> dict[str, str]:
    """Name a downloaded file after its item's title (RFC 6266; RFC 8187 for what is not ASCII)."""
    item = content.item
    kept = "".join(c if c.isprintable() and c not in '/\\:*?"<>|%' else "_" for c in content.title)
    extension = "json" if item.what is Kind.TRANSCRIPT else _extension(item.media_type)
    name = f"{kept.strip(' .')[:120] or item.what.value}.{extension}"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    }


def _headers(content: Content, *, download: bool) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": "inline",
        # Whatever a recorder sent as media can run nothing, even if somebody opens it as a page.
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Type": content.item.media_type,
        "ETag": f'"{content.etag}"',
        **(as_attachment(content) if download else {}),
    }


def _is_known(etag: str) -> bool:
    """Compare weakly, as section 13.1.2 says for If-None-Match."""
    known = request.if_none_match
    return known.star_tag or known.contains_weak(etag)


def _range_header(etag: str) -> str | None:
    """Give the Range header, unless If-Range names another state of the item. A date never matches.

    Ranges are for GET alone (section 14.2): HEAD tells of the whole.
    """
    if request.method != "GET":
        return None
    condition = request.headers.get("If-Range")
    if condition is not None and condition.strip() != f'"{etag}"':
        return None
    return request.headers.get("Range")


def _begin(response: Response, content: Content, part: Part) -> None:
    """Open the first piece now, under the watch; raises what opening raises."""
    connection = request.environ.get("gunicorn.socket")
    pieces = content.read(part.start, part.stop)
    if connection is None:
        response.response = _unbroken(next(pieces, b""), pieces, None)
        return
    WATCH.begin(connection, content)
    try:
        first = next(pieces, b"")
    except BaseException:
        WATCH.end(connection)
        raise
    connection.settimeout(STALLED)
    response.call_on_close(lambda: WATCH.end(connection))
    response.response = _unbroken(first, pieces, connection)


def _unbroken(first: bytes, pieces: Iterator[bytes], connection: socket | None) -> Iterator[bytes]:
    try:
        yield from chain((first,), pieces)
    except RecstoreError as error:
        logs.fault(error)
        if connection is not None:
            cut(connection)
        # The server closes the connection on this, without an end of the body and without a word in it.
        raise ConnectionResetError(errno.ECONNRESET, "broken off") from None


def _extension(media_type: str) -> str:
    known = {"video/mp4": "mp4", "audio/mp4": "m4a", "video/webm": "webm", "audio/webm": "weba"}
    known |= {"audio/mpeg": "mp3", "audio/ogg": "ogg", "video/x-matroska": "mkv", "audio/wav": "wav"}
    return known.get(media_type, "bin")

"""Bytes that begin as a recording does: what is handed over is looked at, what follows may be anything."""

# A file type box (ISO/IEC 14496-12, section 4.3), as MP4 begins.
FTYP = b"\0\0\0\x18ftypisom\0\0\2\0isommp42"


def film_of(content: bytes) -> bytes:
    """Give `content` as the film of an MP4 file."""
    return FTYP + content

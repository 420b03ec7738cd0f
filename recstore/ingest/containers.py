"""Tell media by their first bytes: which container it is, and which media types name it. Pure.

Looks at the signature and no further: what a player makes of the rest, it says itself. After the tables of
the WHATWG MIME Sniffing Standard (section 6.2), RFC 9559 (Matroska), RFC 3533 (Ogg) and ISO/IEC 13818-1.
"""

from dataclasses import dataclass

from recstore.errors import BadInput

HEAD = 512  # bytes that are looked at: three packets of an MPEG transport stream are the longest of it
_TS_PACKET, _TS_SYNC = 188, 0x47
_IMAGES = {b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"}  # in the same boxes as films


@dataclass(frozen=True, slots=True)
class Sign:
    """What stands at `offset`, and anywhere in the head; `media_type` is what it is served as."""

    offset: int
    begins: bytes
    media_type: str
    within: bytes = b""


# The first that fits counts.
SIGNS = (
    Sign(4, b"ftypqt  ", "video/quicktime"),
    Sign(4, b"ftypM4A ", "audio/mp4"),
    Sign(4, b"ftypM4B ", "audio/mp4"),
    Sign(4, b"ftyp3g", "video/3gpp"),
    Sign(4, b"ftyp", "video/mp4"),
    Sign(4, b"styp", "video/mp4"),
    Sign(4, b"moov", "video/quicktime"),
    Sign(4, b"mdat", "video/quicktime"),
    Sign(4, b"wide", "video/quicktime"),
    Sign(0, b"\x1aE\xdf\xa3", "video/webm", within=b"webm"),
    Sign(0, b"\x1aE\xdf\xa3", "video/x-matroska", within=b"matroska"),
    Sign(0, b"OggS", "video/ogg", within=b"\x80theora"),
    Sign(0, b"OggS", "audio/ogg"),
    Sign(0, b"RIFF", "audio/wav", within=b"WAVE"),
    Sign(0, b"RF64", "audio/wav", within=b"WAVE"),
    Sign(0, b"RIFF", "video/x-msvideo", within=b"AVI LIST"),
    Sign(0, b"ID3", "audio/mpeg"),
    Sign(0, b"fLaC", "audio/flac"),
    Sign(0, b"\0\0\1\xba", "video/mpeg"),
    Sign(0, b"FLV\1", "video/x-flv"),
    Sign(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    Sign(0, b"#!AMR", "audio/amr"),
    Sign(0, b"FORM", "audio/aiff", within=b"AIF"),
)

# Types that name the same bytes: a film's sound alone, an older spelling.
FAMILIES = tuple(
    frozenset(names.split())
    for names in (
        "video/mp4 audio/mp4 application/mp4 video/quicktime video/x-m4v audio/x-m4a video/3gpp audio/3gpp",
        "video/webm audio/webm video/x-matroska audio/x-matroska video/matroska audio/matroska",
        "video/ogg audio/ogg application/ogg audio/opus audio/vorbis",
        "audio/wav audio/x-wav audio/wave audio/vnd.wave",
        "video/x-msvideo video/avi video/msvideo video/vnd.avi",
        "audio/mpeg audio/mp3 audio/x-mp3 audio/aac audio/aacp audio/x-aac",
        "audio/flac audio/x-flac",
        "video/mp2t video/mpeg video/mp2p",
        "video/x-flv video/flv",
        "video/x-ms-asf video/x-ms-wmv audio/x-ms-wma application/vnd.ms-asf",
        "audio/amr audio/amr-wb",
        "audio/aiff audio/x-aiff",
    )
)


def find_type(head: bytes, *, stated: str | None) -> str:
    """Give the media type of a recording that begins with `head`: the stated one if the bytes bear it out.

    Raises BadInput: `not_media`, or `bad_metadata` where a type is stated that means something else.
    """
    found = _recognize(head)
    if found is None:
        raise BadInput(
            "This is no recording: its first bytes are of no container for video or sound that is known here"
            " (MP4, WebM, Matroska, Ogg, WAV, MP3, AAC, FLAC, MPEG, AVI and a few more). Nothing was kept.",
            code="not_media",
        )
    if stated is None:
        return found
    family = next(family for family in FAMILIES if found in family)
    if stated not in family:
        raise BadInput(
            f"The stated media type is another than that of the bytes, {found}; nothing was kept.",
            code="bad_metadata",
        )
    # What is no video and no audio, no page plays.
    return stated if stated.startswith(("video/", "audio/")) else found


def _recognize(head: bytes) -> str | None:
    if head[4:8] == b"ftyp" and head[8:12] in _IMAGES:
        return None
    for sign in SIGNS:
        if head.startswith(sign.begins, sign.offset) and sign.within in head[:HEAD]:
            return sign.media_type
    if len(head) > 2 * _TS_PACKET and all(head[at] == _TS_SYNC for at in (0, _TS_PACKET, 2 * _TS_PACKET)):
        return "video/mp2t"
    return _recognize_frame(head)


def _recognize_frame(head: bytes) -> str | None:
    """Recognize a frame header of MPEG audio (ISO/IEC 11172-3, 2.4.2.3) or of AAC (13818-7, ADTS)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    layer, bit_rate, sampling = head[1] & 0x06, head[2] >> 4, head[2] >> 2 & 0x03
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    # Layer I is left out: with it, every text in UTF-16 would be a recording.
    is_frame = layer in {0x02, 0x04} and bit_rate not in {0, 15} and sampling != 3 and head[1] & 0x18 != 0x08
    return "audio/mpeg" if is_frame else None

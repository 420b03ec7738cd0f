"""What is taken for a recording, by its first bytes, and what is not, whatever its sender says."""

import pytest

from recstore.errors import BadInput
from recstore.ingest.containers import FAMILIES, SIGNS, find_type
from tests.films import FTYP

TRANSPORT = (b"G" + bytes(187)) * 3

MEDIA = {
    "MP4": (FTYP, "video/mp4"),
    "a segment of fragmented MP4": (b"\0\0\0\x18stypmsdh", "video/mp4"),
    "QuickTime": (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
    "QuickTime without a type box": (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
    "sound in MP4": (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
    "3GPP": (b"\0\0\0\x18ftyp3gp4", "video/3gpp"),
    "WebM": (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
    "Matroska": (b"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\x82\x88matroska", "video/x-matroska"),
    "Ogg with Opus": (b"OggS\0\2" + bytes(22) + b"OpusHead", "audio/ogg"),
    "Ogg with Theora": (b"OggS\0\2" + bytes(22) + b"\x80theora", "video/ogg"),
    "WAV": (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
    "AVI": (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
    "MP3 with tags": (b"ID3\4\0\0", "audio/mpeg"),
    "MP3 without tags": (b"\xff\xfb\x90\x64", "audio/mpeg"),
    "AAC": (b"\xff\xf1\x50\x80", "audio/aac"),
    "FLAC": (b"fLaC\0\0\0\x22", "audio/flac"),
    "a transport stream": (TRANSPORT, "video/mp2t"),
    "a program stream": (b"\0\0\1\xba\x44", "video/mpeg"),
}


@pytest.mark.parametrize(("head", "media_type"), MEDIA.values(), ids=MEDIA)
def test_is_told_by_its_first_bytes(head: bytes, media_type: str) -> None:
    assert find_type(head, stated=None) == media_type
    assert find_type(head, stated=media_type) == media_type


NO_MEDIA = {
    "nothing": b"",
    "a text": b"hello world" * 100,
    "a text in UTF-16": "hello".encode("utf-16"),
    "a page": b"<!doctype html><script>",
    "a program": b"\x7fELF\2\1\1",
    "an archive": b"PK\3\4",
    "a PDF": b"%PDF-1.7",
    "a picture": b"\x89PNG\r\n\x1a\n",
    "a picture in the boxes of a film": b"\0\0\0\x18ftypheic",
    "a picture in RIFF": b"RIFF\x24\0\0\0WEBPVP8 ",
    "a text that begins with G": b"G" * 100 + b" is a letter" * 100,
    "EBML of another kind": b"\x1aE\xdf\xa3" + bytes(100),
    "the sign further on": b"x" + FTYP,
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("stated", [None, "video/mp4"])
@pytest.mark.parametrize("head", NO_MEDIA.values(), ids=NO_MEDIA)
def test_is_no_recording_whatever_is_said_of_it(head: bytes, stated: str | None) -> None:
    with pytest.raises(BadInput) as refused:
        find_type(head, stated=stated)
    assert refused.value.code == "not_media"


STATED = {
    "sound of a film": ("audio/mp4", "audio/mp4"),
    "another spelling": ("video/x-m4v", "video/x-m4v"),
    "the same container by its general name": ("application/mp4", "video/mp4"),
    "another container": ("video/webm", None),
    "a page": ("text/html", None),
    "something made up": ("video/nothing", None),
}


@pytest.mark.parametrize(("stated", "expected"), STATED.values(), ids=STATED)
def test_a_stated_type_counts_where_the_bytes_bear_it_out(stated: str, expected: str | None) -> None:
    if expected is not None:
        assert find_type(FTYP, stated=stated) == expected
        return
    with pytest.raises(BadInput) as refused:
        find_type(FTYP, stated=stated)
    assert refused.value.code == "bad_metadata"


@pytest.mark.parametrize(
    "media_type", sorted({sign.media_type for sign in SIGNS} | {"video/mp2t", "audio/aac"})
)
def test_every_type_has_one_family(media_type: str) -> None:
    assert sum(media_type in family for family in FAMILIES) == 1

"""What a recorder says about a recording beside its bytes. Pure."""

import base64
import binascii
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recstore.errors import BadInput
from recstore.ingest.documents import Moment, Ref, Words

UNKNOWN_TYPE = "application/octet-stream"


class Described(BaseModel):
    """A recording as its recorder describes it. Everything may be left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: Words | None = None
    filename: Words | None = None
    filetype: Words | None = None
    started_by: Ref | None = None
    started_at: Moment | None = None
    duration_s: float | None = Field(default=None, ge=0, le=1_000_000)
    size: int | None = Field(default=None, ge=0)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")

    @property
    def stated_type(self) -> str | None:
        """Give the media type that was stated, without its parameters; None if that says nothing."""
        named = (self.filetype or "").partition(";")[0].strip().lower()
        return named if named not in {"", UNKNOWN_TYPE} else None


def read_description(fields: Mapping[str, str]) -> Described:
    """Check the fields that came as query parameters, options or upload metadata."""
    try:
        return Described.model_validate(dict(fields))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise BadInput(f"{where}: {first['msg']}", code="bad_metadata") from None


def read_upload_metadata(header: str) -> dict[str, str]:
    """Read an `Upload-Metadata` header: pairs of key and base64 value, commas between (tus 1.0.0)."""
    fields = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            fields[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise BadInput(
                f"Upload-Metadata: the value of {key[:40]!r} is not base64 of UTF-8.", code="bad_metadata"
            ) from None
    return fields

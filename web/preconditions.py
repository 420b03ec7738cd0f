"""`If-Match` (RFC 9110, section 13.1.1): nobody's change overwrites what they have not seen, unnoticed.

Content alone has an ETag. Of all else, any tag that is sent names another state; to change access only as it
was shown, the API has `shown`.
"""

from flask import request

from recstore.errors import Unmatched
from web.forgery import HARMLESS


def check_change() -> None:
    """Raise Unmatched for a change under a condition on what has no ETag."""
    if request.method not in HARMLESS:
        check(None)


def check(etag: str | None) -> None:
    """Raise Unmatched unless the request is for any state or for this one. None: there is no ETag."""
    wanted = request.if_match
    if wanted and not (wanted.star_tag or (etag is not None and wanted.is_strong(etag))):
        raise Unmatched("If-Match names another state than is there; nothing was done. Read it again first.")

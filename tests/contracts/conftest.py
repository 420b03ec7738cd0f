"""What a contract may ask about a store beyond its protocol."""

from collections.abc import Callable

import pytest

from recstore.storage.blobs import Blobs
from recstore.storage.s3 import S3Blobs


@pytest.fixture
def left_over() -> Callable[[Blobs], int]:
    """Count the unfinished uploads that a store of blobs still keeps."""

    def count(blobs: Blobs) -> int:
        if not isinstance(blobs, S3Blobs):
            return 0
        found = blobs._client._list_multipart_uploads(blobs._bucket, prefix=blobs._prefix)
        return len(found.uploads)

    return count

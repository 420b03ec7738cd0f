"""Any plaintext, cut into any segments, read in any range, is the same as slicing it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors.sealed_items import CHUNK, plaintext, seal_item

EDGES = st.builds(
    lambda chunks, off: max(chunks * CHUNK + off, 0), st.sampled_from([0, 1, 2, 64, 65]), st.integers(-2, 2)
)
LENGTHS = st.lists(EDGES | st.integers(0, 3 * CHUNK), min_size=1, max_size=4)


@settings(max_examples=80, deadline=None)
@given(LENGTHS, st.data())
def test_any_range_of_any_item_is_the_same_slice(lengths: list[int], data: st.DataObject) -> None:
    item = seal_item([plaintext(length, str(index)) for index, length in enumerate(lengths)])
    opener = item.opener()
    assert opener.length == len(item.plain)
    # Several ranges of one opener, so that nothing left over from one shows in the next.
    for _ in range(4):
        start = data.draw(st.integers(0, opener.length))
        stop = data.draw(st.integers(start, opener.length))
        assert b"".join(opener.read(start, stop)) == item.plain[start:stop]

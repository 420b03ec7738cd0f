"""Search the memory of another process (proc(5): /proc/PID/maps, /proc/PID/mem)."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

READABLE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r")
PIECE = 16 << 20


def found_in_memory(pid: int, sought: Mapping[str, bytes]) -> set[str]:
    """Give the titles of what stands anywhere in the readable memory of a process."""
    longest = max(map(len, sought.values()))
    found: set[str] = set()
    for piece in read_memory(pid, overlap=longest):
        found |= {title for title, value in sought.items() if value in piece}
    return found


def read_memory(pid: int, *, overlap: int) -> Iterator[bytes]:
    """Give all of it in pieces; each begins with the last `overlap` bytes of the one before."""
    mapped = filter(None, map(READABLE.match, Path(f"/proc/{pid}/maps").read_text().splitlines()))
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in ((int(each[1], 16), int(each[2], 16)) for each in mapped):
            before = b""
            for at in range(start, end, PIECE):
                try:
                    memory.seek(at)
                    piece = before + memory.read(min(PIECE, end - at))
                except (OSError, OverflowError):
                    break  # the kernel's own pages; or unmapped since
                yield piece
                before = piece[-overlap:]

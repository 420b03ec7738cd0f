"""Make the running agent give away as little as a process can (Linux)."""

import ctypes
import os
import resource
from typing import Final

from keys.errors import HomeUnfit

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


def harden() -> None:
    """Keep new files private, and keep memory out of core dumps and debuggers of the same user (prctl(2))."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Also takes ptrace and /proc/PID/mem away from every process without CAP_SYS_PTRACE.
    if ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise HomeUnfit("The system does not let the key agent protect its memory (PR_SET_DUMPABLE).")

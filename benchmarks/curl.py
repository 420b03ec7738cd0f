"""Transfers by curl: the same client for everybody, and a quick one."""

import subprocess
from pathlib import Path

from benchmarks.service import MIB


def download(url: str, *headers: str) -> float:
    """Fetch everything and throw it away; return MiB/s, or raise CalledProcessError."""
    return _run("--output", "/dev/null", "--write-out", "%{speed_download}", url, headers=headers)


def upload(url: str, file: Path, *headers: str) -> float:
    """Send a file by PUT; return MiB/s until the answer was there, or raise CalledProcessError."""
    write_out = ("--output", "/dev/null", "--write-out", "%{speed_upload}")
    return _run("--upload-file", str(file), *write_out, url, headers=headers)


def _run(*arguments: str, headers: tuple[str, ...]) -> float:
    sent = [part for header in headers for part in ("--header", header)]
    # Whatever the machine's own settings for curl are, they are not meant for this.
    command = ["curl", "--disable", "--noproxy", "*", "--silent", "--show-error", "--fail", *sent, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout) / MIB

"""nginx in front of the store, to compare with: it passes on sealed bytes and thinks about nothing."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection, create_server
from time import monotonic, sleep
from urllib.parse import urlsplit

START_SECONDS = 10
# Several settings were tried; larger and more buffers were no quicker.
TUNED = "proxy_buffers 8 1m; proxy_buffer_size 64k; proxy_busy_buffers_size 2m;"
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr warn; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi; uwsgi_temp_path {folder}/uwsgi;
    upstream store {{ server {store}; keepalive 8; }}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host {store};    # part of what the address at the store is signed over
    proxy_max_temp_file_size 0;
    server {{ listen 127.0.0.1:{unbuffered}; location / {{ proxy_pass http://store; proxy_buffering off; }} }}
    server {{ listen 127.0.0.1:{tuned}; location / {{ proxy_pass http://store; {settings} }} }}
}}
"""


@contextmanager
def passing_on(url: str) -> Iterator[tuple[str, str]]:
    """Give the same address behind nginx twice: without buffering, and with tuned buffers."""
    store, unbuffered, tuned = urlsplit(url).netloc, free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="recstore-bench-") as folder:
        configuration = CONFIGURATION.format(
            folder=folder, store=store, unbuffered=unbuffered, tuned=tuned, settings=TUNED
        )
        Path(folder, "nginx.conf").write_text(configuration)
        process = subprocess.Popen(["nginx", "-e", "stderr", "-p", folder, "-c", f"{folder}/nginx.conf"])
        try:
            await_port(unbuffered)
            yield url.replace(store, f"127.0.0.1:{unbuffered}"), url.replace(store, f"127.0.0.1:{tuned}")
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def await_port(port: int) -> None:
    """Return when somebody listens."""
    deadline = monotonic() + START_SECONDS
    while True:
        try:
            return create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if monotonic() > deadline:
                raise
        sleep(0.05)

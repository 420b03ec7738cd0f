"""The folder of an installation: what `recstore init` makes, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from recstore.errors import Misconfigured
from recstore.settings import Settings

# Keyed hashes of refs and addresses; signatures of the web's CSRF tokens.
LOOKUP = "lookup.key"
COOKIES = "cookies.key"


def prepare(settings: Settings) -> None:
    """Make what is missing; leave alone what is there."""
    for folder in (settings.data, settings.secrets_folder, settings.data / "run", settings.data / "logs"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (LOOKUP, COOKIES):
        path = settings.secrets_folder / name
        if not path.exists():
            _write_new(path, secrets.token_bytes(32))


def read_secret(settings: Settings, name: str) -> bytes:
    """Read one of the installation's own secrets."""
    path = settings.secrets_folder / name
    try:
        return path.read_bytes()
    except OSError:
        raise Misconfigured(f"{path} cannot be read; run `recstore init` first.") from None


def database_url(settings: Settings) -> str:
    """Give the catalog's URL, with the password from its file if it has one."""
    if settings.database_url is None:
        return f"sqlite:///{settings.data / 'catalog.db'}"
    if settings.database_password_file is None:
        return settings.database_url
    from sqlalchemy import make_url

    password = settings.database_password_file.read_text().strip()
    return make_url(settings.database_url).set(password=password).render_as_string(hide_password=False)


def _write_new(path: Path, content: bytes) -> None:
    # O_EXCL: two commands that start at once must not give the installation two keys.
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(content)

"""`recstore init` and `recstore serve`."""

from pathlib import Path

import click

from recstore.cli.options import absolute, as_json_option, data_option, installation, json_option, show
from recstore.cli.supervisor import supervise
from recstore.settings import read_settings


@click.command()
@json_option
@data_option
def init(data: Path | None) -> None:
    """Create the data folder, database and keys. What is there already stays."""
    with installation(data) as recstore:
        recstore.check()
        show({"data": str(recstore.settings.data)})


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--workers", default=1, show_default=True, help="Web processes.")
@as_json_option
@data_option
def serve(host: str, port: int, workers: int, as_json: bool, data: Path | None) -> None:
    """Serve pages and API.

    Starts an embedded store and key agent unless settings point elsewhere. Says "ready on URL" when it
    answers; with --json, {"ready": URL}.
    """
    supervise(absolute(read_settings(data)), host=host, port=port, workers=workers, as_json=as_json)

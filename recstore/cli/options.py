"""Options that several commands share, and the installation that a command works on."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from recstore.embedded import running_parts, running_store
from recstore.settings import Settings, read_settings
from recstore.wiring import Intake, Recstore, build, build_intake

Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """Add `--data DIR`; without it, RECSTORE_DATA or ./data."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of the installation; RECSTORE_DATA or ./data without it.",
    )(command)


def no_data_option(command: Command) -> Command:
    """Add `--data`, which every command takes, to one that works without an installation."""
    return click.option("--data", expose_value=False, help="Not needed here: works without an installation.")(
        command
    )


def json_option(command: Command) -> Command:
    """Add `--json` to a command whose answer is JSON anyway: scripts may always say it."""
    return click.option(
        "--json", is_flag=True, expose_value=False, help="For scripts; the answer is JSON without it too."
    )(command)


def as_json_option(command: Command) -> Command:
    """Add `--json` to a command that otherwise speaks to people."""
    return click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(command)


@contextmanager
def installation(data: Path | None) -> Iterator[Recstore]:
    """Give a recstore whose parts run: those of a `serve` on the same folder, or some for this command."""
    settings = absolute(read_settings(data))
    with running_parts(settings):
        recstore = build(settings)
        try:
            yield recstore
        finally:
            recstore.catalog.engine.dispose()


@contextmanager
def handing_over(data: Path | None) -> Iterator[Intake]:
    """Give what hands over, its store running; the key agent is neither needed nor started."""
    settings = absolute(read_settings(data))
    with running_store(settings):
        intake = build_intake(settings)
        try:
            yield intake
        finally:
            intake.catalog.engine.dispose()


def absolute(settings: Settings) -> Settings:
    """Make the data folder's path absolute: child processes must not depend on where they stand."""
    return settings.model_copy(update={"data": settings.data.resolve()})


def show(answer: dict[str, Any]) -> None:
    """Print an answer as JSON, for people and scripts alike."""
    click.echo(json.dumps(answer, ensure_ascii=False))

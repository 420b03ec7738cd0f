"""Runs `recstore` as scripts do."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from recstore.cli import main


@dataclass
class Shell:
    """Runs `recstore` on one data folder."""

    data: Path
    environment: dict[str, str]

    def run(self, *arguments: str, typed: str = "") -> Result:
        command = [*arguments, "--data", str(self.data)]
        return CliRunner(env=self.environment).invoke(main, command, input=typed)

    def run_alone(self, *arguments: str) -> Result:
        """Run what needs no installation."""
        return CliRunner().invoke(main, [*arguments])

    def answer(self, *arguments: str, typed: str = "") -> dict[str, Any]:
        done = self.run(*arguments, typed=typed)
        assert done.exit_code == 0, done.stderr
        answered: dict[str, Any] = json.loads(done.stdout)
        return answered

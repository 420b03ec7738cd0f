"""The command line: `recstore …`. Every command is thin; what it does lives in recstore."""

from recstore.cli.main import main

__all__ = ["main"]

"""What the house tests look at: the tracked kinds of file, without what tools leave behind."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("keys", "recstore", "web")
LEFT_BEHIND = {".git", ".venv", "__pycache__", "node_modules", "data", "results", "secrets"}
LEFT_BEHIND |= {".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def walk(folder: Path) -> Iterator[Path]:
    """Yield every file below `folder` that belongs to the project."""
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_BEHIND or path.name.startswith(".coverage") or path.is_symlink():
            continue
        if path.is_dir():
            yield from walk(path)
        else:
            yield path


def modules() -> dict[str, Path]:
    """Return every module of the product, by its dotted name."""
    found = {}
    for package in PRODUCT:
        for path in walk(ROOT / package):
            if path.suffix == ".py":
                parts = path.relative_to(ROOT).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of one module."""
    return ast.parse(path.read_text(), filename=str(path))


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def contract(identity: str) -> dict[str, Any]:
    """Return one contract of the import linter."""
    found: list[dict[str, Any]] = project()["tool"]["importlinter"]["contracts"]
    return next(each for each in found if each["id"] == identity)

"""Run every benchmark of this folder, print what it found and write it to benchmarks/results/.

    python -m benchmarks.run            all of them
    python -m benchmarks.run sealing    only these

A benchmark is a module here with `measure() -> dict[str, float]` (figure → value) and, where there is
something to reach, `AT_LEAST` or `AT_MOST` (figure → bound). A missed bound is printed, and is no failure:
figures depend on the machine, ratios within one run are what counts.
"""

import importlib
import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent


def main() -> None:
    """Measure what was named on the command line, or all."""
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run")
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    for name, module in modules.items():
        if not hasattr(module, "measure"):
            continue  # shared by other benchmarks, measures nothing itself
        figures = module.measure()
        show(name, module, figures)
        keep(name, figures)


def show(name: str, module: ModuleType, figures: Mapping[str, float]) -> None:
    """Print one benchmark's table."""
    print(f"\n{name}: {(module.__doc__ or '').strip().splitlines()[0]}\n")
    width = max(map(len, figures))
    for figure, value in figures.items():
        print(f"  {figure:<{width}}  {value:>12,.3f}  {judge(module, figure, value)}".rstrip())
    sys.stdout.flush()


def judge(module: ModuleType, figure: str, value: float) -> str:
    """Say how a value stands to its bound, if it has one."""
    low = getattr(module, "AT_LEAST", {}).get(figure)
    high = getattr(module, "AT_MOST", {}).get(figure)
    if low is not None:
        return f"{'reached' if value >= low else 'MISSED '}  at least {low:g}"
    if high is not None:
        return f"{'reached' if value <= high else 'MISSED '}  at most {high:g}"
    return ""


def keep(name: str, figures: Mapping[str, float]) -> None:
    """Write one benchmark's figures, with what they were measured on."""
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    result = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "on": machine, "figures": dict(figures)}
    (folder / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Run every benchmark of this folder; print what it found, then one table of what is to be reached.

    python -m benchmarks.run                all of them
    python -m benchmarks.run seeks memory   only these
    python -m benchmarks.run --baseline     all of them, and keep the figures as the baseline

A benchmark is a module here with `measure() -> dict[str, float]` (figure → value) and, where there is
something to reach, `AT_LEAST` or `AT_MOST` (figure → bound). Figures go to results/DATE-NAME.json. A missed
bound makes the run fail.
"""

import argparse
import importlib
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
RESULTS = HERE / "results"

Figures = dict[str, float]


def main() -> None:
    """Measure what was named on the command line, or all; exit 1 when a bound was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.run")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--baseline", action="store_true", help="keep the figures as results/baseline.json")
    arguments = parser.parse_args()
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in arguments.names or all_names()}
    results = {name: run(name, module) for name, module in modules.items()}
    if arguments.baseline:
        write(RESULTS / "baseline.json", {"on": machine(), "results": results})
    table, missed = judge(modules, results)
    Console().print(table)
    sys.exit(1 if missed else 0)


def all_names() -> list[str]:
    """Return the modules that measure; the others are what they share."""
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run")
    return [name for name in names if hasattr(importlib.import_module(f"benchmarks.{name}"), "measure")]


def run(name: str, module: ModuleType) -> dict[str, Any]:
    """Measure, print and keep one benchmark's figures."""
    # How busy the machine was with other things: a figure from a busy machine says little.
    at, load = datetime.now(UTC), os.getloadavg()[0]
    figures: Figures = module.measure()
    print(f"\n{name}: {(module.__doc__ or '').strip().splitlines()[0]}\n")
    width = max(map(len, figures))
    for figure, value in figures.items():
        print(f"  {figure:<{width}}  {value:>12,.3f}")
    sys.stdout.flush()
    result = {"at": at.isoformat(timespec="seconds"), "load_before": round(load, 2), "figures": figures}
    write(RESULTS / f"{at:%Y-%m-%d}-{name}.json", {"on": machine(), **result})
    return result


def judge(modules: dict[str, ModuleType], results: dict[str, dict[str, Any]]) -> tuple[Table, int]:
    """Return the table of everything that has a bound, and how many bounds were missed."""
    table = Table("benchmark", "figure", "measured", "to reach", "verdict")
    missed = 0
    for name, module in modules.items():
        figures: Figures = results[name]["figures"]
        for figure, low in getattr(module, "AT_LEAST", {}).items():
            missed += add_row(table, name, figure, figures[figure], f"≥ {low:g}", figures[figure] >= low)
        for figure, high in getattr(module, "AT_MOST", {}).items():
            missed += add_row(table, name, figure, figures[figure], f"≤ {high:g}", figures[figure] <= high)
    return table, missed


def add_row(table: Table, name: str, figure: str, value: float, bound: str, is_reached: bool) -> int:
    """Add one row; return 1 if its bound was missed."""
    verdict = "[green]reached[/]" if is_reached else "[bold red]MISSED[/]"
    table.add_row(name, figure, f"{value:.2f}", bound, verdict)
    return 0 if is_reached else 1


def machine() -> dict[str, Any]:
    """Describe what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "processor": processor(),
        "memory_gib": round(memory / 2**30),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "python": platform.python_version(),
    }


def processor() -> str:
    """Return the processor's own name, or its family."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def write(file: Path, found: dict[str, Any]) -> None:
    """Write a result as JSON."""
    RESULTS.mkdir(exist_ok=True)
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

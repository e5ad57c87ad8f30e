"""All benchmarks in one command: `python -m benchmarks [--only NAME ...] [--quick]`.

Each runs as a process of its own, one after another; what they found goes into docs/benchmarks.md.
Of benchmarks that were not run, or did not finish, the figures of before stay. `--quick` shows in
minutes that all of them work: its figures are printed and not written down, unless `--file` says
where.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.figures import FILE, Figure, told
from bot.settings import ROOT

REPORT = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `python -m benchmarks`. Machines are noisy: what is compared was measured in turns within
one run, and only ratios count.
"""
SECTION = re.compile(r"^## (\w+)\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
# What a benchmark ends with when it ran and missed a bound.
MISSED = 1


@dataclass(frozen=True)
class Benchmark:
    """One of them: a module of this package, and what it is started with.

    Args:
        name: of the module.
        about: what it measures.
        full: its options.
        quick: its options when it is only to be seen working.
    """

    name: str
    about: str
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether there is such a module."""
        return importlib.util.find_spec(f"benchmarks.{self.name}") is not None

    def command(self, quick: bool) -> list[str]:
        """How it is started, after `python`."""
        return ["-m", f"benchmarks.{self.name}", *(self.quick if quick else self.full)]


BENCHMARKS = (
    Benchmark(
        "servers",
        "The bot's process beside a stock Rasa server with REST channel and SQL tracker store",
        quick=("--turns", "10", "--starts", "1", "--bursts", "1"),
    ),
    Benchmark(
        "stock_rasa",
        "The same inside the process, without HTTP and Telegram: Rasa's Agent with its own store",
        quick=("--turns", "10", "--loads", "1"),
    ),
    Benchmark("workers", "One worker and two on PostgreSQL"),
    Benchmark(
        "growth",
        "A turn as stored chats grow; a dialogue that answers at once in place of the model",
        quick=("--sizes", "100", "1000", "--turns", "2"),
    ),
    Benchmark("webhook", "A burst at one receiver", quick=("--updates", "100")),
    Benchmark(
        "flood",
        "How long others wait while one chat sends ten thousand updates",
        quick=("--updates", "500"),
    ),
    Benchmark("nudges", "A hundred thousand check-ins due at once", quick=("--count", "2000")),
    Benchmark("ranking", "Choosing a tip"),
)


def machine() -> str:
    """Cores and memory, and nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{os.cpu_count()} cores, {memory:.0f} GB"


def run(benchmark: Benchmark, quick: bool) -> list[Figure] | None:
    """Run a benchmark; its figures, None when it did not finish."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.jsonl"
        done = subprocess.run(
            [sys.executable, *benchmark.command(quick)],
            cwd=ROOT,
            env={**os.environ, FILE: str(figures)},
            check=False,
        )
        return told(figures) if done.returncode in (0, MISSED) else None


def section(benchmark: Benchmark, figures: list[Figure], quick: bool, day: date) -> str:
    """What the report says of a benchmark."""
    verdicts = {None: "", True: "kept", False: "**missed**"}
    rows = "".join(
        f"| {figure.name} | {figure.value} | {figure.bound or ''} | {verdicts[figure.kept]} |\n"
        for figure in figures
    )
    command = " ".join(["python", *benchmark.command(quick)])
    return (
        f"## {benchmark.name}\n\n{benchmark.about}: `{command}`, {day.isoformat()}, "
        f"{machine()}.\n\n| what | figure | bound | |\n|---|---|---|---|\n{rows}\n"
    )


def write(report: Path, sections: dict[str, str]) -> None:
    """Put sections into the report; those of other benchmarks stay as they are."""
    before = report.read_text(encoding="utf-8") if report.exists() else ""
    kept = {found[1]: found[0] for found in SECTION.finditer(before)}
    known = {**kept, **sections}
    order = [benchmark.name for benchmark in BENCHMARKS if benchmark.name in known]
    text = "\n".join([HEAD, *(known[name].rstrip("\n") + "\n" for name in order)])
    report.write_text(text, encoding="utf-8")


def main() -> int:
    """Run what is wanted; 1 when one did not finish or missed a bound."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    names = [benchmark.name for benchmark in BENCHMARKS if benchmark.exists]
    parser.add_argument("--only", action="append", choices=names, help="can be given again")
    parser.add_argument("--quick", action="store_true", help="see that they work, in minutes")
    parser.add_argument("--file", type=Path, help="the report; default: docs/benchmarks.md")
    options = parser.parse_args()
    report = options.file or (None if options.quick else REPORT)
    good = True
    for benchmark in BENCHMARKS:
        if benchmark.name not in (options.only or names):
            continue
        print(f"== {benchmark.name}: {benchmark.about}", flush=True)
        figures = run(benchmark, options.quick)
        if figures is None:
            print(f"{benchmark.name} did not finish", flush=True)
            good = False
            continue
        good &= all(figure.kept is not False for figure in figures)
        if report is not None:
            day = datetime.now(UTC).date()
            write(report, {benchmark.name: section(benchmark, figures, options.quick, day)})
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""TeVoet beside stock Rasa in one run: time until ready, time of a turn, peak memory.

Run it with `uv run python -m benchmarks.stock_rasa`. The first run trains stock Rasa, which takes
some ten minutes; later runs take about five. Machines are noisy, so the two are measured in turns
and only ratios within one run count.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, tell
from benchmarks.stock_project import trained_stock
from benchmarks.worker import READY
from bot.content import load
from bot.settings import ROOT, read_settings
from bot.training import train
from nlu.evaluation.sets import SETS, read

# What TeVoet promises: its share of stock Rasa's time, at most.
READY_AT_MOST = 1 / 3
TURN_AT_MOST = 1 / 2
LOADS = 3
TURNS_A_CONVERSATION = 10
WARM_UP = 10
PAUSE = 0.05

console = Console(stderr=True, highlight=False)
QUIET = {
    **os.environ,
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "LOG_LEVEL": "ERROR",
    "PYTHONWARNINGS": "ignore",
    # A line is there when it is printed, not when a buffer is full.
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Measured:
    """One thing measured on both, with the most that TeVoet may take of stock Rasa's."""

    name: str
    unit: str
    ours: float
    stock: float
    at_most: float | None = None

    @property
    def ratio(self) -> float:
        """TeVoet's share of what stock Rasa takes."""
        return self.ours / self.stock

    @property
    def figure(self) -> Figure:
        """For the report."""
        value = f"{self.ours:.1f} {self.unit} / {self.stock:.1f} {self.unit} = {self.ratio:.2f}"
        bound = None if self.at_most is None else f"at most {self.at_most:.2f}"
        kept = None if self.at_most is None else self.kept
        return Figure(f"{self.name}: TeVoet / stock Rasa", value, bound, kept)

    @property
    def kept(self) -> bool:
        """Whether the bound is kept; what has no bound always is."""
        return self.at_most is None or self.ratio <= self.at_most


def seconds_until(line: str, command: list[str | Path], env: dict[str, str]) -> float:
    """Start a process and wait for a line of its output; then let it end.

    Args:
        line: the line, without its end.
        command: what to start.
        env: its environment.

    Raises:
        RuntimeError: the process ended without the line.
    """
    before = time.perf_counter()
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None  # noqa: S101
        for said in process.stdout:
            if said.rstrip("\n") == line:
                seconds = time.perf_counter() - before
                process.communicate()
                return seconds
    raise RuntimeError(f"{command[0]} ended without: {line}")


def worker(which: str, model: Path, folder: Path) -> list[str | Path]:
    """The command of a worker process."""
    return [sys.executable, "-m", "benchmarks.worker", which, model, folder]


def measure_ready(stock_model: Path, loads: int) -> Measured:
    """From the start of the process, in turns: `./tevoet chat`, and Agent.load with its imports."""
    ready = load().messages["terminal_ready"].variants[0]
    ours: list[float] = []
    stock: list[float] = []
    for number in range(loads + 1):
        with tempfile.TemporaryDirectory() as name:
            store = {"DATABASE_URL": f"sqlite:///{name}/chat.db"}
            o = seconds_until(ready, [ROOT / "tevoet", "chat"], {**QUIET, **store})
            s = seconds_until(READY, worker("stock", stock_model, Path(name)), QUIET)
        # The first of each reads from a cold disk and may still be setting up.
        console.print(f"  ready: {o:.1f} s and {s:.1f} s" + ("" if number else " (warm-up)"))
        if number:
            ours.append(o)
            stock.append(s)
    return Measured(
        "ready", "s", statistics.median(ours), statistics.median(stock), at_most=READY_AT_MOST
    )


class Worker:
    """A process with one of the two assistants loaded."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _read(self) -> str:
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the worker ended; its error stands above")
        return line.strip()

    def wait(self) -> None:
        """Wait until it is loaded."""
        while self._read() != READY:
            pass

    def turn(self, text: str, sender: int) -> tuple[float, float]:
        """Milliseconds that the answer to a text took, and those of processors at work."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(json.dumps({"text": text, "sender": sender}) + "\n")
        self._process.stdin.flush()
        took, worked = self._read().split()
        return float(took), float(worked)

    def end(self) -> float:
        """Let it end; gives its peak memory in MB."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.close()
        return float(self._read())


@contextmanager
def started(which: str, model: Path, folder: Path) -> Iterator[Worker]:
    """A loaded worker."""
    with subprocess.Popen(
        worker(which, model, folder),
        env=QUIET,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        ready = Worker(process)
        ready.wait()
        yield ready


def messages(number: int) -> list[str]:
    """Messages that neither was trained on, always the same ones.

    Danger is left out: it would hold up all that follows in a conversation with TeVoet.
    """
    unseen = [
        line.text
        for line in read(SETS["dev"])
        if not line.intent.startswith("crisis_") and not line.hard_negative
    ]
    return random.Random(1).sample(unseen, number)


def measure_turns(own_model: Path, stock_model: Path, turns: int) -> list[Measured]:
    """The same messages to both, in turns: milliseconds a turn and, at the end, memory."""
    ours: list[tuple[float, float]] = []
    stock: list[tuple[float, float]] = []
    with (
        tempfile.TemporaryDirectory() as name,
        started("ours", own_model, Path(name)) as own_worker,
        started("stock", stock_model, Path(name)) as stock_worker,
    ):
        for number, text in enumerate(messages(turns + WARM_UP)):
            sender = 1 + number // TURNS_A_CONVERSATION
            for times, answering in ((ours, own_worker), (stock, stock_worker)):
                # The threads of the one before are still awake for a moment.
                time.sleep(PAUSE)
                times.append(answering.turn(text, sender))
        own_memory, stock_memory = own_worker.end(), stock_worker.end()
    took = [statistics.median(t for t, _ in times[WARM_UP:]) for times in (ours, stock)]
    worked = [statistics.median(w for _, w in times[WARM_UP:]) for times in (ours, stock)]
    return [
        Measured("a turn", "ms", *took, at_most=TURN_AT_MOST),
        Measured("of processors", "ms", *worked),
        Measured("peak memory", "MB", own_memory, stock_memory),
    ]


def table(measured: list[Measured]) -> Table:
    """All figures side by side."""
    shown = Table("", "TeVoet", "stock Rasa", "ratio", "at most", "")
    for m in measured:
        shown.add_row(
            m.name,
            f"{m.ours:.1f} {m.unit}",
            f"{m.stock:.1f} {m.unit}",
            f"{m.ratio:.2f}",
            "" if m.at_most is None else f"{m.at_most:.2f}",
            "" if m.at_most is None else "kept" if m.kept else "missed",
        )
    return shown


def main() -> int:
    """Measure, print the table; 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=100, help="of stock Rasa's training")
    parser.add_argument("--turns", type=int, default=100, help="messages to each")
    parser.add_argument("--loads", type=int, default=LOADS, help="starts of each")
    options = parser.parse_args()
    data_dir = read_settings().data_dir
    console.print("Stock Rasa: training, unless it is there")
    stock_model = trained_stock(data_dir / "benchmarks", options.epochs)
    console.print("TeVoet: training, unless it is there")
    own_model = train(data_dir / "models", lambda stage: console.print(f"  {stage}"))
    console.print("Starting each")
    ready = measure_ready(stock_model, options.loads)
    console.print("Talking to each")
    measured = [ready, *measure_turns(own_model, stock_model, options.turns)]
    Console().print(table(measured))
    for m in measured:
        tell(m.figure)
    return 0 if all(m.kept for m in measured) else 1


if __name__ == "__main__":
    raise SystemExit(main())

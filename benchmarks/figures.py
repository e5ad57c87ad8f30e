"""What a benchmark found: printed, and handed to `python -m benchmarks` when that started it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

# The file that figures are added to, a line of JSON each.
FILE = "BENCHMARK_FIGURES"


@dataclass(frozen=True)
class Figure:
    """One thing that was measured.

    Args:
        name: of what was measured.
        value: the figure with its unit.
        bound: what it should be; None when there is no bound.
        kept: whether it is; None without a bound.
    """

    name: str
    value: str
    bound: str | None = None
    kept: bool | None = None

    def __str__(self) -> str:
        verdict = "" if self.kept is None else ", kept" if self.kept else ", MISSED"
        return f"{self.name}: {self.value}" + (f" ({self.bound}{verdict})" if self.bound else "")


def tell(figure: Figure) -> None:
    """Print a figure, and hand it to who asked for it."""
    print(figure, flush=True)
    if path := os.environ.get(FILE):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(figure)) + "\n")


def told(path: Path) -> list[Figure]:
    """The figures that were handed over in a file; none when there is no file."""
    if not path.exists():
        return []
    return [Figure(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]

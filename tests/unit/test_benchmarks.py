"""The benchmarks' own machinery: figures are handed over, the report keeps what was not run."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, REPORT, SECTION, Benchmark, machine, section, write
from benchmarks.figures import FILE, Figure, tell, told
from bot.settings import ROOT

DAY = date(2026, 11, 22)
GROWTH, WEBHOOK = (
    next(each for each in BENCHMARKS if each.name == name) for name in ("growth", "webhook")
)


def test_a_figure_reaches_who_asked_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(FILE, str(tmp_path / "figures"))
    missed = Figure("a turn", "3 ms", "at most 2 ms", kept=False)
    tell(missed)
    tell(Figure("memory", "1 MB"))
    assert told(tmp_path / "figures") == [missed, Figure("memory", "1 MB")]
    assert capsys.readouterr().out == "a turn: 3 ms (at most 2 ms, MISSED)\nmemory: 1 MB\n"


def test_who_tells_nothing_told_nothing(tmp_path: Path) -> None:
    assert told(tmp_path / "figures") == []


def test_the_report_has_figure_bound_command_machine_and_day() -> None:
    text = section(GROWTH, [Figure("a turn", "3 ms", "at most 2 ms", kept=False)], False, DAY)
    assert "| a turn | 3 ms | at most 2 ms | **missed** |" in text
    assert "`python -m benchmarks.growth`, 2026-11-22, " + machine() in text


def test_figures_of_what_was_not_run_stay(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    write(report, {"webhook": section(WEBHOOK, [Figure("burst", "old")], False, DAY)})
    write(report, {"growth": section(GROWTH, [Figure("a turn", "first")], False, DAY)})
    write(report, {"growth": section(GROWTH, [Figure("a turn", "second")], False, DAY)})
    text = report.read_text(encoding="utf-8")
    assert text.count("# Benchmarks\n") == 1
    assert "old" in text and "second" in text and "first" not in text
    # In the order of the list, however they were run.
    assert [found[1] for found in SECTION.finditer(text)] == ["growth", "webhook"]


def test_a_benchmark_that_does_not_exist_is_not_run() -> None:
    assert GROWTH.exists
    assert not Benchmark("made_up", "nothing").exists


@pytest.mark.parametrize("benchmark", [b for b in BENCHMARKS if b.exists], ids=lambda b: b.name)
def test_each_benchmark_knows_its_quick_options(benchmark: Benchmark) -> None:
    source = (ROOT / "benchmarks" / f"{benchmark.name}.py").read_text(encoding="utf-8")
    options = [word for word in benchmark.quick + benchmark.full if word.startswith("--")]
    assert [option for option in options if f'"{option}"' not in source] == []


def test_the_command_writes_what_it_found(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    command = [sys.executable, "-m", "benchmarks", "--only", "ranking", "--file", str(report)]
    subprocess.run(command, cwd=ROOT, check=False, timeout=60)
    assert "| a tip is chosen, median of 1000 | " in report.read_text(encoding="utf-8")


def test_the_report_names_no_machine_and_no_path() -> None:
    if REPORT.exists():
        text = REPORT.read_text(encoding="utf-8")
        assert str(ROOT) not in text and str(Path.home()) not in text
        assert platform.node() not in text

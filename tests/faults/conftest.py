"""The table of faults: which rows held, and runs to do harm to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_runs import centers, evolve

from metahebb.runs import evolve as runs_evolve

ROWS = range(1, 29)
_outcomes: dict[int, set[str]] = {}
_reasons: dict[int, str] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Note how the rows of a test came out."""
    report = yield
    for mark in item.iter_markers("row"):
        for row in mark.args:
            if report.when == "call" or report.outcome != "passed":
                _outcomes.setdefault(row, set()).add(report.outcome)
            if report.skipped:
                _, _, why = report.longrepr
                _reasons[row] = why.removeprefix("Skipped: ")
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end how many rows held. A row holds where one of its tests passed and none failed;
    one of which nothing ran is said to be skipped."""
    if not _outcomes or "row" not in terminalreporter.config.option.markexpr:
        return
    failed = [row for row in ROWS if "failed" in _outcomes.get(row, ())]
    passed = [row for row in ROWS if "passed" in _outcomes.get(row, ()) and row not in failed]
    skipped = [row for row in ROWS if row not in failed and row not in passed]
    for row in set(skipped) & set(_reasons):
        terminalreporter.write_line(f"row {row} skipped: {_reasons[row]}")
    for row in failed:
        terminalreporter.write_line(f"row {row} failed")
    why = "; ".join(sorted({_reasons.get(row, "not selected") for row in skipped}))
    terminalreporter.write_line(
        f"{len(ROWS)} rows: {len(passed)} passed, {len(skipped)} skipped"
        f"{f' ({why})' if why else ''}, {len(failed)} failed"
    )


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of four generations, with its last three checkpoints; to be copied."""
    path = tmp_path_factory.mktemp("kept") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs_evolve, "CHECKPOINT_EVERY", 1)
        assert evolve(path, generations=4) == 0
    return path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the centers of six generations that nothing disturbed."""
    path = tmp_path_factory.mktemp("whole") / "run"
    assert evolve(path, generations=6) == 0
    return centers(path)


@pytest.fixture
def run(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a copy of `kept` of one's own."""
    shutil.copytree(kept, tmp_path / "run")
    capsys.readouterr()
    return tmp_path / "run"

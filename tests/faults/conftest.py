"""The table of faults: which rows held."""

from __future__ import annotations

import pytest

ROWS = range(1, 32)
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

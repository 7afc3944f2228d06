"""The table of fresh trials with probes and without them."""

from __future__ import annotations

from typing import Any

from metahebb.analysis.probe_trials import NUMBERS
from metahebb.report.table import text_table


def probe_table(result: dict[str, Any]) -> str:
    """Return the result of `probe_trials` as a table."""
    rows = [["", "with the probe", "without", "difference"]]
    for word in NUMBERS.values():
        if word in result:
            columns = ("with", "without", "difference")
            rows.append([word, *(_cell(result[word][column]) for column in columns)])
    return f"{', '.join(result['probes'])}: {result['trials']} fresh trials\n\n{text_table(rows)}"


def _cell(numbers: dict[str, float | None]) -> str:
    mean, low, high = (numbers[name] for name in ("mean", "low", "high"))
    if mean is None:
        return "–"
    ends = "" if low is None or high is None else f" [{low:.3g}, {high:.3g}]"
    return f"{mean:.3g}{ends}".replace("-", "−")

"""What ``evaluate`` and ``probe`` say of several runs together: means over runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from metahebb.analysis.over_runs import Lives, mean_over_runs, of_differences, values_of
from metahebb.runs.folder import RunFolder
from metahebb.tasks.base import UNBOUNDED, Range, Task, ranges_of


def names_of(runs: Sequence[RunFolder]) -> list[str]:
    """Return the names of the runs' folders, with as much of the way to them as tells them apart.

    The name of a seed's folder stands behind that of the folder of seeds: ``h/seed0``. Each run is
    there once, see `metahebb.runs.seeds.runs_at`.
    """
    paths = [run.path.resolve() for run in runs]
    depth = 2 if any(re.fullmatch(r"seed\d+", path.name) for path in paths) else 1
    while len({path.parts[-depth:] for path in paths}) < len(paths):
        depth += 1
    return ["/".join(path.parts[-depth:]) for path in paths]


def evaluations_over_runs(
    evaluations: Sequence[Mapping[str, Any]], task: Task
) -> dict[str, dict[str, Any]]:
    """Return by body and number (``return`` and measures) the mean over runs, with its interval.

    Args:
        evaluations: what `metahebb.analysis.evaluate.evaluate` returned of each run, all in the
            same bodies.
        task: of the runs; those of its measures that nothing in a life can change have no mean
            over runs.
    """
    values = [values_of(evaluation) for evaluation in evaluations]
    names = ["return", *(measure.name for measure in task.measures if measure.compared)]
    ranges = ranges_of(task)
    return {
        body: {
            name: mean_over_runs([known[body][name] for known in values], ranges[name])
            for name in names
        }
        for body in values[0]
    }


def probes_over_runs(
    by_run: Sequence[Sequence[Mapping[str, Any]]], task: Task
) -> list[dict[str, Any]]:
    """Return a row per probe that all runs had, and per number: means over runs.

    Args:
        by_run: what `metahebb.analysis.probe.probe` returned of each run, probe by probe.
        task: the task of the runs.

    Returns:
        Rows with ``probe``, ``value`` (``return``, a measure or ``survival``), its ``unit``, and
        ``with``, ``without`` and ``difference``, which is paired life by life: each a mean over
        runs with its interval, see `metahebb.analysis.over_runs.mean_over_runs`.
    """
    known = [{", ".join(result["probes"]): result for result in results} for results in by_run]
    rows, ranges = [], {**ranges_of(task), "survival": (0.0, 1.0)}
    for probe, first in known[0].items():
        if not all(probe in results for results in known):
            continue
        results = [each[probe] for each in known]
        returns = [result["return"] for result in results]
        rows.append(_row(probe, "return", "", returns, ranges["return"]))
        for name, measure in first["measures"].items():
            every = [result["measures"][name] for result in results]
            rows.append(_row(probe, name, measure["unit"], every, ranges.get(name, UNBOUNDED)))
        alive = [result["survival"] for result in results]
        rows.append(_row(probe, "survival", "", alive, ranges["survival"]))
    return rows


def _row(
    probe: str, name: str, unit: str, each: Sequence[Mapping[str, Any]], within: Range
) -> dict[str, Any]:
    with_, without = ([result["lives"][part] for result in each] for part in ("with", "without"))
    return {
        "probe": probe,
        "value": name,
        "unit": unit,
        "with": mean_over_runs(with_, within),
        "without": mean_over_runs(without, within),
        "difference": mean_over_runs(list(map(_paired, with_, without)), of_differences(within)),
    }


def _paired(with_: Lives, without: Lives) -> Lives:
    """Return the difference of each life; None where one of both is not known."""
    return [None if a is None or b is None else a - b for a, b in zip(with_, without, strict=True)]

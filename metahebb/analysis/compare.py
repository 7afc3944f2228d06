"""Arms side by side: learning curves, what their last centers do, and the differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.arms import Arm, notes_on, settings_between
from metahebb.analysis.over_runs import (
    Lives,
    difference_of_runs,
    mean_over_runs,
    units_of,
    values_of,
)
from metahebb.analysis.statistics import few_runs, mean_of, numbers_or_none
from metahebb.paths import shown
from metahebb.runs.evaluation_shape import measures_of
from metahebb.runs.folder import RunFolder
from metahebb.tasks.base import UNBOUNDED, Moving, Range, ranges_of

Floats = npt.NDArray[np.float64]
Evaluation = Mapping[str, Any]

CENTER, FITNESS = "center_return", "fitness_mean"
CURVES = {
    CENTER: "return of the unperturbed center",
    FITNESS: "mean fitness of the population",
}
"""What a learning curve shows, by its name in ``metrics.jsonl``."""
_RESAMPLES = 2000


def compare(
    arms: Sequence[Arm], evaluation_of: Callable[[RunFolder], Evaluation | None]
) -> dict[str, Any]:
    """Return the comparison of ``arms``, as JSON types.

    Args:
        arms: to be compared, see `metahebb.analysis.arms`; one alone has no differences.
        evaluation_of: function that returns the evaluation of a run's newest center, or None.

    Returns:
        ``world``, ``curve`` (what the learning curves show) and its ``unit``, ``headline`` (the
        number that figures show), ``descriptions`` (of the task's measures, by name), ``notes``,
        ``settings`` (how the arms' configs differ), ``arms`` and ``differences``. Each arm has its
        ``runs``, a ``curve`` (see `learning_curve`) and ``final``: for each body and number the
        mean over runs with its interval. Each of the ``differences`` is that of two arms in one
        body and number, the earlier arm less the later.
    """
    evaluations = [[evaluation_of(run) for run in arm.runs] for arm in arms]
    every = [each for some in evaluations for each in some if each is not None]
    task = arms[0].runs[0].config.task
    units = units_of(every, task.return_unit)
    key = which_curve([run for arm in arms for run in arm.runs])
    ranges = ranges_of(task)
    fixed = {measure.name for measure in task.measures if not measure.compared}
    lives = [_lives(some, fixed) for some in evaluations]
    return {
        "world": task.label,
        "curve": key,
        "unit": task.return_unit,
        "headline": task.way.name if isinstance(task, Moving) else "return",
        "descriptions": {
            m.name: m.description for m in task.measures if m.compared and m.description
        },
        "notes": [*notes_on(arms), *unlike_lives(every)],
        "settings": settings_between(arms),
        "arms": [
            {
                "name": arm.name,
                "runs": [_run(*pair) for pair in zip(arm.runs, some, strict=True)],
                "curve": learning_curve(
                    arm.runs, key, ranges["return"] if key == CENTER else UNBOUNDED
                ),
                "final": [
                    {
                        **{"body": body, "value": name, "unit": units[name]},
                        **mean_over_runs(rows, ranges.get(name, UNBOUNDED)),
                    }
                    for (body, name), rows in known.items()
                ],
            }
            for arm, some, known in zip(arms, evaluations, lives, strict=True)
        ],
        "differences": [
            difference
            for one, other in combinations(range(len(arms)), 2)
            for difference in _differences(arms, lives, units, ranges, (one, other))
        ],
    }


def _differences(
    arms: Sequence[Arm],
    lives: Sequence[Mapping[tuple[str, str], Sequence[Lives]]],
    units: Mapping[str, str],
    ranges: Mapping[str, Range],
    pair: tuple[int, int],
) -> list[dict[str, Any]]:
    one, other = pair
    paired = are_paired(arms[one], arms[other])
    return [
        {
            "of": arms[one].name,
            "less": arms[other].name,
            "paired": paired,
            "body": body,
            "value": name,
            "unit": units[name],
            **difference_of_runs(
                lives[one][body, name],
                lives[other][body, name],
                paired,
                ranges.get(name, UNBOUNDED),
            ),
        }
        for body, name in lives[one]
        if (body, name) in lives[other]
    ]


def are_paired(one: Arm, other: Arm) -> bool:
    """Return whether each run of ``one`` has a partner of its seed in ``other``.

    Life i of both is then born by the same random numbers into a world of the same seed.
    """
    return one.seeds == other.seeds and len(set(one.seeds)) == len(one.seeds)


def _lives(
    evaluations: Sequence[Evaluation | None], fixed: Set[str]
) -> dict[tuple[str, str], list[Lives]]:
    """Return the lives of each run by body and number; a run without them has none.

    Numbers that are ``fixed``, because nothing that lives can change them, are left out.
    """
    each = [values_of(e) if e is not None else {} for e in evaluations]
    keys = {
        (body, name): None
        for values in each
        for body in values
        for name in values[body]
        if name not in fixed
    }
    return {
        (body, name): [values.get(body, {}).get(name, ()) for values in each] for body, name in keys
    }


def _run(run: RunFolder, evaluation: Evaluation | None) -> dict[str, Any]:
    """Return what tables say of a run: where it is, its cost, and its own evaluation."""
    metrics, last = run.read_metrics(), run.read_metrics()[-1]
    return {
        "folder": shown(run.path),
        "seed": run.config.seed,
        "generations": len(metrics),
        "env_steps": sum(record["env_steps"] for record in metrics),
        "elapsed_s": last["elapsed_s"],
        "lives": None if evaluation is None else evaluation["lives"],
        "max_steps": None if evaluation is None else evaluation["max_steps"],
        "bodies": {} if evaluation is None else _bodies(evaluation),
    }


def _bodies(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Return by body and number the mean of a run's lives, with the interval over lives."""
    known = values_of(evaluation)
    return {
        body: {name: mean_of(np.array(lives, np.float64)) for name, lives in known[body].items()}
        or {"return": _interval(result), **_measures(result)}  # an earlier version kept no lives
        for body, result in evaluation["bodies"].items()
    }


def _measures(result: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _interval(measure) for name, measure in measures_of(dict(result)).items()}


def _interval(result: Mapping[str, Any]) -> dict[str, Any]:
    return {part: result[part] for part in ("mean", "low", "high")}


def which_curve(runs: Sequence[RunFolder]) -> str:
    """Return what the learning curves of ``runs`` show: the center where all runs have lived it."""
    lived = (any(r[CENTER] is not None for r in run.read_metrics()) for run in runs)
    return CENTER if all(lived) else FITNESS


def unlike_lives(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return a note if not all ``evaluations`` have the same number of lives per body."""
    numbers = sorted({evaluation["lives"] for evaluation in evaluations})
    if len(numbers) < 2:
        return []
    each = f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    return [
        f"the runs were evaluated with unequal numbers of lives, {each} per body; give --lives "
        f"{numbers[-1]} (in Python lives={numbers[-1]}) to compare or to evaluate, for equal ones"
    ]


def learning_curve(
    runs: Sequence[RunFolder], key: str, within: Range = UNBOUNDED
) -> dict[str, Any]:
    """Return the learning curve of an arm, a point per generation that all its runs have done.

    A point is the mean over runs, at the mean of the env steps that the runs had then taken. Its
    interval resamples runs, and is spread by `few_runs`; lives of single generations are not kept.

    Args:
        runs: runs of one arm, each with at least one generation.
        key: name of a number in ``metrics.jsonl``.
        within: the least and the greatest value that a point of the band may have.

    Returns:
        ``generations``, ``env_steps``, ``mean``, ``low`` and ``high`` ``(n,)``, and the ``runs``,
        ``(n_runs, n)`` their values and ``(n_runs, n)`` their env steps. None is what is not known:
        all ends of intervals of a single run.
    """
    records = [run.read_metrics() for run in runs]
    n = min(map(len, records))
    values = np.array([[r[key] for r in each[:n]] for each in records], np.float64)
    steps = np.array([np.cumsum([r["env_steps"] for r in each[:n]]) for each in records])
    mean, low, high = _band(values)
    low, high = np.maximum(low, within[0]), np.minimum(high, within[1])
    return {
        "generations": list(range(1, n + 1)),
        "env_steps": steps.mean(0).tolist(),
        "mean": numbers_or_none(mean),
        "low": numbers_or_none(low),
        "high": numbers_or_none(high),
        "runs": [numbers_or_none(row) for row in values],
        "runs_env_steps": steps.tolist(),
    }


def _band(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return ``(mean, low, high)`` over runs of ``(n_runs, n)``; NaN is left out."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    nothing = np.full(values.shape[1], np.nan)
    mean = np.divide(filled.sum(0), known.sum(0), out=nothing.copy(), where=known.any(0))
    n = len(values)
    if n < 2:
        return mean, nothing, nothing
    counts = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), _RESAMPLES)
    drawn = counts @ known
    draws = np.divide(counts @ filled, drawn, out=np.full(drawn.shape, np.nan), where=drawn > 0)
    many = known.sum(0) > 1  # of a single known run nothing says how runs vary
    low, high = nothing.copy(), nothing.copy()
    ends = np.nanquantile(draws[:, many], (0.025, 0.975), axis=0)
    low[many], high[many] = mean[many] + few_runs(1, n) * (ends - mean[many])
    return mean, low, high

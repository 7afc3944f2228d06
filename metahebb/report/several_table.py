"""Tables of ``evaluate`` and ``probe`` over several runs: a row per run, and the mean over runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metahebb.analysis.over_runs import Lives, mean_over_runs, values_of
from metahebb.report.compare_table import over_runs
from metahebb.report.table import evaluation_rows, label, text_table

Named = Sequence[tuple[str, dict[str, Any]]]
"""What each run gave, behind the name of the run."""

_OVER_RUNS = "[95 % interval: runs, then lives, are resampled, and it is widened for few runs]"


def evaluations_text(evaluations: Named) -> str:
    """Return what ``evaluate`` says of several runs of one world."""
    rows = evaluations_rows(evaluations)
    most = max(evaluation["max_steps"] for _, evaluation in evaluations)
    return (
        f"The unperturbed centers of {len(evaluations)} runs, fresh lives of at most {most} env "
        f"steps: mean [95 % bootstrap interval over lives]. Last: mean over runs {_OVER_RUNS}\n\n"
        f"{text_table(rows)}"
    )


def evaluations_rows(evaluations: Named) -> list[list[str]]:
    """Return a heading, a row per run and body, and per body the mean over runs.

    Args:
        evaluations: what `metahebb.analysis.evaluate.evaluate` returned of each run.
    """
    heading = ["run", "generation", *evaluation_rows(evaluations[0][1])[0]]
    rows = [heading]
    for name, evaluation in evaluations:
        told = [name, str(evaluation["generation"])]
        rows += [[*told, *row] for row in evaluation_rows(evaluation)[1:]]
    values = [values_of(evaluation) for _, evaluation in evaluations]
    names = list(next(iter(values[0].values())))
    for body in values[0]:
        each = [known[body] for known in values]
        means = [over_runs(mean_over_runs([lives[name] for lives in each])) for name in names]
        rows.append(["mean over runs", "", body, "", *means, ""])
    return rows


def probes_text(probed: Sequence[tuple[str, Sequence[dict[str, Any]]]]) -> str:
    """Return what the same probes did over several runs.

    Args:
        probed: what `metahebb.analysis.probe.probe` returned of each run, probe by probe, behind
            the name of the run.
    """
    first = probed[0][1][0]
    names = ", ".join(name for name, _ in probed)
    return (
        f"Over {len(probed)} runs ({names}), {first['lives']} lives each ({first['body']}): mean "
        f"{_OVER_RUNS}\n\n{text_table(probes_rows(probed))}"
    )


def probes_rows(probed: Sequence[tuple[str, Sequence[dict[str, Any]]]]) -> list[list[str]]:
    """Return a heading, and a row per probe that all runs had and per number."""
    rows = [["probe", "", "with", "without", "difference, paired"]]
    by_run = [{", ".join(result["probes"]): result for result in results} for _, results in probed]
    for probe, first in by_run[0].items():
        if not all(probe in results for results in by_run):
            continue
        results = [known[probe] for known in by_run]
        units = {name: measure["unit"] for name, measure in first["measures"].items()}
        numbers = {
            "return": [result["return"] for result in results],
            **{
                label(n, {"unit": u}): [r["measures"][n] for r in results] for n, u in units.items()
            },
            "survival": [result["survival"] for result in results],
        }
        for name, found in numbers.items():
            with_ = [each["lives"]["with"] for each in found]
            without = [each["lives"]["without"] for each in found]
            apart = [_paired(*pair) for pair in zip(with_, without, strict=True)]
            cells = [over_runs(mean_over_runs(lives)) for lives in (with_, without, apart)]
            rows.append([probe if name == "return" else "", name, *cells])
    return rows


def _paired(with_: Lives, without: Lives) -> Lives:
    """Return the difference of each life; None where one of both is not known."""
    return [None if a is None or b is None else a - b for a, b in zip(with_, without, strict=True)]


def tuning_rows(scores: Sequence[Mapping[str, Any]], name: str) -> list[list[str]]:
    """Return a heading and a row per setting, the best first.

    Args:
        scores: each with its ``setting``, ``mean``, ``low`` and ``high``.
        name: heading of the score.
    """
    rows = [["stdev", "learning rate", "initial stdev", name, ""]]
    for place, score in enumerate(scores):
        numbers = [f"{value:g}" for value in score["setting"].values()]
        marks = ["best"] * (place == 0) + ["the config's own"] * bool(score["own"])
        score_text = f"{score['mean']:.2f} [{score['low']:.2f}, {score['high']:.2f}]"
        rows.append([*numbers, score_text, ", ".join(marks)])
    return rows

"""Tables of ``evaluate``, ``probe`` and ``tune`` over several runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metahebb.report.compare_table import over_runs
from metahebb.report.table import descriptions_of, evaluation_rows, label, text_table

_OVER_RUNS = "[95 % interval: runs, then lives, are resampled, and it is widened for few runs]"
_OVER_ONE = "(one run, n = 1: no interval)"


def evaluations_text(
    evaluations: Mapping[str, dict[str, Any]], means: Mapping[str, Mapping[str, Any]]
) -> str:
    """Return what ``evaluate`` says of several runs, as text for a terminal.

    Args:
        evaluations: the evaluation of each run, by the run's name.
        means: means over runs that `metahebb.analysis.several.evaluations_over_runs` returns.
    """
    most = max(evaluation["max_steps"] for evaluation in evaluations.values())
    n = len(evaluations)
    centers = "center of 1 run" if n == 1 else f"centers of {n} runs"
    title = (
        f"The unperturbed {centers}, fresh lives of at most {most} env steps: mean [95 % bootstrap "
        f"interval over lives]. Last: mean over runs {_OVER_ONE if n == 1 else _OVER_RUNS}"
    )
    heading = "\n".join([title, *descriptions_of(evaluations.values())])
    return f"{heading}\n\n{text_table(evaluations_rows(evaluations, means))}"


def evaluations_rows(
    evaluations: Mapping[str, dict[str, Any]], means: Mapping[str, Mapping[str, Any]]
) -> list[list[str]]:
    """Return a heading, a row per run and body, and per body the mean over runs."""
    columns = list(next(iter(next(iter(evaluations.values()))["bodies"].values()))["values"])
    rows: list[list[str]] = []
    for name, evaluation in evaluations.items():
        heading, *others = evaluation_rows(evaluation)
        rows = rows or [["run", "generation", *heading]]
        rows += [[name, str(evaluation["generation"]), *row] for row in others]
    for body, known in means.items():
        cells = [over_runs(known[name]) if name in known else "–" for name in columns]
        rows.append(["mean over runs", "", body, "", *cells, ""])
    return rows


def probes_text(names: Sequence[str], lives: int, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what the same probes did over several runs, as text for a terminal.

    Args:
        names: names of the runs.
        lives: number of lives of each run.
        rows: rows that `metahebb.analysis.several.probes_over_runs` returns.
    """
    table = [["probe", "", "with", "without", "difference, paired"]]
    for row in rows:
        cells = [over_runs(row[part]) for part in ("with", "without", "difference")]
        first = row["probe"] if row["value"] == "return" else ""
        table.append([first, label(row["value"], {"unit": row["unit"]}), *cells])
    n = len(names)
    return (
        f"Over {'1 run' if n == 1 else f'{n} runs'} ({', '.join(names)}), {lives} lives each: mean "
        f"{_OVER_ONE if n == 1 else _OVER_RUNS}\n\n{text_table(table)}"
    )


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


def tuning_note(scores: Sequence[Mapping[str, Any]]) -> str:
    """Return how many settings have an interval that overlaps with that of the best, the first."""
    best, *others = scores
    alike = sum(score["high"] >= best["low"] for score in others)
    if not alike:
        return "None of the other settings overlaps with the best."
    verb = "overlaps" if alike == 1 else "overlap"
    what = "the two are" if alike == 1 else "these are"
    return (
        f"{alike} of {len(others)} other settings {verb} with the best: {what} not told apart by "
        "these lives."
    )

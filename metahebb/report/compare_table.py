"""Tables over several runs: arms, their differences, and each run; for terminals, pages and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from metahebb.report.markup import duration
from metahebb.report.table import described, interval, label, text_table
from metahebb.runs.storage import write_atomically

Comparison = Mapping[str, Any]
"""What `metahebb.analysis.compare.compare` returns."""
Rows = list[list[str]]

_ENDS = ("mean", "low", "high")

ARMS_NOTE = (
    "Mean over runs of each run's mean over lives [95 % interval: runs, then lives, are resampled, "
    "and the interval is widened for few runs]."
)
_ONE_RUN = " An arm of one run has no interval (n = 1): nothing is known of how its runs vary."
_ONLY_ONE_RUN = (
    "Mean over the lives of each arm's only run. There is no interval (n = 1): nothing is known of "
    "how runs vary."
)
_PAIRED = "Paired by seed: both arms have the same seeds, and a resample takes the same of both."
_APART = (
    "Not paired: the arms have other seeds, or several runs of one seed; each is resampled on its "
    "own, with degrees of freedom by Welch."
)
_ONE_OF_TWO = (
    "Where an arm has one run, the difference is that of the two means: nothing is resampled, and "
    "there is no interval."
)
RUNS_NOTE = "Mean over the lives of one run's last center [95 % interval over these lives]."


def over_runs(result: Mapping[str, Any]) -> str:
    """Return ``mean [low, high]`` over runs; of a single run the mean, marked as such."""
    if result["mean"] is None:
        return "–"
    if result["low"] is None:
        return f"{result['mean']:.2f} (n = 1)"
    return interval(dict(result))


def arms_note(comparison: Comparison) -> str:
    """Return what the numbers of the arms are."""
    single = [len(arm["runs"]) == 1 for arm in comparison["arms"]]
    return _ONLY_ONE_RUN if all(single) else ARMS_NOTE + _ONE_RUN * any(single)


def measures_note(comparison: Comparison) -> str:
    """Return what the columns of measures are; empty where nothing has to be explained."""
    descriptions = comparison["descriptions"]
    return described(descriptions) if descriptions else ""


def differences_note(comparison: Comparison) -> str:
    """Return how the differences are made."""
    n = {arm["name"]: len(arm["runs"]) for arm in comparison["arms"]}
    pairs = {(each["of"], each["less"]): each["paired"] for each in comparison["differences"]}
    several = {paired for pair, paired in pairs.items() if min(n[name] for name in pair) > 1}
    notes = [_PAIRED] * (True in several) + [_APART] * (False in several)
    notes += [_ONE_OF_TWO] * any(n[name] == 1 for pair in pairs for name in pair)
    return " ".join(notes)


def arm_rows(comparison: Comparison) -> Rows:
    """Return a heading and a row per arm and body, with the means over its runs."""
    return _by_body(
        comparison,
        ["arm", "runs"],
        [
            ([arm["name"], str(len(arm["runs"]))], arm["final"], over_runs)
            for arm in comparison["arms"]
        ],
    )


def difference_rows(comparison: Comparison) -> Rows:
    """Return a heading and a row per two arms and body: the earlier arm less the later."""
    pairs: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in comparison["differences"]:
        pairs.setdefault((each["of"], each["less"]), []).append(each)
    return _by_body(
        comparison,
        ["difference", "paired by seed"],
        [
            ([f"{of} − {less}", "yes" if some[0]["paired"] else "no"], some, _difference)
            for (of, less), some in pairs.items()
        ],
    )


def run_rows(comparison: Comparison, with_arm: bool = True) -> Rows:
    """Return a heading and a row per run and body: its own evaluation, and its cost.

    Args:
        comparison: the numbers of one arm or of several arms.
        with_arm: whether the first column names the arm.
    """
    columns, bodies = _columns(comparison), _bodies(comparison)
    rows = [
        [
            *(["arm"] if with_arm else []),
            *("seed", "lives"),
            *(["body"] if len(bodies) > 1 else []),
            *columns.values(),
            *("generations", "env steps", "time"),
        ]
    ]
    for arm in comparison["arms"]:
        for run in arm["runs"]:
            for place, body in enumerate(run["bodies"] or [""]):
                known = run["bodies"].get(body, {})
                cost = [
                    str(run["generations"]),
                    f"{run['env_steps']:,}",
                    duration(run["elapsed_s"]),
                ]
                rows.append(
                    [
                        *([arm["name"]] if with_arm else []),
                        str(run["seed"]),
                        "–" if run["lives"] is None else str(run["lives"]),
                        *([body] if len(bodies) > 1 else []),
                        *(interval(known.get(name)) for name in columns),
                        *(cost if not place else ["", "", ""]),
                    ]
                )
    return rows


def comparison_text(comparison: Comparison) -> str:
    """Return the tables as text for a terminal."""
    heading = "\n".join(filter(None, [arms_note(comparison), measures_note(comparison)]))
    parts = [f"{heading}\n\n{text_table(arm_rows(comparison))}"]
    if comparison["differences"]:
        rows = text_table(difference_rows(comparison))
        parts.append(f"{differences_note(comparison)}\n\n{rows}")
    return "\n\n".join(parts)


def write_tables(comparison: Comparison, folder: Path) -> list[Path]:
    """Write ``curves.csv``, ``arms.csv``, ``differences.csv`` and ``runs.csv``; return their paths.

    Numbers are not rounded; a cell is empty where a number is not known.

    Raises:
        StorageError: a file could not be written.
    """
    arms = comparison["arms"]
    cost = ("generations", "env_steps", "elapsed_s", "lives")
    curve_heads = ("arm", "generation", "env_steps", comparison["curve"], "low", "high", "runs")
    difference_heads = ("of", "less", "body", "value", "unit", *_ENDS, "paired")
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[Any]]]] = {
        "curves": (curve_heads, (row for arm in arms for row in _curve_cells(arm))),
        "arms": (
            ("arm", "body", "value", "unit", *_ENDS, "runs"),
            ([arm["name"], *_cells(f), f["n"]] for arm in arms for f in arm["final"]),
        ),
        "differences": (
            difference_heads,
            (
                [d["of"], d["less"], *_cells(d), "yes" if d["paired"] else "no"]
                for d in comparison["differences"]
            ),
        ),
        "runs": (
            ("arm", "seed", "folder", *cost, "body", "value", *_ENDS),
            (
                [arm["name"], *(run[key] for key in ("seed", "folder", *cost)), *cells]
                for arm in arms
                for run in arm["runs"]
                for cells in _run_cells(run)
            ),
        ),
    }
    return [_write(folder / f"{name}.csv", heads, rows) for name, (heads, rows) in tables.items()]


def _curve_cells(arm: Mapping[str, Any]) -> Iterator[list[Any]]:
    curve = arm["curve"]
    columns = [curve[part] for part in ("generations", "env_steps", *_ENDS)]
    for row in zip(*columns, strict=True):
        yield [arm["name"], *row, len(arm["runs"])]


def _run_cells(run: Mapping[str, Any]) -> Iterator[list[Any]]:
    for body, values in run["bodies"].items():
        for name, value in values.items():
            yield [body, name, *(value[end] for end in _ENDS)]


def _cells(result: Mapping[str, Any]) -> list[Any]:
    return [result[key] for key in ("body", "value", "unit", *_ENDS)]


def _write(file: Path, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    write_atomically(file, text.getvalue().encode())
    return file


def _columns(comparison: Comparison) -> dict[str, str]:
    """Return the heading of each number that some arm has, by name; at least that of the return."""
    units = {f["value"]: f["unit"] for arm in comparison["arms"] for f in arm["final"]}
    units = {"return": comparison["unit"], **units}
    return {name: label(name, {"unit": unit}) for name, unit in units.items()}


def _bodies(comparison: Comparison) -> list[str]:
    """Return the bodies that some arm was evaluated in."""
    return list(dict.fromkeys(f["body"] for arm in comparison["arms"] for f in arm["final"]))


def _difference(result: Mapping[str, Any]) -> str:
    if result["mean"] is not None and result["low"] is None:
        return f"{result['mean']:.2f} (no interval)"
    return interval(dict(result))


def _by_body(
    comparison: Comparison, heads: list[str], groups: Iterable[tuple[list[str], Any, Any]]
) -> Rows:
    """Return rows of numbers by body; the column of bodies is left out where there is only one."""
    columns, bodies = _columns(comparison), _bodies(comparison)
    several = len(bodies) > 1
    rows = [[*heads, *(["body"] if several else []), *columns.values()]]
    for first, results, shown in groups:
        known = {(r["body"], r["value"]): r for r in results}
        for body in bodies or [""]:
            cells = [known.get((body, name)) for name in columns]
            texts = ["–" if cell is None else shown(cell) for cell in cells]
            rows.append([*first, *([body] if several else []), *texts])
    return rows

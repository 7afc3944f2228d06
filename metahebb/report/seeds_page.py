"""The report over the runs of one folder of seeds: a band over seeds, and a table of them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metahebb.analysis.arms import Arm
from metahebb.analysis.compare import compare
from metahebb.errors import InputError
from metahebb.paths import shown
from metahebb.report.compare_figure import compare_figure, note_on
from metahebb.report.compare_page import links, page_of
from metahebb.report.compare_table import RUNS_NOTE, measures_note, over_runs, run_rows
from metahebb.report.figures import save
from metahebb.report.markup import code, duration, note, picture, section, table
from metahebb.report.table import text_table
from metahebb.runs.folder import RunFolder
from metahebb.runs.seeds import runs_in
from metahebb.runs.storage import write_atomically

_MEAN_NOTE = (
    "Last row: the mean over seeds [95 % interval: seeds, then lives, are resampled, and the "
    "interval is widened for few seeds]."
)
_ONE_SEED = "Of one seed (n = 1) there is no interval over seeds."
_NO_EVALUATION = "A seed without an evaluation shows a dash: metahebb evaluate {folder}"


def seeds_numbers(folder: Path) -> dict[str, Any]:
    """Return the numbers of a folder of seeds, as `compare` does of one arm.

    Nothing is lived here: a run whose newest center was not evaluated has no final numbers.

    Raises:
        InputError: no run in ``folder`` has done a generation, or a file is damaged.
    """
    runs = [run for run in runs_in(folder) if run.read_metrics()]
    if not runs:
        raise InputError(
            f"expected runs with at least one generation, got none in {folder}; give the line that "
            "began them again, with --resume"
        )
    return compare([Arm(folder.name, tuple(runs))], _newest_evaluation)


def seeds_report(folder: Path, pdf: bool = False) -> Path:
    """Write ``report.html`` and ``figures/learning.png`` of a folder of seeds; return its path.

    Args:
        folder: the folder of seeds.
        pdf: whether to write the figure as a PDF, too.

    Raises:
        InputError: see `seeds_numbers`.
        StorageError: a file could not be written.
    """
    numbers = seeds_numbers(folder)
    image = save(compare_figure(numbers), folder / "figures" / "learning.png", pdf)
    learning = picture(image, "Learning curves of all seeds")
    learning += note(note_on(numbers)) + "".join(note(f"Note: {n}.") for n in numbers["notes"])
    where = shlex.quote(shown(folder))
    runs = table(seed_rows(numbers), head=True) + note(_seeds_note(numbers))
    if measures := measures_note(numbers):
        runs += note(f"The columns: {measures}")
    if any(run["lives"] is None for run in numbers["arms"][0]["runs"]):
        runs += note(_NO_EVALUATION.format(folder=where))
    further = [
        f"metahebb evaluate {where} --lives 100",
        f"metahebb probe {where} --suite",
        f"metahebb compare {shlex.quote(folder.name)}={where} other=runs/other",
        f"metahebb report {where}",
    ]
    sections = [
        section("How they learned", learning),
        section("Seeds", runs + links(numbers, folder)),
        section("How to go on", code("\n".join(further))),
    ]
    path = folder / "report.html"
    write_atomically(path, page_of(folder.name, numbers, _summary(numbers), sections))
    return path


def seed_rows(numbers: Mapping[str, Any]) -> list[list[str]]:
    """Return a heading, a row per seed and body, and per body the mean over seeds."""
    rows = run_rows(numbers, with_arm=False)
    (arm,) = numbers["arms"]
    bodies = list(dict.fromkeys(f["body"] for f in arm["final"]))
    names = list(dict.fromkeys(f["value"] for f in arm["final"]))
    known = {(f["body"], f["value"]): f for f in arm["final"]}
    steps = sum(run["env_steps"] for run in arm["runs"])
    seconds = sum(run["elapsed_s"] for run in arm["runs"])
    for place, body in enumerate(bodies):
        cost = ["", f"{steps:,} in all", f"{duration(seconds)} in all"]
        rows.append(
            [
                *("mean", ""),
                *([body] if len(bodies) > 1 else []),
                *(over_runs(known[body, name]) for name in names),
                *(cost if not place else [""] * 3),
            ]
        )
    return rows


def seeds_table(numbers: Mapping[str, Any]) -> str:
    """Return the table of the seeds as text for a terminal."""
    heading = "\n".join(filter(None, [_seeds_note(numbers), measures_note(numbers)]))
    return f"{heading}\n\n{text_table(seed_rows(numbers))}"


def _seeds_note(numbers: Mapping[str, Any]) -> str:
    """Return what the table of seeds shows."""
    if len(numbers["arms"][0]["runs"]) == 1:
        return f"{RUNS_NOTE} {_ONE_SEED}"
    return f"{RUNS_NOTE} {_MEAN_NOTE}"


def _summary(numbers: Mapping[str, Any]) -> str:
    """Return the runs in a sentence."""
    (arm,) = numbers["arms"]
    n, value = len(arm["runs"]), numbers["headline"]
    known = [f for f in arm["final"] if f["value"] == value and f["mean"] is not None]
    if not known:
        return f"{n} {'seed' if n == 1 else 'seeds'}, not evaluated yet."
    first, bodies = known[0], {f["body"] for f in arm["final"]}
    seeds = "one seed" if first["n"] == 1 else f"{first['n']} seeds"
    where = f" with the body {first['body']}" if len(bodies) > 1 else ""
    unit = f" {first['unit']}" if first["unit"] else ""
    of = "" if first["low"] is None else ", 95 % interval over seeds and lives"
    return f"The last centers of {seeds}{where}: {value} {over_runs(first)}{unit}{of}."


def _newest_evaluation(run: RunFolder) -> dict[str, Any] | None:
    """Return the evaluation that is kept of the run's newest center; None where there is none."""
    kept = run.read_evaluation()
    if kept is None or kept["generation"] != len(run.read_metrics()):
        return None
    return kept

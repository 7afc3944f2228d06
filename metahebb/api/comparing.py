"""Compare arms of runs: evaluate what is not evaluated, then write figure, tables and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metahebb.analysis.arms import arms_of, check_arms
from metahebb.evolution.backends.where import Where
from metahebb.notes import show, tell
from metahebb.paths import leave_removed_folder, shown
from metahebb.runs.folder import RunFolder
from metahebb.runs.notes import tell_of_world


@dataclass(frozen=True)
class Compared:
    """A comparison that was made.

    Attributes:
        numbers: all of it, see `metahebb.analysis.compare.compare`.
        page: the HTML page; tables (CSV) and the figure (PNG) lie beside it.
        figure: where the figure is: the file that was asked for, or the PNG beside the page.
    """

    numbers: Mapping[str, Any]
    page: Path
    figure: Path

    def __str__(self) -> str:
        """Return the tables as text."""
        from metahebb.report.compare_table import comparison_text

        return comparison_text(self.numbers)


def compared(
    places: Mapping[str, Sequence[Path | str]],
    out: Path | None = None,
    *,
    where: Where | None = None,
    lives: int | None = None,
    damage: tuple[str, ...] = (),
    max_steps: int | None = None,
    quiet: bool = False,
    command: str = "",
) -> Compared:
    """Compare arms, and write the comparison.

    Args:
        places: of the runs of each arm, by its name, see `metahebb.runs.seeds.runs_at`.
        out: the folder, or a figure's file, see `folder_and_figure`.
        where: runs are evaluated that have no evaluation of their newest center; None: in threads.
        lives: per body; None: as many as a run's evaluation has, or else 32.
        damage: bodies to live in; none: those of the runs.
        max_steps: horizon; None: that of the runs' last stage.
        quiet: say nothing of runs that are evaluated.
        command: that makes the comparison again, for its page.

    Raises:
        InputError: see `arms_of`, `check_arms` and `folder_and_figure`; nothing is written.
        StorageError: a file could not be written.
    """
    from metahebb.report.compare_page import folder_and_figure, write_comparison

    where = where or Where()
    arms = arms_of(places)
    check_arms(arms, damage, max_steps)
    folder, figure = folder_and_figure([arm.name for arm in arms], out)
    where.prepare()
    leave_removed_folder()
    from metahebb.analysis.compare import compare
    from metahebb.analysis.over_runs import FRESH_LIVES, evaluated, has_evaluation

    def evaluation(run: RunFolder) -> dict[str, Any]:
        if not has_evaluation(run, lives, damage, max_steps):
            tell_of_world(run)
            if not quiet:
                show(f"evaluating {shown(run.path)} ({lives or FRESH_LIVES} lives per body)")
        return evaluated(run, where, lives, damage, max_steps)

    numbers = compare(arms, evaluation)
    for note in numbers["notes"]:
        tell(note)
    page = write_comparison(numbers, folder, figure, command)
    return Compared(numbers, page, figure or folder / "figure.png")

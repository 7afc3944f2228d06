"""Compare arms of runs: evaluate what is not evaluated, then write figure, tables and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from metahebb.analysis.arms import arms_of, check_arms
from metahebb.analysis.counts import check_counts
from metahebb.api.front import check_whole, front, texts
from metahebb.api.results import Result
from metahebb.api.run import Run
from metahebb.api.runs import Runs
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.notes import show, tell
from metahebb.paths import leave_removed_folder, shown
from metahebb.report.markup import picture
from metahebb.runs.folder import RunFolder
from metahebb.runs.notes import tell_of_world

Place: TypeAlias = Run | Runs | Path | str
"""What stands for one run or more."""


class Comparison(Result):
    """A comparison that was made and written: its numbers, shown as the tables of arms.

    The numbers are those of `metahebb.analysis.compare.compare`.

    Attributes:
        page: the HTML page; tables (CSV) and the figure (PNG) lie beside it.
        figure: the figure: the file that was asked for, or the PNG beside the page.
    """

    def __init__(self, numbers: Mapping[str, Any], text: str, page: Path, figure: Path) -> None:
        """Keep the numbers, the tables as text, and where page and figure are."""
        super().__init__(numbers, text)
        self.page = page
        self.figure = figure

    def _repr_html_(self) -> str:
        image = picture(self.page.parent / "figure.png", "Learning curves of the arms")
        return image + super()._repr_html_()


@front
def compare(
    arms: Mapping[str, Place | Sequence[Place]] | None = None,
    /,
    *,
    out: Path | str | None = None,
    lives: int | None = None,
    damage: str | Sequence[str] = (),
    max_steps: int | None = None,
    quiet: bool = False,
    workers: int = 0,
    threads: int = 0,
    lanes: int = 16,
    address: str | None = None,
    **named: Place | Sequence[Place],
) -> Comparison:
    """Compare arms of runs: learning curves, what their last centers do, and the differences.

    A run whose newest center has no evaluation is evaluated. Intervals resample runs, then lives;
    two arms with the same seeds are compared seed by seed.

    Args:
        arms: the runs of each arm by its name, for names that Python does not take as arguments.
        out: the folder to write to, or a file for the figure that ends in .png, .pdf or .svg; None,
            or a figure: the folder is ``runs/compare-NAME-NAME``.
        lives: number of lives in each body; None: as many as each run's evaluation has, or else 32.
        damage: bodies to live in (docs/howto/damage.md); none: those of the runs.
        max_steps: env steps after which a life ends; None: as in the runs' last stage.
        quiet: say nothing of runs that are evaluated.
        workers: Ray workers; 0: threads of this process.
        threads: 0: one per core.
        lanes: lives at a time per thread or worker.
        address: address of a Ray cluster to join.
        named: the runs of each arm: runs, their folders, folders of seeds, or patterns of both.

    Returns:
        The comparison, which a notebook shows with its figure.

    Raises:
        InputError: no arm, a place that is no run, or runs that cannot be compared; nothing is
            written then.

    Example:
        >>> compare(hebbian="runs/h", static=["runs/s-*"], out="fig.pdf")  # doctest: +SKIP
    """
    check_whole(lives=lives, max_steps=max_steps, workers=workers, threads=threads, lanes=lanes)
    for name in set(arms or ()) & set(named):
        raise InputError(f"expected each arm once, got {name} twice; name one of them otherwise")
    return compared(
        {name: _places(some) for name, some in {**(arms or {}), **named}.items()},
        None if out is None else Path(out),
        where=Where(workers, threads, lanes, address),
        lives=lives,
        damage=texts("damage", damage),
        max_steps=max_steps,
        quiet=quiet,
    )


def _places(given: Place | Sequence[Place]) -> list[Path | str]:
    """Return the folders that stand for runs, wherever they were given as objects."""
    several = given if isinstance(given, (list, tuple)) else [given]
    places: list[Path | str] = []
    each: object
    for each in several:
        if isinstance(each, Runs):
            places += [run.path for run in each]
        elif isinstance(each, Run):
            places.append(each.path)
        elif isinstance(each, (str, Path)):
            places.append(each)
        else:
            raise InputError(f"expected runs or their folders in an arm, got {each!r}; mend it")
    return places


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
) -> Comparison:
    """Compare arms, and write the comparison.

    Args:
        places: places of the runs by the name of their arm, see `metahebb.runs.seeds.runs_at`.
        out: the folder, or a figure's file, see `folder_and_figure`.
        where: runs are evaluated that have no evaluation of their newest center; None: in threads.
        lives: number of lives in each body; None: as many as a run's evaluation has, or else 32.
        damage: bodies to live in; none: those of the runs.
        max_steps: horizon; None: that of the runs' last stage.
        quiet: say nothing of runs that are evaluated.
        command: the command line that makes the comparison again; its page shows it.

    Raises:
        InputError: see `arms_of`, `check_arms` and `folder_and_figure`; nothing is written.
        StorageError: a file could not be written.
    """
    from metahebb.report.compare_page import folder_and_figure, write_comparison
    from metahebb.report.compare_table import comparison_text

    where = where or Where()
    check_counts(lives, max_steps)
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
    return Comparison(numbers, comparison_text(numbers), page, figure or folder / "figure.png")

"""The page of a learning run: one HTML file that holds all of it, images too."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from metahebb.analysis.trajectories import Trajectories, trajectories
from metahebb.errors import StorageError, one_line
from metahebb.report.change_figure import draw_change
from metahebb.report.figures import save
from metahebb.report.learned import Learned, headline, kind_rows, number_rows
from metahebb.report.learning_figure import draw_trial_learning
from metahebb.report.markup import code, duration, note, picture, section, table
from metahebb.report.psychometric_figure import curves_of, draw_psychometric
from metahebb.report.rates_figure import draw_rates
from metahebb.report.slow_points_figure import draw_slow_points
from metahebb.report.trajectories_figure import draw_trajectories
from metahebb.report.trial_axes import kinds_left_out
from metahebb.report.trial_film import film_trials
from metahebb.report.trials_figure import draw_trials
from metahebb.runs.storage import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_NUMBERS = (
    "The accuracy is the part of trials that were right. Brackets hold the 95 % interval over "
    "trials. No test trial changes the weights."
)
_LEARNING = (
    "A point of the line is the mean of the trials up to it. A triangle marks the trial after "
    "which the criterion was reached first."
)
_TRIALS = (
    "Each column is a fresh trial of one kind, the one of median reward. Its inputs stand above "
    "its outputs."
)
_TARGETS = " The outputs should meet the dashed target in the gray time."
_PSYCHOMETRIC = (
    "Points are parts of trials with the answer, with their 95 % intervals. Lines are cumulative "
    "normal curves with lapses, fitted by maximum likelihood. The bias is the level at which both "
    "answers are equally likely; the slope is per unit of the condition, at the bias."
)
_TRAJECTORIES = (
    "Each line is the mean path of the population through a kind of trial, along the directions of "
    "most variance. Where lines part, the network tells the kinds apart."
)
_FILM = (
    "The cursor runs through one trial of each kind; at the right, the population moves along "
    "its trajectory."
)
_RATES = (
    "Each row is a unit, in the same place in all panels: red is a positive mean rate, blue a "
    "negative one. The rows are sorted by the time of their peak in the first kind."
)
_NOT_BEGUN = "The first trial is not over."
_WEIGHTS = "How the weights changed"
_UNCHANGED = "Learning changed none of the weights."
_CHANGE = (
    "Each matrix stands before and after learning in the same colors; the change has its own. "
    "Red is positive, blue negative."
)
_SLOW = (
    "Marks are states at which the network stands still (filled) or nearly so (hollow), {inputs}. "
    "A stable one draws states in, and a saddle lets them go in some directions: eigenvalues at "
    "the right of the dashed line."
)


def write_learned_page(
    folder: Path, learned: Learned, *, pdf: bool = False, film: bool = True
) -> Path:
    """Write ``report.html`` and its figures into a folder, and return the page's path.

    A figure that cannot be drawn is left out with a warning, and the page says why.

    Args:
        folder: of the run; figures go into its subfolder ``figures``, and the film beside it.
        learned: what the page shows.
        pdf: whether to write each figure as a PDF beside its PNG, too.
        film: whether to make the film of trials anew.

    Raises:
        StorageError: a file could not be written.
    """
    page = _Page(folder, learned, pdf)
    sections = [
        section("Numbers", page.numbers()),
        page.figure("How it learned", "learning", _LEARNING, page.learning, _NOT_BEGUN),
    ]
    if learned.lived is not None:
        sections += page.of_trials(film)
    if learned.before:
        sections.append(page.figure(_WEIGHTS, "weights", _CHANGE, page.change, _UNCHANGED))
    if learned.commands:
        sections.append(section("How to go on", code("\n".join(learned.commands))))
    summary = headline(learned.outcomes, learned.criterion)
    path = folder / "report.html"
    text = page_text(learned.name, learned.what, f"{summary} {learned.result}".strip(), sections)
    write_atomically(path, text)
    return path


def page_text(title: str, what: str, summary: str, sections: Sequence[str]) -> bytes:
    """Return a page with these sections, as bytes of a file."""
    template = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    page = template.substitute(
        title=escape(title),
        what=escape(what),
        summary=escape(summary),
        sections="\n".join(filter(None, sections)),
    )
    return page.encode(errors="backslashreplace")


class _Page:
    """The sections of a page, and the files in them."""

    def __init__(self, folder: Path, learned: Learned, pdf: bool) -> None:
        self.folder, self.learned, self.pdf = folder, learned, pdf

    @cached_property
    def paths(self) -> Trajectories:
        assert self.learned.lived is not None
        return trajectories(self.learned.lived)

    def numbers(self) -> str:
        learned = self.learned
        trials = len(learned.outcomes)
        facts = [["trials", f"{trials:,}"], *map(list, learned.facts)]
        if learned.seconds > 0:
            rate = f"{trials / learned.seconds:.3g} trials a second"
            facts.insert(1, ["time", f"{duration(learned.seconds)}, {rate}"])
        content = table(facts, head=False)
        if trials:
            content += table(number_rows(learned), head=True)
        return content + note(_NUMBERS)

    def of_trials(self, film: bool) -> list[str]:
        """Return the sections that show the fresh trials."""
        lived = self.learned.lived
        assert lived is not None
        left_out = kinds_left_out(lived)
        how = _TRIALS + (_TARGETS if np.isfinite(lived.targets).any() else "") + left_out
        kinds = table(kind_rows(lived), head=True)
        sections = [
            self.figure("Single trials", "trials", how, lambda: draw_trials(lived)),
            section("Kinds of trials", kinds + note("Fresh trials, without learning.")),
        ]
        curves, _ = drawn(lambda: curves_of(lived.outcomes, self.learned.choice))
        if curves:
            sections.append(
                self.figure(
                    "Psychometric curves", "psychometric", _PSYCHOMETRIC,
                    lambda: draw_psychometric(curves, lived.choices, self.learned.choice),
                )
            )  # fmt: skip
        sections += [
            self.figure(
                "Population trajectories", "trajectories", _TRAJECTORIES + left_out,
                lambda: draw_trajectories(lived, self.paths),
            ),
            self.film(film),
            self.figure("Rates", "rates", _RATES + left_out, lambda: draw_rates(lived)),
        ]  # fmt: skip
        slow = self.learned.slow
        if slow is not None:
            sections.append(
                self.figure(
                    "Fixed and slow points", "slow_points", _SLOW.format(inputs=slow.inputs),
                    lambda: draw_slow_points(
                        lived, self.paths, slow.points, slow.rates, slow.unit
                    ),
                )
            )  # fmt: skip
        return sections

    def learning(self) -> Figure | None:
        if not len(self.learned.outcomes):
            return None
        criterion = self.learned.criterion
        return draw_trial_learning(
            [self.learned.outcomes], part=criterion.part, criterion_window=criterion.window
        )

    def change(self) -> Figure | None:
        return draw_change(self.learned.before, self.learned.after)

    def figure(
        self,
        title: str,
        name: str,
        caption: str,
        draw: Callable[[], Figure | None],
        absent: str = "",
    ) -> str:
        """Return the section of a figure; ``absent`` is what it says where there is none."""
        path = self.folder / "figures" / f"{name}.png"
        figure, missing = drawn(draw)
        if figure is None:
            return section(title, note(missing or absent))
        return section(title, picture(save(figure, path, self.pdf), title) + note(caption))

    def film(self, anew: bool) -> str:
        """Return the section of the film."""
        path, lived = self.folder / "film.gif", self.learned.lived
        assert lived is not None
        made, missing = drawn(lambda: film_trials(lived, path, self.paths)) if anew else (path, "")
        if made is None:
            return section("Film", note(missing))
        if not path.is_file():
            return ""
        return section("Film", picture(path, "Trials of each kind") + note(_FILM))


def drawn(draw: Callable[[], _T]) -> tuple[_T | None, str]:
    """Return what ``draw`` makes; where it fails, None and what the page says in its place."""
    try:
        return draw(), ""
    except StorageError:
        raise
    except Exception as error:  # of numbers without an axis: the rest of the page is still worth it
        reason = one_line(error)
        _log.warning("expected to draw a figure of the report, got %s; it is left out", reason)
        return None, f"This figure could not be drawn: {reason}"

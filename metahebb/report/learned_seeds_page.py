"""The page of several seeds of one learning task: a table, a band, and the failures by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from metahebb.analysis.learning_curve import WINDOW
from metahebb.learning.lived import Outcomes
from metahebb.report.figures import save
from metahebb.report.learned import WORDS, Criterion, Numbers, Row, cells, known_numbers
from metahebb.report.learned_page import drawn, page_text
from metahebb.report.learning_figure import draw_trial_learning
from metahebb.report.markup import code, link, note, picture, section, table
from metahebb.runs.storage import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CURVES = (
    "Thin lines are seeds, and the thick line is their mean with its 95 % interval, as far as all "
    "of them have lived. Triangles mark where a seed reached the criterion first."
)
_TABLE = (
    "The last columns are over the last {n} trials of each seed. Brackets hold the 95 % interval "
    "over trials."
)


@dataclass(frozen=True)
class SeedResult:
    """One seed of a learning task.

    Attributes:
        seed: the seed.
        outcomes: its trials, in order.
        failure: why the run ended early, such as weights that are not finite; empty: it did not.
        page: the path of its own page, relative to the page of all seeds; empty: it has none.
    """

    seed: int
    outcomes: Outcomes
    failure: str = ""
    page: str = ""


def write_seeds_page(
    folder: Path,
    name: str,
    what: str,
    seeds: Sequence[SeedResult],
    *,
    criterion: Criterion | None = None,
    commands: Sequence[str] = (),
    pdf: bool = False,
) -> Path:
    """Write ``report.html`` and ``figures/learning.png`` of several seeds; return the page's path.

    Args:
        folder: of the seeds.
        name: the title of the page.
        what: the task, the network and what teaches it, in one line.
        seeds: at least one of them.
        criterion: when the task counts as learned.
        commands: command lines for what can be done next.
        pdf: whether to write the figure as a PDF, too.

    Raises:
        StorageError: a file could not be written.
    """
    goal = criterion or Criterion()
    begun = [each for each in seeds if len(each.outcomes)]

    def draw() -> Figure:
        return draw_trial_learning(
            [each.outcomes for each in begun],
            failed=[bool(each.failure) for each in begun],
            part=goal.part,
            criterion_window=goal.window,
        )

    figure, missing = drawn(draw) if begun else (None, "No seed has trials that can be drawn.")
    curves = note(missing)
    if figure is not None:
        image = save(figure, folder / "figures" / "learning.png", pdf)
        curves = picture(image, "Learning curves of all seeds")
        curves += note(_CURVES) if len(begun) > 1 else ""
    rows = table(seed_rows(seeds, goal), head=True) + note(_TABLE.format(n=WINDOW))
    failed = failures(seeds, goal)
    sections = [
        section("How they learned", curves),
        section("Seeds", rows + "".join(map(note, failed))),
    ]
    if commands:
        sections.append(section("How to go on", code("\n".join(commands))))
    path = folder / "report.html"
    write_atomically(path, page_text(name, what, seeds_headline(seeds, goal), sections))
    return path


def seeds_headline(seeds: Sequence[SeedResult], criterion: Criterion) -> str:
    """Return in one or two sentences how many seeds reached the criterion, and when."""
    n = len(seeds)
    if not any(np.isfinite(each.outcomes.correct).any() for each in seeds):
        known = any(np.isfinite(each.outcomes.error).any() for each in seeds)
        name = "error" if known else "reward"
        return (
            f"The mean {name} of the last {WINDOW} trials is {_median(seeds, name)}, the median of "
            f"{n} {_seeds(n)}."
        )
    counts = [criterion.reached(each.outcomes) for each in seeds]
    done = sorted(count for count in counts if count is not None)
    first = f"{len(done)} of {n} {_seeds(n)} reached the criterion ({criterion.words})."
    if not done:
        return first
    if len(done) == 1:
        return f"{first} It took {done[0]:,} trials."
    failed = n - len(done)
    # A seed that did not reach it takes longer than any other: the median counts it so.
    over = np.sort([*done, *[np.inf] * failed])
    middle = float((over[(n - 1) // 2] + over[n // 2]) / 2)
    spread = f"{done[0]:,} to {done[-1]:,}"
    if not np.isfinite(middle):
        return f"{first} They took {spread} trials; the median of all seeds is unknown."
    return f"{first} The median of all seeds is {middle:,.0f} trials ({spread} where reached)."


def seed_rows(seeds: Sequence[SeedResult], criterion: Criterion) -> list[Row]:
    """Return a heading, a row for each seed, and the median over seeds."""
    names = known_numbers([each.outcomes for each in seeds])
    rows: list[Row] = [
        ["seed", "trials", "trials to criterion", *(f"last {WORDS[name]}" for name in names)]
    ]
    counts = [criterion.reached(each.outcomes) for each in seeds]
    for each, count in zip(seeds, counts, strict=True):
        rows.append(
            [
                link(each.page, str(each.seed)) if each.page else str(each.seed),
                f"{len(each.outcomes):,}" + (", ended early" if each.failure else ""),
                "not reached" if count is None else f"{count:,}",
                *cells(each.outcomes, names, slice(-WINDOW, None)),
            ]
        )
    if len(seeds) > 1:
        reached = f"{sum(count is not None for count in counts)} of {len(seeds)} reached it"
        rows.append(["median", "", reached, *(_median(seeds, name) for name in names)])
    if "correct" not in names:  # no trial can be right: there is no criterion
        rows = [[*row[:2], *row[3:]] for row in rows]
    return rows


def _median(seeds: Sequence[SeedResult], name: str) -> str:
    """Return the median over seeds of the mean over their last trials."""
    ends = [_last(getattr(each.outcomes, name)) for each in seeds]
    means = [float(end.mean()) for end in ends if end.size]
    if not means:
        return "–"
    middle = float(np.median(means))
    return f"{100 * middle:.1f} %" if name == "correct" else f"{middle:.3g}".replace("-", "−")


def failures(seeds: Sequence[SeedResult], criterion: Criterion) -> list[str]:
    """Return a sentence for each seed that ended early or did not reach the criterion."""
    sentences = []
    for each in seeds:
        n = f"{len(each.outcomes):,} trials"
        judged = np.isfinite(each.outcomes.correct).any()
        if each.failure:
            sentences.append(f"Seed {each.seed} ended early, after {n}: {each.failure}.")
        elif judged and criterion.reached(each.outcomes) is None:
            sentences.append(f"Seed {each.seed} did not reach the criterion in {n}.")
    return sentences


def _last(values: Numbers) -> Numbers:
    """Return the known ones of the last values."""
    last = values[-WINDOW:]
    return last[np.isfinite(last)]


def _seeds(n: int) -> str:
    return "seed" if n == 1 else "seeds"

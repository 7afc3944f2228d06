"""What all figures of trials share: the time within a trial, the colors of kinds, legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from metahebb.learning.lived import LivedTrials
from metahebb.report.figures import INK, LIVES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_KINDS = 8
"""The largest number of kinds that a figure shows."""
_STYLES: tuple[Literal["-", "--"], ...] = ("-", "--")
_LEGEND_WIDTH, _LEGEND_HANDLE = 150, 8
"""Characters in a line of a legend, and what each of its lines and gaps takes of them."""
_LONG = 5.0  # seconds; longer trials have seconds on their axis


def time_unit(lived: LivedTrials) -> tuple[float, str]:
    """Return how many units of time a step takes, and the label of an axis of time.

    The unit is a millisecond for trials up to 5 s, and a second for longer ones. It is a step where
    the task has no unit of time.
    """
    seconds = lived.seconds_per_step
    if seconds is None:
        return 1.0, "step"
    if seconds * int(lived.lengths.max()) <= _LONG:
        return 1000 * seconds, "time [ms]"
    return seconds, "time [s]"


def times_of(lived: LivedTrials, n_steps: int) -> npt.NDArray[np.float64]:
    """Return when each of the first ``n_steps`` steps begins, in the unit of `time_unit`."""
    return np.asarray(np.arange(n_steps) * time_unit(lived)[0], np.float64)


def shown_kinds(lived: LivedTrials) -> list[int]:
    """Return the numbers of the kinds that a figure shows: the first ones that have trials."""
    return [int(kind) for kind in np.unique(lived.outcomes.kind)[:MOST_KINDS]]


def name_of_kind(lived: LivedTrials, kind: int) -> str:
    """Return the name of a kind, and its number where it has none."""
    return lived.kinds[kind] if kind < len(lived.kinds) else f"kind {kind}"


def look_of(place: int) -> tuple[str, Literal["-", "--"]]:
    """Return the color and the style of the line of the kind at ``place`` in a figure."""
    return LIVES[place % len(LIVES)], _STYLES[place // len(LIVES) % len(_STYLES)]


def kinds_left_out(lived: LivedTrials) -> str:
    """Return a sentence on kinds that figures leave out; empty where they show all."""
    n = np.unique(lived.outcomes.kind).size
    return f" The figure shows the first {MOST_KINDS} of {n} kinds." if n > MOST_KINDS else ""


def legend_below(figure: Figure, *panels: Axes) -> None:
    """Name the lines of ``panels`` below the figure, each name once, where they hide nothing."""
    named: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    if named:
        widths = [len(name) + _LEGEND_HANDLE for name in named]
        one_row = sum(widths) <= _LEGEND_WIDTH
        columns = len(named) if one_row else max(1, _LEGEND_WIDTH // max(widths))
        figure.legend(
            named.values(), named.keys(), loc="outside lower center", frameon=False, fontsize=8,
            ncols=min(columns, len(named)), labelcolor=INK,
        )  # fmt: skip


def without_repeats(axes: Sequence[Axes]) -> None:
    """Take the numbers from the y axes of all panels but the first of a row."""
    for each in axes[1:]:
        each.tick_params(labelleft=False)
        each.set_ylabel("")

"""The figure of scale: how much of their time workers live, against how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metahebb.report.figures import BLUE, GREEN, INK, ORANGE, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GOAL = 0.9
"""Share of their time that workers should live."""
_COLORS = (BLUE, ORANGE, GREEN, "#7a5c99")


@dataclass(frozen=True)
class Efficiencies:
    """A line of the figure; all of ``(n,)``.

    Attributes:
        label: what the line is of.
        workers: how many.
        model: efficiency by the model.
        measured: by virtual workers, with the model's; none where there are no such runs.
        low: lower end of the band around the model; none: no band.
        high: upper end.
        dashed: draw the line so.
    """

    label: str
    workers: Sequence[int]
    model: Sequence[float]
    measured: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dashed: bool = False


def draw_scale(
    measured: Sequence[Efficiencies], predicted: Sequence[Efficiencies], title: str
) -> Figure:
    """Return two panels: the model beside what was measured, and what it predicts.

    Args:
        measured: lines with points, on the left.
        predicted: lines with bands, on the right.
        title: of the right panel.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    style(left, "workers", "share of their time in which workers live", "measured and model")
    style(right, "workers", "", title)
    for axes, lines in ((left, measured), (right, predicted)):
        colors: dict[str, str] = {}
        for line in lines:
            key = line.label.split(", ")[0]
            color = colors.setdefault(key, _COLORS[len(colors) % len(_COLORS)])
            _draw(axes, line, color)
        every = sorted({workers for line in lines for workers in line.workers})
        axes.set_xscale("log")
        axes.set_xticks(every, [f"{workers:,}" for workers in every])
        axes.minorticks_off()
        axes.set_ylim(0, 1.02)
        axes.axhline(GOAL, color=INK, linewidth=0.8, linestyle=":", label=f"goal {GOAL}")
        _explain(axes, lines)
        axes.legend(edgecolor="none", fontsize=8, labelcolor=INK, loc="lower left")
    return figure


def _explain(axes: Axes, lines: Sequence[Efficiencies]) -> None:
    """Name the marks and bands of ``axes`` in its legend, where there are any."""
    if any(line.measured for line in lines):
        axes.plot([], [], "o", color=INK, markersize=4, label="marks: measured; lines: model")
    if any(line.low for line in lines):
        axes.fill_between([], [], color=INK, alpha=0.18, label="band: the model's largest errors")


def _draw(axes: Axes, line: Efficiencies, color: str) -> None:
    shape = "--" if line.dashed else "-"
    axes.plot(line.workers, line.model, shape, color=color, label=line.label, linewidth=1.4)
    if line.low:
        axes.fill_between(line.workers, line.low, line.high, color=color, alpha=0.18, linewidth=0)
    if line.measured:
        marker = "s" if line.dashed else "o"
        axes.plot(line.workers, line.measured, marker, color=color, markersize=4)

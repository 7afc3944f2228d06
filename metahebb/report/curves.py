"""How a run learned: fitness and length of life against generations and env steps."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from metahebb.report.figures import BLUE, FAINT, GRAY, GREEN, INK, ORANGE, return_unit, save, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from metahebb.runs.folder import RunFolder

Records = list[dict[str, Any]]
Floats = npt.NDArray[np.float64]


def learning_figure(run: RunFolder, pdf: bool = False) -> Path | None:
    """Write ``figures/learning.png`` from the run's metrics; None before the first generation.

    Args:
        run: a run folder.
        pdf: whether to write the figure as a PDF, too.
    """
    records = run.read_metrics()
    if not records:
        return None
    figure = draw_learning(records, return_unit(run.config.task))
    return save(figure, run.path / "figures" / "learning.png", pdf)


def learning_note(records: Records) -> str:
    """Return what the lines of the figure of ``records`` are, as far as they are there."""
    parts = ["Fitness is what selection sees."]
    if any(r["center_return"] is not None for r in records):
        how = "the unperturbed mean of the search, in fresh lives that do not influence it"
        band = ""
        if np.isfinite(center_band(records)[0]).any():
            lives = max(r.get("center_lives", 0) for r in records)
            band = f" The band is the 95 % interval of its mean over {lives} lives."
        parts.append(f"The center is {how}.{band}")
    parts.append("Dotted: the longest possible life.")
    if _stages(records):
        parts.append("Dashed: a new stage.")
    return " ".join(parts)


def draw_learning(records: Records, unit: str) -> Figure:
    """Return the figure of the lines of ``metrics.jsonl``; ``unit`` of fitness, in brackets."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.9), layout="constrained")
    # Without the space, the label of the right panel touches the left one.
    figure.set_layout_engine("constrained", wspace=0.06)
    fitness, survival = figure.subplots(1, 2, width_ratios=(1.7, 1.0))
    _fitness(fitness, records, unit)
    _survival(survival, records)
    stages = _stages(records)
    for axes in (fitness, survival):
        _mark_stages(axes, stages, with_text=axes is survival)
        _env_steps_above(axes, records, 5 if axes is fitness else 3)
    return figure


def _fitness(axes: Axes, records: Records, unit: str) -> None:
    style(axes, "generation", f"fitness{unit}", "Fitness of the population, return of its center")
    generations = [r["generation"] for r in records]
    lines = (  # the center, of a few lives a generation, is the noisiest, and so the thinnest
        ("fitness_best", "best", GRAY, 1.0),
        ("center_return", _center_label(records), ORANGE, 0.9),
        ("fitness_mean", "mean", BLUE, 2.0),
        ("fitness_median", "median", GREEN, 1.2),
    )
    dots = "o" if len(records) < 3 else ""  # a line of one point cannot be seen
    for key, label, color, width in lines:
        values = np.array([r[key] for r in records], np.float64)  # null becomes NaN, a gap
        if np.isfinite(values).any():
            axes.plot(generations, values, label=label, color=color, linewidth=width, marker=dots)
    low, high = center_band(records)
    if np.isfinite(low).any():
        axes.set_ylim(*axes.get_ylim())  # of the lines: the interval of few lives is often wider
        axes.fill_between(generations, low, high, color=ORANGE, alpha=0.15, linewidth=0,
                          label="center, 95 % interval")  # fmt: skip
    axes.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
    axes.legend(edgecolor="none", framealpha=0.8, fontsize=8, labelcolor=INK, loc="best")


def _center_label(records: Records) -> str:
    """Return what the center's line is called: with the number of lives that a point is of."""
    counts = sorted({n for r in records if (n := r.get("center_lives", 0))})
    if not counts:
        return "center"
    lives = f"{counts[0]} lives" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} lives"
    return "center, one life" if counts == [1] else f"center, mean of {lives}"


def center_band(records: Records) -> tuple[Floats, Floats]:
    """Return the ends ``(n,)`` of the 95 % interval of the center's mean return.

    It is Student's interval over the few fresh lives of the center that each generation records.
    NaN where a record has no such lives, or only one, or is of a version that wrote their mean
    alone.
    """
    lives = np.array([r.get("center_lives", 0) for r in records], np.float64)
    spread = np.array([r.get("center_std") for r in records], np.float64)
    mean = np.array([r["center_return"] for r in records], np.float64)
    free = np.where(lives > 1, lives - 1, np.nan)
    # The standard deviation is recorded with the divisor n, as that of fitness is.
    half = t.ppf(0.975, free) * spread / np.sqrt(free)
    return mean - half, mean + half


def _survival(axes: Axes, records: Records) -> None:
    style(axes, "generation", "env steps lived, mean", "Length of life")
    generations = [r["generation"] for r in records]
    horizons = [r["max_steps"] for r in records]
    axes.step(generations, horizons, where="post", color=FAINT, linewidth=1.0, linestyle=":")
    dots = "o" if len(records) < 3 else ""
    axes.plot(generations, [r["steps_mean"] for r in records], color=BLUE, marker=dots)
    axes.set_ylim(0, 1.08 * max(horizons))


def _stages(records: Records) -> list[tuple[int, str]]:
    """Return where each stage but the first begins, and what it is."""
    stages = []
    for before, now in pairwise(records):
        if any(before[key] != now[key] for key in ("max_steps", "bodies")):
            bodies = len(now["bodies"])
            what = f"{now['max_steps']} env steps, {bodies} {'body' if bodies == 1 else 'bodies'}"
            stages.append((now["generation"], what))
    return stages


def _mark_stages(axes: Axes, stages: list[tuple[int, str]], with_text: bool) -> None:
    for generation, what in stages:
        axes.axvline(generation, color=INK, linewidth=0.8, linestyle="--", alpha=0.5)
        if with_text:
            axes.annotate(
                what,
                xy=(generation, 0.02),
                xycoords=axes.get_xaxis_transform(),
                xytext=(-3, 0),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="bottom",
                fontsize=8,
                color=INK,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
            )


def _env_steps_above(axes: Axes, records: Records, labels: int) -> None:
    """Say above some ``labels`` generations how many env steps the run had then taken."""
    from matplotlib.ticker import MaxNLocator

    done = np.cumsum([r["env_steps"] for r in records])
    generations = [r["generation"] for r in records]
    low, high = generations[0], max(generations[-1], generations[0] + 1)
    ticks = MaxNLocator(labels, integer=True).tick_values(low, high)
    ticks = ticks[(ticks >= low) & (ticks <= high)]
    for side in (axes, above := axes.twiny()):
        side.set_xlim(low, high)
        side.set_xticks(ticks)
    style(above)
    above.spines[["left", "bottom"]].set_visible(False)
    above.tick_params(length=0, colors=FAINT)
    above.set_xticklabels([_short(n) for n in np.interp(ticks, generations, done)])
    above.set_xlabel("env steps so far", color=FAINT, fontsize=8)


def _short(number: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:.0f}"

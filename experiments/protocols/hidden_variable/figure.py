"""The figure of lives with a hidden variable: the score after birth, and around the flip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from experiments.protocols.hidden_variable.lives import Floats, Lived
from metahebb.analysis.statistics import few_runs, nested_means
from metahebb.report.figures import BLUE, FAINT, GRAY, GREEN, INK, ORANGE, save, style
from metahebb.tasks import Reversal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = ((GREEN, "-"), (GRAY, "-"), (ORANGE, "-"), (BLUE, "-"), (INK, "--"))
"""Color and dashes of each arm's line in the figure of the study ``latent``."""


def curve(lived: Lived, task: Reversal, starts: npt.NDArray[np.intp], cycles: int) -> Floats:
    """Return the mean score per cycle and the ends of its interval, ``(3, cycles)``.

    A window as long as a cycle has the same number of go steps, wherever in the cycle it begins.

    Args:
        lived: the lives.
        task: the task, which has the number of look and go steps of a cycle.
        starts: the step at which the first window begins in each life, ``(n_runs, n_lives)``.
        cycles: the number of windows.
    """
    length = task.look + task.go
    steps = starts[..., None] + np.arange(cycles * length)
    scores = np.take_along_axis(lived.scores, steps, axis=2)
    means = scores.reshape(*starts.shape, cycles, length).sum(-1) / task.go
    mean = means.mean((0, 1))
    ends = np.quantile(nested_means(means[None]), (0.025, 0.975), axis=0)
    low, high = np.clip(mean + few_runs(1, len(means)) * (ends - mean), -1, 1)
    return np.stack([mean, low, high])


def draw(
    arms: dict[str, Lived],
    task: Reversal,
    folder: Path,
    lines: Sequence[tuple[str, str]] = LINES,
) -> None:
    """Write the figure of the score after birth, and of the score around the flip.

    Around the flip, lives are shifted in time so that all of them flip at 0.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    born, turned = figure.subplots(1, 2, sharey=True, width_ratios=(1.0, 1.5))
    length = task.look + task.go
    cycles = task.max_steps // 3 // length  # all lives have so many before and after the flip
    before = cycles // 2
    for (name, lived), line in zip(arms.items(), lines[: len(arms)], strict=True):
        birth = curve(lived, task, np.zeros_like(lived.flips), cycles)
        _band(born, birth, 0, length, line, name, len(lived.flips))
        around = curve(lived, task, lived.flips - before * length, before + cycles)
        first = -before * length
        _band(turned, around, first, length, line, name, len(lived.flips))
    style(born, "env steps since birth", "mean score of a go step", "Finding it out")
    style(turned, "env steps since the flip", "", "The hidden variable flips; bands: 95 %")
    turned.axvline(0, color=INK, linewidth=0.8, linestyle="--", alpha=0.5)
    for axes in (born, turned):
        axes.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
        axes.set_ylim(-1.08, 1.08)
    born.legend(edgecolor="none", framealpha=0.8, fontsize=8, labelcolor=INK, loc="lower right")
    save(figure, folder / "score.png")


def _band(
    axes: Axes, means: Floats, first: int, length: int, line: tuple[str, str], name: str, n: int
) -> None:
    """Draw means, with their 95 % intervals if there is more than one run."""
    middle = first + (np.arange(means.shape[1]) + 0.5) * length
    color, dashes = line
    label = f"{name}, n = 1" if n == 1 else name
    axes.plot(middle, means[0], color=color, linestyle=dashes, linewidth=1.6, label=label)
    if n > 1:
        axes.fill_between(middle, means[1], means[2], color=color, alpha=0.2, linewidth=0)

"""The figure of the study ``delay``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.delay.runs import ARMS, Pairs
from metahebb.report.figures import BLUE, FAINT, INK, ORANGE, save, style

COLORS = dict(zip(ARMS, (BLUE, ORANGE), strict=True))


def write_figure(folder: Path, worlds: Sequence[Pairs]) -> None:
    """Write ``delay.png``: the learning curves of both arms, in a panel per preset."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    for axes, pairs in zip(figure.subplots(1, len(worlds), squeeze=False)[0], worlds, strict=True):
        for arm, color in COLORS.items():
            curves = pairs.curves[arm]
            updates = np.arange(curves.shape[1])
            axes.plot(updates, curves.T, color=color, linewidth=0.7, alpha=0.3)
            axes.plot(updates, curves.mean(0), color=color, linewidth=2.2, label=arm)
        axes.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
        axes.legend(edgecolor="none", framealpha=0.8, fontsize=8, labelcolor=INK, loc="lower right")
        style(axes, "updates", f"center's {pairs.part.measure}", pairs.part.preset)
    save(figure, folder / "delay.png")

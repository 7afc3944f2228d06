"""The figure of the distance of arms, intact and with shortened legs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from experiments.protocols.arms import COLORS
from experiments.protocols.legs.bodies import Fold
from experiments.protocols.legs.groups import Group
from metahebb.report.figures import FAINT, GRAY, INK, save, style


def write_figure(
    folder: Path, groups: Sequence[Group], seconds: float, colors: Mapping[str, str] = COLORS
) -> None:
    """Write ``damage.png``: distances of runs and of arms, intact and with seen or unseen legs."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    axes = figure.subplots()
    for place, group in enumerate(groups):
        color = colors.get(group.arm, GRAY)
        means, draws = group.draws()
        for shift, kind, face in (
            (-0.2, "intact", color),
            (0.0, "seen", color),
            (0.2, "unseen", "w"),
        ):
            x = place + shift
            low, high = group.interval(draws[kind], means[kind])
            axes.plot([x, x], [low, high], color=color, lw=2, solid_capstyle="round")
            marker = {"intact": "o", "seen": "s", "unseen": "o"}[kind]
            axes.plot(x, means[kind], marker, color=color, mfc=face, ms=7, mew=1.5, zorder=3)
            runs = [run_mean(group, fold, seed, kind) for fold, seed in group.cells]
            axes.plot(np.full(len(runs), x + 0.07), runs, ".", color=FAINT, ms=3)
    labels = [f"{g.arm}\n{g.protocol}" for g in groups]
    axes.set_xticks(range(len(groups)), labels)
    axes.axhline(0, color=FAINT, lw=0.8)
    for kind, marker, face in (("intact", "o", INK), ("seen leg", "s", INK), ("unseen", "o", "w")):
        axes.plot([], [], marker, color=INK, mfc=face, label=kind)
    axes.legend(frameon=False, fontsize=8)
    style(
        axes,
        "",
        f"metres in {seconds:g} s",
        "Shortened legs: mean and 95 % interval; dots are runs",
    )
    save(figure, folder / "damage.png")


def run_mean(group: Group, fold: Fold, seed: int, kind: str) -> float:
    """Return a run's mean distance over the bodies of a kind [m]."""
    lived = group.cells[fold, seed]
    names = {"intact": ("intact",), "seen": (fold.leg,), "unseen": fold.unseen}[kind]
    return float(lived.distance[[lived.bodies.index(name) for name in names]].mean())

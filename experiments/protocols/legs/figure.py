"""The figure of the distances of arms, intact and with shortened legs, from a study's results."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.kit.kept import Cell, Kept
from experiments.protocols.arms import COLORS
from experiments.protocols.legs.bodies import ONE, WEAKENED
from experiments.protocols.legs.tables import HEADS
from metahebb.report.figures import FAINT, GRAY, INK, save, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = (("intact", -0.22, "o"), ("seen", 0.0, "s"), ("unseen", 0.22, "D"))
"""Kinds of bodies that are drawn, each with its shift along the axis of arms and its marker."""
PROTOCOLS = {"weak": "", "one": "\nno weak motors"}
FOLDS = {str(fold): fold for fold in (*ONE, *WEAKENED)}


def draw_legs(folder: Path, colors: Mapping[str, str] = COLORS) -> Path:
    """Write ``damage.png``: distances of runs and of arms, intact and with seen and unseen legs.

    Args:
        folder: the folder of the results, which has ``tables.json`` with the table ``kinds`` and
            the number ``seconds``, and ``runs.csv``.
        colors: the color of each arm, by the arm's name.
    """
    from matplotlib.figure import Figure

    kept, runs = Kept.read(folder), _runs(folder)
    groups = [
        row
        for row in kept.tables["kinds"].records()
        if (row["arm"], row["protocol"]) in {key[:2] for key in runs}
    ]
    figure = Figure(figsize=(1.6 + 1.5 * len(groups), 4.0), layout="constrained")
    axes = figure.subplots()
    labels = []
    for place, row in enumerate(groups):
        color, n = colors.get(str(row["arm"]), GRAY), row["runs"]
        for kind, shift, marker in KINDS:
            _mean(axes, place + shift, row[HEADS[kind]], color, marker)
            means = runs[str(row["arm"]), str(row["protocol"]), kind] if n != 1 else []
            axes.plot(np.full(len(means), place + shift + 0.08), means, ".", color=FAINT, ms=3)
        labels.append(f"{row['arm']}\nn = {n}{PROTOCOLS[str(row['protocol'])]}")
    axes.set_xticks(range(len(groups)), labels)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.axhline(0, color=FAINT, lw=0.8)
    _legend(axes)
    style(axes, "", f"metres in {kept.numbers['seconds']:g} s")
    axes.set_title(
        "Mean and 95 % interval over runs; dots are runs; hollow: one run, no interval",
        color=INK,
        fontsize=9,
        loc="left",
    )
    return save(figure, folder / "damage.png")


def _mean(axes: Axes, x: float, cell: Cell, color: str, marker: str) -> None:
    """Draw a mean with its interval; the marker of a mean without an interval is hollow."""
    assert isinstance(cell, tuple)
    value, low, high = cell
    assert value is not None
    face = "w"
    if low is not None and high is not None:
        face = color
        axes.plot([x, x], [low, high], color=color, lw=2, solid_capstyle="round")
    axes.plot(x, value, marker, color=color, mfc=face, ms=7, mew=1.5, zorder=3)


def _legend(axes: Axes) -> None:
    words = {"intact": "intact", "seen": "seen leg shortened", "unseen": "unseen legs shortened"}
    for kind, _, marker in KINDS:
        axes.plot([], [], marker, color=INK, ms=6, label=words[kind])
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)


def _runs(folder: Path) -> dict[tuple[str, str, str], list[float]]:
    """Return each run's mean distance [m] by arm, protocol and kind of body."""
    by_run: dict[tuple[str, str, str], dict[str, float]] = {}
    with (folder / "runs.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["arm"], row["fold"], row["seed"]
            by_run.setdefault(key, {})[row["body"]] = float(row["meters"])
    means: dict[tuple[str, str, str], list[float]] = {}
    for (arm, name, _), meters in by_run.items():
        fold = FOLDS[name]
        bodies = {"intact": ("intact",), "seen": (fold.leg,), "unseen": fold.unseen}
        for kind, some in bodies.items():
            mean = float(np.mean([meters[body] for body in some]))
            means.setdefault((arm, fold.protocol, kind), []).append(mean)
    return means

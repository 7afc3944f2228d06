"""The figure of the study of car racing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from experiments.kit.cells import Floats
from experiments.protocols.arms import COLORS
from metahebb.analysis.statistics import nested_interval
from metahebb.report.figures import save, style
from metahebb.runs.folder import RunFolder


def write_figure(
    folder: Path,
    scores: Mapping[str, Mapping[str, Floats]],
    runs: Mapping[str, Sequence[RunFolder]],
) -> None:
    """Write ``car_racing.png``: learning curves by env steps, and each center's mean return."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number, (arm, some) in enumerate(runs.items()):
        look = {"color": COLORS[arm], "lw": 1.2}
        for k, run in enumerate(some):
            records = list(run.read_metrics())
            steps = np.cumsum([record["env_steps"] for record in records]) / 1e6
            means = [record["fitness_mean"] for record in records]
            left.plot(steps, means, label=None if k else arm, alpha=0.8, **look)
        for place, returns in enumerate(scores[arm].values()):
            for row in returns:  # a run's mean, and its interval over tracks
                mean, low, high = nested_interval(row[None])
                at = place + 0.3 * number
                right.plot([at, at], [low, high], color=COLORS[arm], lw=1.6, alpha=0.6)
                right.plot(at, mean, "o", color=COLORS[arm], mfc="w", ms=5)  # one run
    names = next(iter(scores.values()))
    right.set_xticks(np.arange(len(names)) + 0.15, [name.replace("_", "\n") for name in names])
    style(left, "million env steps", "fitness, mean of the population", "Learning to drive")
    style(right, "", "return on fresh tracks", "Every run's center; bars: 95 % over its tracks")
    left.legend(frameon=False, fontsize=8)
    save(figure, folder / "car_racing.png")

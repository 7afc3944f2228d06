"""The figure of the study ``evolved_reward``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from experiments.evolved_reward.claims import FUNCTIONS_OF
from experiments.evolved_reward.runs import EVOLVED, FROZEN, UNEVOLVED, Lived
from metahebb.report.figures import BLUE, FAINT, GRAY, INK, ORANGE, save, style
from metahebb.runs.folder import RunFolder
from metahebb.runs.storage import write_json
from metahebb.tasks.trials.pairs import PAIRS, TRAINING

FILE = "curves.json"
COLORS = {EVOLVED: BLUE, UNEVOLVED: ORANGE, FROZEN: GRAY}
DASHES = {"training": "-", "withheld": "--"}


def write_curves(folder: Path, runs: Sequence[RunFolder], arms: Mapping[str, Lived]) -> None:
    """Write ``curves.json``: the numbers of the figure.

    The fitness of a generation is the mean over its population, and is averaged over a turn of all
    training functions. The accuracy is the part of right trials, averaged over a turn of all pairs.
    """
    turn = len(TRAINING) // 2
    fitness = [
        _means([record["fitness_mean"] for record in run.read_metrics()], turn) for run in runs
    ]
    lives = {
        f"{arm}, {word}": [_means(row, len(PAIRS)) for row in arms[arm].curve(names)]
        for arm in COLORS
        for word, names in FUNCTIONS_OF.items()
    }
    write_json(folder / FILE, {"fitness": fitness, "accuracy": lives})


def _means(values: npt.ArrayLike, turn: int) -> list[float]:
    """Return the mean of each whole turn of ``values``, or of all if they are no whole turn."""
    row = np.asarray(values, np.float64)
    length = min(turn, len(row))
    means = row[: len(row) // length * length].reshape(-1, length).mean(1)
    return [round(float(mean), 4) for mean in means]


def draw(folder: Path) -> list[Path]:
    """Draw ``learning.png`` from ``curves.json``: over generations, and over the trials of a life.

    Thin lines are runs, thick ones means over runs.
    """
    from matplotlib.figure import Figure

    kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    evolution, life = figure.subplots(1, 2)
    fitness = np.array(kept["fitness"])
    generations = (np.arange(fitness.shape[1]) + 0.5) * (len(TRAINING) // 2)
    evolution.plot(generations, fitness.T, color=BLUE, linewidth=0.7, alpha=0.4)
    evolution.plot(generations, fitness.mean(0), color=BLUE, linewidth=2.2)
    style(evolution, "generation", "mean fitness of the population", "Evolution")
    for arm, color in COLORS.items():
        for word, dashes in DASHES.items():
            if (arm, word) == (FROZEN, "withheld"):
                continue
            accuracy = np.array(kept["accuracy"][f"{arm}, {word}"])
            trials = (np.arange(accuracy.shape[1]) + 0.5) * len(PAIRS)
            label = f"{arm}, {word} functions"
            life.plot(trials, accuracy.T, color=color, linestyle=dashes, linewidth=0.6, alpha=0.3)
            life.plot(
                trials, accuracy.mean(0), color=color, linestyle=dashes, linewidth=2.0, label=label
            )
    life.axhline(0.5, color=FAINT, linewidth=0.6, zorder=0)
    life.set_ylim(0.22, 1.0)
    life.legend(edgecolor="none", framealpha=0.8, fontsize=8, labelcolor=INK, loc="lower right")
    style(life, "trial of a life", "part of right answers", "Learning within a life")
    return [save(figure, folder / "learning.png")]

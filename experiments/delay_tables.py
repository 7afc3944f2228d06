"""Notes, tables and the figure of the study ``delay``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.delay_runs import ARMS, Pairs
from experiments.study import write_rows
from metahebb.report.figures import BLUE, FAINT, INK, ORANGE, save, style

COLORS = dict(zip(ARMS, (BLUE, ORANGE), strict=True))

NOTES = """
![learning curves](delay.png)

Thin lines are runs, thick ones means over seeds. Per run: [runs.csv](runs.csv).

{worlds}

*Synchronous* samples every generation around the center that all generations before it have made;
*delayed* (`--search.delay 1`) before the update by the last of them. All else is equal, learning
rate and stdev among it, which are those of the preset: neither arm was tuned. Both arms of a seed
begin with the same center, and live as many lives. Seeds count where both arms are finished.

The learning curve is the return of {center_lives} fresh lives of the unperturbed center by the
number of updates that made it; the return after the last generation is that of the fresh lives in
the table, in the task's first body. Life i of a seed has the same birth and world in both arms.

All intervals are 95 %, resample seeds (both arms of a seed together) and, within each, lives, and
are spread for the small number of seeds (Student's t). What a delay saves is not measured here: it
depends on how long workers would have waited.
"""


def notes(found: Sequence[Pairs]) -> str:
    """Return the end of the README."""
    (lives,) = {run.config.center_lives for pairs in found for run in pairs.everything}
    return NOTES.format(worlds=worlds_table(found), center_lives=lives)


def worlds_table(found: Sequence[Pairs]) -> str:
    """Return a row per preset, as Markdown."""
    lines = [
        "| preset | seeds | popsize | generations | search | learning rate | stdev | fresh lives |",
        "|---" * 8 + "|",
    ]
    for pairs in found:
        search = pairs.everything[0].config.search
        n_seeds = f"{len(pairs.seeds)} of {len(pairs.part.seeds)}"
        row = (
            *(pairs.part.preset, n_seeds, search.popsize, pairs.generations),
            *(search.algorithm, search.learning_rate, search.stdev, pairs.part.lives),
        )
        lines.append(f"| {' | '.join(map(str, row))} |")
    return "\n".join(lines)


def write_runs(folder: Path, found: Sequence[Pairs]) -> None:
    """Write ``runs.csv``: where each run ends, and the mean of its learning curve."""
    rows = [
        [pairs.part.preset, arm, seed, returns.size, f"{returns.mean():.3f}", f"{way.mean():.3f}"]
        for pairs in found
        for arm in ARMS
        for seed, returns, way in zip(
            pairs.seeds, pairs.returns[arm], pairs.curves[arm], strict=True
        )
    ]
    heads = ("preset", "arm", "seed", "lives", "return", "learning_curve")
    write_rows(folder / "runs.csv", heads, rows)


def write_figure(folder: Path, found: Sequence[Pairs]) -> None:
    """Write ``delay.png``: the learning curves of both arms, a panel per preset."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    for axes, pairs in zip(figure.subplots(1, len(found), squeeze=False)[0], found, strict=True):
        for arm, color in COLORS.items():
            curves = pairs.curves[arm]
            updates = np.arange(curves.shape[1])
            axes.plot(updates, curves.T, color=color, linewidth=0.7, alpha=0.3)
            axes.plot(updates, curves.mean(0), color=color, linewidth=2.2, label=arm)
        axes.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
        axes.legend(edgecolor="none", framealpha=0.8, fontsize=8, labelcolor=INK, loc="lower right")
        style(axes, "updates", f"center's {pairs.part.measure}", pairs.part.preset)
    save(figure, folder / "delay.png")

"""The same tuning budget for every arm: a small grid, scored on training bodies only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.kit.cells import cells
from experiments.kit.running import evolved
from metahebb.analysis import tuning
from metahebb.analysis.tuning import Score, Setting
from metahebb.evolution.backends.where import Where
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder


def tuned(
    folder: Path,
    config: RunConfig,
    grid: Sequence[Setting],
    lives: int,
    where: Where,
    score: Score | None = None,
) -> list[tuple[Setting, float]]:
    """Return each setting of ``grid`` with its score, the best first.

    Args:
        folder: the folder that gets one run per setting.
        config: the config of a short run; its seed is replaced by the seed of tuning.
        grid: the settings of the search that are tried.
        lives: the number of fresh lives per training body. The score is the mean distance of the
            lives [m], with the probes of ``config`` and the horizon of its last stage.
        where: the place where runs are evolved and lives are lived.
        score: a function that returns the score of a finished run; None for the mean distance.
    """

    def distance(run: RunFolder) -> float:
        horizon = config.stages[-1].max_steps
        lived = cells(run, config.task.bodies, lives, horizon, where, config.probes)
        return float(lived.distance.mean())

    return tuning.tuned(
        folder, config, grid, lambda path, of: evolved(path, of, where), score or distance
    )


def tuning_table(tuning: Mapping[str, Sequence[tuple[Setting, float]]]) -> str:
    """Return a table of the score of every setting, with the best one bold, as Markdown.

    Args:
        tuning: the settings that were tried with their scores, the best first, by arm.
    """
    settings = sorted({str(s) for tried in tuning.values() for s, _ in tried})
    lines = [
        f"| arm | {' | '.join(settings)} |",
        "|---" * (len(settings) + 1) + "|",
    ]
    for arm, tried in tuning.items():
        scores = {str(setting): f"{score:.2f}" for setting, score in tried}
        best = str(tried[0][0])
        scores[best] = f"**{scores[best]}**"
        lines.append(f"| {arm} | {' | '.join(scores[s] for s in settings)} |")
    return "\n".join(lines)

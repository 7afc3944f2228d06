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
        folder: of the runs, one per setting.
        config: of a short run; its seed is replaced.
        grid: what is tried.
        lives: fresh ones per training body; the score is their mean distance [m] with the run's
            own probes and horizon.
        where: it is evolved.
        score: of a finished run, in the place of that distance.
    """

    def distance(run: RunFolder) -> float:
        horizon = config.stages[-1].max_steps
        lived = cells(run, config.task.bodies, lives, horizon, where, config.probes)
        return float(lived.distance.mean())

    return tuning.tuned(
        folder, config, grid, lambda path, of: evolved(path, of, where), score or distance
    )


def tuning_table(tuning: Mapping[str, Sequence[tuple[Setting, float]]]) -> str:
    """Return the score of every setting that was tried, the chosen one bold, as Markdown."""
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

"""The same tuning budget for every arm: a small grid, scored on training bodies only."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from experiments.kit.cells import cells
from experiments.kit.running import evolved
from metahebb.evolution.backends.where import Where
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder


@dataclass(frozen=True)
class Setting:
    """What a search is tuned in.

    Attributes:
        stdev: of the search distribution.
        learning_rate: of its center.
        initial_stdev: of the first center.
        algorithm: of the search; None: the arm's.
        optimizer: of its center; None likewise.
        separable: whether its covariance is diagonal (cmaes).
    """

    stdev: float
    learning_rate: float
    initial_stdev: float
    algorithm: Literal["openai_es", "cmaes"] | None = None
    optimizer: Literal["adam", "sgd"] | None = None
    separable: bool = True

    def __str__(self) -> str:
        """Return it as a folder's name."""
        if self.algorithm == "cmaes":
            kind = "sep-cmaes" if self.separable else "cmaes"
            return f"{kind}-{self.stdev:g}-{self.initial_stdev:g}"
        name = f"{self.optimizer}-" if self.optimizer else ""
        return f"{name}{self.stdev:g}-{self.learning_rate:g}-{self.initial_stdev:g}"

    def of(self, config: RunConfig) -> RunConfig:
        """Return ``config`` with this setting."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return dataclasses.replace(config, search=dataclasses.replace(config.search, **given))


GRID = (
    Setting(0.03, 0.01, 0.1),
    Setting(0.03, 0.03, 0.05),
    Setting(0.06, 0.01, 0.05),
    Setting(0.06, 0.03, 0.1),
)
"""Two values of each, every pair of values of any two of them once (a half-fraction 2^(3-1))."""
SEED = 1000
"""Of the runs that tune; no run that is reported has it."""


Score = Callable[[RunFolder], float]


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
    scores = []
    for setting in grid:
        run = evolved(
            folder / str(setting), setting.of(dataclasses.replace(config, seed=SEED)), where
        )
        if score is not None:
            scores.append((setting, score(run)))
            continue
        horizon = config.stages[-1].max_steps
        lived = cells(run, config.task.bodies, lives, horizon, where, config.probes)
        scores.append((setting, float(lived.distance.mean())))
    return sorted(scores, key=lambda pair: -pair[1])


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

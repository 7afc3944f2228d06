"""Fresh lives of a center in the task `Reversal`, with their scores in each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt

from experiments.kit.kept import Cell, Table
from metahebb.analysis.statistics import nested_interval
from metahebb.life import Ending
from metahebb.probes import Moment, parse_probes
from metahebb.runs.center import Center
from metahebb.tasks.reversal import ReversalLanes

Floats = npt.NDArray[np.float64]

MEASURES = ("return", "before", "after")
"""Names of the measures: the mean score of all go steps, of the settled go steps before the flip,
and of the settled go steps after it."""
BOUND = 1.0
"""Largest absolute value of a score."""
LANES = 64


@dataclass(frozen=True)
class Lived:
    """The lives of one arm; a life that ended non-finite scores 0, as guessing does.

    Attributes:
        measures: measures in the order of `MEASURES`, ``(n_runs, n_lives, 3)``.
        flips: first step of each life with the other sign, ``(n_runs, n_lives)``.
        scores: score of each step, ``(n_runs, n_lives, max_steps)``: ±1 in go steps, 0 in look
            steps.
    """

    measures: Floats
    flips: npt.NDArray[np.intp]
    scores: npt.NDArray[np.int8]

    @classmethod
    def join(cls, runs: Sequence[Lived]) -> Lived:
        """Return the lives of several runs together; each of ``runs`` has the lives of one run."""
        return cls(*(np.concatenate([vars(r)[key] for r in runs]) for key in vars(runs[0])))

    def interval(self, measure: str) -> tuple[float, float, float]:
        """Return the mean of a measure with its 95 % interval over runs and lives."""
        return nested_interval(self.measures[..., MEASURES.index(measure)], BOUND)

    def minus(self, other: Lived, measure: str) -> tuple[float, float, float]:
        """Return the mean of a measure minus that of ``other``, life by life, with its interval.

        Both arms need the same seeds, generations and lives; life i of run j then has the same
        world.
        """
        more = (self.measures - other.measures)[..., MEASURES.index(measure)]
        return nested_interval(more, 2 * BOUND)


def rows_of(arms: dict[str, Lived]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Return each measure with its interval, by arm or probe."""
    return {name: {m: lived.interval(m) for m in MEASURES} for name, lived in arms.items()}


def rows_table(arms: dict[str, Lived]) -> Table:
    """Return a table with a row per arm and per probe; an arm with one run has no intervals."""
    rows: list[tuple[Cell, ...]] = []
    for name, lived in arms.items():
        one = len(lived.measures) == 1
        ends = [lived.interval(m) for m in MEASURES]
        rows.append((name, *((mean, None, None) if one else (mean, *e) for mean, *e in ends)))
    return Table(("who", "return", "settled, before the flip", "settled, after it"), tuple(rows))


def live(center: Center, n: int, probe: str = "") -> Lived:
    """Return ``n`` fresh lives of ``center``, with the same births and worlds for any ``probe``."""
    task = center.setup.task
    probed = center.within(replace(center.setup, probes=parse_probes([probe] if probe else [])))
    recorder = _Recorder(np.zeros((n, task.max_steps), np.int8))
    measures, flips = np.zeros((n, len(MEASURES))), np.zeros(n, np.intp)
    for result in probed.watch(range(n), [recorder], max_steps=task.max_steps, lanes=LANES):
        flips[result.unit] = int(result.measures["flip"])
        if result.ending is not Ending.NONFINITE:
            scored = result.measures
            measures[result.unit] = result.episode_return, scored["before"], scored["after"]
    return Lived(measures[None], flips[None], recorder.scores[None])


@dataclass(frozen=True)
class _Recorder:
    """An observer that notes the score of each step's outputs."""

    scores: npt.NDArray[np.int8]

    def observe_outputs(self, moment: Moment, outputs: npt.NDArray[np.float32]) -> None:
        """Note the scores of the outputs."""
        lanes = cast(ReversalLanes, moment.task)  # the study has no other task
        self.scores[moment.units, moment.steps] = lanes.score(outputs, moment.lanes)

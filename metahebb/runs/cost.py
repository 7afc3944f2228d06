"""A model of what a run costs: env steps by its schedule, seconds by lanes, threads and workers."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.evolution.backends.pace import SENDING_S, Pace
from metahebb.runs.config import RunConfig, Stage

Lengths = npt.NDArray[np.int64]
"""Env steps that lives last, ``(n_lives,)``, in the order in which they begin."""
_MANY = 64
"""Lives per lane from which on a makespan is taken from sums: lanes then end nearly together."""


def possible_steps(config: RunConfig, start: int, stop: int) -> int:
    """Return the env steps of some evaluations of a population if every life reaches its horizon.

    Most searches evaluate a population once per generation (``ga`` does it twice); the schedule
    counts evaluations.

    Args:
        config: config of the run.
        start: number of the first evaluation.
        stop: number behind the last one.
    """
    stages = config.stages
    ends = [stage.start for stage in stages[1:]] + [max(stop, stages[-1].start)]
    return sum(
        max(0, min(stop, end) - max(start, stage.start))
        * (config.search.popsize * lives_per_candidate(config, stage) + center_lives(config))
        * stage.max_steps
        for stage, end in zip(stages, ends, strict=True)
    )


def lives_per_candidate(config: RunConfig, stage: Stage) -> int:
    """Return the number of lives that make one fitness in a stage."""
    return len(stage.bodies or config.task.bodies) * config.episodes


def center_lives(config: RunConfig) -> int:
    """Return the lives of the center per generation; dense searches watch no center."""
    return config.center_lives if config.search.is_seeded else 0


def makespan(lengths: Lengths, lanes: int) -> int:
    """Return after how many steps of the lockstep all lives are over.

    A lane whose life ends takes the next life.
    """
    if lengths.size <= lanes:
        return int(lengths.max(initial=0))
    if lengths.size > _MANY * lanes:
        mean = float(lengths.mean())
        return math.ceil(mean * lengths.size / lanes + int(lengths.max()) - mean)
    free = [0] * lanes
    for length in lengths.tolist():
        heapq.heapreplace(free, free[0] + length)
    return max(free)


@dataclass(frozen=True)
class Speed:
    """How fast one core lives lives of one run.

    Attributes:
        sweep_s: seconds that a step of the lockstep takes, however many lanes take part.
        step_s: seconds that each lane adds to such a step.
        birth_s: seconds that a birth takes, and the reset that goes with it.
    """

    sweep_s: float
    step_s: float
    birth_s: float

    def sweep(self, lanes: int) -> float:
        """Return the seconds of a step of the lockstep in which all lanes take part."""
        return self.sweep_s + lanes * self.step_s

    def seconds(self, lengths: Lengths, lanes: int, threads: int = 1) -> float:
        """Return how long ``threads`` that take lives from one queue need for all of them.

        Args:
            lengths: lengths of the lives.
            lanes: lives at a time in each thread.
            threads: number of threads.
        """
        sweeps = makespan(lengths, lanes * threads)
        work = self.step_s * float(lengths.sum()) + self.birth_s * lengths.size
        return self.sweep_s * sweeps + work / threads

    def workers_s(
        self, lengths: Lengths, lives: int, center: Lengths, lanes: int, workers: int
    ) -> float:
        """Return how long Ray workers need for one evaluation of a population.

        Work is cut into calls as the Ray backend cuts it, and a worker that is done takes the next
        call. The last call is that of the center. All workers are equally fast.

        Args:
            lengths: lengths of the lives, candidate by candidate.
            lives: number of lives of each candidate.
            center: lengths of the center's lives; empty where it is not watched.
            lanes: lives at a time in each worker.
            workers: number of workers.
        """
        pace = Pace()
        pace.note(lengths.size, self.seconds(lengths, lanes))
        units = pace.units(0, lengths.size // lives, lanes, workers, lives)
        calls = [lengths[unit.start * lives : unit.stop * lives] for unit in units]
        free, sent = [0.0] * workers, 0.0
        for call in [*calls, *([center] if center.size else [])]:
            sent += SENDING_S
            begin = max(sent, free[0])
            heapq.heapreplace(free, begin + self.seconds(call, lanes))
        return max(free)

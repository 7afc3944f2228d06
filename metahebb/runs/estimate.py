"""What a run will cost: env steps, hours and memory, from some seconds of it on this machine."""

from __future__ import annotations

import os
import resource
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

import numpy as np
import psutil

from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.evolution.memory import check_lanes
from metahebb.evolution.search import Search
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.cost import Lengths, lives_per_candidate
from metahebb.runs.cost_table import LIVES_PER_WORKER, WORKER_BYTES, Estimate, Range, Row
from metahebb.runs.meter import Lived, Meter
from metahebb.worker import Plan

SECONDS = 10.0
"""Time that is spent on lives, if nothing else is asked for."""
_LOOKS_S = 0.5
"""Seconds in which it is looked how busy the machine is with other things."""
_RAY_BYTES = 480 * 2**20
"""Memory of Ray's own processes beside the driver on one machine (measured: 476 MB)."""
_THOUSAND = 1024
"""The most workers for which a row is shown."""


def estimate(config: RunConfig, where: Where | None = None, seconds: float = SECONDS) -> Estimate:
    """Return what a run will cost; nothing is written, and no worker is started.

    Candidates of the run's first generation live with the run's own settings, until ``seconds``
    are over: first a few lives of a few steps, then longer ones and more of them. Two steps of the
    search follow, with invented fitness.

    Args:
        config: of the run.
        where: threads or workers, and lanes; None: threads of this process.
        seconds: to spend on lives, roughly; compilation and the search come on top.

    Raises:
        InputError: what `metahebb evolve` would refuse.
        ProgressError: most lives of the first generation are non-finite.
        TaskError: the code of the task raised an error.
    """
    where = where or Where()
    if not seconds > 0:
        raise InputError(f"expected more than 0 seconds, got {seconds}; 10 are usual")
    began, busy = time.monotonic(), psutil.cpu_percent(_LOOKS_S) / 100
    meter, first, search_s = _measure(config, where, seconds)
    lived = meter.lived
    assert lived is not None
    run = _Generations(config, where.lanes, lived, meter.sizes[:first], meter.sizes[first:])
    worker = WORKER_BYTES + lived.worker_bytes
    most = run.least_lives() // LIVES_PER_WORKER
    driver = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    extra = config.generations * search_s
    rows = [Row(lived.threads, 0, run.seconds(0, extra), driver)]
    for n in _numbers(most, where.workers, config.search.popsize):
        rows += [Row(0, n, run.seconds(n, extra), driver + _RAY_BYTES + n * worker)]
    sample = lived.sample
    return Estimate(
        env_steps=run.env_steps(),
        rows=tuple(rows),
        most_workers=most,
        lives=sample.lengths.size,
        watched=sample.max_steps,
        steps_mean=float(sample.lengths.mean()),
        at_horizon=float((sample.lengths == sample.max_steps).mean()),
        core_s=lived.alone.seconds(sample.lengths, where.lanes) / float(sample.lengths.sum()),
        slowed=lived.slowed(where.lanes),
        search_s=search_s,
        compile_s=lived.compile_s,
        driver_bytes=driver,
        worker_bytes=worker,
        busy=busy,
        took_s=time.monotonic() - began,
    )


def _measure(config: RunConfig, where: Where, seconds: float) -> tuple[Meter, int, float]:
    """Let a search step twice.

    Returns:
        What measured its lives, the number of evaluations of the first step, and the seconds of the
        second one.
    """
    setup = config.setup()
    if where.workers and not where.address:
        check_lanes(setup, where.lanes, where.workers)
    threads = min(where.workers, _cores()) or where.threads
    horizon = _longest(config)
    meter = Meter(setup, horizon, threads=threads, lanes=where.lanes, seconds=seconds)
    search = Search(config.search, setup, meter, config.plan, config.center_lives)
    search.step()
    first, began = len(meter.sizes), time.monotonic()
    search.step()
    return meter, first, time.monotonic() - began


class _Generations:
    """All evaluations of a run, and what they take by what was measured."""

    def __init__(
        self,
        config: RunConfig,
        lanes: int,
        lived: Lived,
        first: Sequence[tuple[int, int]],
        later: Sequence[tuple[int, int]],
    ) -> None:
        """Count the evaluations of each kind.

        Args:
            config: of the run.
            lanes: lives at a time in each thread or worker.
            lived: what was measured.
            first: candidates and lives of the center, in each evaluation of the first generation.
            later: the same of each later generation.
        """
        self._config, self._lanes, self._lived = config, lanes, lived
        stages = config.stages
        total = len(first) + len(later) * (config.generations - 1)
        ends = [stage.start for stage in stages[1:]] + [max(total, stages[-1].start)]
        counts: Counter[tuple[Stage, int, int]] = Counter()
        for stage, end in zip(stages, ends, strict=True):
            for size in first[stage.start : end]:
                counts[stage, *size] += 1
            for place, size in enumerate(later):
                every = range(len(first) + place, total, len(later))
                counts[stage, *size] += bisect_left(every, end) - bisect_left(every, stage.start)
        self._lives = [
            (count, stage, self._lengths(stage, candidates), self._center(stage, center))
            for (stage, candidates, center), count in counts.items()
            if count
        ]

    def least_lives(self) -> int:
        """Return the lives of the evaluation that has the fewest."""
        return min(lengths.size for _, _, lengths, _ in self._lives)

    def env_steps(self) -> Range:
        """Return the env steps of the whole run."""
        low = high = 0.0
        for count, stage, lengths, center in self._lives:
            low += count * (lengths.sum() + center.sum())
            high += count * (lengths.size + center.size) * stage.max_steps
        return float(low), float(high)

    def seconds(self, workers: int, extra: float) -> Range:
        """Return how long the whole run takes.

        Args:
            workers: of Ray; 0: the threads that were measured.
            extra: seconds of all that is no life.
        """
        low = high = extra
        for count, stage, lengths, center in self._lives:
            low += count * self._evaluation_s(stage, lengths, center, workers)
            full = np.full_like(lengths, stage.max_steps), np.full_like(center, stage.max_steps)
            high += count * self._evaluation_s(stage, *full, workers)
        return low, high

    def _evaluation_s(self, stage: Stage, lengths: Lengths, center: Lengths, workers: int) -> float:
        lived, lanes = self._lived, self._lanes
        if workers:
            lives = lives_per_candidate(self._config, stage)
            return lived.alone.workers_s(lengths, lives, center, lanes, workers)
        every = np.concatenate([lengths, center])
        return lived.together.seconds(every, lanes, lived.threads)

    def _lengths(self, stage: Stage, candidates: int) -> Lengths:
        """Return lengths as measured, of all lives of an evaluation, candidate by candidate."""
        bodies = self._config.plan(stage.start).bodies
        n = candidates * self._config.episodes
        lived = [np.resize(self._cut(body, stage), n) for body in bodies]
        return np.stack(lived, axis=1).ravel()

    def _center(self, stage: Stage, lives: int) -> Lengths:
        return np.resize(self._cut(self._config.plan(stage.start).bodies[0], stage), lives)

    def _cut(self, body: int, stage: Stage) -> Lengths:
        """Return lengths in a body; lives that were watched no longer last to the horizon."""
        pool = self._lived.pool(body)
        alive = pool >= min(self._lived.sample.max_steps, stage.max_steps)
        return np.where(alive, stage.max_steps, pool)


def _longest(config: RunConfig) -> Plan:
    """Return a plan with the bodies of all stages, and the longest horizon."""
    bodies = {body for stage in config.stages for body in config.plan(stage.start).bodies}
    longest = max(stage.max_steps for stage in config.stages)
    return Plan(0, longest, tuple(sorted(bodies)), config.episodes)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _numbers(most: int, asked: int, popsize: int) -> list[int]:
    """Return numbers of workers to show: the one asked for, and others up to ``most``.

    These are powers of two from 8 on, the largest number that divides the population evenly, and
    the most; not beyond a thousand, for no more are useful (docs/howto/cluster.md).
    """
    most = min(most, _THOUSAND)
    numbers = {2**k for k in range(3, 11) if 2**k <= most}
    numbers |= {asked, most, max(n for n in range(1, most + 1) if popsize % n == 0) if most else 0}
    return sorted(number for number in numbers if number > 1 or number == asked > 0)

"""What a run will cost: env steps, hours and memory, from some seconds of it on this machine."""

from __future__ import annotations

import os
import resource
import textwrap
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.evolution.memory import check_lanes
from metahebb.evolution.search import Search
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.cost import Lengths, lives_per_candidate
from metahebb.runs.meter import Lived, Meter
from metahebb.worker import Plan

SECONDS = 10.0
"""Time that is spent on lives, if nothing else is asked for."""
LIVES_PER_WORKER = 8
"""Lives per generation that a worker should have at least, so that it does not wait for others."""
_WORKER_BYTES = 240 * 2**20
"""A Ray worker before it opens lanes, its share of common libraries included (measured: 240 MB)."""
_RAY_BYTES = 480 * 2**20
"""Ray's own processes beside the driver on one machine (measured: 476 MB)."""
_BUSY = 0.25
"""Load per core, before anything is measured, from which on the machine counts as busy."""

_THOUSAND = 1024
"""The most workers for which a row is shown."""
_SLOWED = 1.2
"""How many times longer threads may take together before this is said."""
_WIDTH = 96
"""Of a line of text."""

Range = tuple[float, float]
"""If lives stay as long as those that were measured, and if every life reaches its horizon."""


@dataclass(frozen=True)
class Row:
    """What the run takes in one place.

    Attributes:
        threads: of this process; 0: the row is of Ray workers.
        workers: Ray workers; 0: the row is of threads.
        seconds: that all generations take.
        memory: bytes of all processes, at most.
    """

    threads: int
    workers: int
    seconds: Range
    memory: int

    @property
    def label(self) -> str:
        """Name of the place."""
        if self.workers:
            return f"{self.workers} Ray workers"
        return f"this machine, {self.threads} thread{'s' if self.threads > 1 else ''}"


@dataclass(frozen=True)
class Estimate:
    """What a run will cost.

    Attributes:
        env_steps: of the whole run.
        rows: this machine, then numbers of Ray workers.
        most_workers: that have `LIVES_PER_WORKER` lives per generation in every stage.
        lives: that were measured.
        watched: env steps after which these lives were ended.
        steps_mean: mean length of these lives.
        at_horizon: share of them that were still alive at that time.
        core_s: seconds of one core for an env step, births included.
        slowed: how many times longer a thread takes for its lanes' step beside the other threads.
        search_s: seconds per generation of all that is no life: ranking, gradient, update.
        compile_s: seconds until the first life was over.
        driver_bytes: the most memory that this process has had.
        worker_bytes: memory of a Ray worker.
        load: mean number of busy processes before anything was measured, per core.
        took_s: seconds that the estimate took.
    """

    env_steps: Range
    rows: tuple[Row, ...]
    most_workers: int
    lives: int
    watched: int
    steps_mean: float
    at_horizon: float
    core_s: float
    slowed: float
    search_s: float
    compile_s: float
    driver_bytes: int
    worker_bytes: int
    load: float
    took_s: float

    def text(self) -> str:
        """Return a table, and what of it was measured and what was not."""
        low, high = self.env_steps
        heads = ["", "lives as long as now", "all lives to the end", "memory"]
        table = [heads, ["env steps", _count(low), _count(high), ""]]
        table += [[row.label, *map(_clock, row.seconds), _memory(row.memory)] for row in self.rows]
        if self._is_certain:
            table = [[line[0], *line[2:]] for line in table]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "   ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
            for line in table
        ]
        notes = [textwrap.fill(note, _WIDTH, subsequent_indent="  ") for note in self._notes()]
        return "\n".join([*lines, "", *notes])

    @property
    def _is_certain(self) -> bool:
        """Whether lives last to the end already."""
        return self.env_steps[1] < 1.02 * self.env_steps[0]

    def _notes(self) -> list[str]:
        """Return sentences on what was measured, extrapolated and left out."""
        measured = (
            f"Measured in {self.took_s:.0f} s: {self.lives} lives of the first generation, each "
            f"watched for at most {self.watched} env steps, last {self.steps_mean:.0f} on average; "
            f"{100 * self.at_horizon:.0f} % of them last to the end. One core needs "
            f"{_short(self.core_s)} for an env step. The search itself needs "
            f"{_short(self.search_s)} per generation. This process took up to "
            f"{_memory(self.driver_bytes)} of memory."
        )
        if self.slowed > _SLOWED:
            measured += (
                f" Threads that run together need {self.slowed:.1f} times as long as one that has "
                "the machine to itself."
            )
        later = "Extrapolated: all later generations, by the run's schedule and the speed above."
        if not self._is_certain:
            later += (
                " Lives get longer while most runs learn, so that the truth lies between the two "
                "columns."
            )
        left_out = (
            f"Left out: compiling ({self.compile_s:.0f} s here), writing the run folder, and the "
            "evaluation, the film and the report at the end."
        )
        notes = [measured, later, *self._notes_on_workers(), left_out]
        if self.load > _BUSY:
            notes.append(
                f"Other programs were busy here ({self.load:.1f} for each core): without them the "
                "run is faster."
            )
        return notes

    def _notes_on_workers(self) -> list[str]:
        if self.most_workers < 2:
            few = ["There are too few lives in a generation for Ray workers: use threads."]
        else:
            few = [
                f"More than {self.most_workers} workers would have fewer than {LIVES_PER_WORKER} "
                "lives each in a generation, and would mostly wait for the longest life."
            ]
        if len(self.rows) == 1:
            return few
        return [
            "Extrapolated, too: the workers, none of which was started. Each counts as one core of "
            f"this machine's kind. Its memory is the {_memory(_WORKER_BYTES)} that we measured of "
            "an idle worker, and what one thread's lanes add here. Workers on one machine share "
            "some of that.",
            *few,
        ]


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
    began, load = time.monotonic(), os.getloadavg()[0] / _cores()
    setup = config.setup()
    if where.workers and not where.address:
        check_lanes(setup, where.lanes, where.workers)
    threads = min(where.workers, _cores()) or where.threads
    horizon = _longest(config)
    meter = Meter(setup, horizon, threads=threads, lanes=where.lanes, seconds=seconds)
    search = Search(config.search, setup, meter, config.plan, config.center_lives)
    search.step()
    first, stepped = len(meter.sizes), time.monotonic()
    search.step()
    search_s = time.monotonic() - stepped
    lived = meter.lived
    assert lived is not None
    run = _Generations(config, where.lanes, lived, meter.sizes[:first], meter.sizes[first:])
    driver = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    worker = _WORKER_BYTES + lived.worker_bytes
    most = run.least_lives() // LIVES_PER_WORKER
    extra = config.generations * search_s
    rows = [Row(lived.threads, 0, run.seconds(0, extra), driver)]
    rows += [
        Row(0, n, run.seconds(n, extra), driver + _RAY_BYTES + n * worker)
        for n in _numbers(most, where.workers, config.search.popsize)
    ]
    lengths = lived.sample.lengths
    return Estimate(
        env_steps=run.env_steps(),
        rows=tuple(rows),
        most_workers=most,
        lives=lengths.size,
        watched=lived.sample.max_steps,
        steps_mean=float(lengths.mean()),
        at_horizon=float((lengths == lived.sample.max_steps).mean()),
        core_s=lived.alone.seconds(lengths, where.lanes) / float(lengths.sum()),
        slowed=lived.together.sweep(where.lanes) / lived.alone.sweep(where.lanes),
        search_s=search_s,
        compile_s=lived.compile_s,
        driver_bytes=driver,
        worker_bytes=worker,
        load=load,
        took_s=time.monotonic() - began,
    )


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


def _count(number: float) -> str:
    for size, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            return f"{number / size:.3g} {name}"
    return f"{number:.0f}"


def _clock(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def _short(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f} µs"
    return f"{1e3 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _memory(size: int) -> str:
    return f"{size / 2**20:.0f} MB" if size < 2**30 else f"{size / 2**30:.1f} GB"

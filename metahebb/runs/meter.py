"""Lives and search of a run's first generation, timed on this machine; nothing is written down."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psutil
from scipy.optimize import nnls

from metahebb.evolution.backends.base import Backend, Job
from metahebb.evolution.backends.in_process import InProcess
from metahebb.fingerprint import Fingerprint, fingerprint
from metahebb.life import Ending
from metahebb.runs.cost import Lengths, Speed, makespan
from metahebb.worker import OBSERVED, Outcomes, Plan, Setup

_FIRST_STEPS = 8
"""Horizon of the first lives that are timed; it doubles up to the run's horizon, or while there is
time."""
_ALONE = 0.3
"""Part of the time that one thread gets for itself."""
_QUICK = 0.02
"""Part of the time that a sample may take to count as quick; of quick lives more are lived."""
_FEW = 16
"""Candidates that live on a single lane where lives are quick."""
_REPEATS = 5
"""How often a whole generation is timed at most."""


@dataclass(frozen=True)
class Sample:
    """Some lives, and how long they took.

    Attributes:
        outcomes: outcomes of the lives, candidate by candidate.
        seconds: time that the lives took together.
        max_steps: env steps after which each life was ended.
    """

    outcomes: Outcomes
    seconds: float
    max_steps: int

    @property
    def lengths(self) -> Lengths:
        """Env steps of each life."""
        return self.outcomes["steps"].astype(np.int64)


@dataclass(frozen=True)
class Lived:
    """What was measured of the lives of a run's first generation.

    Attributes:
        bodies: indices of the bodies in which the lives were lived, in turn.
        sample: largest sample that all threads lived together.
        alone: speed of a thread while no other one lived.
        together: speed of each thread while all of them lived.
        threads: number of threads that lived the sample.
        compile_s: seconds before the first life was over, for kernels and environments.
        worker_bytes: memory that the lanes of one thread added to this process.
    """

    bodies: tuple[int, ...]
    sample: Sample
    alone: Speed
    together: Speed
    threads: int
    compile_s: float
    worker_bytes: int

    def slowed(self, lanes: int) -> float:
        """Return how many times longer a step of the lockstep takes beside other threads."""
        return self.together.sweep(lanes) / max(self.alone.sweep(lanes), 1e-9)

    def pool(self, body: int) -> Lengths:
        """Return the lengths of the lives that were lived in a body."""
        place = self.bodies.index(body)
        return self.sample.lengths[place :: len(self.bodies)]


class Meter(Backend):
    """A backend that times lives of the first jobs it gets, and invents all outcomes.

    A search that steps with it costs what it costs in the run, and the lives are those of the run's
    own first candidates.

    Attributes:
        lived: what was measured; None before the first `evaluate`.
        sizes: number of candidates, and of the center's lives, in each evaluation so far.
    """

    def __init__(
        self, setup: Setup, horizon: Plan, *, threads: int, lanes: int, seconds: float
    ) -> None:
        """Prepare to measure.

        Args:
            setup: set-up of the run.
            horizon: a plan with the bodies of all stages, and the longest horizon among them.
            threads: number of threads; 0: as many as this process may use cores.
            lanes: lives at a time in each thread.
            seconds: time to spend on lives, roughly; compiling comes on top.
        """
        self._setup = setup
        self._horizon = horizon
        self._threads = threads or len(os.sched_getaffinity(0))
        self._lanes = lanes
        self._seconds = seconds
        self.lived: Lived | None = None
        self.sizes: list[tuple[int, int]] = []

    @property
    def num_workers(self) -> int:
        """Threads."""
        return self._threads

    @property
    def others(self) -> Sequence[Fingerprint]:
        """None: there are no workers."""
        return ()

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        """Return invented outcomes of each job, of lives like those that were measured."""
        own = [job for job in jobs if not job.plan.fresh]
        n = sum(job.n_candidates for job in own)
        if self.lived is None:
            self.lived = self._measure(dataclasses.replace(own[0], n_candidates=n))
        center = sum(job.plan.lives_per_candidate for job in jobs if job.plan.fresh)
        self.sizes.append((n, center))
        return [self._invented(job, self.lived.sample.outcomes) for job in jobs]

    def close(self) -> None:
        """Do nothing: threads are let go of as soon as their lives are over."""
        return

    def _invented(self, job: Job, measured: Outcomes) -> Outcomes:
        n = job.n_candidates * job.plan.lives_per_candidate
        outcomes = np.zeros(n, job.plan.outcome(self._setup))
        for name in measured.dtype.names or ():
            outcomes[name] = np.resize(measured[name], n)
        # Returns that are all alike would spare the search its gradient.
        finite = outcomes["ending"] != Ending.NONFINITE
        outcomes["episode_return"][finite] = np.linspace(0, 1, n)[finite]
        if OBSERVED in (outcomes.dtype.names or ()):
            outcomes[OBSERVED] = 1.0  # a single observation of a 1 by each sensor
        return outcomes

    def _measure(self, job: Job) -> Lived:
        """Time one thread with all lanes and with one, then all threads."""
        fingerprint()  # loads what a Ray worker has loaded before it opens lanes
        process = psutil.Process()
        before = process.memory_info().rss
        began = time.monotonic()
        with self._open(1, self._lanes) as backend:
            self._timed(backend, job, 1, 1)
            compile_s = time.monotonic() - began
            began = time.monotonic()
            samples = self._longer(backend, job, 1, began + _ALONE * self._seconds)
        added = process.memory_info().rss - before
        rows = [_row(each, self._lanes, 1) for each in samples]
        if self._lanes > 1:
            quick = samples[-1].seconds < _QUICK * self._seconds
            few = min(job.n_candidates, _FEW if quick else 1)
            with self._open(1, 1) as backend:
                self._timed(backend, job, 1, 1)
                rows.append(_row(self._timed(backend, job, few, samples[-1].max_steps), 1, 1))
        with self._open(self._threads, self._lanes) as backend:
            samples = self._longer(backend, job, self._threads, began + self._seconds)
            samples += self._more(backend, job, samples[-1], began + self._seconds)
        together = [_row(each, self._lanes, self._threads) for each in samples]
        return Lived(
            self._horizon.bodies,
            samples[-1],
            _speed(rows),
            _speed(together),
            self._threads,
            compile_s,
            max(added, 0),
        )

    def _longer(self, backend: Backend, job: Job, threads: int, deadline: float) -> list[Sample]:
        """Return samples that fill the lanes: births alone, then lives of twice as many steps each.

        The last one may last to the horizon; what time allows ends them before.
        """
        n = min(job.n_candidates, math.ceil(threads * self._lanes / self._lives))
        samples = [self._timed(backend, job, n, 1) for _ in range(4)][1:]
        steps, last = min(_FIRST_STEPS, self._horizon.max_steps), self._horizon.max_steps
        samples.append(self._timed(backend, job, n, steps))
        # A sample may take twice as long as the one before, and what follows it as long again.
        while steps < last and time.monotonic() + 4 * samples[-1].seconds < deadline:
            steps = min(2 * steps, last)
            samples.append(self._timed(backend, job, n, steps))
        return samples

    def _more(self, backend: Backend, job: Job, last: Sample, deadline: float) -> list[Sample]:
        """Return samples of more candidates each, up to whole generations."""
        samples: list[Sample] = []
        n, whole = last.outcomes.size // self._lives, 0
        while whole < _REPEATS and time.monotonic() + 2 * last.seconds < deadline:
            n = min(2 * n, job.n_candidates)
            whole += n == job.n_candidates
            last = self._timed(backend, job, n, last.max_steps)
            samples.append(last)
        return samples

    @property
    def _lives(self) -> int:
        """Lives of a candidate in the bodies of all stages."""
        return self._horizon.lives_per_candidate

    def _open(self, threads: int, lanes: int) -> contextlib.closing[InProcess]:
        return contextlib.closing(InProcess(self._setup, threads, lanes))

    def _timed(self, backend: Backend, job: Job, n: int, max_steps: int) -> Sample:
        plan = dataclasses.replace(
            job.plan,
            max_steps=max_steps,
            bodies=self._horizon.bodies,
            episodes=self._horizon.episodes,
            adds_up=False,
        )
        began = time.perf_counter()
        (outcomes,) = backend.evaluate([dataclasses.replace(job, plan=plan, n_candidates=n)])
        return Sample(outcomes, time.perf_counter() - began, max_steps)


def _row(sample: Sample, lanes: int, threads: int) -> list[float]:
    """Return how often a sample pays each number of `Speed`, and the seconds that this took.

    All four are divided by the square root of these seconds: long samples are more exact, but not
    so much that short ones should not count.
    """
    lengths = sample.lengths
    counts: list[float] = [makespan(lengths, lanes * threads)]
    counts += [int(lengths.sum()) / threads, lengths.size / threads]
    return [each / math.sqrt(sample.seconds) for each in (*counts, sample.seconds)]


def _speed(rows: Sequence[Sequence[float]]) -> Speed:
    """Return the speed, of no negative numbers, that explains samples best."""
    table = np.array(rows)
    return Speed(*nnls(table[:, :3], table[:, 3])[0].tolist())

"""Lives in threads of this process: kernels and physics let go of the interpreter lock."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

from metahebb.evolution.backends.base import Backend, Job
from metahebb.evolution.memory import check_lanes
from metahebb.fingerprint import Fingerprint
from metahebb.life import Life
from metahebb.worker import Outcomes, Setup, Worker, all_lives, collect, is_of_task, spare


class InProcess(Backend):
    """A worker per thread; all threads take lives from one queue, so that none waits."""

    def __init__(self, setup: Setup, threads: int = 0, lanes: int = 16) -> None:
        """Open the workers.

        Args:
            setup: of the run.
            threads: how many; 0 means as many as this process may use cores.
            lanes: lives at a time per thread. A few keep their synapses in the core's cache.

        Raises:
            InputError: so many lanes do not fit in memory.
        """
        self.threads = threads or len(os.sched_getaffinity(0))
        check_lanes(setup, lanes, self.threads)
        self._setup = setup
        self._lanes = lanes
        self._workers = [Worker(setup, lanes) for _ in range(self.threads)]
        self._pool = ThreadPoolExecutor(self.threads)

    @property
    def num_workers(self) -> int:
        """Threads."""
        return self.threads

    @property
    def others(self) -> Sequence[Fingerprint]:
        """None: threads of a process compute alike."""
        return ()

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        """Return the outcomes of each job."""
        try:
            return self._evaluate(jobs)
        except Exception as error:
            setup, lanes = self._setup, self._lanes
            if setup.on_error == "abort" or not is_of_task(error):
                raise
            # Lanes in which something raised are not used again.
            self._workers = [Worker(setup, lanes) for _ in self._workers]
            return [spare(setup, lanes, job.plan, job.point, job.candidates) for job in jobs]

    def _evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        lives: list[Life] = []
        sizes = []
        for job in jobs:
            own = all_lives(self._setup, job.plan, job.point, job.candidates)
            first = len(lives)
            lives.extend(replace(life, unit=first + life.unit) for life in own)
            sizes.append(len(own))
        queue = iter(lives)  # a list's iterator hands out each life once, whoever asks
        running = [self._pool.submit(list, w.live(queue)) for w in self._workers]
        try:
            results = [result for future in running for result in future.result()]
        except BaseException:
            # A signal, or a task's error: no thread begins another life.
            for _ in queue:
                pass
            wait(running)
            raise
        in_order = iter(sorted(results, key=lambda result: result.unit))
        return [
            collect(itertools.islice(in_order, size), job.plan.outcome(self._setup))
            for job, size in zip(jobs, sizes, strict=True)
        ]

    def close(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown()

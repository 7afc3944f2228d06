"""A backend that lives lives in threads: kernels and physics release the interpreter lock."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any, TypeVar

from metahebb.evolution.backends.base import Backend, Job
from metahebb.evolution.memory import check_lanes
from metahebb.fingerprint import Fingerprint
from metahebb.life import Life, LifeResult
from metahebb.probes import AnyObserver
from metahebb.user_code import THREADS, let_go
from metahebb.worker import Outcomes, Setup, Worker, all_lives, collect, is_of_task, spare

STOP_S = 4.0
"""Seconds that threads get to end their present env steps after an error or a signal."""
_CLOSE_WAIT_S = 0.5  # seconds that threads get when the backend is closed
T = TypeVar("T")


class InProcess(Backend):
    """A backend with a worker per thread; all threads take lives from one queue."""

    def __init__(
        self,
        setup: Setup,
        threads: int = 0,
        lanes: int = 16,
        *,
        observers: Sequence[AnyObserver] = (),
    ) -> None:
        """Open the workers.

        Args:
            setup: the set-up of the run.
            threads: the number of threads; 0 for one per core that this process may use.
            lanes: the number of lives that a thread advances together. With few lanes, all synapses
                stay in the core's cache.
            observers: the observers of all lives, which all threads share. The observers see lives
                by number: within one call of `evaluate`, the lives of all jobs are numbered from 0.

        Raises:
            InputError: ``lanes`` lanes in each thread do not fit in memory.
        """
        self.threads = threads or len(os.sched_getaffinity(0))
        check_lanes(setup, lanes, self.threads)
        self._setup, self._observers = setup, observers
        self._lanes = lanes
        self._running: list[Future[Any]] = []  # the latest calls in the threads
        self._open()

    def _open(self) -> None:
        """Open a worker per thread."""
        self._workers: list[Worker] = []
        try:
            for _ in range(self.threads):
                self._workers.append(Worker(self._setup, self._lanes))
        except BaseException:
            let_go([worker.close for worker in self._workers])
            raise
        self._pool = ThreadPoolExecutor(self.threads, THREADS)

    @property
    def num_workers(self) -> int:
        """The number of threads."""
        return self.threads

    @property
    def others(self) -> Sequence[Fingerprint]:
        """Fingerprints of unlike workers: an empty list, as threads of a process compute alike."""
        return ()

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        """Return the outcomes of each job."""
        try:
            return self._evaluate(jobs)
        except Exception as error:
            setup, lanes = self._setup, self._lanes
            if setup.on_error == "abort" or not is_of_task(error):
                raise
            self._open_anew()  # lanes in which an error was raised are not used again
            # In a thread: a user's code that hangs must not keep this process from seeing a signal.
            work = [(job.plan, job.point, job.candidates) for job in jobs]
            again = functools.partial(spare, setup, lanes, observers=self._observers)
            (spared,) = self._wait([lambda: [again(*job) for job in work]])
            return spared

    def _evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        lives: list[Life] = []
        sizes = []
        for job in jobs:
            own = all_lives(self._setup, job.plan, job.point, job.candidates)
            first = len(lives)
            lives.extend(replace(life, unit=first + life.unit) for life in own)
            sizes.append(len(own))
        if self._busy():  # an earlier evaluation was interrupted, and one of its threads hangs
            self._open_anew()
        queue = iter(lives)  # a list's iterator hands out each life once, to whichever thread asks
        lived: list[list[LifeResult]]
        try:
            living = [w.live(queue, observers=self._observers) for w in self._workers]
            lived = self._wait([functools.partial(list, each) for each in living])
        except BaseException:
            # A signal, or a task's error: no thread begins another life, or goes on with one.
            for _ in queue:
                pass
            for worker in self._workers:
                worker.stop()
            wait(self._running, STOP_S)
            raise
        results = itertools.chain.from_iterable(lived)
        in_order = iter(sorted(results, key=lambda result: result.unit))
        return [
            collect(itertools.islice(in_order, size), job.plan.outcome(self._setup))
            for job, size in zip(jobs, sizes, strict=True)
        ]

    def _wait(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """Run each call in a thread; return their results, or raise the first error."""
        self._running = []
        for call in calls:
            self._running.append(self._pool.submit(call))
        for future in wait(self._running, return_when=FIRST_EXCEPTION).done:
            future.result()
        results = [future.result() for future in self._running]
        self._running = []
        return results

    def _busy(self, timeout_s: float = 0.0) -> bool:
        """Return whether a thread still runs after ``timeout_s`` seconds."""
        return bool(wait(self._running, timeout_s).not_done)

    def _open_anew(self) -> None:
        """Replace all workers and threads, because the present ones may hang."""
        self.close()
        self._open()

    def close(self) -> None:
        """End the threads and close the environments, without waiting for any that hang."""
        self._pool.shutdown(wait=not self._busy(_CLOSE_WAIT_S), cancel_futures=True)
        let_go([worker.close for worker in self._workers])

"""Ray workers: the speed of two against one, bytes per candidate, start time and memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from metahebb.bench.base import Row, compare, interleaved
from metahebb.bench.findings import absolute
from metahebb.evolution.backends.base import Job
from metahebb.networks import FeedForward
from metahebb.tasks import Locomotion
from metahebb.worker import Plan, SearchPoint, Setup

if TYPE_CHECKING:
    from metahebb.evolution.backends.ray import RayWorkers

POPSIZE = 128
STARTS, MOST_STARTS = 3, 12


def ant(popsize: int, steps: int) -> tuple[Setup, Job]:
    """Return a set-up of the ant with RK4, and a job of ``popsize`` lives of ``steps`` each."""
    setup = Setup.build(Locomotion("ant", ending="none"), FeedForward(), seed=0)
    n = setup.genome.n_genes
    point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.05, np.float32), mirrored=True)
    return setup, Job(Plan(0, steps), point, popsize)


def two_against_one(
    one: RayWorkers, two: RayWorkers, job: Job, repeats: int
) -> dict[str, list[float]]:
    """Return the rates of ``two`` Ray workers and of ``one`` [env steps/s], measured in turn."""

    def work(pool: RayWorkers) -> float:
        return float(pool.evaluate([job])[0]["steps"].sum())

    return interleaved({"two": lambda: work(two), "one": lambda: work(one)}, repeats)


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield the rows, for the ant with RK4 and one core per worker; ``threads`` has no effect."""
    from metahebb.bench.local_ray import counted, local_ray
    from metahebb.evolution.backends.ray import RayWorkers

    setup, job = ant(POPSIZE, 25 if quick else 250)
    with local_ray(4):
        one, two = RayWorkers(setup, 1, lanes=lanes), RayWorkers(setup, 2, lanes=lanes)

        rates = two_against_one(one, two, job, 2 if quick else 5)
        yield compare(
            "workers, two against one",
            rates["two"],
            rates["one"],
            ">= 1.9",
            "env steps/s",
            f"one Ray worker, popsize {POPSIZE} × {job.plan.max_steps} steps of the ant with RK4",
        )
        with counted() as traffic:
            two.evaluate([job])
        yield absolute(
            "workers, bytes per candidate",
            [(traffic.sent + traffic.received) / POPSIZE],
            "<= 64",
            "bytes",
            f"arguments and replies of one generation in Ray's serialiser, two workers; beside it "
            f"one broadcast of {traffic.jobs[0]:,} bytes per node",
        )
        one.close()
        two.close()
        yield from _starts(setup, lanes, job)


def _starts(setup: Setup, lanes: int, job: Job) -> Iterator[Row]:
    """Yield the rows about the start of a worker.

    Workers are started one after the other. Only workers with a new process count, because Ray
    keeps a few processes in stock.
    """
    from metahebb.evolution.backends.ray import RayWorkers

    first = Job(Plan(0, 1), job.point, 1)
    took: list[float] = []
    resident: list[float] = []
    torch: list[float] = []
    for _ in range(MOST_STARTS):
        there = set(psutil.pids())
        began = time.perf_counter()
        pool = RayWorkers(setup, 1, lanes=lanes)
        pool.evaluate([first])
        ready = time.perf_counter() - began
        (pid,) = pool.pids()
        if pid not in there:
            pool.evaluate([job])
            took.append(ready)
            resident.append(psutil.Process(pid).memory_info().rss / 2**20)
            torch.append(float(b"libtorch" in Path(f"/proc/{pid}/maps").read_bytes()))
        pool.close()
        if len(took) == STARTS:
            break
    warm = "kernels in the cache, Ray up"
    yield absolute(
        "worker, start", took, "<= 3", "s", f"from asking for it to the first fitness; {warm}"
    )
    yield absolute(
        "worker, resident", resident, "<= 300", "MB", f"after a generation, {lanes} lanes"
    )
    yield absolute("worker, torch loaded", torch, "<= 0", "libraries", "1 if libtorch is mapped")

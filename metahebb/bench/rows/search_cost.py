"""The cost of the search itself: time and memory of noise, ranking, gradient and update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metahebb.bench.base import Row, compare, interleaved
from metahebb.bench.findings import seconds
from metahebb.bench.rows.plastic_step import HEADS, grown
from metahebb.evolution.backends.base import Backend, Job
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.config import SearchConfig
from metahebb.evolution.search import Search
from metahebb.fingerprint import Fingerprint
from metahebb.networks import FeedForward
from metahebb.tasks import Locomotion, Measure
from metahebb.tasks.base import UNBOUNDED, Range
from metahebb.worker import OUTCOME, Outcomes, Plan, SearchPoint, Setup

POPSIZE = 500
STEPS = 250
CAR_RACING_STEPS_PER_S = 140
"""Env steps per second of Gymnasium's CarRacing with its image, on one core.

This speed stands for the evaluation of a network of the size ``car racing``.
"""
GENOMES, MEGABYTES = 10, 16
"""Memory that the search may add to the process: so many genomes, and so many MB."""


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield rows for the time and the memory of the search, for both sizes of network."""
    popsize, repeats = (50, 2) if quick else (POPSIZE, 5)
    yield _ant(threads, lanes, popsize, repeats)
    yield _car_racing(threads, lanes, popsize, repeats)
    for head, sizes in HEADS.items():
        yield _memory(head, SearchOnly(sizes, popsize, threads))


class SearchOnly:
    """A work that is a generation without lives, so that only the search costs time."""

    def __init__(self, sizes: tuple[int, ...], popsize: int, threads: int) -> None:
        """Set up a search for a network of these layer ``sizes``."""
        setup = Setup.build(Nowhere(sizes[0], sizes[-1]), FeedForward(sizes[1:-1]), seed=0)
        self.backend = backend = _Nobody(threads)
        config = SearchConfig(popsize=popsize)
        self._search = Search(config, setup, backend, lambda g: Plan(g, STEPS), 0)
        self._popsize, self._threads = popsize, threads
        self.n_genes = n = setup.genome.n_genes
        self._point = SearchPoint(np.zeros(n, np.float32), np.ones(n, np.float32), mirrored=True)

    def __call__(self) -> float:
        """Do one generation's search; return 1."""
        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(self._write, range(self._threads)))
        self.step()
        return 1.0

    def step(self) -> None:
        """Do the main process's part: rank, compute the gradient, update the center."""
        self._search.step()

    def _write(self, thread: int) -> None:
        """Generate the genomes of one thread's share of the candidates, as births do."""
        genes = np.empty(self.n_genes, np.float32)
        for candidate in range(thread, self._popsize, self._threads):
            self._point.source(0, 0, candidate).write(0, genes)


@dataclass(frozen=True)
class Nowhere:
    """A task that has only sizes, and in which no network can live."""

    n_observations: int
    n_outputs: int
    bodies: tuple[str, ...] = ("none",)
    max_steps: int = STEPS
    label: str = "nowhere"
    seconds_per_step: float | None = None
    return_unit: str = ""
    return_range: Range = UNBOUNDED
    measures: tuple[Measure, ...] = ()

    def lanes(self, n: int) -> Any:
        """Raise NotImplementedError: the task has no lives."""
        raise NotImplementedError


class _Nobody(Backend):
    """A backend that answers at once, with random returns."""

    others: Sequence[Fingerprint] = ()

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._rng = np.random.default_rng(0)

    @property
    def num_workers(self) -> int:
        return self._threads

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        of_jobs = []
        for job in jobs:
            outcomes = np.zeros(job.n_candidates * job.plan.lives_per_candidate, OUTCOME)
            outcomes["episode_return"] = self._rng.normal(size=outcomes.size)
            of_jobs.append(outcomes)
        return of_jobs

    def close(self) -> None:
        pass


def _ant(threads: int, lanes: int, popsize: int, repeats: int) -> Row:
    sizes, sample = HEADS["ant"], 4 * threads * lanes
    setup = Setup.build(Locomotion("ant", ending="none"), FeedForward(sizes[1:-1]), seed=0)
    backend = InProcess(setup, threads, lanes)
    n = setup.genome.n_genes
    point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.05, np.float32), mirrored=True)

    def evaluation() -> float:
        backend.evaluate([Job(Plan(0, STEPS), point, sample)])
        return sample / popsize

    search = SearchOnly(sizes, popsize, threads)
    rates = interleaved({"ours": search, "peer": evaluation}, repeats)
    backend.close()
    return compare(
        f"search cost, {n:,} genes",
        seconds(rates["ours"]),
        seconds(rates["peer"]),
        "<= 0.03",
        "s",
        f"living a generation of popsize {popsize} × {STEPS} steps of the ant with RK4, from a "
        f"sample of {sample} lives; ours is noise, ranking, gradient, update; {threads} threads",
    )


def _car_racing(threads: int, lanes: int, popsize: int, repeats: int) -> Row:
    sizes = HEADS["car racing"]
    living, every = grown(sizes, lanes), np.arange(lanes, dtype=np.intp)
    observations = np.random.default_rng(0).uniform(-1, 1, (lanes, sizes[0])).astype(np.float32)

    def steps() -> float:
        for _ in range(20):
            living.act(observations, every)
        return 20.0 * lanes

    search = SearchOnly(sizes, popsize, threads)
    rates = interleaved({"ours": search, "steps": steps}, repeats)
    per_core = popsize * STEPS / threads
    peer = [per_core * (1 / rate + 1 / CAR_RACING_STEPS_PER_S) for rate in rates["steps"]]
    return compare(
        f"search cost, {search.n_genes:,} genes",
        seconds(rates["ours"]),
        peer,
        "<= 0.1",
        "s",
        f"living a generation of popsize {popsize} × {STEPS} steps: the measured plastic step, and "
        f"{CAR_RACING_STEPS_PER_S} env steps/s per core as a stand-in for CarRacing",
    )


def _memory(head: str, search: SearchOnly) -> Row:
    """Return the row of the peak memory in a generation, less the level before the generation."""
    search.step()  # the first step allocates the memory that a search keeps
    rises = [_peak_rise(search) for _ in range(3)]
    limit = (GENOMES * 4 * search.n_genes + MEGABYTES * 2**20) / 2**20
    return compare(
        f"search memory, {search.n_genes:,} genes",
        rises,
        [limit] * len(rises),
        "<= 1",
        "MB",
        f"{GENOMES} genomes + {MEGABYTES} MB; ours is the resident peak in a generation's search "
        "less the level before it",
    )


def _peak_rise(search: SearchOnly) -> float:
    Path("/proc/self/clear_refs").write_bytes(b"5")  # sets the peak to the present memory (Linux)
    before = _status("VmRSS")
    search.step()
    return (_status("VmHWM") - before) / 1024


def _status(field: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(field):
            return float(line.split()[1])
    raise LookupError(field)

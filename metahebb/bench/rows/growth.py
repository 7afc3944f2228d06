"""The growth of cost with popsize, with the size of hidden layers, and with lanes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from metahebb.bench.base import Work, interleaved
from metahebb.bench.findings import Finding, grown, seconds
from metahebb.bench.rows.plastic_step import compiled_steps, times_for
from metahebb.bench.rows.plastic_step import grown as grown_lanes
from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.config import SearchConfig
from metahebb.evolution.search import Search
from metahebb.networks import FeedForward
from metahebb.tasks import Locomotion
from metahebb.worker import Plan, SearchPoint, Setup

STEPS = 10
"""Number of steps of a life where popsize grows; in such short lives, births and search matter."""


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Finding]:
    """Yield a curve and a row for each of the three sizes; with ``quick``, they grow less far."""
    repeats = 2 if quick else 3
    yield from _popsize(threads, lanes, (32, 128) if quick else (32, 128, 512, 2048), repeats)
    widths = (32, 128) if quick else (32, 64, 128, 256, 512, 1024)
    yield from _hidden(widths, repeats)
    yield from _lanes((1, 8) if quick else (1, 2, 4, 8, 16, 32, 64), 25 if quick else 100, repeats)


def _popsize(
    threads: int, lanes: int, popsizes: tuple[int, ...], repeats: int
) -> Iterator[Finding]:
    setup = _setup()
    backend = InProcess(setup, threads, lanes)

    def generation(popsize: int) -> Work:
        config = SearchConfig(popsize=popsize)
        search = Search(config, setup, backend, lambda g: Plan(g, STEPS), 0)

        def work() -> float:
            search.step()
            return 1.0

        return work

    works = {str(popsize): generation(popsize) for popsize in popsizes}
    costs = [seconds(r) for r in interleaved(works, repeats).values()]
    backend.close()
    yield from grown(
        "popsize",
        ("popsize", "generation [s]"),
        popsizes,
        costs,
        "<= 1.1",
        f"of the time of a generation against popsize {popsizes[0]} to {popsizes[-1]}: search and "
        f"lives of {STEPS} steps, ant, implicitfast, {threads} threads",
    )


def _hidden(widths: tuple[int, ...], repeats: int) -> Iterator[Finding]:
    works, synapses = {}, []
    for width in widths:
        sizes = (27, width, width // 2, 8)
        living = grown_lanes(sizes, 1)
        works[str(width)] = compiled_steps(living, 1, times_for(sizes, 1))
        synapses.append(sum(layer.size for layer in living.layers))
    costs = [seconds(r, 1e6) for r in interleaved(works, repeats).values()]
    yield from grown(
        "synapses",
        ("synapses", "plastic step [µs]"),
        synapses,
        costs,
        "<= 1.1",
        f"of the plastic step against its synapses, hidden layers {widths[0]} + {widths[0] // 2} "
        f"to {widths[-1]} + {widths[-1] // 2}, one lane",
    )


def _lanes(counts: tuple[int, ...], steps: int, repeats: int) -> Iterator[Finding]:
    setup, lives = _setup(), max(counts)
    n = setup.genome.n_genes
    point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.05, np.float32), mirrored=True)
    job = Job(Plan(0, steps), point, lives)
    backends = {count: InProcess(setup, 1, count) for count in counts}

    def living(count: int) -> Work:
        def work() -> float:
            (outcomes,) = backends[count].evaluate([job])
            return float(outcomes["steps"].sum())

        return work

    works = {str(count): living(count) for count in counts}
    costs = [seconds(r, 1e6) for r in interleaved(works, repeats).values()]
    for backend in backends.values():
        backend.close()
    yield from grown(
        "lanes",
        ("lanes", "env step [µs]"),
        counts,
        costs,
        "<= 0.1",
        f"of the time per env step against {counts[0]} to {counts[-1]} lanes of one thread; the "
        "work is the same: ant, implicitfast",
    )


def _setup() -> Setup:
    task = Locomotion("ant", integrator="implicitfast", ending="none")
    return Setup.build(task, FeedForward(), seed=0)

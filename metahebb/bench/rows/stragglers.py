"""The speed of lives of very different lengths against lives of equal length."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from metahebb.bench.base import Row, Work, compare, interleaved
from metahebb.networks import FeedForward
from metahebb.tasks import Locomotion
from metahebb.worker import Plan, SearchPoint, Setup, Worker, all_lives


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield one row: the ant with RK4, where every other life ends after its first step."""
    lives, steps, repeats = (32, 50, 2) if quick else (128, 250, 5)
    setup = Setup.build(Locomotion("ant", ending="none"), FeedForward(), seed=0)
    workers = [Worker(setup, lanes) for _ in range(threads)]
    works = {
        "ours": _living(setup, workers, lives, steps, 1),
        "peer": _living(setup, workers, lives, steps, steps),
    }
    rates = interleaved(works, repeats)
    yield compare(
        "stragglers",
        rates["ours"],
        rates["peer"],
        ">= 0.9",
        "env steps/s",
        f"{lives} lives of {steps} steps; ours: every other one ends after its first step",
    )


def _living(setup: Setup, workers: list[Worker], n: int, long: int, short: int) -> Work:
    """Return a work of ``n`` lives: even ones last ``long`` steps, odd ones ``short`` steps."""
    size = setup.genome.n_genes
    point = SearchPoint(np.zeros(size, np.float32), np.full(size, 0.05, np.float32), mirrored=True)
    lives = [
        replace(life, max_steps=short if life.unit % 2 else long)
        for life in all_lives(setup, Plan(0, long), point, range(n))
    ]

    def work() -> float:
        queue = iter(lives)
        with ThreadPoolExecutor(len(workers)) as pool:
            lived = pool.map(lambda w: sum(result.steps for result in w.live(queue)), workers)
            return float(sum(lived))

    return work

"""The memory for a generation of 10,000 candidates of a million genes, in numbers of genomes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from metahebb.bench.base import Row
from metahebb.bench.findings import absolute
from metahebb.evolution.config import SearchConfig
from metahebb.networks import FeedForward
from metahebb.tasks import Reversal
from metahebb.worker import Plan, Setup

STEPS = 5
WORKERS = 2


@dataclass(frozen=True)
class Size:
    """The size of a search.

    Attributes:
        hidden: number of neurons in each of the two hidden layers.
        popsize: number of candidates of a generation.
    """

    hidden: int
    popsize: int

    def setup(self) -> Setup:
        """Return a set-up with nearly 5·hidden² genes."""
        return Setup.build(Reversal(), FeedForward((self.hidden, self.hidden)), seed=0)


SMALL, BIG, QUICK = Size(16, 100), Size(445, 10_000), Size(140, 500)


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield the rows, for two workers with one lane; ``threads`` and ``lanes`` have no effect."""
    from metahebb.bench.local_ray import local_ray

    size = QUICK if quick else BIG
    with local_ray(WORKERS):
        _generation(SMALL)  # the first generation also loads modules, which are no genomes
        small, _ = _generation(SMALL)
        big, seconds = _generation(size)
    n_genes = size.setup().genome.n_genes
    what = f"{size.popsize:,} candidates of {n_genes:,} genes"
    note = (
        f"peak memory in a generation of {what} less that with a genome of "
        f"{SMALL.setup().genome.n_genes:,}, over the bytes of a genome; openai_es with Adam"
    )
    held = [(many - few) / (4 * n_genes) for many, few in zip(big, small, strict=True)]
    yield absolute("big genome, held by the driver", held[:1], "<= 16", "genomes", note)
    yield absolute("big genome, held by a worker", held[1:], "<= 8", "genomes", note)
    yield absolute(
        "big genome, a generation",
        [seconds],
        None,
        "s",
        f"{what}, {STEPS} steps of `reversal` each, {WORKERS} Ray workers",
    )


def _generation(size: Size) -> tuple[list[float], float]:
    """Return the peak memory of driver and workers in one generation [bytes], and its seconds."""
    import os

    from metahebb.evolution.backends.ray import RayWorkers
    from metahebb.evolution.search import Search

    setup = size.setup()
    backend = RayWorkers(setup, WORKERS, lanes=1)
    while len(backend.pids()) < WORKERS:
        time.sleep(0.1)
        backend._actors.receive()
    pids = [os.getpid(), *backend.pids()]
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_bytes(b"5")  # sets the peak to the present memory
    config = SearchConfig(popsize=size.popsize)
    search = Search(config, setup, backend, lambda generation: Plan(generation, STEPS), 0)
    began = time.perf_counter()
    search.step()
    seconds = time.perf_counter() - began
    peaks = _peaks(pids)
    backend.close()
    return peaks, seconds


def _peaks(pids: Sequence[int]) -> list[float]:
    peaks = []
    for pid in pids:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        peaks.append(float(status.partition("VmHWM:")[2].split()[0]) * 1024)
    return peaks

"""The speed of a plastic step against the memory that it must touch, and against peers."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from metahebb.bench.base import Row, Work, compare, interleaved
from metahebb.bench.findings import seconds
from metahebb.bench.instructions import AVX2, instruction_set
from metahebb.errors import ProgressError
from metahebb.genomes import Genome, GenomeMap, SeededGenes, SlotName
from metahebb.networks import FeedForward
from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.noise import Key, Stream

HEADS = {"ant": (27, 128, 64, 8), "car racing": (648, 128, 64, 3)}
"""Layer sizes of the ant (12,160 synapses) and of the car behind its convolutions (91,328)."""


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield the rows, for one core, the rule ABCD_lr and the bound max-abs.

    ``threads`` has no effect. On a processor with AVX-512, the step is also compiled for AVX2, the
    newest instructions of older processors, which gives further rows.
    """
    repeats = 5 if quick else 21
    yield from against_memory(lanes, repeats)
    if instruction_set() == "AVX-512":
        yield from against_memory_with_avx2(lanes, repeats)
    yield from _against_peers(lanes, repeats)


def against_memory(lanes: int, repeats: int) -> Iterator[Row]:
    """Yield the rows that compare the compiled step with the memory traffic that it needs."""
    for head, sizes in HEADS.items():
        for n in dict.fromkeys((1, lanes, 2 * lanes)):
            yield _against_memory(head, sizes, n, repeats)


def grown(
    sizes: tuple[int, ...],
    n: int,
    rule: str = "abcd_lr",
    maps: Mapping[SlotName, GenomeMap] = MappingProxyType({}),
) -> PlasticLanes:
    """Return ``n`` living lanes of a network with layers ``sizes``, each with genes of its own."""
    from metahebb.plasticity import load_rule

    network = FeedForward(sizes[1:-1], load_rule(rule))
    genome = Genome.mapped(network.slots(sizes[0], sizes[-1]), maps)
    living = network.lanes(sizes[0], sizes[-1], n)
    center, stdev = np.zeros(genome.n_genes, np.float32), np.ones(genome.n_genes, np.float32)
    for lane in range(n):
        source = SeededGenes(center, stdev, Key(0, Stream.SEARCH, 0, lane), 1)
        living.born(lane, genome, source, Key(0, Stream.BIRTH, 0, lane))
    return living


def compiled_steps(living: PlasticLanes, n: int, times: int) -> Work:
    """Return a work of ``times`` compiled steps of lanes 0 to n - 1, in a compiled loop."""
    from metahebb.bench._loops import repeated

    observations = np.random.default_rng(0).uniform(-1, 1, (n, living.layers[0].n_in))
    step, seen = living._step, []
    living._step = lambda *arguments: seen.append(arguments)  # keep the kernel's arguments
    living.act(observations.astype(np.float32), np.arange(n, dtype=np.intp))
    living._step = step
    (arguments,) = seen

    def work() -> float:
        repeated(step, arguments, times)
        return float(times * n)

    return work


def times_for(sizes: tuple[int, ...], n: int) -> int:
    """Return a number of steps that take ``n`` lanes some ten milliseconds."""
    synapses = sum(a * b for a, b in itertools.pairwise(sizes))
    return max(2, int(4e7 / (synapses * n)))


def _against_memory(head: str, sizes: tuple[int, ...], n: int, repeats: int) -> Row:
    from metahebb.bench._loops import traffic

    living, times = grown(sizes, n), times_for(sizes, n)
    weights, coefficients = living.state["weights"].copy(), living.state["coefficients"].copy()
    which, layers = np.arange(n, dtype=np.intp), np.array(sizes, np.intp)

    def memory() -> float:
        traffic(which, layers, weights, coefficients, times)
        return float(times * n)

    rates = interleaved({"ours": compiled_steps(living, n, times), "peer": memory}, repeats)
    where = "one lane, warm" if n == 1 else f"{n} lanes"
    return compare(
        f"plastic step, {head}, {where}, {instruction_set()}",
        seconds(rates["ours"], 1e6),
        seconds(rates["peer"], 1e6),
        "<= 2",
        "µs",
        "a compiled loop that reads 4 coefficient planes and the weights once and writes the "
        "weights once, same layout and order of lanes, one core",
    )


def against_memory_with_avx2(lanes: int, repeats: int) -> list[Row]:
    """Return the rows of `against_memory` from a process that compiles for AVX2.

    Another process is needed because numba decides for which processor it compiles when it is
    imported.
    """
    body = (
        "import json\n"
        "from dataclasses import asdict\n"
        "from metahebb.bench.rows.plastic_step import against_memory\n"
        f"print(json.dumps([asdict(row) for row in against_memory({lanes}, {repeats})]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", body],
        env=os.environ | AVX2,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        why = (done.stderr.splitlines() or ["nothing on stderr"])[-1]
        raise ProgressError(
            f"expected rows of a process that compiles for AVX2, got exit status "
            f"{done.returncode} ({why}); choose other benchmarks with --only"
        )
    return [Row(**row) for row in json.loads(done.stdout)]


def _against_peers(lanes: int, repeats: int) -> Iterator[Row]:
    import torch

    from metahebb.bench.peers import Published, TorchPlastic

    torch.set_num_threads(1)
    sizes, times = HEADS["ant"], 200
    observations = np.random.default_rng(0).uniform(-1, 1, (lanes, sizes[0])).astype(np.float32)
    living, every = grown(sizes, lanes), np.arange(lanes, dtype=np.intp)
    published, module = Published(sizes), TorchPlastic(sizes)
    tensor = torch.from_numpy(observations[0])
    weights: Any = None

    def ours() -> float:
        for _ in range(times):
            living.act(observations, every)
        return float(times * lanes)

    def original() -> float:
        for _ in range(times):
            published.step(observations[0])
        return float(times)

    def in_torch() -> float:
        nonlocal weights
        with torch.no_grad():
            for _ in range(times):
                _, weights = module(tensor, weights)
        return float(times)

    rates = interleaved({"ours": ours, "published": original, "torch": in_torch}, repeats)
    for name, goal, note in (
        (
            "published",
            ">= 12",
            "the published step re-expressed (torch forward, numba loop over synapses with their "
            "coefficients side by side, max-abs in torch)",
        ),
        ("torch", ">= 25", "the same rule as a PyTorch module"),
    ):
        yield compare(
            f"plastic step, ant, against {name}",
            rates["ours"],
            rates[name],
            goal,
            "steps/s",
            f"{note}, one network at a time; ours called from Python for {lanes} lanes; one core",
        )

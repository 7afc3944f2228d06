"""The speed of shared rules: the present kernel against one that looks rules up in a table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from metahebb.bench.base import Row, Work, compare, interleaved
from metahebb.bench.findings import seconds
from metahebb.bench.rows.plastic_step import compiled_steps, grown, times_for
from metahebb.bench.rule_table import Reads, look_up, rule_numbers
from metahebb.bench.side_by_side import SIDE, side_by_side
from metahebb.compiler import fold_of
from metahebb.genomes import Genome, GenomeMap, SeededGenes, Shared, SlotName
from metahebb.networks import FeedForward
from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.noise import Key, Stream

HEADS = {"ant-quick": (27, 32, 16, 8), "ant": (27, 128, 64, 8)}
"""Layer sizes of the networks, which have 1,504 and 12,160 synapses."""
RULES = (1, 16, 384)
"""Numbers of rules that the networks have."""


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield the rows, none of which has a goal.

    All rows are for one core, the rule ABCD_lr and the bound max-abs; ``threads`` has no effect.
    Ours is the present kernel, so that a ratio above 1 says that the table is faster, or smaller.
    Times are this thread's processor time, so that even a busy machine can measure small
    differences.
    """
    repeats = 5 if quick else 21
    for head, sizes in HEADS.items():
        for n in dict.fromkeys((max(1, lanes // 4), lanes, 4 * lanes)):
            for rules in RULES:
                yield from _steps(f"{head}, {_number(n, 'lane')}", sizes, n, rules, repeats)
    for head, sizes in HEADS.items():
        for rules in RULES:
            yield _birth(head, sizes, rules, repeats)
            yield _memory(head, sizes, lanes, rules)


def maps_of(rules: int) -> dict[SlotName, GenomeMap]:
    """Return the genome maps that give a network ``rules`` rules in all."""
    return {"coefficients": Shared(rules, across=True)}


def genome_of(sizes: tuple[int, ...], rules: int) -> Genome:
    """Return the genome of a network with layers ``sizes`` and ``rules`` rules in all."""
    slots = FeedForward(sizes[1:-1]).slots(sizes[0], sizes[-1])
    return Genome.mapped(slots, maps_of(rules))


def looking_up(sizes: tuple[int, ...], n: int, rules: int, reads: Reads = "table") -> PlasticLanes:
    """Return ``n`` living lanes that read their rules from a table."""
    living = grown(sizes, n, maps=maps_of(rules))
    look_up(living, rule_numbers(genome_of(sizes, rules)), reads)
    return living


def _steps(where: str, sizes: tuple[int, ...], n: int, rules: int, repeats: int) -> Iterator[Row]:
    """Yield the rows of tables; for the largest number of rules, also one without any look-up."""
    times = times_for(sizes, n)
    works = {
        "ours": compiled_steps(grown(sizes, n, maps=maps_of(rules)), n, times),
        "table": compiled_steps(looking_up(sizes, n, rules), n, times),
    }
    if n % SIDE == 0:
        works["side"] = _side_by_side(sizes, n, rules, times)
    if rules == RULES[-1]:
        works["nothing"] = compiled_steps(looking_up(sizes, n, rules, "nothing"), n, times)
    rates = interleaved(works, repeats, time.thread_time)
    ours = seconds(rates.pop("ours"), 1e6)
    with_rules = f"rule table, {where}, {_number(rules, 'rule')}"
    notes = {
        "table": (
            with_rules,
            "the same compiled step with a table of rules per lane and one array of rule numbers "
            "for all lanes, of one or two bytes per synapse; above 1: the table is faster",
        ),
        "side": (
            f"{with_rules}, side by side",
            f"a compiled step with such tables, {SIDE} lanes side by side in memory, so that it "
            "gathers nothing; it adds in another order",
        ),
        "nothing": (
            f"rule table, {where}, nothing to look up",
            "the same compiled step with one rule that is read once, which is another network: "
            "what no table can be faster than in this layout",
        ),
    }
    for name, each in rates.items():
        yield compare(notes[name][0], ours, seconds(each, 1e6), None, "µs", notes[name][1])


def _side_by_side(sizes: tuple[int, ...], n: int, rules: int, times: int) -> Work:
    from metahebb.bench._loops import repeated

    observations = np.random.default_rng(0).uniform(-1, 1, (n, sizes[0])).astype(np.float32)
    living, numbers = grown(sizes, n, maps=maps_of(rules)), rule_numbers(genome_of(sizes, rules))
    step, arguments = side_by_side(living, numbers, observations)

    def work() -> float:
        repeated(step, arguments, times)
        return float(times * n)

    return work


def _birth(head: str, sizes: tuple[int, ...], rules: int, repeats: int) -> Row:
    works = births(sizes, rules)
    rates = interleaved(works, repeats, time.thread_time)
    return compare(
        f"rule table, {head}, birth, {_number(rules, 'rule')}",
        seconds(rates["ours"], 1e6),
        seconds(rates["table"], 1e6),
        None,
        "µs",
        "writing and folding the table of a birth; ours: expressing and folding all coefficients",
    )


def births(sizes: tuple[int, ...], rules: int, times: int = 50) -> dict[str, Work]:
    """Return works of ``times`` births, which compute only coefficients and mean(h²)."""
    genome = genome_of(sizes, rules)
    center, stdev = np.zeros(genome.n_genes, np.float32), np.ones(genome.n_genes, np.float32)
    source = SeededGenes(center, stdev, Key(0, Stream.SEARCH), 1)
    living = grown(sizes, 1)
    memory = living.state["coefficients"][0]
    table = np.empty(genome.n_genes, np.float32).reshape(len(living.network.rule.coefficients), -1)
    counts = np.bincount(rule_numbers(genome)).astype(np.float32)
    fold = fold_of(living.network.rule)
    assert fold is not None

    def ours() -> float:
        for _ in range(times):
            genome.express(source, {"coefficients": memory})
            np.einsum("i,i", memory, memory)
            living._fold(0)
        return float(times)

    def looked_up() -> float:
        for _ in range(times):
            source.write(0, table.reshape(-1))
            np.einsum("pr,pr,r", table, table, counts)
            for k in fold.scaled:
                table[k] *= table[fold.scale]
        return float(times)

    return {"ours": ours, "table": looked_up}


def _memory(head: str, sizes: tuple[int, ...], lanes: int, rules: int) -> Row:
    sizes_kb = []
    for living in (grown(sizes, lanes), looking_up(sizes, lanes, rules)):
        # The traces are followed by the coefficients, or by table and numbers.
        state: list[Any] = list(living.state.values)
        start, end = (
            next(k for k, each in enumerate(state) if each is living.state[name])
            for name in ("traces", "before")
        )
        arrays = [living.state["weights"], *state[start + 1 : end]]
        sizes_kb.append(sum(array.nbytes for array in arrays) / lanes / 1e3)
    return compare(
        f"rule table, {head}, memory per lane, {_number(rules, 'rule')}",
        [sizes_kb[0]],
        [sizes_kb[1]],
        None,
        "kB",
        f"weights, the table, and a share of the rule numbers at {lanes} lanes; ours: weights and "
        "coefficients",
    )


def _number(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"

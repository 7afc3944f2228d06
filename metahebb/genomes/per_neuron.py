"""Neurons that have genes, and synapses that have none: five numbers per neuron."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from metahebb.errors import InputError
from metahebb.genomes.base import GenomeMap
from metahebb.genomes.slot import Slot, Source
from metahebb.genomes.source import Genes, GeneSource
from metahebb.plasticity.rule import Rule

NAMES = ("A", "B", "C", "D", "eta")
"""Coefficients of `abcd_lr`; also the genes of a neuron, where they mean something else."""


@dataclass(frozen=True)
class PerNeuron(GenomeMap):
    """Neuron-centric Hebbian learning (Ferigo, Cunegatti & Iacca 2024), for the rule ``abcd_lr``.

    Δw_ij = ½(η_i + η_j)·(A_i·o_i + B_j·o_j + C_i·C_j·o_i·o_j + D_i·D_j), from neuron i to neuron j.
    Genes go neuron by neuron, A B C D η each; a sensor has no B and an output no A, which are never
    read. Where a population is heard as it was in the step before, its neurons have further genes
    for that, as sensors have.

    Their A, B and C are not those of our rule, where A belongs to pre·post, B to pre and C to post:
    it is given A = C_i·C_j, B = A_i, C = B_j, D = D_i·D_j and eta = ½(η_i + η_j), so that Δw is the
    same function. Where a rule declares the range of one of them, this is the number that goes into
    the range.
    """

    saved_as: ClassVar[str] = "Neuron"

    def n_genes(self, slot: Slot) -> int:
        """Return the genes that ``slot`` takes.

        Raises:
            InputError: it is not that of a rule which computes what ``abcd_lr`` does, or its layers
                do not follow each other.
        """
        self._check(slot)
        sources = [source for each in _sources(slot) for source in each]
        heard = sum(source.n for source in sources if source.is_delayed)
        heard += next(source.n for source in sources if source.layer < 0)
        hidden = sum(layer.n_out for layer in slot.layers[:-1])
        return 4 * (heard + slot.layers[-1].n_out) + 5 * hidden

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``, from genes at ``start``."""
        assert slot.rule is not None
        plane = [slot.rule.coefficients.index(name) for name in NAMES]
        tables = self._tables(slot, source, start)
        for layer, part, (pre, post) in zip(slot.layers, slot.parts(out), tables, strict=True):
            view = layer.view(part)
            both, of_pre, of_post, constant, eta = (view[k] for k in plane)
            np.multiply(post[:, 2, None], pre[None, :, 2], out=both)
            of_pre[:] = pre[None, :, 0]
            of_post[:] = post[:, 1, None]
            np.multiply(post[:, 3, None], pre[None, :, 3], out=constant)
            np.add(post[:, 4, None], pre[None, :, 4], out=eta)
            eta *= np.float32(0.5)

    def _tables(self, slot: Slot, source: GeneSource, start: int) -> list[tuple[Genes, Genes]]:
        """Return genes before and behind each layer ``(neurons, 5)``; what they lack is zero."""
        genes = np.empty(self.n_genes(slot), np.float32)
        source.write(start, genes)
        place, tables = 0, []
        known: dict[int, Genes] = {}
        """By the layer that drives the neurons; −1: the sensors."""

        def table(size: int, lacks: int | None) -> Genes:
            """Return the next neurons' genes, which have no column ``lacks``."""
            nonlocal place
            columns = [column for column in range(5) if column != lacks]
            stop = place + size * len(columns)
            filled = np.zeros((size, 5), np.float32)
            filled[:, columns] = genes[place:stop].reshape(size, -1)
            place = stop
            return filled

        for number, (layer, sources) in enumerate(zip(slot.layers, _sources(slot), strict=True)):
            before = []
            for each in sources:
                if each.layer < 0 and each.layer not in known:
                    known[each.layer] = table(each.n, 1)
                before.append(table(each.n, 1) if each.is_delayed else known[each.layer])
            is_last = number == len(slot.layers) - 1
            known[number] = table(layer.n_out, 0 if is_last else None)
            tables.append((np.concatenate(before), known[number]))
        return tables

    def _check(self, slot: Slot) -> None:
        if slot.rule is None or not _is_abcd_lr(slot.rule):
            got = f"the slot {slot.name}" if slot.rule is None else f"the rule {slot.rule.name}"
            raise InputError(
                "expected a rule that computes eta·(A·pre·post + B·pre + C·post + D) for the "
                f"genome map neuron, got {got}; use the rule abcd_lr, or another --genome"
            )
        for layer, following in itertools.pairwise(slot.layers):
            if not slot.sources and layer.n_out != following.n_in:
                raise InputError(
                    "expected layers that follow each other for the genome map neuron, got "
                    f"{layer.n_out} neurons before {following.n_in} inputs; use another --genome"
                )


def _sources(slot: Slot) -> tuple[tuple[Source, ...], ...]:
    """Return the sources of each layer, where the slot says nothing of them: the layer before."""
    consecutive = ((Source(k - 1, layer.n_in, False),) for k, layer in enumerate(slot.layers))
    return slot.sources or tuple(consecutive)


@functools.lru_cache(maxsize=64)
def _is_abcd_lr(rule: Rule) -> bool:
    """Whether ``rule`` is eta·(A·pre·post + B·pre + C·post + D), however it is written."""
    if set(rule.coefficients) != set(NAMES) or rule.has_trace:
        return False
    rng = np.random.default_rng(20240403)
    values = {name: rng.uniform(-2, 2, 256) for name in (*rule.signals, *NAMES)}
    a, b, c, d, eta = (values[name] for name in NAMES)
    pre, post = values.get("pre", np.zeros(256)), values.get("post", np.zeros(256))
    with np.errstate(all="ignore"):
        found = rule(*(values[name] for name in (*rule.signals, *rule.coefficients)))
    wanted = eta * (a * pre * post + b * pre + c * post + d)
    return bool(np.allclose(found, wanted, rtol=1e-10, atol=1e-12))

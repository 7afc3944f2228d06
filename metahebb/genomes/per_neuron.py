"""The genome map in which neurons have genes, five each, and synapses have none."""

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
"""The names of the coefficients of `abcd_lr`, and of a neuron's genes, which mean other things."""


@dataclass(frozen=True)
class PerNeuron(GenomeMap):
    """Neuron-centric Hebbian learning (Ferigo, Cunegatti & Iacca 2024), for the rule ``abcd_lr``.

    The synapse from neuron i to neuron j changes by
    Δw_ij = ½(η_i + η_j)·(A_i·o_i + B_j·o_j + C_i·C_j·o_i·o_j + D_i·D_j), with outputs o_i and o_j.

    Genes stand neuron by neuron: A, B, C, D, η. A sensor has no B and an output neuron has no A,
    because the formula never reads them. If a projection receives a population with a delay of one
    step, the population's neurons have a second set of genes for that projection. This set has no
    B, as if the neurons were sensors.

    A neuron's A, B and C are not the coefficients A, B and C of ``abcd_lr``, where A belongs to
    pre·post, B to pre and C to post. The map gives the rule A = C_i·C_j, B = A_i, C = B_j,
    D = D_i·D_j and eta = ½(η_i + η_j), so that Δw is the same function. If a rule declares the
    range of one of these coefficients, this number goes into the range.
    """

    saved_as: ClassVar[str] = "Neuron"

    def n_genes(self, slot: Slot) -> int:
        """Return the number of genes that ``slot`` takes.

        Raises:
            InputError: the slot's rule does not compute the same as ``abcd_lr``, or its layers do
                not follow each other.
        """
        self._check(slot)
        sources = [source for each in _sources(slot) for source in each]
        heard = sum(source.n for source in sources if source.is_delayed)
        heard += next(source.n for source in sources if source.layer < 0)
        hidden = sum(layer.n_out for layer in slot.layers[:-1])
        return 4 * (heard + slot.layers[-1].n_out) + 5 * hidden

    def express(self, slot: Slot, source: GeneSource, start: int, out: Genes) -> None:
        """Write the slot's numbers ``(slot.size,)`` into ``out``; its genes begin at ``start``."""
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
        """Return for each layer the genes of its inputs and of its neurons, each ``(neurons, 5)``.

        A gene that a neuron does not have is 0.
        """
        genes = np.empty(self.n_genes(slot), np.float32)
        source.write(start, genes)
        place, tables = 0, []
        known: dict[int, Genes] = {}
        """The genes of neurons, by the number of the layer that drives them; −1 for sensors."""

        def table(size: int, lacks: int | None) -> Genes:
            """Return the genes of the next ``size`` neurons, which lack the gene ``lacks``."""
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
    """Return the sources of each layer; if the slot names none, each source is the layer before."""
    consecutive = ((Source(k - 1, layer.n_in, False),) for k, layer in enumerate(slot.layers))
    return slot.sources or tuple(consecutive)


@functools.lru_cache(maxsize=64)
def _is_abcd_lr(rule: Rule) -> bool:
    """Return whether ``rule`` computes eta·(A·pre·post + B·pre + C·post + D).

    The rule is compared by its values at random points, so that its text does not matter.
    """
    if set(rule.coefficients) != set(NAMES) or rule.has_trace:
        return False
    rng = np.random.default_rng(20240403)
    values = {name: rng.uniform(-2, 2, 256) for name in (*rule.signals, *NAMES)}
    a, b, c, d, eta = (values[name] for name in NAMES)
    pre, post = values.get("pre", np.zeros(256)), values.get("post", np.zeros(256))
    with np.errstate(all="ignore"):
        change = rule(*(values[name] for name in (*rule.signals, *rule.coefficients)))
    wanted = eta * (a * pre * post + b * pre + c * post + d)
    return bool(np.allclose(change, wanted, rtol=1e-10, atol=1e-12))

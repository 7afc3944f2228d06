"""The mixture of Palm, Najarro & Risi 2021: a search distribution over per-synapse coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from evotorch import SolutionBatch
from evotorch.algorithms import SearchAlgorithm

from metahebb.errors import InputError, ProgressError
from metahebb.evolution.config import SearchConfig, decayed, initial_center
from metahebb.evolution.memory import check_memory
from metahebb.evolution.problem import LifeProblem
from metahebb.evolution.ranking import weights
from metahebb.genomes import PerSynapse, Slot
from metahebb.genomes.shared import spread_rules
from metahebb.noise import Key, Stream, perturb, uniforms

_BYTES = 64
"""Bytes per synapse and rule: the logit, the optimizer's state for it, and float64 copies."""


class RuleMixture(SearchAlgorithm):  # type: ignore[misc]
    """A search in which each synapse of a candidate draws a rule, and adds noise of its own to it.

    The distribution has a mean ``(planes,)`` for each rule of the network, together ``(rules,
    planes)``, and logits ``(synapses, rules)``. For each synapse independently, a candidate draws a
    rule from the softmax of the synapse's logits, and then the synapse's coefficients from
    N(mean, stdev²). The update follows the score-function gradient: the mean over candidates of
    weight times the gradient of log p, where p is the *marginal* density, for which it is not known
    which rule was drawn. One optimizer and one learning rate serve means and logits.

    The following is as in the published code (evostrat's GaussianMixturePopulation in
    hebbian-evolution): the draws, the marginal gradient and its scale, logits that begin at zero,
    no mirrored pairs, the same rules for all layers, and the decay of stdev and learning rate after
    each update. The published settings are an initial_stdev of 1, a stdev of 0.1 that decays by
    0.999, the optimizer sgd with a learning rate of 0.2 that decays by 0.995, the ranking
    standardized, and a number of rules that is the number of synapses divided by ρ. (For the ant,
    the published code divides the number of coefficients by ρ, which is five times as large.)

    Differs from the reference: the means begin at N(0, initial_stdev²), with a default of 0.1; the
    mean of all weights is subtracted from each, which matters only to the ranking raw; only
    coefficients evolve; and the center gives each synapse the mean of its most probable rule (among
    equally probable rules, the first). The center is what gets evaluated, while the reference
    evaluates draws with their noise.

    Attributes:
        config: the algorithm and its numbers.
        stdev: standard deviation of the noise, at present.
        population: candidates of the last generation.
    """

    stdev: float

    def __init__(self, problem: LifeProblem, config: SearchConfig, optimizer: Any) -> None:
        """Begin with rules that are drawn from the seed, and with logits of zero.

        Args:
            problem: the problem; its genome may hold nothing but coefficients, per synapse.
            config: the numbers of the search: popsize, stdev, ranking, decays, ``mixture_rules``.
            optimizer: a function that makes an EvoTorch optimizer for a number of parameters.

        Raises:
            InputError: the genome holds something else, or the mixture does not fit in memory.
        """
        self._slot = _coefficients(problem)
        synapses = sum(layer.synapses for layer in self._slot.layers)
        rules, planes = config.mixture_rules, self._slot.layers[0].planes
        check_memory(
            _BYTES * rules * synapses,
            "a mixture that fits",
            f"{rules} logits of each of {synapses} synapses",
            "use fewer --search.mixture-rules",
        )
        super().__init__(problem, center=self._center, stdev=lambda: self.stdev)
        self.config = config
        self.stdev = config.stdev
        self.population = SolutionBatch(problem, popsize=config.popsize, empty=True)
        means = initial_center(problem.setup.seed, rules * planes, config.initial_stdev)
        start = np.concatenate([means, np.zeros(synapses * rules, np.float32)])
        self._shape = (synapses, rules, planes)
        self._parameters = torch.from_numpy(start)
        self._optimizer = optimizer(start.size)

    @property
    def optimizer(self) -> Any:
        """The torch optimizer, which holds the learning rate."""
        return self._optimizer.contained_optimizer

    @property
    def means(self) -> torch.Tensor:
        """The mean coefficients of each rule, float32 ``(rules, planes)``."""
        _, rules, planes = self._shape
        return self._parameters[: rules * planes].view(rules, planes)

    @property
    def logits(self) -> torch.Tensor:
        """The logits of all rules for each synapse, float32 ``(synapses, rules)``."""
        synapses, rules, planes = self._shape
        return self._parameters[rules * planes :].view(synapses, rules)

    def _center(self) -> torch.Tensor:
        """Return the means of the most probable rules, as a genome ``(n_genes,)``."""
        genes = np.empty(self._slot.size, np.float32)
        # NumPy's argmax takes the first of equal values; torch does not say which it takes.
        self._spread(np.argmax(self.logits.numpy(), axis=1), genes)
        return torch.from_numpy(genes)

    def _spread(self, chosen: npt.NDArray[np.intp], genes: npt.NDArray[np.float32]) -> None:
        """Write the mean of each synapse's rule into ``genes`` ``(n_genes,)``.

        The numbers of the rules are in ``chosen`` ``(synapses,)``.
        """
        rules = np.ascontiguousarray(self.means.numpy().T)
        ends = np.cumsum([layer.synapses for layer in self._slot.layers])[:-1]
        for part, numbers in zip(self._slot.parts(genes), np.split(chosen, ends), strict=True):
            spread_rules(rules, numbers, part)

    def _step(self) -> None:
        values: npt.NDArray[np.float32] = self.population.access_values().numpy()
        self._draw(values)
        self.problem.evaluate(self.population)
        weighted = weights(self.problem.evaluations[-1].fitness, self.config.ranking)
        gradient = self.gradient(values, weighted)
        moved = self._parameters + self._optimizer.ascent(gradient)
        if not torch.isfinite(moved).all():
            raise ProgressError(
                "expected finite means and logits after an update, got others; evolve anew with a "
                "lower --search.learning-rate or a higher --search.stdev (mixture)"
            )
        self._parameters = moved
        config, group = self.config, self.optimizer.param_groups[0]
        self.stdev = decayed(self.stdev, config.stdev_decay, config.stdev_floor)
        rate, floor = config.learning_rate_decay, config.learning_rate_floor
        group["lr"] = decayed(group["lr"], rate, floor)

    def _draw(self, values: npt.NDArray[np.float32]) -> None:
        """Write a generation's candidates into ``values`` ``(popsize, n_genes)``.

        A candidate's noise is drawn with episode 0 in its key, its synapses' rules with episode 1.
        """
        synapses, rules, _ = self._shape
        rows = np.arange(synapses)
        # The cumulative distributions of all synapses form one increasing row, so that one search
        # serves all of them. Sums of rounded numbers may end above 1, or below.
        steps = torch.softmax(self.logits.double(), 1).cumsum(1).clamp_(max=1).numpy()
        steps[:, -1] = 1
        steps += rows[:, None]
        seed, generation = self.problem.setup.seed, self.problem.generation
        for candidate, genes in enumerate(values):
            drawn = uniforms(Key(seed, Stream.SEARCH, generation, candidate, 1), synapses)
            chosen = np.searchsorted(steps.ravel(), rows + drawn.astype(np.float64), "right")
            self._spread(chosen - rules * rows, genes)
            perturb(genes, self.stdev, Key(seed, Stream.SEARCH, generation, candidate), 1, genes)

    def gradient(
        self, values: npt.NDArray[np.float32], weighted: npt.NDArray[np.float32]
    ) -> torch.Tensor:
        """Return the mean over candidates of weight times ∇ log p, for all means, then all logits.

        Let r be the posterior probability of each rule, given the coefficients h of a synapse. With
        respect to a rule's mean, ∇ log p is Σ r·(h − mean)/stdev² over synapses; with respect to a
        synapse's logits, ∇ log p is r − softmax(logits). Sums are float64, and only one candidate's
        terms are in memory at a time.

        Args:
            values: the genes of all candidates, ``(popsize, n_genes)``.
            weighted: the weight of each candidate, ``(popsize,)``, before their mean is subtracted;
                see `metahebb.evolution.ranking`.
        """
        if not weighted.any():
            return torch.zeros_like(self._parameters)  # exactly 0, unlike a rounding error
        means, logits, variance = self.means.double(), self.logits.double(), self.stdev**2
        of_means, of_logits = torch.zeros_like(means), torch.zeros_like(logits)
        # log N(h; mean) + logit, less the terms that all rules of a synapse have in common.
        bias = logits - means.square().sum(1) / (2 * variance)
        factor = means.T / variance
        centered = weighted.astype(np.float64) - weighted.mean(dtype=np.float64)
        for genes, weight in zip(values, centered.tolist(), strict=True):
            parts = [p.reshape(means.shape[1], -1) for p in self._slot.parts(genes)]
            h = torch.from_numpy(np.concatenate(parts, axis=1).T).double()
            shares = torch.softmax(torch.addmm(bias, h, factor), 1)
            of_logits.add_(shares, alpha=weight)
            of_means.add_(shares.T @ h - means * shares.sum(0)[:, None], alpha=weight)
        of_logits -= torch.softmax(logits, 1) * centered.sum()
        summed = torch.cat([(of_means / variance).flatten(), of_logits.flatten()])
        return (summed / len(values)).float()


def _coefficients(problem: LifeProblem) -> Slot:
    """Return the only slot of the genome, without the synapses that its topology leaves out."""
    genome = problem.setup.genome
    slot = genome.slots[0]
    if [s.name for s in genome.slots] != ["coefficients"] or genome.maps != (PerSynapse(),):
        got = ", ".join(
            f"{s.name} ({type(m).__name__})" for s, m in zip(genome.slots, genome.maps, strict=True)
        )
        raise InputError(
            "expected a genome of nothing but coefficients (PerSynapse) for the search mixture, "
            f"got {got}; use --genome per_synapse with a plastic network, or another --algorithm"
        )
    return slot.compact

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
"""What a synapse takes for each rule: its logit, the optimizer's share, and doubles in between."""


class RuleMixture(SearchAlgorithm):  # type: ignore[misc]
    """Each synapse of each candidate draws a rule, and normal noise of its own around it.

    The distribution has M means ``(rules, planes)`` for the whole network, and logits ``(synapses,
    rules)``. Independently per synapse, a candidate draws a component from the softmax of the
    synapse's logits, and its coefficients from N(mean, stdev²). The update follows the
    score-function gradient, the mean over candidates of weight times the gradient of log p: that of
    the *marginal* density, in which the component that was drawn is not known. One optimizer and
    one learning rate serve means and logits.

    Faithful to the published code (evostrat's GaussianMixturePopulation in hebbian-evolution): what
    is drawn, the marginal gradient, its scale, logits that begin at zero, no mirrored pairs, rules
    for all layers together, decays of stdev and learning rate after each update. Its settings are
    an initial_stdev of 1, stdev 0.1 decaying by 0.999, optimizer sgd with a learning rate of 0.2
    decaying by 0.995, ranking standardized, and as many rules as there are synapses divided by ρ.
    (Its runs of the ant divide five times as many numbers, coefficients, by ρ.)

    Differs: means begin at N(0, initial_stdev²), where 0.1 is our default; the weights' mean is
    taken off them, which matters to the ranking raw only; nothing but rules' coefficients evolves;
    and the center, which is what gets evaluated, gives each synapse the mean of its most probable
    rule (of equal ones, the first), where the reference evaluated draws with their noise.

    Attributes:
        config: what it was told.
        stdev: of the noise, at present.
        population: the last generation's candidates.
    """

    stdev: float

    def __init__(self, problem: LifeProblem, config: SearchConfig, optimizer: Any) -> None:
        """Begin at rules from the seed, and at logits of zero.

        Args:
            problem: its genome must be nothing but coefficients, per synapse.
            config: popsize, stdev, ranking, decays and ``mixture_rules`` are read.
            optimizer: makes one of EvoTorch's from a number of parameters.

        Raises:
            InputError: the genome is another, or the mixture does not fit in memory.
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
        """What holds the learning rate."""
        return self._optimizer.contained_optimizer

    @property
    def means(self) -> torch.Tensor:
        """The rules, float32 ``(rules, planes)``."""
        _, rules, planes = self._shape
        return self._parameters[: rules * planes].view(rules, planes)

    @property
    def logits(self) -> torch.Tensor:
        """Of each synapse for each rule, float32 ``(synapses, rules)``; layers as in memory."""
        synapses, rules, planes = self._shape
        return self._parameters[rules * planes :].view(synapses, rules)

    def _center(self) -> torch.Tensor:
        """Return the means of the most probable rules, as a genome ``(n_genes,)``."""
        genes = np.empty(self._slot.size, np.float32)
        # NumPy's is the first of equal ones; torch promises none.
        self._spread(np.argmax(self.logits.numpy(), axis=1), genes)
        return torch.from_numpy(genes)

    def _spread(self, chosen: npt.NDArray[np.intp], genes: npt.NDArray[np.float32]) -> None:
        """Write the means that ``chosen`` ``(synapses,)`` names into ``genes`` ``(n_genes,)``."""
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

        The noise of a candidate is episode 0 of its key, and who follows which rule is episode 1.
        """
        synapses, rules, _ = self._shape
        rows = np.arange(synapses)
        # Steps of the distribution functions, one synapse's after the other's, to be searched in
        # one go. Sums of rounded numbers may end above 1, or below.
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
        """Return the mean over candidates of weight times ∇ log p, of means and then of logits.

        With r the responsibilities of rules for a synapse's coefficients h: ∇ log p is Σ r·(h −
        mean)/stdev² of a mean, summed over synapses, and r − softmax(logits) of a synapse's logits.
        Summed in float64; what is in memory at a time is of one candidate.

        Args:
            values: the candidates, ``(popsize, n_genes)``.
            weighted: ``(popsize,)``, see `metahebb.evolution.ranking`; their mean is taken off.
        """
        if not weighted.any():
            return torch.zeros_like(self._parameters)  # exactly: ClipUp follows a rounding error
        means, logits, variance = self.means.double(), self.logits.double(), self.stdev**2
        of_means, of_logits = torch.zeros_like(means), torch.zeros_like(logits)
        # log N(h; mean) + logit, less what all rules of a synapse have in common.
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
        found = torch.cat([(of_means / variance).flatten(), of_logits.flatten()])
        return (found / len(values)).float()


def _coefficients(problem: LifeProblem) -> Slot:
    """Return the only slot of the genome, without synapses that are not there."""
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

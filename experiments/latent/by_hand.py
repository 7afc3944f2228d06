"""A rule written by hand that solves the task, and the lives of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from experiments.protocols.hidden_variable.lives import Lived, live
from experiments.protocols.hidden_variable.runs import TASK, Budget
from metahebb.networks import FeedForward
from metahebb.runs.center import Center
from metahebb.runs.config import RunConfig


def handwritten(seed: int = 0, generation: int = 0) -> Center:
    """Return a center of no run that solves the task: 3 synapses, the term B alone.

    Δw = 0.1·pre on the synapses of the shared sensor and of the look flag, and max-abs
    normalisation. The flag's weight is the largest, so that look steps push to the right; there
    the sensor shows ``s``. Dividing by the largest weight lets old steps fade: the sensor's weight
    is an average of the last thirty or so, in which ``s`` outweighs the goals, and
    sign(weight·goal) is right.
    """
    network = FeedForward(hidden=())
    config = RunConfig(TASK, network, seed=seed)
    setup = config.setup()
    genes = np.zeros(setup.genome.n_genes, np.float32)
    (shape,) = setup.genome.slots[0].layers
    planes = dict(zip(network.rule.coefficients, shape.view(genes), strict=True))
    planes["B"][0] = 0.1, 0.1, 0.0
    planes["eta"][0] = 1.0
    return Center(Path(), config, generation, genes, setup)


def lived_by_hand(budget: Budget) -> Lived:
    """Return lives of the hand-written rule in the worlds that the evolved ones live in."""
    centers = (handwritten(seed, budget.generations) for seed in budget.seeds)
    return Lived.join([live(center, budget.lives) for center in centers])

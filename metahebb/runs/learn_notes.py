"""What is said of a config of learning before it begins: settings that have no effect."""

from __future__ import annotations

from metahebb.learning.gradient import Gradient
from metahebb.learning.lifetime import Lifetime
from metahebb.learning.registry import LEARNERS
from metahebb.modulators import MODULATORS
from metahebb.notes import tell
from metahebb.runs.learn_config import LearnConfig

USUAL = LearnConfig().modulator
"""The modulator of a config that names none, of which nothing is said."""


def tell_of_learning(config: LearnConfig) -> None:
    """Say which settings of ``config`` have no effect."""
    rule = config.network.rule
    if config.learner.has_own_network:
        _tell_of_own_network(config)
    elif isinstance(config.learner, Gradient) and config.modulator not in (None, USUAL):
        tell(
            f"a gradient does not read the modulator {MODULATORS.name_of(config.modulator)}, which "
            "changes nothing; add for example --learner.modulator own"
        )
    if not isinstance(config.learner, Lifetime) or rule is None:
        return
    if config.modulator is not None and "modulator" not in rule.signals:
        tell(
            f"the rule {rule.name} does not read the modulator, which changes nothing; add for "
            "example --rule node_perturbation"
        )
    neuron = getattr(config.network, "neuron", None)
    if rule.name == "node_perturbation" and neuron is not None and "post" not in neuron.state:
        tell(
            f"the neuron {neuron.name} shows rules its output and no kick, so that "
            "node_perturbation links outputs; add --neuron perturbed for kicks"
        )


def _tell_of_own_network(config: LearnConfig) -> None:
    """Say which settings of a learner with networks of its own have no effect."""
    usual = LearnConfig(task=config.task, learner=config.learner)
    unread = ["network"] if config.network != usual.network else []
    unread += ["modulator"] if config.modulator not in (None, USUAL) else []
    unread += ["coefficients"] if config.coefficients not in ({}, usual.coefficients) else []
    if unread:
        tell(
            f"the learner {LEARNERS.name_of(config.learner)} has networks of its own; the settings "
            f"of {', '.join(unread)} change nothing"
        )

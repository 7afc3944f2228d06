"""What is said of a config of learning before it begins: settings that have no effect."""

from __future__ import annotations

from metahebb.learning.lifetime import Lifetime
from metahebb.notes import tell
from metahebb.runs.learn_config import LearnConfig


def tell_of_learning(config: LearnConfig) -> None:
    """Say which settings of ``config`` have no effect."""
    rule = config.network.rule
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

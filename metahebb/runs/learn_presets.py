"""Presets of learning: configurations by name, which flags can change."""

from __future__ import annotations

from metahebb.errors import unknown_name
from metahebb.networks import Rate
from metahebb.neurons import NEURONS
from metahebb.plasticity.rules import RULES
from metahebb.runs.learn_config import LearnConfig
from metahebb.tasks.trials.dnms import Dnms

DNMS = LearnConfig(task=Dnms(dt=5.0))

# The settings of Miconi's code, with the paper's own rule.
DNMS_PAPER = LearnConfig(
    task=Dnms(),
    network=Rate(rule=RULES["supralinear"], neuron=NEURONS["deviating"]),
    coefficients={"eta": 0.1},
    trials=1500,
)

LEARN_PRESETS: dict[str, tuple[LearnConfig, str]] = {
    "dnms": (DNMS, "says whether two stimuli were different, by node perturbation, in seconds"),
    "dnms-paper": (DNMS_PAPER, "the same by Miconi's own rule and settings, in half a minute"),
}
"""Presets by name, each with one line of description."""


def learn_preset(name: str) -> LearnConfig:
    """Return the preset called ``name``.

    Raises:
        InputError: there is no such preset; the error suggests the nearest name.
    """
    if name not in LEARN_PRESETS:
        raise unknown_name("preset of metahebb learn", name, LEARN_PRESETS)
    return LEARN_PRESETS[name][0]

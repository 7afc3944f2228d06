"""Presets of learning: configurations by name, which flags can change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from metahebb.errors import InputError, unknown_name
from metahebb.learning.gradient import Gradient
from metahebb.modulators import PredictionError, Reward
from metahebb.networks import FeedForward, Rate, Recurrent
from metahebb.neurons import NEURONS
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES
from metahebb.runs.choice_presets import CHOICE_PRESETS
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.presets import PRESETS
from metahebb.tasks import (
    Association,
    CenterOut,
    ContextIntegration,
    Dnms,
    Recall,
    SerialReversal,
)

DNMS = LearnConfig(task=Dnms(dt=5.0), coefficients={"eta": 7e-4})

# The settings of Miconi's code, with the paper's own rule.
DNMS_PAPER = LearnConfig(
    task=Dnms(),
    network=Rate(rule=RULES["supralinear"], neuron=NEURONS["deviating"]),
    coefficients={"eta": 0.1},
    trials=1500,
)

_NODE = RULES["node_perturbation"]

CONTEXT_INTEGRATION = LearnConfig(
    task=ContextIntegration(dt=5.0),
    network=Rate(
        rule=_NODE.with_constants(limit=2e-4),
        neuron=NEURONS["perturbed"].with_constants(amplitude=30.0),
    ),
    coefficients={"eta": 3e-4},
    trials=14000,
)

# hebbRNN's network and running mean, with node perturbation in the place of its rule.
CENTER_OUT = LearnConfig(
    task=CenterOut(),
    network=Rate(
        (150,),
        rule=_NODE.with_constants(limit=1e-3),
        neuron=NEURONS["perturbed"].with_constants(amplitude=0.5, inside=0.0),
        gain=1.1,
    ),
    modulator=PredictionError(keep=0.33, begin_with_first=True),
    coefficients={"eta": 0.05},
    trials=6000,
)

REVERSAL = LearnConfig(
    task=SerialReversal(),
    network=FeedForward((), RULES["reward_abcd"]),
    modulator=Reward(),
    coefficients={"A": 1.0, "B": 0.0, "C": -0.5, "D": 0.0, "eta": 2.0},
    trials=2000,
    criterion=0.8,
)

_TRACE = RULES["plastic_trace"]
_REMEMBERING = Recurrent((64,), _TRACE, Bounds("none"), birth="coevolved", output="linear")

ASSOCIATION = LearnConfig(
    task=Association(),
    network=replace(_REMEMBERING, rule=_TRACE.with_constants(base=1.0, gate=0.0)),
    modulator=None,
    learner=Gradient(),
    coefficients={"rate": 0.3},
    trials=1200 * 32,
)

RECALL = replace(
    ASSOCIATION, task=Recall(), network=_REMEMBERING, learner=Gradient(modulator="given")
)

Preset = LearnConfig | Callable[[], LearnConfig]
"""A config, or a function that makes it: making one may import neurogym, which takes seconds."""

LEARN_PRESETS: dict[str, tuple[Preset, str]] = {
    "dnms": (DNMS, "says whether two stimuli were different, by node perturbation, in seconds"),
    "dnms-paper": (DNMS_PAPER, "the same by Miconi's own rule and settings, in half a minute"),
    "context-integration": (
        CONTEXT_INTEGRATION,
        "integrates the one of two noisy inputs that a context asks for, in seconds",
    ),
    "center-out": (CENTER_OUT, "reaches for four targets with an arm of two joints, in seconds"),
    "reversal": (REVERSAL, "follows swaps of the right actions from reward alone, in a second"),
    "association": (ASSOCIATION, "one-shot memory in a plastic trace, which a gradient has shaped"),
    "recall": (RECALL, "remembers what a modulator marks, by a plastic trace"),
    **CHOICE_PRESETS,
}
"""Presets by name, each with one line of description."""


def learn_preset(name: str) -> LearnConfig:
    """Return the preset called ``name``.

    Raises:
        InputError: there is no such preset; the error suggests the nearest name. Or the preset's
            task needs neurogym, which is missing or of another version.
    """
    if name in PRESETS and name not in LEARN_PRESETS:
        raise InputError(
            f"expected a preset of metahebb learn, got {name}, one of evolution; write 'metahebb "
            f"evolve {name}', or see metahebb presets"
        )
    if name not in LEARN_PRESETS:
        raise unknown_name("preset of metahebb learn", name, LEARN_PRESETS)
    config = LEARN_PRESETS[name][0]
    return config if isinstance(config, LearnConfig) else config()

"""The arms of the study: each is a task and a system that learns it, with what was published."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import Any

from experiments.cognitive.names import (
    ACTOR_CRITIC,
    BY_HAND,
    CONTEXT,
    CONTEXT_CHOICE,
    DOTS,
    NODE,
    NONMATCH,
    SUPRALINEAR,
    TRACE,
)
from experiments.kit.running import Size
from metahebb.neurons import NEURONS
from metahebb.plasticity.rules import RULES
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.learn_presets import learn_preset
from metahebb.tasks import ContextIntegration

RATE_TESTS, FINE_TESTS, CHOICE_TESTS = 400, 100, 2000
"""The number of fresh trials of a rate network, of one with long trials in steps of 1 ms, and of
all others."""


@dataclass(frozen=True)
class Arm:
    """A task and the system that learns it within a life.

    Attributes:
        task: words for the task.
        system: words for the system.
        config: the config of a run, apart from its seed.
        seeds: the number of seeds of the size ``quick``.
        floor: the least accuracy on fresh trials of a run that has learned the task.
        goal: the least part of runs that have to learn; None: it is only reported.
        published: words for what was published.
        observer: the name of the ideal observer (`experiments.cognitive.observers`); empty: none.
        tests: the number of fresh trials.
        decided: the least part of fresh trials with an answer of a run that has learned.
        of_answered: whether the accuracy is of the trials with an answer, as Song et al. count it.
        still: changes of the neuron's constants in fresh trials, such as no perturbation. Such an
            arm has learned if it reaches its criterion (`experiments.cognitive.tested`).
        ceiling: the greatest accuracy that a run without the part that it lacks should have.
    """

    task: str
    system: str
    config: LearnConfig
    seeds: int = 3
    floor: float = 0.95
    goal: float | None = 2 / 3
    published: str = "–"
    observer: str = ""
    tests: int = CHOICE_TESTS
    decided: float = 0.0
    of_answered: bool = False
    still: dict[str, float] = field(default_factory=dict)
    ceiling: float | None = None

    @property
    def name(self) -> str:
        """The name of the arm: task and system."""
        return f"{self.task}, {self.system}"

    @property
    def folder(self) -> str:
        """The name of the folder of the arm's runs."""
        return self.name.replace(", ", "/").replace(" ", "-")

    def config_of(self, size: Size, seed: int) -> LearnConfig:
        """Return the config of a run."""
        trials = min(self.config.trials, SMOKE_TRIALS) if size == "smoke" else self.config.trials
        return replace(self.config, seed=seed, trials=trials)

    def seeds_of(self, size: Size) -> range:
        """Return the seeds of the arm's runs."""
        return range({"smoke": 2, "quick": self.seeds, "paper": 20}[size])

    def tests_of(self, size: Size) -> int:
        """Return the number of fresh trials of each run."""
        return SMOKE_TESTS if size == "smoke" else self.tests


SMOKE_TRIALS, SMOKE_TESTS = 64, 16
"""The number of trials in a smoke test: of learning (one batch), and fresh ones."""


def _paper_rule(config: LearnConfig, eta: float, limit: float, **constants: Any) -> LearnConfig:
    """Return ``config`` with Miconi's own rule; ``constants`` are of its neuron."""
    neuron = NEURONS["deviating"].with_constants(**constants)
    rule = RULES["supralinear"].with_constants(limit=limit)
    network: Any = config.network
    network = replace(network, rule=rule, neuron=neuron)
    return replace(config, network=network, coefficients={"eta": eta})


def _static(network: Any) -> Any:
    """Return ``network`` without plasticity."""
    return replace(network, rule=RULES["static"])


def _rate(task: str, system: str, config: LearnConfig, seeds: int, **more: Any) -> Arm:
    return Arm(task, system, config, seeds, tests=RATE_TESTS, **more)


def _choice(task: str, preset: str, seeds: int, floor: float, decided: float, **more: Any) -> Arm:
    return Arm(
        *(task, ACTOR_CRITIC, learn_preset(preset), seeds, floor),
        decided=decided,
        of_answered=True,
        **more,
    )


@functools.cache
def all_arms() -> tuple[Arm, ...]:
    """Return all arms in which one network learns, in the order in which they are run.

    They are made when they are needed, because tasks of neurogym take seconds to import.

    Raises:
        InputError: neurogym is missing or of another version.
    """
    dnms, paper = learn_preset("dnms"), learn_preset("dnms-paper")
    context, reach = learn_preset("context-integration"), learn_preset("center-out")
    association, recall = learn_preset("association"), learn_preset("recall")
    paper = replace(paper, trials=dnms.trials)
    fine = replace(context, task=ContextIntegration(), trials=20_000)
    return (
        _rate(NONMATCH, NODE, dnms, 20, published="(rule of the paper) median 843 trials"),
        _choice("match to sample", "match-to-sample", 5, 0.95, 0.99),
        _choice("delay comparison", "delay-comparison", 5, 0.93, 0.99, published="stops at 0.97"),
        _choice(
            *(DOTS, "random-dots", 5, 0.71, 0.98),
            published="stops at 0.80 (steps of 10 ms)",
            observer=DOTS,
        ),
        _choice(
            *(CONTEXT_CHOICE, "context-choice", 5, 0.72, 0.98),
            published="stops at 0.85 (steps of 10 ms)",
            observer=CONTEXT_CHOICE,
        ),
        _rate(CONTEXT, NODE, context, 5, published="20 of 20 runs (rule of the paper)"),
        _rate(
            *("center-out reaching", NODE, reach, 5),
            published="error 0.08, in minutes (rule of the paper)",
            still={"amplitude": 0.0},
        ),
        Arm("association", TRACE, association),
        Arm(
            *("association", "static weights"),
            replace(association, network=_static(association.network), coefficients={}),
            floor=0.95,
            goal=None,
            ceiling=0.85,
        ),
        Arm("recall", TRACE, recall),
        Arm(
            *("recall", "plastic trace without a modulator"),
            replace(association, task=recall.task),
            goal=None,
            ceiling=0.85,
        ),
        Arm("serial reversal", BY_HAND, learn_preset("reversal"), 20, 0.8, tests=0),
        Arm("detection", ACTOR_CRITIC, learn_preset("detection"), goal=None),
        _choice("multisensory", "multisensory", 3, 0.76, 0.98, goal=None, published="stops at 0.82",
                observer="multisensory"),
        _choice("interval reproduction", "ready-set-go", 3, 0.95, 0.98, goal=None),
        _choice("economic choice", "economic-choice", 3, 0.88, 0.98, goal=None,
                published="stops at 0.95"),
        _choice("wager", "wager", 3, 0.68, 0.98, goal=None, published="stops at 0.79",
                observer="wager"),
        _rate(
            *("center-out reaching", SUPRALINEAR),
            _paper_rule(reach, 0.5, 1e-4, amplitude=0.5, inside=0.0, keep=0.0),
            3,
            goal=None,
            published="error 0.08, in minutes",
            still={"amplitude": 0.0},
        ),
        Arm(
            *(NONMATCH, SUPRALINEAR, paper, 20),
            tests=FINE_TESTS,
            published="median 843 trials, quartiles 692 and 1,125",
        ),
        Arm(
            *(CONTEXT, SUPRALINEAR),
            _paper_rule(fine, 0.01, 2e-4, amplitude=30.0),
            tests=FINE_TESTS,
            goal=None,
            published="20 of 20 runs, in 20,000 trials",
        ),
    )  # fmt: skip

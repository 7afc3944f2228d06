"""The named tasks, each with neurogym's environment, the settings of Song et al. 2017, conditions.

Source of the settings: Song, Yang & Wang 2017, "Reward-based training of recurrent neural networks
for cognitive and value-based tasks", and the authors' code. Rewards are neurogym's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from metahebb.tasks.gym.kwargs import Kwargs

Answers = npt.NDArray[np.intp]
Condition = Callable[[Any], float]
"""A function of an environment, which returns a number that describes its present trial."""


class Verdict(NamedTuple):
    """The verdict on the last action of a trial.

    Attributes:
        correct: 1 for a right answer, 0 for a wrong one, NaN where no answer is right.
        error: the distance between the answer and the right one; NaN where there is none.
    """

    correct: float
    error: float = float("nan")


def given_answers(env: Any) -> Answers | None:
    """Return the environment's own right action of each step; None if it defines none."""
    return np.asarray(env.gt, np.intp) if env._has_gt else None


def by_answer(env: Any, action: int, step: int, answers: Answers | None) -> Verdict:
    """Judge the ``action`` in a trial's last ``step`` by the right action of this step."""
    return Verdict(float("nan") if answers is None else float(action == answers[step]))


def by_interval(env: Any, action: int, step: int, answers: Answers | None) -> Verdict:
    """Judge a produced interval: it is right within the margin in which it is rewarded.

    The error is the difference between the produced and the right interval in ms.
    """
    if action == 0:
        return Verdict(0.0)
    right = env.trial["production"]
    error = abs(step * env.dt - env.end_t["measure"] - right)
    return Verdict(float(error <= env.prod_margin * right + 25), float(error))


def by_choice_or_sure(env: Any, action: int, step: int, answers: Answers | None) -> Verdict:
    """Judge a choice as `by_answer`; a sure bet is neither right nor wrong where it is offered."""
    if action == _SURE and env.trial["wager"]:
        return Verdict(float("nan"))
    return by_answer(env, action, step, answers)


def offers(env: Any) -> tuple[int, int, bool]:
    """Return the amounts of juice A and B, and whether choice 1 is juice A."""
    n_b, n_a = env.trial["offer"]
    return n_a, n_b, env.trial["juice"][0] == "a"


def better_offer(env: Any) -> Answers:
    """Return the choice of the offer that is worth more, in the steps of the decision."""
    n_a, n_b, a_first = offers(env)
    a_wins = n_a * env.R_A > n_b * env.R_B
    answers = np.zeros(len(env.ob), np.intp)
    answers[env.start_ind["decision"] : env.end_ind["decision"]] = 1 if a_wins == a_first else 2
    return answers


@dataclass(frozen=True)
class Known:
    """A task that is known by name.

    Attributes:
        env_id: the id of the environment that Gymnasium makes.
        conditions: functions of the environment by the name of a condition.
        timing: times of periods that differ from neurogym's, as `Cognitive.timing` has them.
        kwargs: arguments of the environment that differ from neurogym's.
        dt: the time of a step in ms.
        withheld: whether to withhold can be right.
        never: the actions that are never right, although they may be wise.
        answers: the function of the environment that returns the right action of each step.
        judge: the function that judges the last action of a trial.
    """

    env_id: str
    conditions: Mapping[str, Condition]
    timing: Kwargs = field(default_factory=dict)
    kwargs: Kwargs = field(default_factory=dict)
    dt: int = 100
    withheld: bool = False
    never: tuple[int, ...] = ()
    answers: Callable[[Any], Answers | None] = given_answers
    judge: Callable[[Any, int, int, Answers | None], Verdict] = by_answer


_SURE = 3


def _of(name: str, scale: float = 1.0) -> Condition:
    return lambda env: float(env.trial[name]) * scale


def _signed(choice: str, coherence: str, first: int) -> Condition:
    """Return the coherence [%], negative if it speaks for choice ``first``, else positive."""
    return lambda env: float(env.trial[coherence] * (-1 if env.trial[choice] == first else 1))


def _in_context(env: Any, attended: bool) -> float:
    """Return the signed coherence [%] of the attended modality, or of the other one."""
    number = env.trial["context"] + 1 if attended else 2 - env.trial["context"]
    return _signed("ground_truth" if attended else "other_choice", f"coh_{number}", 1)(env)


_MATCH = {
    "sample": _of("sample_theta", 180 / np.pi),
    "test": _of("test_theta", 180 / np.pi),
}

KNOWN: dict[str, Known] = {
    # Two directions of motion; the noise per √ms is √2.
    "random-dots": Known(
        "PerceptualDecisionMaking-v0",
        {"coherence": _signed("ground_truth", "coh", 0)},
        {"fixation": 750, "stimulus": "330:80:1500", "decision": 500},
        {"sigma": 2**0.5},
    ),
    # The context says which of two modalities to attend to.
    "context-integration": Known(
        "metahebb/ContextDecisionMaking-v0",
        {
            "context": _of("context"),
            "attended": lambda env: _in_context(env, True),
            "ignored": lambda env: _in_context(env, False),
        },
        {"fixation": 750, "stimulus": 750, "delay": "300:300:3000", "decision": 500},
        {"sigma": 2.0, "use_expl_context": True},
    ),
    # Both modalities speak for the same choice; their shares of the coherence vary.
    "multisensory": Known(
        "MultiSensoryIntegration-v0",
        {"coherence": _signed("ground_truth", "coh", 0), "share": _of("coh_prop")},
        {"fixation": 750, "stimulus": 1000, "decision": 500},
        {"sigma": 2.05},
    ),
    # Parametric working memory: which of two frequencies is higher?
    "delay-comparison": Known(
        "DelayComparison-v0",
        {"f1": _of("v1"), "f2": _of("v2")},
        {"fixation": 750, "delay": "2700..3300", "decision": 500},
        {"sigma": 0.447},
    ),
    # Reproduction of an interval, which begins with the onset of "ready" (Jazayeri & Shadlen 2010).
    "ready-set-go": Known(
        "ReadySetGo-v0",
        {"interval": _of("measure")},
        {"measure": "800..1500"},
        dt=80,
        judge=by_interval,
    ),
    # Go if there is a stimulus, and withhold if there is none.
    "detection": Known(
        "metahebb/Detection-v0",
        {"stimulus": _of("ground_truth"), "onset": lambda env: float(env.delay_trial)},
        {"fixation": 500},
        {"stim_dur": 200},
        withheld=True,
    ),
    "match-to-sample": Known("DelayMatchSample-v0", _MATCH),
    # A choice between two directions or, where it is offered, a sure but smaller reward.
    "wager": Known(
        "metahebb/PostDecisionWager-v0",
        {"coherence": _signed("ground_truth", "coh", 1), "sure": _of("wager")},
        {
            **{"fixation": 750, "stimulus": "180:100:900", "delay": "1350:1200:1800"},
            **{"pre_sure": "500..750", "decision": 500},
        },
        {"sigma": 2**0.5},
        never=(_SURE,),
        judge=by_choice_or_sure,
    ),
    # A choice between amounts of two juices; juice A is worth 2.2 times as much as B.
    "economic-choice": Known(
        "EconomicDecisionMaking-v0",
        {
            "offer_a": lambda env: float(offers(env)[0]),
            "offer_b": lambda env: float(offers(env)[1]),
            "a_first": lambda env: float(offers(env)[2]),
        },
        {"fixation": 750, "offer_on": "1000..2000"},
        answers=better_offer,
    ),
    # The stimuli of Miconi 2017 (see the task dnms), with three actions in the place of a target.
    "delayed-xor": Known(
        "DelayMatchSample-v0",
        _MATCH,
        {"fixation": 1, "sample": 200, "delay": 200, "test": 200, "decision": 400},
        {"sigma": 0.0, "dim_ring": 2},
        dt=1,
    ),
}
"""The tasks that are known by name."""

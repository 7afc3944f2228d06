"""A session is one environment of neurogym in which trials follow each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, unknown_name
from metahebb.tasks.cognitive.library import base_class, made
from metahebb.tasks.cognitive.table import KNOWN, Answers, Known, Verdict
from metahebb.tasks.cognitive.timing import as_drawn, longest, read_time

if TYPE_CHECKING:
    from metahebb.tasks.cognitive.task import Cognitive

NO_DECISION = "none"
"""The name of the reward of a trial that ends without a decision."""
FIXATION, DECISION = "fixation", "decision"
"""Names of periods: an action that ends a trial before its decision has aborted it.

In a trial without a period of that name, decisions count from the end of fixation on.
"""


class Step(NamedTuple):
    """The result of one step.

    Attributes:
        observation: ``(n_observations,)``, the next observation of a trial that goes on.
        reward: the reward of the step.
        is_over: whether the step ended the trial.
        is_life_over: whether the environment ended the life.
    """

    observation: npt.NDArray[Any]
    reward: float
    is_over: bool
    is_life_over: bool


class _NoTrial:
    """A place holder for the trial that neurogym begins by itself at a trial's end."""

    def new_trial(self) -> dict[str, Any]:
        return {}


class Session:
    """An environment of a `Cognitive` task.

    Attributes:
        known: the entry of `KNOWN`; one without conditions for an environment of a user's own.
        env: neurogym's environment without wrappers.
    """

    def __init__(self, task: Cognitive) -> None:
        """Make the environment.

        Raises:
            InputError: see `Cognitive`.
        """
        self.known = KNOWN.get(task.name) or Known(task.name, {}, withheld=True)
        kwargs = {**self.known.kwargs, **task.read_kwargs()}
        if dt := task.dt or (self.known.dt if task.name in KNOWN else 0):
            kwargs["dt"] = dt
        env = made(task.env_id, kwargs)
        timing = {**self.known.timing, **task.timing}
        _check_names("period", timing, env.timing, task)
        _check_names("reward", task.rewards, {**env.rewards, NO_DECISION: 0}, task)
        rewards: dict[str, Any] = dict(task.rewards)
        none = rewards.pop(NO_DECISION, None)
        if rewards:  # given to the class, which may derive others from them
            env = made(task.env_id, {**kwargs, "rewards": rewards})
            env.rewards.update(rewards)
        if none is not None:
            env.r_tmax = none
        env.timing.update({name: read_time(time, name) for name, time in timing.items()})
        env.timing = {name: as_drawn(time) for name, time in env.timing.items()}
        env.abort = task.abort
        # neurogym would begin the next trial by itself, from the state that its generator is in.
        env.set_top(_NoTrial())
        times = env.timing.values()
        is_of_neurogym = type(env).seed is base_class().seed
        self._has_own_seed = not is_of_neurogym or any(hasattr(time, "seed") for time in times)
        self.env = env

    def begin(self, seed: int, number: int) -> None:
        """Begin a trial, which is a function of the life's ``seed`` and of its ``number`` alone."""
        env = self.env
        of_trial = int(np.random.SeedSequence((seed, number)).generate_state(1)[0])
        if self._has_own_seed:
            env.seed(of_trial)
        else:  # as TrialEnv.seed does, without new generators, which take longer than the trial
            env.rng.seed(of_trial)
        env.num_tr, env.t, env.t_ind, env.performance = number, 0, 0, 0
        env.new_trial()
        if not env._ob_built:
            raise InputError(
                f"expected an environment that builds a trial's observations in _new_trial, got "
                f"{type(env).__name__}; add them there with add_ob"
            )

    @property
    def observations(self) -> npt.NDArray[np.float32]:
        """``(n_steps, n_observations)``, the observations of the present trial."""
        ob = np.asarray(self.env.ob, np.float32)
        return ob.reshape(len(ob), -1)

    @property
    def answers(self) -> Answers | None:
        """``(n_steps,)``, the right action of each step of the present trial; None: none is."""
        return self.known.answers(self.env)

    def numbers(self) -> dict[str, float]:
        """Return the numbers that describe the present trial, by the name of the condition."""
        env = self.env
        if self.known.conditions:
            return {name: condition(env) for name, condition in self.known.conditions.items()}
        kinds = (bool, int, float, np.number, np.bool_)
        return {name: float(x) for name, x in env.trial.items() if isinstance(x, kinds)}

    def step(self, action: int) -> Step:
        """Take one step with ``action``."""
        ob, reward, terminated, truncated, info = self.env.step(action)
        return Step(
            np.ravel(ob), float(reward), bool(info["new_trial"]), bool(terminated or truncated)
        )

    def is_aborted(self, action: int, step: int) -> bool:
        """Return whether a trial that ended with ``action`` in ``step`` was aborted."""
        env = self.env
        decision = env.start_ind.get(DECISION, env.end_ind.get(FIXATION, 0))
        return action != 0 and step < decision

    def verdict(self, action: int, step: int) -> Verdict:
        """Return the verdict on a trial that ended with ``action`` in ``step``."""
        answers = self.answers
        if self.is_aborted(action, step):
            return Verdict(float("nan") if answers is None else 0.0)
        return self.known.judge(self.env, action, step, answers)

    def longest_trial(self) -> int:
        """Return the number of steps of the longest trial, if all periods are as long as can be."""
        env = self.env
        drawn = env.timing
        try:
            env.timing = {name: longest(time) for name, time in drawn.items()}
            lengths = []
            for number in range(_TRIALS):
                self.begin(0, number)
                lengths.append(len(env.ob))
        finally:
            env.timing = drawn
        return max(lengths)


_TRIALS = 32
"""The number of trials from which the longest one is known, where its length depends on draws."""


def _check_names(
    kind: str, given: Mapping[str, object], known: Mapping[str, object], task: Cognitive
) -> None:
    for name in given:
        if name not in known:
            raise unknown_name(f"{kind} of {task.label}", name, known)

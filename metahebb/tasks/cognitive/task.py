"""The cognitive tasks of neurogym, as tasks for evolution and for learning within a life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, unknown_name
from metahebb.tasks.base import Measure, Task
from metahebb.tasks.cognitive.arrays import TrialArrays, arrays_of
from metahebb.tasks.cognitive.facts import Facts, look
from metahebb.tasks.cognitive.lanes import RECENT, CognitiveLanes
from metahebb.tasks.cognitive.table import KNOWN
from metahebb.tasks.cognitive.timing import read_time
from metahebb.tasks.gym.envs import located, short
from metahebb.tasks.gym.kept import kept_facts
from metahebb.tasks.gym.kwargs import Kwargs, key_of, read_word

_KEPT: dict[tuple[Any, ...], Facts] = {}


@dataclass(frozen=True)
class Cognitive(Task):
    """A life of trials in a task that animals are trained on, in an environment of neurogym 2.3.1.

    The action of a step is the number of the largest output, and rules see 1 for it and 0 for the
    other outputs. Action 0 is to withhold. The last action of a trial is its answer. An answer is
    judged by the environment's right action ``gt`` in that step, and not by neurogym's own
    ``performance``, which is wrong in some tasks. A trial without an answer is wrong, unless to
    withhold was right. So is an aborted trial, which an action has ended before the decision. Three
    answers are judged otherwise: an interval is right within the margin in which it is rewarded
    (``ready-set-go``), a sure bet is neither right nor wrong (``wager``), and the offer that is
    worth more is right (``economic-choice``, which has no ``gt``).

    The kind of a trial is its right answer, so that a modulator has one baseline per right answer.

    Every trial is a function of the life's seed and of the trial's number alone.

    Differs from the reference: neurogym's environments ``PostDecisionWager``, ``Detection`` and
    ``ContextDecisionMaking`` have defects, which `wager`, `detection` and `context` mend. The
    environments' ``reset``, which takes a random action, is not used. Rewards are neurogym's (−0.1
    for an abort); Song et al. 2017 give −1 for an abort and for no decision, see ``rewards``.

    Raises:
        InputError: neurogym is missing or of another version; ``name``, a period, a reward or an
            argument is unknown; a time is written otherwise, or a period with a fixed time is
            shorter than a step; or the environment has no trials with discrete actions.
    """

    name: str = "random-dots"
    """Name of the task, or the id of one of neurogym's environments, or FILE.py:CLASS with a
    ``neurogym.core.TrialEnv`` of your own. Names: random-dots, context-integration, multisensory,
    delay-comparison, ready-set-go, detection, match-to-sample, wager, economic-choice,
    delayed-xor."""
    trials: int = 200
    """Number of trials of a life."""
    dt: int = 0
    """Time of a step in ms; 0: 100 ms, except for ready-set-go (80 ms), delayed-xor (1 ms), and an
    environment of your own, which keeps its default."""
    timing: Kwargs = field(default_factory=dict)
    """Times of periods in ms: 500, 800..1500 (uniform), or 330:80:1500 (exponential with MEAN,
    LEAST and MOST). Example: stimulus 800..1500 delay 300."""
    rewards: Kwargs = field(default_factory=dict)
    """Rewards by name, such as abort, correct and fail; none is the reward of a trial that ends
    without a decision."""
    kwargs: Kwargs = field(default_factory=dict)
    """Further arguments of the environment, such as sigma."""
    abort: bool = True
    """Whether an action other than 0 in the period of fixation ends the trial (in economic-choice,
    also while the offers are shown)."""

    def __post_init__(self) -> None:
        """Make the environment once, so that a bad name, time or argument raises an error here."""
        if self.trials < 1:
            raise InputError(f"expected trials of at least 1, got {self.trials}")
        if self.dt < 0:
            raise InputError(f"expected a dt of at least 0 ms (task cognitive), got {self.dt}")
        for period, time in self.timing.items():
            read_time(time, period)
        for name, value in self.rewards.items():
            if isinstance(value, (bool, str)):
                raise InputError(f"expected a number as the reward {name}, got {value!r}")
        if self.name not in KNOWN:
            object.__setattr__(self, "name", located(self.name))
            if not (".py:" in self.name or "-v" in self.name):
                raise unknown_name("task", self.name, KNOWN)
        _ = self.facts

    def read_kwargs(self) -> Kwargs:
        """Return the further arguments of the environment as values."""
        return {name: read_word(value) for name, value in self.kwargs.items()}

    @property
    def facts(self) -> Facts:
        """The facts about the environment."""
        key = (
            *(self.name, self.dt, self.abort, key_of(self.read_kwargs())),
            *(key_of(self.timing), key_of(self.rewards)),
        )
        if key not in _KEPT:
            try:
                _KEPT[key] = look(self)
            except InputError as error:
                kept = kept_facts()
                if kept is None:
                    raise
                _KEPT[key] = Facts.without_env(kept, self.trials, str(error).rstrip("."))
        return _KEPT[key]

    @property
    def label(self) -> str:
        """The name of the task in texts for people."""
        return short(self.name)

    @property
    def env_id(self) -> str:
        """The id of the environment for Gymnasium, or ``FILE.py:CLASS``."""
        return KNOWN[self.name].env_id if self.name in KNOWN else self.name

    def kwargs_of(self, body: str) -> Kwargs:
        """Return the arguments of the environment."""
        return self.read_kwargs()

    @property
    def n_observations(self) -> int:
        """The number of values in an observation."""
        return self.facts.n_observations

    @property
    def n_outputs(self) -> int:
        """The number of outputs: one for each action."""
        return self.facts.n_outputs

    @property
    def n_steps(self) -> int:
        """The number of steps of the longest trial.

        It is an estimate for a task of a user's own in which functions draw the times.
        """
        return self.facts.n_steps

    @property
    def bodies(self) -> tuple[str, ...]:
        """The names of the variants, of which there is one."""
        return ("default",)

    @property
    def max_steps(self) -> int:
        """The number of steps that the life has at most."""
        return self.trials * self.n_steps

    @property
    def seconds_per_step(self) -> float | None:
        """The time of a step [s]; None if the environment cannot be made here."""
        return self.facts.dt / 1000 or None

    @property
    def image(self) -> None:
        """None, because observations are no images."""
        return None

    @property
    def is_discrete(self) -> bool:
        """True, because an action is a choice of one of several."""
        return True

    @property
    def absent(self) -> str:
        """The reason why no life can be lived here; empty if it can be lived."""
        return self.facts.absent

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The parts of the last trials that were right, and that had an answer."""
        last = f"part of the last {RECENT} trials"
        return (
            Measure("accuracy", description=f"{last} with the right answer", low=0.0, high=1.0),
            Measure("decided", description=f"{last} that ended in a choice", low=0.0, high=1.0),
        )

    @property
    def choices(self) -> tuple[str, ...]:
        """The names of the actions, by number; action 0 is to withhold."""
        return self.facts.actions

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the answers that can be right; one name if no answer is right."""
        facts = self.facts
        return tuple(facts.actions[action] for action in facts.rights) or ("any",)

    @property
    def n_kinds(self) -> int:
        """The number of kinds of trials."""
        return len(self.kinds)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of the numbers that describe a trial."""
        return self.facts.conditions

    def with_trials(self, trials: int) -> Self:
        """Return the same task with lives of ``trials`` trials."""
        return replace(self, trials=trials)

    def lanes(self, n: int) -> CognitiveLanes:
        """Return ``n`` new lanes.

        Raises:
            InputError: the environment cannot be made here.
        """
        return CognitiveLanes(self, n)

    def arrays(self, numbers: Sequence[int] | npt.NDArray[np.intp], seed: int) -> TrialArrays:
        """Return the trials with the given ``numbers`` of a life with ``seed``, without acting.

        A trial's observations are the ones of a trial that is not ended early by an answer.
        """
        return arrays_of(self, numbers, seed)

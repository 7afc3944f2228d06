"""The facts about an environment that its task needs before it opens lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from metahebb.errors import InputError
from metahebb.tasks.cognitive.session import Session
from metahebb.tasks.cognitive.table import Answers
from metahebb.tasks.cognitive.timing import longest

if TYPE_CHECKING:
    from metahebb.tasks.cognitive.task import Cognitive


class Facts(NamedTuple):
    """The facts about an environment that a task needs before it opens lanes.

    Attributes:
        n_observations: the number of values in an observation.
        n_outputs: the number of actions.
        n_steps: the number of steps of the longest trial.
        dt: the time of a step in ms; 0: unknown.
        actions: the names of the actions, by number.
        rights: the actions that can be right; empty if no answer is right.
        conditions: the names of the numbers that describe a trial.
        absent: the reason why the environment cannot be made here; empty if it can be made.
    """

    n_observations: int
    n_outputs: int
    n_steps: int
    dt: float
    actions: tuple[str, ...]
    rights: tuple[int, ...]
    conditions: tuple[str, ...]
    absent: str = ""

    def kind_of(self, answers: Answers | None) -> int:
        """Return the kind of a trial with the right action ``answers`` ``(n_steps,)`` of each step.

        It is the number of the last right action other than 0, among all that can be right.
        """
        if answers is None:
            return 0
        acted = answers[answers != 0]
        return self.rights.index(int(acted[-1]) if acted.size else 0)

    def values_of(self, session: Session) -> tuple[float, ...]:
        """Return the values of `conditions` in the present trial; NaN for one that it lacks."""
        numbers = session.numbers()
        return tuple(numbers.get(name, float("nan")) for name in self.conditions)

    @classmethod
    def without_env(cls, kept: dict[str, Any], trials: int, absent: str) -> Facts:
        """Return what a run folder says of an environment that cannot be made here.

        Args:
            kept: the facts that the run folder keeps, see `metahebb.tasks.gym.kept`.
            trials: the number of trials of a life.
            absent: the reason why the environment cannot be made.
        """
        actions = tuple(f"action {number}" for number in range(kept["n_outputs"]))
        return cls(
            *(kept["n_observations"], kept["n_outputs"], kept["max_steps"] // trials, 0),
            *(actions, tuple(range(len(actions))), (), absent),
        )


def look(task: Cognitive) -> Facts:
    """Return the facts about the environment of ``task``.

    Raises:
        InputError: see `Cognitive`.
    """
    session = Session(task)
    env, known = session.env, session.known
    for period, time in env.timing.items():
        most = longest(time)
        if 0 < most < env.dt:
            raise InputError(
                f"expected a dt of at most {most:g} ms, the time of {period} ({task.label}), got "
                f"{env.dt:g} ms; set dt, or a longer time: timing {period} {env.dt:g}"
            )
    n_steps = session.longest_trial()
    session.begin(0, 0)
    n_outputs = int(env.action_space.n)
    rights: tuple[int, ...] = ()
    if session.answers is not None:
        first = 0 if known.withheld else 1
        rights = tuple(each for each in range(first, n_outputs) if each not in known.never)
    return Facts(
        session.observations.shape[1],
        n_outputs,
        n_steps,
        env.dt,
        _names(env.action_space, n_outputs),
        rights,
        tuple(session.numbers()),
    )


def _names(space: Any, n: int) -> tuple[str, ...]:
    """Return the names of ``n`` actions, as far as the environment names them."""
    names = [f"action {number}" for number in range(n)]
    for name, numbers in getattr(space, "name", {}).items():
        if isinstance(numbers, int):
            names[numbers] = name
        else:
            for place, number in enumerate(numbers, 1):
                names[number] = f"{name} {place}"
    return tuple(names)

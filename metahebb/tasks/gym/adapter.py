"""The task that is made from any Gymnasium environment, with one environment per lane."""

from __future__ import annotations

import contextlib
import functools
import sys
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete, Space

from metahebb.errors import InputError
from metahebb.genomes.base import LATER
from metahebb.own_files import described
from metahebb.tasks.base import LaneNumbers, Measure, StepResult, Task, TaskError
from metahebb.tasks.gym.display import (
    hold_runtime_folder,
    release_runtime_folder,
    runtime_folder,
)
from metahebb.tasks.gym.drawing import Drawing, drawing_of
from metahebb.tasks.gym.envs import located, make_env, short
from metahebb.tasks.gym.kept import kept_facts
from metahebb.tasks.gym.kwargs import Kwargs, key_of, read_kwargs, read_word
from metahebb.tasks.gym.observed import fault_of, fault_of_ending
from metahebb.tasks.gym.spaces import (
    action_of,
    advice_on_actions,
    advice_on_scaling,
    parts_of,
    size_of,
    writer_of,
)
from metahebb.tasks.pictures import as_picture
from metahebb.user_code import is_of_user, let_go

DEFAULT = "default"
"""The name of the only body of a task without variants."""
DEFAULT_RATE = 30.0
"""The number of steps per second of an environment that states no rate."""


@dataclass(frozen=True)
class GymTask(Task):
    """A Gymnasium environment by its id, with its own reward, ending and time limit.

    A network observes all numbers of an observation in one row. Boxes can have any shape, such as
    that of an image, and bytes are divided by 255. Discrete observations are one-hot. Dicts and
    Tuples of all these are possible, and texts in them are left out. Actions are Boxes, to whose
    bounds outputs are clipped, or ``Discrete``, where the action is the index of the largest
    output, as in the code of Najarro & Risi 2020.

    Raises:
        InputError: ``env_id`` is unknown (the message has Gymnasium's suggestion), the environment
            refuses an argument, or a space is of another kind.

    Example:
        >>> GymTask("CartPole-v1").n_outputs
        2
    """

    env_id: str
    """The id of the environment. ``module:Name-v0`` imports ``module`` first. ``FILE.py:NAME`` is a
    class or an id in a file; the run keeps the file's whole path."""
    env_kwargs: Kwargs = field(default_factory=dict)
    """The arguments for ``gymnasium.make``."""
    variants: tuple[str, ...] = field(default=(), metadata={LATER: True})
    """The variants in which each candidate lives. A variant is written as further arguments, such
    as ``gravity=-5+wind=true``, where ``++`` stands for a plus in a value; ``default`` is the
    environment without further arguments."""
    scale_actions: bool = field(default=False, metadata={LATER: True})
    """Whether outputs are scaled, so that −1 and 1 become the bounds of an action; if not, outputs
    are the action."""

    def __post_init__(self) -> None:
        """Make each variant once, so that a bad id, argument or space raises an error here."""
        object.__setattr__(self, "env_id", located(self.env_id))
        first = self._facts()
        for variant in self.variants[1:]:
            facts = _facts(self.env_id, key_of(self.kwargs_of(variant)))
            if first.absent or facts.absent:
                continue  # the facts come from a run folder, whose run has compared them before
            for name, one, other in zip(_Facts._fields, first, facts, strict=True):
                if one != other:
                    raise InputError(
                        f"expected variants of {self.env_id} with the same {name}, got {one} and "
                        f"{other} ({variant}); evolve them apart"
                    )

    def kwargs_of(self, variant: str) -> Kwargs:
        """Return the arguments for ``gymnasium.make`` of ``variant``, which may be `DEFAULT`."""
        common = {name: read_word(value) for name, value in self.env_kwargs.items()}
        return common | (read_kwargs(variant) if variant != DEFAULT else {})

    def _facts(self) -> _Facts:
        return _facts(self.env_id, key_of(self.kwargs_of(self.bodies[0])))

    def _drawing(self) -> Drawing:
        return drawing_of(self.env_id, key_of(self.kwargs_of(self.bodies[0])))

    @property
    def label(self) -> str:
        """The id of the environment, without the folder of a file."""
        return short(self.env_id)

    @property
    def seconds_per_step(self) -> float:
        """The simulated time of a step [s], from the environment's frame rate; 1/30 without one.

        Raises:
            InputError: the environment cannot be made.
        """
        return 1.0 / (self._drawing().rate or DEFAULT_RATE)

    @property
    def n_observations(self) -> int:
        """The number of values in an observation."""
        return self._facts().n_observations

    @property
    def n_outputs(self) -> int:
        """The number of values in an action, or of discrete actions."""
        return self._facts().n_outputs

    @property
    def image(self) -> tuple[int, int, int] | None:
        """The rows, columns and channels of an observation that is an image; None if it is none."""
        return self._facts().image

    @property
    def is_discrete(self) -> bool:
        """Whether an action is a choice of one of several."""
        return self._facts().is_discrete

    @property
    def action_space(self) -> Space[Any]:
        """The space of the environment's actions."""
        return self._facts().action_space

    @property
    def absent(self) -> str:
        """The reason why the environment cannot be made here; empty if it can be made.

        See `metahebb.tasks.gym.kept.remembered`.
        """
        return self._facts().absent

    @property
    def bodies(self) -> tuple[str, ...]:
        """The names of the variants; ``default`` if there are none."""
        return self.variants or (DEFAULT,)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """No measures, because Gymnasium knows of no numbers but the reward."""
        return ()

    @property
    def max_steps(self) -> int:
        """The environment's own time limit in steps; 1000 if it has none."""
        return self._facts().max_steps

    def filmed(self) -> GymTask:
        """Return the same task with environments that draw pictures.

        Raises:
            InputError: the environment draws no pictures, or cannot be made.
        """
        modes = self._drawing().modes
        if "rgb_array" not in modes:
            raise InputError(
                f"expected an environment with the render mode 'rgb_array', got {self.env_id} with "
                f"{', '.join(modes) or 'none'} (film); it can only be reported without a film"
            )
        return replace(self, env_kwargs={**self.env_kwargs, "render_mode": "rgb_array"})

    def draws_by_mujoco(self) -> bool:
        """Return whether Gymnasium's MuJoCo renderer draws the pictures.

        Raises:
            InputError: the environment cannot be made.
        """
        return self._drawing().by_mujoco

    def advice(self, output: str) -> list[str]:
        """Return advice on actions that outputs do not fit, one line each.

        Args:
            output: the kind of the network's last layer, ``tanh`` or ``linear``.
        """
        if self.scale_actions:
            return advice_on_actions(self.label, self.action_space, output)
        return advice_on_scaling(self.label, self.action_space, output)

    def lanes(self, n: int) -> GymLanes:
        """Return ``n`` new lanes."""
        return GymLanes(self, n)


class _Facts(NamedTuple):
    """The facts about an environment that a task needs before it opens lanes."""

    observation_space: Space[Any]
    action_space: Space[Any]
    n_observations: int
    n_outputs: int
    max_steps: int
    image: tuple[int, int, int] | None
    is_discrete: bool
    absent: str = ""


@functools.cache
def _facts(env_id: str, env_kwargs: tuple[tuple[str, type, Any], ...]) -> _Facts:
    try:
        return _look(env_id, env_kwargs)
    except InputError as error:
        kept = kept_facts()
        if kept is None:
            raise
        return _Facts(Space(), Space(), **kept, absent=str(error).rstrip("."))


@runtime_folder()
def _look(env_id: str, env_kwargs: tuple[tuple[str, type, Any], ...]) -> _Facts:
    env = make_env(env_id, {name: value for name, _, value in env_kwargs})
    try:
        return _facts_of(env, env_id)
    finally:
        let_go([env.close])


def _facts_of(env: gymnasium.Env[Any, Any], env_id: str) -> _Facts:
    limit = env.spec.max_episode_steps if env.spec is not None else None
    seen, acted = (_space(env, kind, env_id) for kind in ("observation_space", "action_space"))
    n_observations = sum(size_of(p) for _, p in parts_of(seen, f"observations of {env_id}"))
    if not isinstance(acted, (Box, Discrete)):
        raise InputError(
            f"expected a Box or Discrete, got {acted} (actions of {env_id}); register it with a "
            "wrapper that makes it one of these"
        )
    if not size_of(acted):
        raise InputError(f"expected a space with numbers, got {acted} (actions of {env_id})")
    shape = seen.shape if isinstance(seen, Box) else None
    image = (shape[0], shape[1], shape[2]) if shape is not None and len(shape) == 3 else None
    is_discrete = isinstance(acted, Discrete)
    return _Facts(seen, acted, n_observations, size_of(acted), limit or 1000, image, is_discrete)


def _space(env: gymnasium.Env[Any, Any], kind: str, env_id: str) -> Space[Any]:
    space = getattr(env, kind, None)
    if not isinstance(space, Space):
        raise InputError(
            f"expected a space as {kind} of {env_id}, got {space!r}; set it in the class or in "
            "__init__"
        )
    return space


class GymLanes:
    """The lanes of a ``GymTask``, which are advanced one after another.

    Attributes:
        observations: ``(n, n_observations)`` float32, the present observation of each lane.
    """

    def __init__(self, task: GymTask, n: int) -> None:
        """Make ``n`` environments of the first variant; each has to be reset before its first step.

        An environment of another variant is made when a lane first needs it.
        """
        self._task = task
        hold_runtime_folder()
        self._release = weakref.finalize(self, release_runtime_folder)  # where nobody closes
        self._made: list[dict[int, gymnasium.Env[Any, Any]]] = [{} for _ in range(n)]
        self._met: list[set[int]] = [set() for _ in range(n)]
        try:
            self._envs = [self._variant(lane, 0) for lane in range(n)]
        except BaseException:
            let_go([self.close])
            raise
        self._space = self._envs[0].observation_space
        self._parts = []
        start = 0
        for keys, part in parts_of(self._space, task.env_id):
            stop = start + size_of(part)
            self._parts.append((keys, slice(start, stop), writer_of(part)))
            start = stop
        self._action_space = self._envs[0].action_space
        self._seeds = [0] * n
        self._ages = [0] * n
        self._reasons = [""] * n
        self.observations = np.zeros((n, task.n_observations), dtype=np.float32)

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes`` with ``env.reset(seed=...)``.

        The first observation of each environment is compared with its observation space.

        Raises:
            InputError: the first observation does not fit the space.
            TaskError: the environment raised an error, or a later observation does not fit.
        """
        for lane, seed, body in zip(lanes, seeds, bodies, strict=True):
            self._seeds[lane], self._ages[lane], self._reasons[lane] = int(seed), 0, ""
            self._envs[lane] = self._variant(lane, int(body))
            try:
                observation, _ = self._envs[lane].reset(seed=int(seed))
            except BaseException as error:
                if not is_of_user(error):
                    raise
                raise self._error(lane, error) from error
            if int(body) not in self._met[lane]:
                fault = fault_of(self._space, observation)
                if fault:
                    raise InputError(self._misfit(lane, fault))
                self._met[lane].add(int(body))
            self._observe(lane, observation)

    def _variant(self, lane: int, body: int) -> gymnasium.Env[Any, Any]:
        made = self._made[lane]
        if body not in made:
            task = self._task
            made[body] = make_env(task.env_id, task.kwargs_of(task.bodies[body]))
        return made[body]

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` by one step; the environment of a non-finite output is not stepped."""
        k = len(lanes)
        result = StepResult.of_nothing(k)
        for i, lane in enumerate(lanes):
            if not np.isfinite(outputs[i]).all():
                result.nonfinite[i] = True
                self._note_nonfinite(lane, 0.0)
                continue
            self._ages[lane] += 1
            try:
                observation, reward, terminated, truncated, _ = self._envs[lane].step(
                    self._action(outputs[i])
                )
                self._observe(lane, observation)
                result.reward[i] = _number(reward)
                if terminated.__class__ is not bool or truncated.__class__ is not bool:
                    self._check_endings(lane, terminated=terminated, truncated=truncated)
                result.terminated[i], result.truncated[i] = terminated, truncated
            except TaskError:
                raise
            except BaseException as error:
                if not is_of_user(error):
                    raise
                raise self._error(lane, error) from error
            finite = np.isfinite(result.reward[i]) and np.isfinite(self.observations[lane]).all()
            if not finite:
                result.nonfinite[i] = True
                self._note_nonfinite(lane, result.reward[i])
        return result

    def _action(self, output: npt.NDArray[np.float32]) -> Any:
        return action_of(self._action_space, output, self._task.scale_actions)

    def _observe(self, lane: int, observation: Any) -> None:
        row = self.observations[lane]
        try:
            for keys, where, write in self._parts:
                part = observation
                for key in keys:
                    part = part[key]
                write(part, row[where])
        except Exception as error:
            fault = fault_of(self._space, observation)
            if not fault:
                raise self._error(lane, error) from error
            raise TaskError(self._misfit(lane, fault), lane) from error

    def _misfit(self, lane: int, fault: str) -> str:
        return (
            f"{fault} ({self._where(lane)}); mend its observation_space, or what its reset and "
            "step return"
        )

    def _check_endings(self, lane: int, **endings: object) -> None:
        """Raise TaskError for the first of ``endings`` that is no truth value."""
        for name, ending in endings.items():
            fault = fault_of_ending(name, ending)
            if fault:
                raise TaskError(
                    f"{fault} ({self._where(lane)}); let step return observation, reward, "
                    "terminated, truncated, info, in this order",
                    lane,
                )

    def _where(self, lane: int) -> str:
        return f"{self._task.env_id}, seed {self._seeds[lane]}, step {self._ages[lane]}"

    def _note_nonfinite(self, lane: int, reward: float) -> None:
        """Keep in words which number of the lane's environment was not finite, if there is one."""
        row = self.observations[lane]
        bad = np.flatnonzero(~np.isfinite(row))
        if bad.size:
            what = f"number {bad[0]} of the observation was {row[bad[0]]}"
        elif not np.isfinite(reward):
            what = f"the reward was {reward}"
        else:
            return  # the network's output was not finite
        self._reasons[lane] = f"{what} ({self._where(lane)})"

    def reason(self, lane: int) -> str:
        """Return which number of the environment was not finite, as a text; empty for none."""
        return self._reasons[lane]

    def picture(self, lane: int) -> npt.NDArray[np.uint8]:
        """Return a picture of the environment on ``lane``; the task must be a filmed one.

        `GymTask.filmed` returns the filmed task.

        Raises:
            TypeError: the environment has returned no picture.
        """
        return as_picture(self._envs[lane].render())

    def close(self) -> None:
        """Close every environment; an error on the way is raised after all have been tried."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._release)  # after the last environment, and only once
            for made in self._made:
                for env in made.values():
                    stack.callback(env.close)

    def _error(self, lane: int, error: BaseException) -> TaskError:
        what = f"{type(error).__name__}: {error}"
        if not str(error):
            module = sys.modules.get(type(self._envs[lane].unwrapped).__module__)
            what = described(error, getattr(module, "__file__", None) or "")
        where = f"seed {self._seeds[lane]}, step {self._ages[lane]}"
        return TaskError(
            f"expected {self._task.env_id} to run, got {what} ({where}); "
            "reset it with this seed to look into it",
            lane,
        )

    def measures(self, lane: int) -> dict[str, float]:
        """Return an empty dictionary, because a `GymTask` has no measures."""
        return {}


def _number(reward: Any) -> float:
    """Return a reward as a float; an array of one number is a number, too."""
    if isinstance(reward, (float, int)):
        return float(reward)
    array = np.asarray(reward)
    if array.size != 1 or array.dtype.kind not in "fiub":
        raise TypeError(f"a reward that is no number but {type(reward).__name__} {reward!r}")
    return float(array.item())

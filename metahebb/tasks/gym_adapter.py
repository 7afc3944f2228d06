"""Any Gymnasium environment as a task: one environment per lane."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete, Space

from metahebb.errors import InputError
from metahebb.genomes.base import LATER
from metahebb.tasks.base import Lanes, StepResult, TaskError
from metahebb.tasks.gym_spaces import action_of, parts_of, size_of, writer_of
from metahebb.user_code import is_of_user, let_go

Kwargs = dict[str, bool | int | float | str]
DEFAULT = "default"
"""The body of a task without variants."""


@dataclass(frozen=True)
class GymTask:
    """A Gymnasium environment by id, with its own reward, ending and time limit.

    Observations are Boxes of any shape, images among them, in one row (bytes over 255); discrete
    ones one-hot; or Dicts and Tuples of these, whose texts are left out. Actions are Boxes, clipped
    to their bounds, or ``Discrete``, the largest output's index, as in the code of Najarro & Risi
    2020.

    Raises:
        InputError: for an unknown ``env_id`` (with Gymnasium's suggestion), arguments that the
            environment refuses, or spaces of another kind.

    Example:
        >>> GymTask("CartPole-v1").n_outputs
        2
    """

    env_id: str
    """The environment's id; ``module:Name-v0`` imports ``module`` first."""
    env_kwargs: Kwargs = field(default_factory=dict)
    """Arguments for ``gymnasium.make``."""
    variants: tuple[str, ...] = field(default=(), metadata={LATER: True})
    """Variants that a candidate lives in, each as further arguments: ``gravity=-5+wind=true``;
    ``default`` is the environment without any."""
    scale_actions: bool = field(default=False, metadata={LATER: True})
    """Whether outputs of −1 and 1 stand for the bounds of actions; false: outputs are actions."""

    def __post_init__(self) -> None:
        """Make each variant once, so that a bad id, argument or space fails here."""
        first = self._facts()
        for variant in self.variants[1:]:
            facts = _facts(self.env_id, _key(self.kwargs_of(variant)))
            for name, one, other in zip(_Facts._fields, first, facts, strict=True):
                if one != other:
                    raise InputError(
                        f"expected variants of {self.env_id} with the same {name}, got {one} and "
                        f"{other} ({variant}); evolve them apart"
                    )

    def kwargs_of(self, variant: str) -> Kwargs:
        """Return the arguments for ``gymnasium.make`` of a body of the task."""
        common = {name: _read(value) for name, value in self.env_kwargs.items()}
        return common | (read_kwargs(variant) if variant != DEFAULT else {})

    def _facts(self) -> _Facts:
        return _facts(self.env_id, _key(self.kwargs_of(self.bodies[0])))

    @property
    def n_observations(self) -> int:
        """Numbers of an observation."""
        return self._facts().n_observations

    @property
    def n_outputs(self) -> int:
        """Numbers of an action, or discrete actions."""
        return self._facts().n_outputs

    @property
    def image(self) -> tuple[int, int, int] | None:
        """Rows, columns and channels of an observation that is an image; None: it is none."""
        return self._facts().image

    @property
    def is_discrete(self) -> bool:
        """Whether an action is one of several."""
        return self._facts().is_discrete

    @property
    def bodies(self) -> tuple[str, ...]:
        """The variants; ``default`` where there are none."""
        return self.variants or (DEFAULT,)

    @property
    def max_steps(self) -> int:
        """The environment's own time limit, 1000 if it has none."""
        return self._facts().max_steps

    def lanes(self, n: int) -> GymLanes:
        """Open ``n`` lanes."""
        return GymLanes(self, n)


def read_kwargs(text: str) -> Kwargs:
    """Return the arguments written as ``name=value+name=value``.

    Values are what JSON makes of them (numbers, true, false), and words otherwise.

    Raises:
        InputError: it is written otherwise.
    """
    found: Kwargs = {}
    for part in text.split("+"):
        name, equals, value = part.partition("=")
        if not (equals and name.isidentifier()):
            raise InputError(f"expected a variant NAME=VALUE+..., got {text!r}; write gravity=-5")
        found[name] = _read(value)
    return found


def _read(value: bool | int | float | str) -> bool | int | float | str:
    """Return the number, true or false that a word stands for; others are words."""
    if not isinstance(value, str):
        return value
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, (bool, int, float)) else value


class _Facts(NamedTuple):
    """What a task must know before it opens lanes."""

    observation_space: Space[Any]
    action_space: Space[Any]
    n_observations: int
    n_outputs: int
    max_steps: int
    image: tuple[int, int, int] | None
    is_discrete: bool


def _key(kwargs: Kwargs) -> tuple[tuple[str, type, Any], ...]:
    """Return ``kwargs`` as a key; 1, 1.0 and True are different arguments."""
    return tuple(sorted((name, type(value), value) for name, value in kwargs.items()))


@functools.cache
def _facts(env_id: str, env_kwargs: tuple[tuple[str, type, Any], ...]) -> _Facts:
    env = make_env(env_id, {name: value for name, _, value in env_kwargs})
    try:
        return _facts_of(env, env_id)
    finally:
        let_go([env.close])


def _facts_of(env: gymnasium.Env[Any, Any], env_id: str) -> _Facts:
    limit = env.spec.max_episode_steps if env.spec is not None else None
    seen, acted = env.observation_space, env.action_space
    n_observations = sum(size_of(p) for _, p in parts_of(seen, f"observations of {env_id}"))
    if not isinstance(acted, (Box, Discrete)):
        raise InputError(
            f"expected a Box or Discrete, got {acted} (actions of {env_id}); register it with a "
            "wrapper that makes it one of these"
        )
    shape = seen.shape if isinstance(seen, Box) else None
    image = (shape[0], shape[1], shape[2]) if shape is not None and len(shape) == 3 else None
    is_discrete = isinstance(acted, Discrete)
    return _Facts(seen, acted, n_observations, size_of(acted), limit or 1000, image, is_discrete)


def make_env(env_id: str, env_kwargs: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    """Return the environment.

    Raises:
        InputError: Gymnasium cannot make it.
    """
    try:
        return gymnasium.make(env_id, disable_env_checker=True, **env_kwargs)
    except InputError:  # one of our own environments knows better what is wrong
        raise
    except BaseException as error:  # whatever its module or constructor raises
        if not is_of_user(error):
            raise
        given = f" with {env_kwargs}" if env_kwargs else ""
        kind = "" if isinstance(error, gymnasium.error.Error) else f"{type(error).__name__}: "
        reason = kind + " ".join(str(error).split())
        raise InputError(
            f"expected an environment that Gymnasium can make, got {env_id!r}{given}: {reason}"
        ) from error


class GymLanes:
    """The lanes of a ``GymTask``, advanced one after another.

    Attributes:
        observations: ``(n, n_observations)`` float32.
    """

    def __init__(self, task: GymTask, n: int) -> None:
        """Make ``n`` environments, each to be reset before its first step.

        They are of the first variant; one of another is made when a lane first needs it.
        """
        self._task = task
        self._made: list[dict[int, gymnasium.Env[Any, Any]]] = [{} for _ in range(n)]
        try:
            self._envs = [self._variant(lane, 0) for lane in range(n)]
        except BaseException:
            let_go([self.close])
            raise
        space = self._envs[0].observation_space
        self._parts = []
        start = 0
        for keys, part in parts_of(space, task.env_id):
            stop = start + size_of(part)
            self._parts.append((keys, slice(start, stop), writer_of(part)))
            start = stop
        self._action_space = self._envs[0].action_space
        self._seeds = [0] * n
        self._ages = [0] * n
        self.observations = np.zeros((n, task.n_observations), dtype=np.float32)

    def reset(self, lanes: Lanes, seeds: Sequence[int], bodies: Lanes) -> None:
        """Begin a life on each of ``lanes`` with ``env.reset(seed=...)``."""
        for lane, seed, body in zip(lanes, seeds, bodies, strict=True):
            self._seeds[lane], self._ages[lane] = int(seed), 0
            self._envs[lane] = self._variant(lane, int(body))
            try:
                observation, _ = self._envs[lane].reset(seed=int(seed))
            except BaseException as error:
                if not is_of_user(error):
                    raise
                raise self._error(lane, error) from error
            self._observe(lane, observation)

    def _variant(self, lane: int, body: int) -> gymnasium.Env[Any, Any]:
        made = self._made[lane]
        if body not in made:
            task = self._task
            made[body] = make_env(task.env_id, task.kwargs_of(task.bodies[body]))
        return made[body]

    def step(self, outputs: npt.NDArray[np.float32], lanes: Lanes) -> StepResult:
        """Advance ``lanes`` by one step; a lane with a non-finite output stands still."""
        k = len(lanes)
        result = StepResult(np.zeros(k), *(np.zeros(k, dtype=np.bool_) for _ in range(3)))
        for i, lane in enumerate(lanes):
            if not np.isfinite(outputs[i]).all():
                result.nonfinite[i] = True
                continue
            self._ages[lane] += 1
            try:
                observation, reward, terminated, truncated, _ = self._envs[lane].step(
                    self._action(outputs[i])
                )
                self._observe(lane, observation)
                result.reward[i] = _number(reward)
                result.terminated[i], result.truncated[i] = terminated, truncated
            except BaseException as error:
                if not is_of_user(error):
                    raise
                raise self._error(lane, error) from error
            finite = np.isfinite(result.reward[i]) and np.isfinite(self.observations[lane]).all()
            result.nonfinite[i] = not finite
        return result

    def _action(self, output: npt.NDArray[np.float32]) -> Any:
        return action_of(self._action_space, output, self._task.scale_actions)

    def _observe(self, lane: int, observation: Any) -> None:
        row = self.observations[lane]
        for keys, where, write in self._parts:
            part = observation
            for key in keys:
                part = part[key]
            write(part, row[where])

    def picture(self, lane: int) -> npt.NDArray[np.uint8]:
        """Return what the lane's environment draws; it must have been made to draw."""
        return np.asarray(self._envs[lane].render(), np.uint8)

    def close(self) -> None:
        """Close every environment; what one of them raises is raised when all have been tried."""
        with contextlib.ExitStack() as stack:
            for made in self._made:
                for env in made.values():
                    stack.callback(env.close)

    def _error(self, lane: int, error: BaseException) -> TaskError:
        where = f"seed {self._seeds[lane]}, step {self._ages[lane]}"
        return TaskError(
            f"expected {self._task.env_id} to run, got {type(error).__name__}: {error} ({where}); "
            "reset it with this seed to look into it",
            lane,
        )

    def measures(self, lane: int) -> dict[str, float]:
        """Return nothing: Gymnasium knows of no measures beside the reward."""
        return {}


def _number(reward: Any) -> float:
    """Return a reward as a float; one in an array of its own is a number, too."""
    if isinstance(reward, (float, int)):
        return float(reward)
    array = np.asarray(reward)
    if array.size != 1 or array.dtype.kind not in "fiub":
        raise TypeError(f"a reward that is no number but {type(reward).__name__} {reward!r}")
    return float(array.item())

"""Any Gymnasium environment as a task: one environment per lane."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete, Space

from metahebb.errors import InputError
from metahebb.tasks.base import Lanes, StepResult, TaskError

Kwargs = dict[str, bool | int | float | str]


@dataclass(frozen=True)
class GymTask:
    """A Gymnasium environment by id, with its own reward, ending and time limit.

    Observations are vectors (``Box`` of one dimension) or ``Discrete``, given one-hot. Actions are
    vectors, clipped to their bounds, or ``Discrete``, the largest output's index, as in the code of
    Najarro & Risi 2020.

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

    def __post_init__(self) -> None:
        """Make the environment once, so that a bad id or space fails here."""
        self._facts()

    def _facts(self) -> _Facts:
        return _facts(self.env_id, tuple(sorted(self.env_kwargs.items())))

    @property
    def n_observations(self) -> int:
        """Length of the observation vector, or number of discrete observations."""
        return self._facts().n_observations

    @property
    def n_outputs(self) -> int:
        """Length of the action vector, or number of discrete actions."""
        return self._facts().n_outputs

    @property
    def bodies(self) -> tuple[str, ...]:
        """One variant only."""
        return ("default",)

    @property
    def max_steps(self) -> int:
        """The environment's own time limit, 1000 if it has none."""
        return self._facts().max_steps

    def lanes(self, n: int) -> GymLanes:
        """Make ``n`` environments."""
        return GymLanes(self, n)


class _Facts(NamedTuple):
    """What a task must know before it opens lanes."""

    n_observations: int
    n_outputs: int
    max_steps: int


@functools.cache
def _facts(env_id: str, env_kwargs: tuple[tuple[str, Any], ...]) -> _Facts:
    env = _make(env_id, dict(env_kwargs))
    limit = env.spec.max_episode_steps if env.spec is not None else None
    n_observations = _size(env.observation_space, f"observations of {env_id}")
    n_outputs = _size(env.action_space, f"actions of {env_id}")
    env.close()
    return _Facts(n_observations, n_outputs, limit or 1000)


def _make(env_id: str, env_kwargs: dict[str, Any]) -> gymnasium.Env[Any, Any]:
    try:
        return gymnasium.make(env_id, disable_env_checker=True, **env_kwargs)
    except InputError:  # one of our own environments knows better what is wrong
        raise
    except (gymnasium.error.Error, ImportError, TypeError, ValueError) as error:
        given = f" with {env_kwargs}" if env_kwargs else ""
        reason = " ".join(str(error).split())
        raise InputError(
            f"expected an environment that Gymnasium can make, got {env_id!r}{given}: {reason}"
        ) from error


def _size(space: Space[Any], where: str) -> int:
    if isinstance(space, Discrete):
        return int(space.n)
    if isinstance(space, Box) and len(space.shape) == 1:
        return space.shape[0]
    raise InputError(
        f"expected a Box of one dimension or Discrete, got {space} ({where}); "
        "register it with a wrapper that flattens it"
    )


class GymLanes:
    """The lanes of a ``GymTask``, advanced one after another.

    Attributes:
        observations: ``(n, n_observations)`` float32.
    """

    def __init__(self, task: GymTask, n: int) -> None:
        """Make ``n`` environments, each to be reset before its first step."""
        self._task = task
        self._envs = [_make(task.env_id, task.env_kwargs) for _ in range(n)]
        self._observed = self._envs[0].observation_space
        self._action_space = self._envs[0].action_space
        self._seeds = [0] * n
        self._ages = [0] * n
        self.observations = np.zeros((n, task.n_observations), dtype=np.float32)

    def reset(self, lanes: Lanes, seeds: Sequence[int], bodies: Lanes) -> None:
        """Begin a life on each of ``lanes`` with ``env.reset(seed=...)``."""
        for lane, seed in zip(lanes, seeds, strict=True):
            self._seeds[lane], self._ages[lane] = int(seed), 0
            try:
                observation, _ = self._envs[lane].reset(seed=int(seed))
            except Exception as error:
                raise self._error(lane, error) from error
            self._observe(lane, observation)

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
            except Exception as error:
                raise self._error(lane, error) from error
            self._observe(lane, observation)
            finite = np.isfinite(reward) and np.isfinite(self.observations[lane]).all()
            result.reward[i] = reward
            result.terminated[i], result.truncated[i] = terminated, truncated
            result.nonfinite[i] = not finite
        return result

    def _action(self, output: npt.NDArray[np.float32]) -> Any:
        space = self._action_space
        if isinstance(space, Discrete):
            return space.start + np.argmax(output)
        assert isinstance(space, Box)
        return np.clip(output, space.low, space.high).astype(space.dtype)

    def _observe(self, lane: int, observation: Any) -> None:
        if isinstance(self._observed, Discrete):
            self.observations[lane] = 0.0
            self.observations[lane, int(observation - self._observed.start)] = 1.0
        else:
            with np.errstate(over="ignore"):  # becomes inf, and is counted as non-finite
                self.observations[lane] = observation

    def _error(self, lane: int, error: Exception) -> TaskError:
        where = f"seed {self._seeds[lane]}, step {self._ages[lane]}"
        return TaskError(
            f"expected {self._task.env_id} to run, got {type(error).__name__}: {error} ({where}); "
            "reset it with this seed to look into it"
        )

    def measures(self, lane: int) -> dict[str, float]:
        """Return nothing: Gymnasium knows of no measures beside the reward."""
        return {}

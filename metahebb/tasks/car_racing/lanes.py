"""The lanes of car racing: physics lane after lane, and frames for all lanes at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.tasks.base import LaneNumbers, StepResult
from metahebb.tasks.car_racing.env import VariedCarRacing
from metahebb.tasks.car_racing.task import VARIANTS, CarRacing
from metahebb.tasks.car_racing.view import FRAME, CarView, Shrinker

NEVER = 2**31 - 1
Frame = npt.NDArray[np.uint8]
Step = tuple[Frame | None, float, bool]
"""The frame (None if it is drawn later), the reward, and whether the life is over."""


class CarRacingLanes:
    """The lanes of a `CarRacing` task; each life has a new world.

    Attributes:
        observations: ``(n, n_observations)`` float32, the present observation of each lane.
    """

    def __init__(self, task: CarRacing, n: int) -> None:
        """Make ``n`` lanes; each has to be reset before its first step."""
        self._task = task
        self._view = CarView(n) if task.world == "compiled" else None
        self._cars: dict[int, _Car | _PooledCar] = {}
        self._idle = np.zeros(n, np.int64)
        self._shrink = Shrinker(task.size)
        self.observations = np.zeros((n, task.n_observations), np.float32)

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes``, on the track of its seed."""
        frames = []
        for lane, seed, body in zip(lanes.tolist(), seeds, bodies.tolist(), strict=True):
            if lane in self._cars:
                self._cars[lane].end()
            self._cars[lane] = self._car(lane, self._task.variants[body])
            frames.append(self._cars[lane].begin(int(seed)))
            self._idle[lane] = 0
        self._look(lanes, frames)

    def _car(self, lane: int, variant: str) -> _Car | _PooledCar:
        if self._task.world == "envpool":
            return _PooledCar()
        ground = VARIANTS[variant]
        if self._view is None:
            return _Car(VariedCarRacing(*ground))
        return _Car(_NotedRacing(self._view, lane, *ground))

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` by one step; a lane with a non-finite output stands still."""
        k = len(lanes)
        result = StepResult.of_nothing(k)
        result.nonfinite[:] = ~np.isfinite(outputs).all(1)
        actions = _actions(outputs.astype(np.float64))
        frames: list[Frame | None] = []
        moved = np.flatnonzero(~result.nonfinite)
        for i in moved.tolist():
            frame, reward, over = self._cars[lanes[i]].step(actions[i])
            frames.append(frame)
            result.reward[i], result.terminated[i] = reward, over
        self._look(lanes[moved], frames)
        idle = np.where(result.reward < 0, self._idle[lanes] + 1, 0)
        self._idle[lanes] = idle
        result.truncated[:] = (idle > self._task.patience) & ~result.terminated
        return result

    def _look(self, lanes: LaneNumbers, frames: Sequence[Frame | None]) -> None:
        """Make the observations of ``lanes`` from frames, which are drawn now or given."""
        if self._view is not None:
            self._view.draw(lanes)
            self._shrink(lanes, self._view.frames, self.observations)
            return
        first = np.zeros(1, np.intp)
        for lane, frame in zip(lanes, frames, strict=True):
            assert frame is not None
            row = self.observations[lane : lane + 1]
            self._shrink(first, frame.reshape(1, FRAME, FRAME, 3), row)

    def picture(self, lane: int) -> Frame:
        """Return Gymnasium's picture of the present state of ``lane``, ``(400, 600, 3)``."""
        return self._cars[lane].picture()

    def close(self) -> None:
        """Close all worlds."""
        for car in self._cars.values():
            car.end()

    def measures(self, lane: int) -> dict[str, float]:
        """Return ``tiles``, the visited part of the track's tiles; nothing in EnvPool's world."""
        return self._cars[lane].measures()


def _actions(outputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return steering in (−1, 1), gas and brake in (0, 1)."""
    squashed = np.tanh(outputs * (1.0, 0.5, 0.5))
    squashed[:, 1:] = (squashed[:, 1:] + 1) / 2  # a sigmoid, without overflow
    return squashed


class _Car:
    """A car in Gymnasium's world."""

    def __init__(self, env: VariedCarRacing) -> None:
        self._env = env

    def begin(self, seed: int) -> Frame | None:
        frame: Frame | None = self._env.reset(seed=seed)[0]
        return frame

    def step(self, action: npt.NDArray[np.float64]) -> Step:
        frame, reward, terminated, _, _ = self._env.step(action)
        return frame, float(reward), terminated

    def picture(self) -> Frame:
        picture: Frame = self._env._render("rgb_array")
        return picture

    def end(self) -> None:
        self._env.close()

    def measures(self) -> dict[str, float]:
        return {"tiles": self._env.tile_visited_count / len(self._env.track)}


class _NotedRacing(VariedCarRacing):
    """Gymnasium's world, which gives its state to a `CarView` in the place of drawing frames."""

    def __init__(self, view: CarView, lane: int, friction: float, push: float) -> None:
        super().__init__(friction, push)
        self._view, self._lane, self._met = view, lane, None

    def _render(self, mode: str) -> Any:
        if mode != "state_pixels":
            return super()._render(mode)
        if self._met is not self.road:
            self._met = self.road
            self._view.meet(self._lane, self)
        self._view.note(self._lane, self)
        return None


class _PooledCar:
    """A car in EnvPool's world.

    EnvPool has no seed for an episode, so each life has a new pool.
    """

    def begin(self, seed: int) -> Frame:
        import envpool

        # EnvPool takes 31 bits of a seed. At its own horizon it would begin the next episode.
        options = {"num_envs": 1, "num_threads": 1, "seed": seed % 2**31}
        options["max_episode_steps"] = NEVER
        self._pool = envpool.make_gymnasium("CarRacing-v3", **options)
        return np.asarray(self._pool.reset()[0][0])

    def step(self, action: npt.NDArray[np.float64]) -> Step:
        frames, rewards, terminated, _, _ = self._pool.step(action.astype(np.float32)[None])
        return np.asarray(frames[0]), float(rewards[0]), bool(terminated[0])

    def picture(self) -> Frame:
        raise InputError(
            "expected a world that draws pictures, got EnvPool's (film); "
            "film a run that was evolved in --task.world compiled"
        )

    def end(self) -> None:
        pass  # Python deletes a pool together with this object

    def measures(self) -> dict[str, float]:
        return {}

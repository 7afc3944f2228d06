"""The lanes of locomotion: one call to ``mujoco.batch.Batch`` advances many walkers together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.tasks.base import LaneNumbers, StepResult
from metahebb.tasks.locomotion.bodies import BODIES
from metahebb.tasks.locomotion.damage import locks
from metahebb.tasks.locomotion.rewards import GymnasiumReward, Rows
from metahebb.tasks.unstable import quieten_mujoco

if TYPE_CHECKING:
    import mujoco

    from metahebb.tasks.locomotion.task import Locomotion

STALL_AFTER = 200
"""The step up to which no life ends, with the task's ending ``stalled``."""
STALL_STEPS = 30
"""The number of backward steps in a row that a life survives, with the ending ``stalled``."""
_FIRST_BAD_STATE = 3  # MuJoCo's warnings BADQPOS, BADQVEL, BADQACC and BADCTRL come last


class LocomotionLanes:
    """The lanes of a `Locomotion` task.

    All arguments ``lanes`` must be ascending. If all lanes take part in a step, they are indexed
    with a slice, because indexing with an array copies.

    Attributes:
        observations: ``(n, n_observations)`` float32, the present observation of each lane.
    """

    def __init__(self, task: Locomotion, n: int) -> None:
        """Make ``n`` lanes; each has to be reset before its first step."""
        from mujoco.batch import Batch

        quieten_mujoco()
        body = self._body = BODIES[task.body]
        self._task = task
        self._n = n
        self._models = task.models()
        self._locks = [
            locks(task.body, d, m) for d, m in zip(task.damages, self._models, strict=True)
        ]
        model = self._models[0]
        exact = task.reward == "gymnasium"
        contact = exact and body.contact_cost_weight > 0
        self._batch = Batch(model, n, nthread=1, persistent=contact)
        self._lane_body = np.zeros(n, dtype=np.intp)
        self._lane_models = [model] * n
        self._reward = None
        if exact:
            self._reward = GymnasiumReward(body, self._batch, model.opt.timestep * body.frame_skip)
        self._bind(model)
        self.observations = np.zeros((n, body.n_observations), dtype=np.float32)
        self._x = np.zeros(n)
        self._birth_x = np.zeros(n)
        self._never = np.zeros(n, dtype=np.bool_)
        self._never.flags.writeable = False
        self._age = np.zeros(n, dtype=np.int64)
        self._backward = np.zeros(n, dtype=np.int64)

    def _bind(self, model: mujoco.MjModel) -> None:
        """Make views of the batch's state, which a step reads and writes."""
        body, batch = self._body, self._batch
        self._qpos, self._qvel = batch.bind("qpos"), batch.bind("qvel")
        self._ctrl = batch.bind("ctrl")
        self._warning: npt.NDArray[np.int32] = batch.warning
        start = (self._qpos.ctypes.data - batch.state.ctypes.data) // batch.state.itemsize
        # A row of the state holds qpos and qvel side by side: one copy makes an observation.
        both = batch.state[:, start : start + model.nq + model.nv]
        self._seen = both[:, body.skipped_qpos :]
        self._n_positions = model.nq - body.skipped_qpos
        first = body.healthy_from
        self._health = both[:, first : first + len(body.healthy_low)]
        self._healthy_low = np.array(body.healthy_low)
        self._healthy_high = np.array(body.healthy_high)
        self._ctrl_low, self._ctrl_high = model.actuator_ctrlrange.T.astype(np.float32)

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes``, with Gymnasium's initial state for its seed."""
        lanes = np.asarray(lanes, dtype=np.intp)
        self.change_bodies(lanes, np.asarray(bodies, dtype=np.intp))
        self._batch.reset(lanes, stage=0)
        for lane, seed in zip(lanes, seeds, strict=True):
            self._qpos[lane], self._qvel[lane] = self._initial_state(lane, seed)
        self._batch.forward(lanes)
        self._warning[lanes] = 0
        self._observe(lanes)
        if self._task.burn_in:
            self._batch.step(lanes, nstep=self._task.burn_in * self._body.frame_skip)
            if not self._task.stale_burn_in_observation:
                self._observe(lanes)
        self._x[lanes] = self._birth_x[lanes] = self._qpos[lanes, 0]
        self._age[lanes] = self._backward[lanes] = 0
        if self._reward is not None:
            self._reward.begin(lanes)

    def change_bodies(self, lanes: LaneNumbers, bodies: LaneNumbers) -> None:
        """Give ``lanes`` the task's bodies with the numbers ``bodies``, also in mid-life.

        Other lanes stay as they are.
        """
        changed = self._lane_body[lanes] != bodies
        if changed.any():
            self._lane_body[lanes] = bodies
            for lane in lanes[changed]:
                self._lane_models[lane] = self._models[self._lane_body[lane]]
            self._batch.set_models(self._lane_models)

    @property
    def bodies(self) -> tuple[str, ...]:
        """The names of the task's bodies, in the order of their numbers."""
        return self._task.bodies

    def push(self, lanes: LaneNumbers, x: float, y: float) -> None:
        """Add ``x`` and ``y`` [m/s] to the root's velocity; ``y`` must be 0 for a planar body."""
        self._qvel[lanes, 0] += x
        if y:
            self._qvel[lanes, 1] += y

    def turn(self, lanes: LaneNumbers, angles: npt.NDArray[np.float64]) -> None:
        """Turn the root and its velocity by ``angles`` ``(k,)`` [rad]; its joint must be free."""
        cos, sin = np.cos(angles), np.sin(angles)
        x, y = self._qvel[lanes, 0], self._qvel[lanes, 1]
        self._qvel[lanes, 0], self._qvel[lanes, 1] = cos * x - sin * y, sin * x + cos * y
        cos, sin = np.cos(angles / 2), np.sin(angles / 2)
        w, i, j, k = self._qpos[lanes, 3:7].T  # the angular velocity is in the root's own frame
        turned = (cos * w - sin * k, cos * i - sin * j, cos * j + sin * i, cos * k + sin * w)
        self._qpos[lanes, 3:7] = np.stack(turned, axis=1)

    def _initial_state(
        self, lane: int, seed: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return Gymnasium's initial state for ``seed``, with locked joints in their ranges."""
        model, scale = self._lane_models[lane], self._body.reset_noise
        rng = np.random.Generator(np.random.PCG64(seed))
        qpos = model.qpos0 + rng.uniform(-scale, scale, model.nq)
        if self._body.normal_velocity_noise:
            qvel = scale * rng.standard_normal(model.nv)
        else:
            qvel = rng.uniform(-scale, scale, model.nv)
        return self._locks[self._lane_body[lane]].apply(qpos), qvel

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` by one step; outputs outside the control range are clipped to it."""
        k = len(lanes)
        rows: Rows = slice(None) if k == self._n else lanes
        broken = self._never[:k]
        if not np.isfinite(outputs).all():
            broken = ~np.logical_and.reduce(np.isfinite(outputs), axis=1)
            outputs = np.nan_to_num(outputs, nan=0.0)
        self._ctrl[rows] = outputs  # MuJoCo clips to the control range
        self._batch.step(None if k == self._n else lanes, self._body.frame_skip)
        self._observe(rows)
        x = self._qpos[rows, 0]
        moved = x - self._x[rows]
        self._x[rows] = x
        if self._warning.any():
            counts = self._warning[rows, _FIRST_BAD_STATE:, 1]
            broken = broken | (counts.sum(axis=1) > 0)
        healthy = self._healthy(rows, k)
        terminated, truncated = self._ended(rows, k, healthy, moved)
        reward = moved
        if self._reward is not None:
            action = np.clip(outputs, self._ctrl_low, self._ctrl_high)
            reward = self._reward(rows, moved, action, healthy, self._lane_models)
        return StepResult(reward, terminated, truncated, broken)

    def _observe(self, rows: Rows) -> None:
        self.observations[rows] = self._seen[rows]
        limit = self._body.velocity_clip
        if limit is not None:
            velocities = self.observations[:, self._n_positions :]
            velocities[rows] = np.clip(velocities[rows], -limit, limit)

    def _healthy(self, rows: Rows, k: int) -> npt.NDArray[np.bool_]:
        if not len(self._healthy_low):
            return ~self._never[:k]
        state = self._health[rows]
        within = (state > self._healthy_low) & (state < self._healthy_high)
        healthy: npt.NDArray[np.bool_] = np.logical_and.reduce(within, axis=1)
        return healthy

    def _ended(
        self,
        rows: Rows,
        k: int,
        healthy: npt.NDArray[np.bool_],
        moved: npt.NDArray[np.float64],
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Return ``(terminated, truncated)`` for the rule by which the task ends lives."""
        if self._task.ending == "unhealthy":
            return ~healthy, self._never[:k]
        if self._task.ending == "none":
            return self._never[:k], self._never[:k]
        self._age[rows] += 1
        late = self._age[rows] > STALL_AFTER
        self._backward[rows] = np.where(late & (moved < 0), self._backward[rows] + 1, 0)
        return late & ~healthy, self._backward[rows] > STALL_STEPS

    @property
    def observations64(self) -> npt.NDArray[np.float64]:
        """The present observations ``(n, n_observations)``, before they are rounded to float32."""
        seen: npt.NDArray[np.float64] = self._seen.copy()
        if self._body.velocity_clip is not None:
            velocities = seen[:, self._n_positions :]
            np.clip(velocities, -self._body.velocity_clip, self._body.velocity_clip, velocities)
        return seen

    def measures(self, lane: int) -> dict[str, float]:
        """Return ``distance``, the way along +x since birth, or since the end of a burn-in [m]."""
        return {"distance": float(self._x[lane] - self._birth_x[lane])}

    def state(self, lane: int) -> dict[str, npt.NDArray[np.float64]]:
        """Return copies of ``qpos`` and ``qvel`` of ``lane``, for a film."""
        return {"qpos": self._qpos[lane].copy(), "qvel": self._qvel[lane].copy()}

    def body(self, lane: int) -> int:
        """Return the number of the body that ``lane`` has now."""
        return int(self._lane_body[lane])

    def model(self, body: int) -> mujoco.MjModel:
        """Return the model of the task's body number ``body``, to which nobody may write."""
        return self._models[body]

"""The reward of Gymnasium's MuJoCo environments, for many lanes at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.tasks.locomotion.bodies import Body

if TYPE_CHECKING:
    import mujoco
    from mujoco.batch import Batch

_TORSO = 1

Rows = slice | npt.NDArray[np.intp]


class GymnasiumReward:
    """Gymnasium's reward: forward speed + health − control cost − contact cost, to the last bit.

    The contact cost (Ant) depends on the contact forces ``cfrc_ext``, which a batch does not
    compute. They are computed here from each lane's own ``MjData``. For that the batch has to be
    persistent, and a step is slower.
    """

    def __init__(self, body: Body, batch: Batch, dt: float) -> None:
        """Prepare for ``batch``; ``dt`` is the simulated time of one step [s]."""
        import mujoco

        self._body = body
        self._batch = batch
        self._dt = dt
        if body.velocity_from_xpos:
            self._torso_x = batch.bind("xpos")[:, _TORSO, 0]
            self._x = np.zeros(batch.nsim)
        if body.contact_cost_weight:
            self._data = mujoco.MjData(batch.model)

    def begin(self, rows: Rows) -> None:
        """Store the position at which the lives on ``rows`` begin."""
        if self._body.velocity_from_xpos:
            self._x[rows] = self._torso_x[rows]

    def __call__(
        self,
        rows: Rows,
        moved: npt.NDArray[np.float64],
        action: npt.NDArray[np.float32],
        healthy: npt.NDArray[np.bool_],
        models: Sequence[mujoco.MjModel],
    ) -> npt.NDArray[np.float64]:
        """Return the reward ``(k,)`` of the step that the lanes ``rows`` have just taken.

        Args:
            rows: the numbers of the lanes, or a slice of them.
            moved: ``(k,)``, the change of ``qpos[0]`` in the step [m].
            action: ``(k, n_outputs)``, the action, clipped to the control range.
            healthy: ``(k,)``, whether the step ended in a healthy state.
            models: the model of every lane of the batch.
        """
        body = self._body
        if body.velocity_from_xpos:
            x = self._torso_x[rows]
            moved = x - self._x[rows]
            self._x[rows] = x
        # Gymnasium squares and sums float32 actions in float32; doing the same gives equal costs.
        cost = body.ctrl_cost_weight * np.square(action).sum(axis=1)
        if body.contact_cost_weight:
            cost = cost + self._contact_cost(np.arange(self._batch.nsim)[rows], models)
        reward: npt.NDArray[np.float64] = moved / self._dt + healthy * body.healthy_reward - cost
        return reward

    def _contact_cost(
        self, lanes: npt.NDArray[np.intp], models: Sequence[mujoco.MjModel]
    ) -> npt.NDArray[np.float64]:
        import mujoco

        costs = np.empty(len(lanes))
        for i, lane in enumerate(lanes):
            self._batch.get_data(int(lane), self._data)
            mujoco.mj_rnePostConstraint(models[lane], self._data)
            forces = np.clip(self._data.cfrc_ext, *self._body.contact_force_range)
            costs[i] = self._body.contact_cost_weight * np.sum(np.square(forces))
        return costs

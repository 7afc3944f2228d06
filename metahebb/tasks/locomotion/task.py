"""The task of walking, hopping or swimming with Gymnasium's MuJoCo bodies, intact or damaged."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from metahebb.errors import InputError, unknown_name
from metahebb.tasks.base import Measure, Task
from metahebb.tasks.locomotion.bodies import BODIES
from metahebb.tasks.locomotion.damage import INTACT, compiled

if TYPE_CHECKING:
    import mujoco

    from metahebb.genomes import Places
    from metahebb.tasks.locomotion.lanes import LocomotionLanes

BodyName = Literal["ant", "half_cheetah", "hopper", "walker2d", "swimmer"]


@dataclass(frozen=True)
class Locomotion(Task):
    """A body that must move along +x, with Gymnasium's physics.

    With ``reward="gymnasium"``, ``ending="unhealthy"`` and ``integrator="gymnasium"`` a life equals
    an episode in Gymnasium's environment, seed for seed and step for step. For the ant this
    environment is ``gymnasium.make("Ant-v5", include_cfrc_ext_in_observation=False)``.

    Raises:
        InputError: a body, option or damage is unknown.

    Example:
        >>> Locomotion("ant", damages=("intact", "short_fourth_ankle")).n_observations
        27

    Source: Najarro & Risi 2020, section 4.2 (damaged ants, distance as fitness, stalled lives).
    Differs from the reference: the ant is MuJoCo's, and theirs is Bullet's. The distance is in
    metres.
    """

    body: BodyName = "ant"
    """The name of the walker."""
    reward: Literal["distance", "gymnasium"] = "distance"
    """The reward of a step. ``distance``: the way along +x in metres; ``gymnasium``: the reward of
    Gymnasium's environment, which takes more time to compute."""
    ending: Literal["unhealthy", "stalled", "none"] = "unhealthy"
    """The rule by which a life ends before its horizon. ``unhealthy``: as in Gymnasium;
    ``stalled``: in an unhealthy state, or after more than 30 backward steps in a row, but never
    before step 200; ``none``: only the horizon ends a life."""
    integrator: Literal["gymnasium", "implicitfast"] = "gymnasium"
    """The integrator of the physics. ``gymnasium``: the one in the model file (mostly RK4);
    ``implicitfast``: about three times as fast."""
    damages: tuple[str, ...] = (INTACT,)
    """The bodies that lives can have; `metahebb.tasks.locomotion.damage` explains their names."""
    burn_in: int = 0
    """The number of steps without action before a life begins; neither the step count nor the
    distance includes them."""
    stale_burn_in_observation: bool = True
    """Whether the first observation is the one before the burn-in, as in the published code."""
    max_steps: int = 1000
    """The number of env steps after which a life ends if the run sets no horizon."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        choices = {
            "body": BODIES,
            "reward": ("distance", "gymnasium"),
            "ending": ("unhealthy", "stalled", "none"),
            "integrator": ("gymnasium", "implicitfast"),
        }
        for field, known in choices.items():
            if getattr(self, field) not in known:
                raise unknown_name(field, getattr(self, field), known)
        if not self.damages:
            raise InputError(f"expected at least one damage, got none; use {INTACT!r}")
        if self.burn_in < 0 or self.max_steps < 1:
            got = f"burn_in={self.burn_in}, max_steps={self.max_steps}"
            raise InputError(f"expected burn_in >= 0 and max_steps >= 1, got {got} (Locomotion)")
        for damage in self.damages:
            if damage != INTACT:  # compiled now, so that a wrong name fails here
                compiled(self.body, damage, self.integrator)

    @property
    def label(self) -> str:
        """The name of the task in texts for people, which is the walker's name."""
        return self.body

    @property
    def seconds_per_step(self) -> float:
        """The simulated time of a step [s], which no damage changes."""
        model = compiled(self.body, self.damages[0], self.integrator)
        return float(model.opt.timestep) * BODIES[self.body].frame_skip

    @property
    def return_unit(self) -> str:
        """The unit of a return: ``m`` if the reward is the distance, else none."""
        return "m" if self.reward == "distance" else ""

    @property
    def can_turn(self) -> bool:
        """Whether the walker can face in any direction."""
        return BODIES[self.body].can_turn

    @property
    def can_go_sideways(self) -> bool:
        """Whether the walker can move along y."""
        return BODIES[self.body].can_go_sideways

    @property
    def n_observations(self) -> int:
        """The number of values in an observation.

        These are the positions, without the walker's x (and y) in the world, then the velocities.
        """
        return BODIES[self.body].n_observations

    @property
    def n_outputs(self) -> int:
        """The number of actuators."""
        return BODIES[self.body].n_outputs

    @property
    def bodies(self) -> tuple[str, ...]:
        """The damages, which are the bodies that a life can have."""
        return self.damages

    def models(self) -> list[mujoco.MjModel]:
        """Return the compiled model of each damage; nobody may write to a model."""
        return [compiled(self.body, damage, self.integrator) for damage in self.damages]

    @property
    def way(self) -> Measure:
        """The measure of the way along +x since birth, or since the end of a burn-in [m]."""
        return Measure("distance", "m")

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures of a life: its `way`."""
        return (self.way,)

    def on(self, bodies: tuple[str, ...]) -> Locomotion:
        """Return the same task with other damages."""
        return dataclasses.replace(self, damages=bodies)

    def places(self) -> Places:
        """Return the place of each sensor and actuator in the intact body at rest.

        `metahebb.tasks.locomotion.places` explains the coordinates. A damage moves no joint and so
        changes no place, so that a genome means the same in all bodies of a run.
        """
        from metahebb.tasks.locomotion.places import places

        return places(self.body)

    def lanes(self, n: int) -> LocomotionLanes:
        """Return ``n`` new lanes."""
        from metahebb.tasks.locomotion.lanes import LocomotionLanes

        return LocomotionLanes(self, n)

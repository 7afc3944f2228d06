"""Walking, hopping and swimming: Gymnasium's MuJoCo bodies, whole or damaged, in many lanes."""

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
    """A body that must get along +x; equals Gymnasium's environment of it step for step.

    With ``reward="gymnasium"``, ``ending="unhealthy"``, ``integrator="gymnasium"`` a life is, seed
    for seed, that of ``gymnasium.make("Ant-v5", include_cfrc_ext_in_observation=False)`` (or
    HalfCheetah, Hopper, Walker2d, Swimmer).

    Raises:
        InputError: for an unknown body, option or damage.

    Example:
        >>> Locomotion("ant", damages=("intact", "short_fourth_ankle")).n_observations
        27

    Reference: Najarro & Risi 2020, section 4.2 (damaged ants, distance as fitness, stalled lives).
    Differs from the reference: MuJoCo's ant, not Bullet's; progress is counted in metres.
    """

    body: BodyName = "ant"
    """The walker."""
    reward: Literal["distance", "gymnasium"] = "distance"
    """``distance``: metres along +x in the step; ``gymnasium``: the environment's own (slower)."""
    ending: Literal["unhealthy", "stalled", "none"] = "unhealthy"
    """``unhealthy``: terminated as in Gymnasium; ``stalled``: after step 200 only, when unhealthy
    or after more than 30 backward steps in a row; ``none``: only the horizon ends a life."""
    integrator: Literal["gymnasium", "implicitfast"] = "gymnasium"
    """As the model file says (mostly RK4), or ``implicitfast``, about three times as fast."""
    damages: tuple[str, ...] = (INTACT,)
    """The bodies that lives can have, in the grammar of ``metahebb.tasks.locomotion.damage``."""
    burn_in: int = 0
    """Steps without action before a life begins; they count neither as steps nor as distance."""
    stale_burn_in_observation: bool = True
    """The first observation is the one before the burn-in, as in the published code."""
    max_steps: int = 1000
    """Horizon used when the run sets none."""

    def __post_init__(self) -> None:
        """Check every field."""
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
        """The walker's name."""
        return self.body

    @property
    def seconds_per_step(self) -> float:
        """Simulated time of a step [s]; no damage changes it."""
        model = compiled(self.body, self.damages[0], self.integrator)
        return float(model.opt.timestep) * BODIES[self.body].frame_skip

    @property
    def return_unit(self) -> str:
        """Metres, where a step is rewarded with its way."""
        return "m" if self.reward == "distance" else ""

    @property
    def can_turn(self) -> bool:
        """Whether the walker can face any way."""
        return BODIES[self.body].can_turn

    @property
    def can_go_sideways(self) -> bool:
        """Whether the walker can move along y."""
        return BODIES[self.body].can_go_sideways

    @property
    def n_observations(self) -> int:
        """Length of an observation: positions but those of the world's x (and y), velocities."""
        return BODIES[self.body].n_observations

    @property
    def n_outputs(self) -> int:
        """Number of actuators."""
        return BODIES[self.body].n_outputs

    @property
    def bodies(self) -> tuple[str, ...]:
        """The damages."""
        return self.damages

    def models(self) -> list[mujoco.MjModel]:
        """Return the compiled model of each damage; no model may be written to."""
        return [compiled(self.body, damage, self.integrator) for damage in self.damages]

    @property
    def way(self) -> Measure:
        """Metres along +x since birth (since the end of a burn-in)."""
        return Measure("distance", "m")

    @property
    def measures(self) -> tuple[Measure, ...]:
        """How far the body got."""
        return (self.way,)

    def on(self, bodies: tuple[str, ...]) -> Locomotion:
        """Return the task with other damages."""
        return dataclasses.replace(self, damages=bodies)

    def places(self) -> Places:
        """Return where in the whole body, at rest, each sensor and actuator is.

        See `metahebb.tasks.locomotion.places` for the coordinates. Damage moves no joint, and so
        changes none of them: a genome means the same in all bodies of a run.
        """
        from metahebb.tasks.locomotion.places import places

        return places(self.body)

    def lanes(self, n: int) -> LocomotionLanes:
        """Open ``n`` lanes."""
        from metahebb.tasks.locomotion.lanes import LocomotionLanes

        return LocomotionLanes(self, n)

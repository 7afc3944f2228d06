"""Damage to a body: a small grammar of edits of Gymnasium's own model, and published damages.

A damage is ``intact``, a published name such as ``short_fourth_ankle``, or one or several edits
joined with ``+``:

=====================  ==========================================================================
``limb:GEOM=FACTOR``   The capsule GEOM becomes FACTOR times as long, and its end at the joint
                       stays. (A swimmer's geoms have no names: give the name of the body.)
``lock:JOINT=ANGLE``   JOINT can only be at ANGLE [rad], plus or minus ``LOCK_HALF_WIDTH``. ANGLE
                       has to be in the joint's own range.
``weak:JOINT=FACTOR``  The actuator of JOINT becomes FACTOR times as strong.
``friction:FACTOR``    All friction coefficients, also the floor's, are multiplied by FACTOR.
``mass:FACTOR``        All masses and inertias are multiplied by FACTOR.
=====================  ==========================================================================

Example:
    ``short_left_ankle+friction:0.5`` is an ant with a damaged leg on slippery ground.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, unknown_name
from metahebb.tasks.locomotion.bodies import BODIES

if TYPE_CHECKING:
    import mujoco

INTACT = "intact"
LARGEST = 1e3
"""The largest factor; MuJoCo simulates every body with it without a warning."""
LONGEST = 10.0
"""The largest factor of a limb; with 100, a half cheetah's foot makes the simulation unstable."""
LOCK_HALF_WIDTH = 0.01
"""Half of the range that a locked joint keeps [rad]; with a range of 0 the joint would jitter."""

_LOCK_IMPEDANCE = [0.99, 0.999, 0.001, 0.5, 2.0]
# MuJoCo's default limit is soft: a motor at full force presses a joint 0.17 rad beyond its limit.

_ANT_SHINS = {
    "left": "left_ankle_geom",
    "right": "right_ankle_geom",
    "third": "third_ankle_geom",
    "fourth": "fourth_ankle_geom",
}

PUBLISHED: dict[str, dict[str, str]] = {
    "ant": {
        **{f"short_{leg}_ankle": f"limb:{geom}=0.25" for leg, geom in _ANT_SHINS.items()},
        "long_back": "limb:third_ankle_geom=1.5+limb:fourth_ankle_geom=1.5",
        "long_front": "limb:left_ankle_geom=1.5+limb:right_ankle_geom=1.5",
    }
}
"""The published damages by name, for each body.

Najarro & Risi 2020 shorten ``left_ankle_geom`` and ``fourth_ankle_geom`` (they call it "right").
Palm et al. 2021 shorten ``left_ankle_geom`` and ``right_ankle_geom`` (they call this other leg
"right"). They also lengthen the shins at y < 0 ("back") and at y > 0 ("front"). A shin of 0.4 m
becomes 0.1 m or 0.6 m long along each axis. ``short_third_ankle`` is ours and completes the set.
"""


@functools.cache
def compiled(body: str, damage: str, integrator: str) -> mujoco.MjModel:
    """Return the compiled model of ``body`` with ``damage``.

    Everybody shares the model, so nobody may write to it.

    Args:
        body: the name of the body, see `BODIES`.
        damage: the damage, in the grammar of this module.
        integrator: ``"gymnasium"`` for the integrator of the model file, or ``"implicitfast"``.

    Raises:
        InputError: the damage is not in the grammar, or names a part that the body does not have.
    """
    import mujoco

    spec = mujoco.MjSpec.from_file(str(BODIES[body].xml_path))
    total_mass = spec.compiler.settotalmass
    spec.compiler.settotalmass = -1  # MuJoCo warns that this is deprecated; it is done below
    if total_mass > 0:
        total_mass /= spec.compile().body_mass.sum()
    for edit in _edits(body, damage):
        kind, _, rest = edit.partition(":")
        if kind not in _EDITS:
            kinds = [*_EDITS, *PUBLISHED.get(body, {}), INTACT]
            raise unknown_name(f"damage of the {body}", kind, kinds)
        _EDITS[kind](spec, rest, edit)
    if integrator == "implicitfast":
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    model = spec.compile()
    if total_mass > 0:
        # The factor is that of the intact body, so that an edit of one geom changes no other mass.
        _set_total_mass(model, total_mass * model.body_mass.sum())
    return model


def _set_total_mass(model: mujoco.MjModel, mass: float) -> None:
    """Scale the masses to the sum ``mass`` [kg], and update the constants that follow from them."""
    import mujoco

    mujoco.mj_setTotalmass(model, mass)
    mujoco.mj_setConst(model, mujoco.MjData(model))
    model.stat.meanmass = model.body_mass[1:].mean()
    model.stat.meaninertia = model.dof_M0.mean()  # the solver's scale


@dataclass(frozen=True, slots=True)
class Locks:
    """The joints that a damage locks.

    Attributes:
        addresses: the index of each locked joint in ``qpos``.
        low: the smallest angle of each locked joint [rad].
        high: the largest angle of each locked joint [rad].
    """

    addresses: npt.NDArray[np.intp]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]

    def apply(self, qpos: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return a copy of ``qpos`` with the locked joints moved into their ranges."""
        clipped = qpos.copy()
        clipped[self.addresses] = np.clip(qpos[self.addresses], self.low, self.high)
        return clipped


def locks(body: str, damage: str, model: mujoco.MjModel) -> Locks:
    """Return the joints that ``damage`` locks in its compiled ``model``, usually none."""
    edits = [edit for edit in _edits(body, damage) if edit.startswith("lock:")]
    joints = [model.joint(edit[len("lock:") : edit.index("=")]).id for edit in edits]
    low, high = model.jnt_range[joints].T if joints else (np.empty(0), np.empty(0))
    return Locks(model.jnt_qposadr[joints].astype(np.intp), low, high)


def check_distinct(damages: Sequence[str]) -> None:
    """Raise InputError if a damage is named twice, because results are kept by damage name."""
    for damage in damages:
        if damages.count(damage) > 1:
            raise InputError(
                f"expected each damage once, got {damage!r} {damages.count(damage)} times; name "
                "it once, and live more lives instead"
            )


def _edits(body: str, damage: str) -> list[str]:
    """Return the single edits of ``damage``, with each published name replaced by its edits."""
    published = PUBLISHED.get(body, {})
    parts = [edit for part in damage.split("+") for edit in published.get(part, part).split("+")]
    return [part for part in parts if part != INTACT]


def _number(text: str, edit: str, low: float = 0.0, high: float = LARGEST) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and low <= value <= high):
        known = "" if low == -math.inf else f" from {low:g} to {high:g}"
        raise InputError(
            f"expected a number{known}, got {text!r} (damage {edit!r}); write it like 0.5"
        )
    return value


def _target(rest: str, edit: str) -> tuple[str, str]:
    name, equals, value = rest.partition("=")
    if not equals:
        raise InputError(f"expected {edit.partition(':')[0]}:NAME=NUMBER, got {edit!r} (damage)")
    return name, value


def _limb(spec: mujoco.MjSpec, rest: str, edit: str) -> None:
    """Scale the length of a capsule, and keep the end that is nearer to its body's joint.

    Bodies that hang from the limb keep their place. So the result looks right only if the limb is
    the last one of its leg.
    """
    import mujoco

    name, value = _target(rest, edit)
    capsule = mujoco.mjtGeom.mjGEOM_CAPSULE
    limbs = {g.name or g.parent.name: g for g in spec.geoms if g.type == capsule}
    if name not in limbs:
        raise unknown_name("limb (a geom)", name, limbs)
    geom, factor = limbs[name], _number(value, edit, low=1e-3, high=LONGEST)
    joints = geom.parent.joints
    whole = spec.compile().geom(geom.id)
    half = np.empty(3)
    mujoco.mju_rotVecQuat(half, np.array([0.0, 0.0, whole.size[1]]), whole.quat)
    anchor = joints[0].pos if joints else np.zeros(3)
    near, far = sorted(
        (whole.pos - half, whole.pos + half), key=lambda e: np.linalg.norm(e - anchor)
    )
    far = near + factor * (far - near)
    if np.isfinite(geom.fromto[0]):
        geom.fromto = np.concatenate([near, far])
    else:  # the model file gives the capsule's middle and half of its length
        geom.pos = (near + far) / 2
        geom.size = whole.size * [1.0, factor, 1.0]


def _lock(spec: mujoco.MjSpec, rest: str, edit: str) -> None:
    """Narrow the range of a joint.

    Removing the joint instead would change the sizes of the state and of the action.
    """
    name, value = _target(rest, edit)
    joints = {a.target: spec.joint(a.target) for a in spec.actuators}
    if name not in joints:
        raise unknown_name("joint", name, joints)
    angle, joint = _number(value, edit, -math.inf, math.inf), joints[name]
    unit = math.pi / 180 if spec.compiler.degree else 1.0
    low, high = (unit * limit for limit in joint.range)
    if not low - LOCK_HALF_WIDTH <= angle <= high + LOCK_HALF_WIDTH:
        raise InputError(
            f"expected an angle from {low:.4g} to {high:.4g} rad, the range of {name}, got "
            f"{angle:g} (damage {edit!r}); lock it inside its range"
        )
    joint.range = [(angle - LOCK_HALF_WIDTH) / unit, (angle + LOCK_HALF_WIDTH) / unit]
    joint.solimp_limit = _LOCK_IMPEDANCE
    joint.solref_limit = [2 * spec.option.timestep, 1.0]  # the stiffest that MuJoCo allows


def _weak(spec: mujoco.MjSpec, rest: str, edit: str) -> None:
    name, value = _target(rest, edit)
    actuators = {a.target: a for a in spec.actuators}
    if name not in actuators:
        raise unknown_name("joint with an actuator", name, actuators)
    actuators[name].gear = np.array(actuators[name].gear) * _number(value, edit)


def _friction(spec: mujoco.MjSpec, rest: str, edit: str) -> None:
    factor = _number(rest, edit)
    for geom in spec.geoms:
        geom.friction = np.array(geom.friction) * factor


def _scale_mass(spec: mujoco.MjSpec, rest: str, edit: str) -> None:
    factor = _number(rest, edit, low=1e-3)
    for geom in spec.geoms:
        geom.density *= factor


_EDITS: dict[str, Callable[[mujoco.MjSpec, str, str], None]] = {
    "limb": _limb,
    "lock": _lock,
    "weak": _weak,
    "friction": _friction,
    "mass": _scale_mass,
}

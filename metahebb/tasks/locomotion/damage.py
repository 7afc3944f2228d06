"""Damage to a body: a small grammar of edits of Gymnasium's own model, and the published names.

A damage is ``intact``, a published name such as ``short_fourth_ankle``, or one or several edits
joined with ``+``:

=====================  ==========================================================================
``limb:GEOM=FACTOR``   the capsule GEOM (in a swimmer, which names no geoms, the body's) is FACTOR
                       times as long; its near end stays where it is
``lock:JOINT=ANGLE``   JOINT can only be at ANGLE [rad], give or take ``LOCK_HALF_WIDTH``; ANGLE
                       has to be one that the joint can have
``weak:JOINT=FACTOR``  the actuator of JOINT is FACTOR times as strong
``friction:FACTOR``    all friction coefficients, the floor's too, times FACTOR
``mass:FACTOR``        all masses and inertias times FACTOR
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
"""Largest factor; every body is simulated without a warning at it (float64 is far from its end)."""
LONGEST = 10.0
"""Largest factor of a limb: at 100 a half cheetah's foot makes its simulation unstable."""
LOCK_HALF_WIDTH = 0.01
"""Half the range left to a locked joint [rad]; a range of zero would make the limit jitter."""

_LOCK_IMPEDANCE = [0.99, 0.999, 0.001, 0.5, 2.0]
# MuJoCo's default limit is soft: a motor at full force presses a joint 0.17 rad beyond it.

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
"""Named damages by body.

Najarro & Risi 2020 shorten ``left_ankle_geom`` and ``fourth_ankle_geom`` (their "right"); Palm et
al. 2021 shorten ``left_ankle_geom`` and ``right_ankle_geom`` (their "right", another leg), and
lengthen the shins at y < 0 ("back") and at y > 0 ("front"). A shin goes from 0.4 m to 0.1 m or to
0.6 m along each axis. ``short_third_ankle`` is ours and completes the set.
"""


@functools.cache
def compiled(body: str, damage: str, integrator: str) -> mujoco.MjModel:
    """Return the compiled model of ``body`` with ``damage``; shared, so never to be written to.

    ``integrator`` is ``"gymnasium"`` (as the model file says) or ``"implicitfast"``.

    Raises:
        InputError: for a damage that is not in the grammar or names something the body lacks.
    """
    import mujoco

    spec = mujoco.MjSpec.from_file(str(BODIES[body].xml_path))
    total_mass = spec.compiler.settotalmass
    spec.compiler.settotalmass = -1  # deprecated by MuJoCo; done below, so that it does not warn
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
        # Scaled by the intact body's factor: an edit of one geom leaves the others' masses alone.
        _set_total_mass(model, total_mass * model.body_mass.sum())
    return model


def _set_total_mass(model: mujoco.MjModel, mass: float) -> None:
    """Scale the masses to the sum ``mass`` [kg], and what the model file's compiler derives."""
    import mujoco

    mujoco.mj_setTotalmass(model, mass)
    mujoco.mj_setConst(model, mujoco.MjData(model))
    model.stat.meanmass = model.body_mass[1:].mean()
    model.stat.meaninertia = model.dof_M0.mean()  # the solver's scale


@dataclass(frozen=True, slots=True)
class Locks:
    """Where the locked joints are in ``qpos``, and between which angles [rad] they stay."""

    addresses: npt.NDArray[np.intp]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]

    def apply(self, qpos: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return ``qpos`` with the locked joints put inside their range."""
        clipped = qpos.copy()
        clipped[self.addresses] = np.clip(qpos[self.addresses], self.low, self.high)
        return clipped


def locks(body: str, damage: str, model: mujoco.MjModel) -> Locks:
    """Return what ``damage``, compiled to ``model``, locks; none is the usual case."""
    edits = [edit for edit in _edits(body, damage) if edit.startswith("lock:")]
    joints = [model.joint(edit[len("lock:") : edit.index("=")]).id for edit in edits]
    low, high = model.jnt_range[joints].T if joints else (np.empty(0), np.empty(0))
    return Locks(model.jnt_qposadr[joints].astype(np.intp), low, high)


def check_distinct(damages: Sequence[str]) -> None:
    """Raise InputError if a damage is named twice: results go by the damage's name."""
    for damage in damages:
        if damages.count(damage) > 1:
            raise InputError(
                f"expected each damage once, got {damage!r} {damages.count(damage)} times; name "
                "it once, and live more lives instead"
            )


def _edits(body: str, damage: str) -> list[str]:
    """Split ``damage`` into single edits, published names spelled out."""
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
    """Scale a capsule's length and keep the end that is nearer to its body's joint.

    Bodies that hang from the limb keep their place, so damage the last limb of a leg.
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
    else:  # the model file gives its middle and half its length
        geom.pos = (near + far) / 2
        geom.size = whole.size * [1.0, factor, 1.0]


def _lock(spec: mujoco.MjSpec, rest: str, edit: str) -> None:
    """Narrow a joint's range; removing the joint would change the sizes of state and action."""
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

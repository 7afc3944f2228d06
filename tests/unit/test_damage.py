"""The grammar of damages, and that an edit changes what it names and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from metahebb.errors import InputError
from metahebb.tasks import Locomotion
from metahebb.tasks.locomotion.damage import _EDITS, LOCK_HALF_WIDTH, PUBLISHED, compiled

GEOM = {"geom_size", "geom_pos", "geom_quat", "geom_rbound", "geom_aabb", "bvh_aabb"}
INERTIA = {"body_mass", "body_inertia", "body_ipos", "body_iquat"}
# What MuJoCo derives from the above for the whole body: masses of subtrees, solver constants …
DERIVED = {
    *("actuator_acc0", "body_invweight0", "body_subtreemass", "dof_M0", "dof_invweight0"),
    *("dof_length", "cam_poscom0", "light_poscom0"),
}


def changes(body, damage):
    """Return the rows of every primary array of the model that ``damage`` changes."""
    intact, damaged = compiled(body, "intact", "gymnasium"), compiled(body, damage, "gymnasium")
    changed = {}
    for name in dir(intact):
        before = getattr(intact, name)
        if isinstance(before, np.ndarray) and before.dtype.kind == "f" and name not in DERIVED:
            after = getattr(damaged, name)
            same = np.isclose(after, before, rtol=1e-12, atol=1e-15, equal_nan=True)
            if not same.all():
                changed[name] = set(np.argwhere(~same)[:, 0].tolist())
    return intact, damaged, changed


def geom_of(model, name):
    """Return the geom of that name, or the one geom of the body of that name."""
    names = [model.geom(i).name for i in range(model.ngeom)]
    return model.geom(name if name in names else int(model.body(name).geomadr[0]))


def ends(model, geom):
    g = geom_of(model, geom)
    w, x, y, z = g.quat
    axis = np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    return {tuple(np.round(g.pos + s * g.size[1] * axis, 9) + 0.0) for s in (-1, 1)}


@pytest.mark.parametrize(
    ("body", "geom", "factor"),
    [
        ("ant", "fourth_ankle_geom", 0.25),
        ("ant", "left_ankle_geom", 1.5),
        ("half_cheetah", "bfoot", 0.5),
        ("hopper", "foot_geom", 0.5),
        ("walker2d", "foot_left_geom", 0.7),
        ("swimmer", "back", 0.5),
    ],
)
def test_limb_changes_one_geom_and_its_bodys_mass(body, geom, factor):
    intact, damaged, changed = changes(body, f"limb:{geom}={factor}")
    index, owner = geom_of(intact, geom).id, int(geom_of(intact, geom).bodyid[0])
    assert set(changed) <= GEOM | INERTIA
    assert changed["geom_size"] == changed["geom_pos"] == {index}
    assert changed["body_mass"] == {owner}
    assert damaged.geom_size[index, 1] == pytest.approx(factor * intact.geom_size[index, 1])
    assert len(ends(intact, geom) & ends(damaged, geom)) == 1  # the near end has not moved


def test_limb_keeps_the_end_at_the_joint():
    for factor, far in ((0.25, (0.1, -0.1, 0.0)), (1.5, (0.6, -0.6, 0.0))):
        _, damaged, _ = changes("ant", f"limb:fourth_ankle_geom={factor}")
        assert ends(damaged, "fourth_ankle_geom") == {(0.0, 0.0, 0.0), far}


def test_lock_changes_one_joint():
    intact, damaged, changed = changes("ant", "lock:ankle_1=0.8")
    index = intact.joint("ankle_1").id
    assert set(changed) == {"jnt_range", "jnt_solimp"}
    assert changed["jnt_range"] == {index}
    middle, width = damaged.jnt_range[index].mean(), np.ptp(damaged.jnt_range[index])
    assert (middle, width) == pytest.approx((0.8, 2 * LOCK_HALF_WIDTH))


def test_lock_takes_radians_where_the_model_file_has_radians_too():
    _, damaged, _ = changes("half_cheetah", "lock:bthigh=-0.2")
    assert damaged.joint("bthigh").range.mean() == pytest.approx(-0.2)


def test_weak_changes_one_actuator():
    intact, damaged, changed = changes("ant", "weak:hip_1=0.5")
    moved = [i for i in range(intact.nu) if intact.actuator_trnid[i, 0] == intact.joint("hip_1").id]
    assert changed == {"actuator_gear": set(moved)}
    assert damaged.actuator_gear[moved[0], 0] == 75.0


def test_friction_scales_every_geom():
    intact, damaged, changed = changes("ant", "friction:0.5")
    assert changed == {"geom_friction": set(range(intact.ngeom))}
    np.testing.assert_allclose(damaged.geom_friction, 0.5 * intact.geom_friction)


@pytest.mark.parametrize("body", ["ant", "half_cheetah"])
def test_mass_scales_masses_and_inertias(body):
    intact, damaged, changed = changes(body, "mass:1.5")
    assert set(changed) == {"body_mass", "body_inertia"}
    np.testing.assert_allclose(damaged.body_mass, 1.5 * intact.body_mass)
    np.testing.assert_allclose(damaged.body_inertia, 1.5 * intact.body_inertia)


def test_published_ants_shorten_and_lengthen_the_published_shins():
    lengths = {}
    for name in PUBLISHED["ant"]:
        intact, damaged, changed = changes("ant", name)
        geoms = sorted(changed["geom_size"])
        ratio = damaged.geom_size[geoms, 1] / intact.geom_size[geoms, 1]
        lengths[name] = {
            intact.geom(g).name: round(float(r), 6) for g, r in zip(geoms, ratio, strict=True)
        }
    assert lengths == {
        "short_left_ankle": {"left_ankle_geom": 0.25},
        "short_right_ankle": {"right_ankle_geom": 0.25},
        "short_third_ankle": {"third_ankle_geom": 0.25},
        "short_fourth_ankle": {"fourth_ankle_geom": 0.25},
        "long_back": {"third_ankle_geom": 1.5, "fourth_ankle_geom": 1.5},
        "long_front": {"left_ankle_geom": 1.5, "right_ankle_geom": 1.5},
    }


def test_edits_join():
    _, damaged, changed = changes("ant", "short_left_ankle+weak:hip_4=0+friction:2")
    assert {"geom_size", "actuator_gear", "geom_friction"} <= set(changed)
    assert changed["geom_size"] == {damaged.geom("left_ankle_geom").id}
    assert damaged.actuator_gear[0, 0] == 0.0


def test_the_howto_lists_every_kind_and_every_published_damage():
    page = (Path(__file__).parents[2] / "docs" / "howto" / "damage.md").read_text()
    for name, edits in PUBLISHED["ant"].items():
        assert f"| `{name}` | `{edits.replace('+', '` `')}` |" in page
    for kind in _EDITS:
        assert f"| `{kind}:" in page


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("short_forth_ankle", "did you mean 'short_fourth_ankle'"),
        ("limp:left_ankle_geom=0.5", "did you mean 'limb'"),
        ("limb:left_ankle_goem=0.5", "did you mean 'left_ankle_geom'"),
        ("lock:hip1=0", "did you mean 'hip_1'"),
        ("lock:root=0", "expected a joint among ankle_1"),
        ("weak:ankle4=0.5", "did you mean 'ankle_4'"),
        ("limb:left_ankle_geom", "expected limb:NAME=NUMBER, got 'limb:left_ankle_geom'"),
        ("limb:left_ankle_geom=short", "got 'short'"),
        ("limb:left_ankle_geom=0", "from 0.001 to 10, got '0'"),
        ("limb:left_ankle_geom=1e9", "from 0.001 to 10, got '1e9'"),
        ("lock:hip_1=0.6", r"from -0.5236 to 0.5236 rad, the range of hip_1, got 0.6"),
        ("lock:ankle_2=0.8", r"from -1.222 to -0.5236 rad, the range of ankle_2, got 0.8"),
        ("lock:hip_1=nan", "expected a number, got 'nan'"),
        ("friction:-1", "from 0 to 1000, got '-1'"),
        ("friction:1e300", "from 0 to 1000, got '1e300'"),
        ("weak:ankle_4=1e300", "from 0 to 1000, got '1e300'"),
        ("mass:0", "from 0.001 to 1000, got '0'"),
        ("mass:1e300", "from 0.001 to 1000, got '1e300'"),
        ("", "expected a damage of the ant"),
    ],
)
def test_a_bad_damage_is_one_clear_error(damage, message):
    with pytest.raises(InputError, match=message) as caught:
        Locomotion("ant", damages=("intact", damage))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("body", "lock"), [("ant", "hip_1=0.5236"), ("hopper", "leg_joint=0")])
def test_a_joint_can_be_locked_at_the_end_of_its_range(body, lock):
    joint, _, angle = lock.partition("=")
    model = compiled(body, f"lock:{lock}", "gymnasium")
    assert model.joint(joint).range.mean() == pytest.approx(float(angle), abs=1e-9)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"body": "half_cheeta"}, "did you mean 'half_cheetah'"),
        ({"reward": "distanc"}, "did you mean 'distance'"),
        ({"ending": "stall"}, "did you mean 'stalled'"),
        ({"integrator": "RK4"}, "gymnasium, implicitfast"),
        ({"damages": ()}, "at least one damage"),
        ({"burn_in": -1}, "burn_in=-1"),
        ({"max_steps": 0}, "max_steps=0"),
    ],
)
def test_a_bad_option_is_one_clear_error(fields, message):
    with pytest.raises(InputError, match=message):
        Locomotion(**fields)

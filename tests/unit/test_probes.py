"""Probes: each does what it says, nothing at zero strength, and they compose in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_life import NETWORK, lives_of
from test_life import live as live_toys
from toys import Toy

from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes
from metahebb.life import Life, Lockstep
from metahebb.networks import FeedForward
from metahebb.noise import Key, Stream, normals
from metahebb.plasticity.rules import RULES
from metahebb.probes import PROBES, Freeze, check_probes, parse_probes, text_of
from metahebb.probes.zero_weights import ZeroWeights
from metahebb.runs.config import RunConfig
from metahebb.tasks import GymTask, Locomotion
from metahebb.worker import GivenPoint, Plan, Setup, Worker, all_lives

ENDLESS = Toy(mortal=False)
ANT = Locomotion("ant", integrator="implicitfast", damages=("intact", "short_left_ankle"))
SMALL = FeedForward((6,), RULES["abcd_lr"])


class Seen:
    """What the first unit's network and task held at each step, and what the task got."""

    def __init__(self, unit=0):
        self.unit = unit
        self.weights, self.observations, self.activity = [], [], []
        self.outputs, self.gains, self.bodies = [], [], []
        self.qpos, self.qvel = [], []

    def __call__(self, moment):
        for lane in moment.lanes[moment.units == self.unit]:
            self.weights.append(moment.network.weights(lane))
            self.observations.append(moment.task.observations[lane].copy())
            self.gains.append(float(moment.network.gains[lane]))
            if hasattr(moment.task, "state"):
                self.qpos.append(moment.task.state(lane)["qpos"])
                self.qvel.append(moment.task.state(lane)["qvel"])
                self.bodies.append(int(moment.task._lane_body[lane]))

    def change_outputs(self, moment, outputs):
        for row in np.flatnonzero(moment.units == self.unit):
            self.outputs.append(outputs[row].copy())
            self.activity.append(moment.network.activity(moment.lanes[row])[-1])


def see(*texts, network=NETWORK, task=ENDLESS, unit=0, steps=10):
    seen = Seen(unit)
    lives = lives_of(4, network, max_steps=steps)
    live_toys(lives, network=network, task=task, probes=[*parse_probes(texts), seen])
    return seen


def ant_lives(n, steps=12):
    genome = Genome.direct(SMALL.slots(ANT.n_observations, ANT.n_outputs))
    rng = np.random.default_rng(0)
    return [
        Life(
            unit=unit,
            source=GivenGenes(rng.uniform(-1, 1, genome.n_genes).astype(np.float32)),
            birth=Key(1, Stream.BIRTH, index=unit),
            environment=Key(1, Stream.ENVIRONMENT, index=unit),
            body=0,
            max_steps=steps,
        )
        for unit in range(n)
    ]


def live_ants(lives, *probes, n_lanes=3):
    genome = Genome.direct(SMALL.slots(ANT.n_observations, ANT.n_outputs))
    network = SMALL.lanes(ANT.n_observations, ANT.n_outputs, n_lanes)
    lanes = Lockstep(genome, network, ANT.lanes(n_lanes), n_lanes)
    return sorted(lanes.live(iter(lives), probes), key=lambda result: result.unit)


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def changed(a, b):
    return [not same(x, y) for x, y in zip(a.weights, b.weights, strict=True)]


def test_zero_weights_of_one_layer():
    seen, plain = see("zero_weights:fraction=0.5,layer=2,at=4"), see()
    assert changed(seen, plain)[:5] == [False] * 4 + [True]
    first, second = seen.weights[4]
    np.testing.assert_array_equal(first, plain.weights[4][0])
    zeros = second == 0
    assert zeros.sum() == round(0.5 * zeros.size)
    np.testing.assert_array_equal(second[~zeros], plain.weights[4][1][~zeros])
    assert (seen.weights[6][1] != 0).all()  # plasticity goes on


def test_zero_weights_of_all_layers():
    seen = see("zero_weights:at=4")
    assert [bool(any(w.any() for w in layers)) for layers in seen.weights[3:6]] == [
        True,
        False,
        True,
    ]


def test_each_life_loses_other_weights():
    one, other = (see("zero_weights:fraction=0.5,at=4", unit=unit) for unit in (0, 1))
    assert not same([w == 0 for w in one.weights[4]], [w == 0 for w in other.weights[4]])


def test_random_probes_of_one_life_draw_apart():
    """Two independent halves leave a quarter; the same half twice would leave a half."""
    network = FeedForward((60,), RULES["abcd_lr"])
    half = "zero_weights:fraction=0.5,at=4"
    (first, _) = see(half, half, network=network).weights[4]
    assert np.mean(first != 0) == pytest.approx(0.25, abs=0.08)


@pytest.mark.parametrize("birth", ["uniform", "normal", "sparse", "kaiming"])
def test_randomize_weights_draws_from_the_distribution_at_birth(birth):
    network = replace(NETWORK, hidden=(80,), birth=birth)
    seen, plain = (see(*p, network=network) for p in (["randomize_weights:layer=1,at=4"], []))
    newborn, now = plain.weights[0][0], seen.weights[4][0]
    assert not (now == newborn)[newborn != 0].any()
    assert np.abs(now).std() == pytest.approx(np.abs(newborn).std(), rel=0.2)
    assert np.mean(now == 0) == pytest.approx(np.mean(newborn == 0), abs=0.01)
    np.testing.assert_array_equal(seen.weights[4][1], plain.weights[4][1])


def test_freeze_until_leaves_the_newborn_as_it_is():
    seen, plain = see("freeze_until:at=4"), see()
    for step in range(5):
        assert same(seen.weights[step], plain.weights[0])
    assert not same(seen.weights[5], plain.weights[0])
    assert seen.gains == [0.0] * 4 + [1.0] * 6


def test_a_window_of_plasticity():
    seen = see("freeze_until:at=3", "freeze:at=6")
    moved = [not same(a, b) for a, b in zip(seen.weights, seen.weights[1:], strict=False)]
    assert moved == [False] * 3 + [True] * 3 + [False] * 3


def test_freeze_until_does_not_thaw_a_static_network():
    static = FeedForward((6,), RULES["static"])
    assert see("freeze_until:at=4", network=static).gains == [0.0] * 10


def test_saturate_reaches_the_task_and_not_the_neurons():
    seen, plain = see("saturate:value=0.5,at=4,steps=3"), see()
    held = [bool((out == 0.5).all()) for out in seen.outputs]
    assert held == [False] * 4 + [True] * 3 + [False] * 3
    np.testing.assert_array_equal(seen.activity[4], plain.outputs[4])


def test_scale_actions():
    seen = see("scale_actions:factor=-0.5,at=4,steps=2")
    for step in range(10):
        factor = -0.5 if step in (4, 5) else 1
        np.testing.assert_array_equal(seen.outputs[step], factor * seen.activity[step])


def test_drop_sensors_keeps_to_the_same_ones():
    seen, plain = see("drop_sensors:fraction=0.4,at=4,steps=3"), see()
    np.testing.assert_array_equal(seen.observations[3], plain.observations[3])
    dead = seen.observations[4] == 0
    assert dead.sum() == 2
    np.testing.assert_array_equal(seen.observations[4][~dead], plain.observations[4][~dead])
    lost = [set(np.flatnonzero(seen.observations[step] == 0)) for step in (4, 5, 6)]
    assert lost[0] == lost[1] == lost[2]
    assert (seen.observations[9] != 0).all()


def test_noise_sensors_is_normal_and_new_at_each_step():
    seen, plain = see("noise_sensors:stdev=0.5,at=4,steps=1"), see()
    key, start = Key(1, Stream.PROBE), int(Stream.BIRTH) << 56
    noise = np.float32(0.5) * normals(key, 5, start + 5 * 4)
    np.testing.assert_array_equal(seen.observations[4], plain.observations[4] + noise)
    np.testing.assert_array_equal(seen.observations[3], plain.observations[3])
    assert normals(key, 5, start + 5 * 4)[0] != normals(key, 5, start + 5 * 5)[0]


class Coefficients:
    """The coefficients that reach the kernel, folded."""

    def __call__(self, moment):
        if moment.steps[0] == 0:
            self.layers = [c.copy() for c in moment.network.coefficient_layers(moment.lanes[0])]


def coefficients(*texts):
    watch = Coefficients()
    live_toys(lives_of(1), probes=[*parse_probes(texts), watch])
    return watch.layers


@pytest.mark.parametrize("plane", range(4))
def test_drop_term(plane):
    for found, plain in zip(
        coefficients(f"drop_term:term={'ABCD'[plane]}"), coefficients(), strict=True
    ):
        assert not found[plane].any()
        others = [p for p in range(4) if p != plane]
        np.testing.assert_array_equal(found[others], plain[others])


def test_drop_eta_levels_it_before_it_is_folded():
    (life,) = lives_of(1)
    sizes = [(5, 5 * 6, (5, 6), True), (5, 6 * 3, (3, 6), False)]
    start = 0
    for (planes, size, shape, swapped), found in zip(
        sizes, coefficients("drop_term:term=eta"), strict=True
    ):
        genes = life.source.values[start : start + planes * size].reshape(planes, *shape)
        genes = genes.swapaxes(1, 2) if swapped else genes
        eta = genes[4].mean()
        np.testing.assert_allclose(found[:4], genes[:4] * eta, rtol=1e-5)
        start += planes * size


def test_two_dropped_terms_are_both_gone():
    """Leveling eta after the drop of A must not bring A back."""
    for texts in (["A", "eta"], ["eta", "A"]):
        for found in coefficients(*(f"drop_term:term={term}" for term in texts)):
            assert not found[0].any()
            assert np.ptp(found[4]) == 0


def test_damage_changes_the_body_mid_life():
    lives, seen, plain = ant_lives(3), Seen(), Seen()
    hurt = live_ants(lives, *parse_probes(["damage:body=short_left_ankle,at=5"]), seen)
    whole = live_ants(lives, plain)
    assert seen.bodies == [0] * 5 + [1] * 7
    assert same(seen.qvel[:6], plain.qvel[:6])
    assert not np.array_equal(seen.qvel[6], plain.qvel[6])
    assert hurt != whole


def test_the_next_life_on_a_lane_is_whole_again():
    lives = ant_lives(4)
    probes = parse_probes(["damage:body=short_left_ankle,at=5"])
    assert live_ants(lives, *probes, n_lanes=1) == live_ants(lives, *probes, n_lanes=4)


def test_push_adds_to_the_velocity():
    lives, seen, plain = ant_lives(1), Seen(), Seen()
    live_ants(lives, *parse_probes(["push:x=1.5,y=-2,at=5"]), seen)
    live_ants(lives, plain)
    difference = seen.qvel[5] - plain.qvel[5]
    np.testing.assert_allclose(difference[:2], [1.5, -2], rtol=1e-12)
    assert not difference[2:].any()
    assert not np.array_equal(seen.qvel[6], plain.qvel[6])


def test_turn_rotates_the_body_and_its_way_about_the_vertical():
    lives, seen = ant_lives(3), [Seen(unit) for unit in range(3)]
    live_ants(lives, *parse_probes(["turn:at=5,angle=1.2"]), *seen)
    angles = []
    for unit, life in enumerate(seen):
        alone = Seen(unit)
        live_ants(lives, alone)
        turn = frame(life.qpos[5]) @ frame(alone.qpos[5]).T
        angle = np.arctan2(turn[1, 0], turn[0, 0])
        cos, sin = np.cos(angle), np.sin(angle)
        np.testing.assert_allclose(turn, [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], atol=1e-12)
        np.testing.assert_allclose(life.qvel[5][:3], turn @ alone.qvel[5][:3], atol=1e-12)
        np.testing.assert_array_equal(life.qvel[5][3:], alone.qvel[5][3:])
        np.testing.assert_array_equal(life.qpos[5][7:], alone.qpos[5][7:])
        np.testing.assert_array_equal(life.qpos[4], alone.qpos[4])
        angles.append(angle)
    assert len(set(angles)) == 3
    assert 0.1 < np.abs(angles).max() <= 1.2


def frame(qpos):
    """Return the rotation matrix of a free root."""
    w, x, y, z = qpos[3:7] / np.linalg.norm(qpos[3:7])
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


@pytest.mark.parametrize(
    "text",
    [
        "zero_weights:fraction=0,at=4",
        "saturate:at=4,steps=0",
        "scale_actions:factor=1,at=4",
        "scale_actions:factor=0,at=4,steps=0",
        "drop_sensors:fraction=0,at=4",
        "noise_sensors:stdev=0,at=4",
        "freeze_until:at=0",
        "freeze:at=100",
        "randomize_weights:at=100",
        "zero_weights:at=100",
    ],
)
def test_zero_strength_changes_no_bit(text):
    lives = lives_of(8, max_steps=12)
    probes = parse_probes([text])
    assert live_toys(lives, task=ENDLESS, probes=probes) == live_toys(lives, task=ENDLESS)


@pytest.mark.parametrize("text", ["push:at=5", "turn:at=5,angle=0", "damage:body=intact,at=5"])
def test_zero_strength_changes_no_bit_of_an_ant(text):
    lives = ant_lives(3)
    assert live_ants(lives, *parse_probes([text])) == live_ants(lives)


@pytest.mark.parametrize(
    "text",
    [
        "zero_weights:fraction=0.5,at=4",
        "randomize_weights:at=4",
        "freeze_until:at=4",
        "saturate:at=4,steps=3",
        "scale_actions:factor=0.5,at=4",
        "drop_sensors:fraction=0.4,at=4",
        "noise_sensors:stdev=0.5,at=4",
        "drop_term:term=A",
    ],
)
def test_lanes_do_not_matter_but_the_probe_does(text):
    lives = lives_of(10, max_steps=12)
    probes = parse_probes([text])
    one, eight = (live_toys(lives, n, task=ENDLESS, probes=probes) for n in (1, 8))
    assert one == eight
    assert all(a != b for a, b in zip(one, live_toys(lives, task=ENDLESS), strict=True))


def test_two_compose_in_the_stated_order():
    """Saturated to 1 and then halved is 0.5; halved and then saturated is 1."""
    saturate, halve = "saturate:at=4,steps=1", "scale_actions:factor=0.5,at=4,steps=1"
    assert set(see(saturate, halve).outputs[4]) == {0.5}
    assert set(see(halve, saturate).outputs[4]) == {1.0}
    zero, draw = "zero_weights:at=4", "randomize_weights:at=4"
    assert any(w.any() for w in see(zero, draw).weights[4])
    assert not any(w.any() for w in see(draw, zero).weights[4])


def test_probes_of_a_setup_reach_every_life():
    """As a condition of training: in the fitness of the search as in any other life."""
    config = RunConfig(
        task=GymTask("CartPole-v1"),
        network=FeedForward((4,), output="linear"),
        probes=("saturate:at=3,steps=-1",),
    )
    setup = config.setup()
    genes = np.random.default_rng(0).uniform(-1, 1, (2, setup.genome.n_genes)).astype(np.float32)
    plan, point = Plan(0, 60), GivenPoint(genes)
    found = Worker(setup, 2).evaluate(plan, point, range(2))
    bare = Worker(replace(setup, probes=()), 2)
    lives = all_lives(setup, plan, point, range(2))
    by_hand = sorted(bare.live(iter(lives), setup.probes), key=lambda r: r.unit)
    assert found["steps"].tolist() == [r.steps for r in by_hand]
    assert (found["steps"] <= 20).all()  # always pushed to one side, it falls


def test_no_probe_takes_a_field_that_it_does_not_have():
    for name in PROBES:
        with pytest.raises(InputError, match="zzz"):
            parse_probes([f"{name}:zzz=1"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("zero_wieghts:at=4", "did you mean 'zero_weights'"),
        ("zero_weights:at=4,layr=2", "did you mean 'layer'"),
        ("zero_weights:at=4,number=2", "field of zero_weights"),
        ("zero_weights", "expected at of zero_weights"),
        ("zero_weights:at=4,at=5", "once"),
        ("zero_weights:at", "once"),
        ("zero_weights:at=4.5", "expected an integer, got '4.5'"),
        ("zero_weights:at=-1", "at of at least 0"),
        ("zero_weights:at=4,fraction=1.5", "fraction from 0 to 1, got 1.5"),
        ("zero_weights:at=4,fraction=nan", "fraction from 0 to 1, got nan"),
        ("zero_weights:at=4,layer=0", "layers count from 1"),
        ("drop_sensors:at=4,fraction=-0.1", "fraction from 0 to 1"),
        ("noise_sensors:at=4,stdev=-1", "stdev of at least 0"),
        ("noise_sensors:at=4,stdev=much", "expected a number, got 'much'"),
        ("scale_actions:at=4,factor=inf", "finite factor"),
        ("scale_actions:at=4,factor=1e300", "factor from -1e.30 to 1e.30, got 1e.300"),
        ("noise_sensors:at=4,stdev=1e300", "stdev from -1e.30 to 1e.30"),
        ("saturate:at=4,value=-1e39", "value from -1e.30 to 1e.30"),
        ("push:at=4,x=1e300", "x from -1000 to 1000, got 1e.300"),
        ("push:at=4,y=-1001", "y from -1000 to 1000, got -1001"),
        ("saturate:at=4,steps=-2", "steps of at least 0"),
        ("drop_term:term=", "expected a name"),
        ("turn:at=4,angle=4", "angle from 0 to pi, got 4"),
    ],
)
def test_a_bad_probe_is_one_clear_line(text, message):
    with pytest.raises(InputError, match=message) as error:
        parse_probes([text])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "task", "message"),
    [
        ("zero_weights:at=4,layer=3", ENDLESS, "layer from 1 to 2, got 3"),
        ("randomize_weights:at=4,layer=9", ENDLESS, "layer from 1 to 2, got 9"),
        ("drop_term:term=E", ENDLESS, "coefficient of abcd_lr"),
        ("damage:at=4,body=heavy", ENDLESS, "expected a locomotion task, got Toy"),
        ("damage:at=4,body=short_lft_ankle", ANT, "did you mean 'short_left_ankle'"),
        ("push:at=4,x=1", ENDLESS, "expected a locomotion task"),
        ("push:at=4,y=1", Locomotion("hopper"), "lives in a plane"),
        ("turn:at=4,angle=1", Locomotion("hopper"), "face any way .ant., got a hopper"),
        ("turn:at=4,angle=1", ENDLESS, "face any way .ant., got Toy"),
    ],
)
def test_a_probe_that_does_not_fit_the_run_is_one_clear_line(text, task, message):
    with pytest.raises(InputError, match=message):
        check_probes(parse_probes([text]), task, NETWORK)


def test_coevolved_weights_cannot_be_drawn_again():
    with pytest.raises(InputError, match="use zero_weights"):
        check_probes(
            parse_probes(["randomize_weights:at=4"]), ENDLESS, replace(NETWORK, birth="coevolved")
        )


def test_a_static_rule_has_no_term_to_drop():
    with pytest.raises(InputError, match="expected a rule with coefficients, got static"):
        check_probes(
            parse_probes(["drop_term:term=A"]), ENDLESS, replace(NETWORK, rule=RULES["static"])
        )


def test_a_config_refuses_probes_that_do_not_fit():
    with pytest.raises(InputError, match="layer from 1 to 3, got 7"):
        RunConfig(probes=("zero_weights:layer=7,at=4",))


def test_a_setup_names_the_probes_of_its_config():
    config = RunConfig(probes=("freeze:at=3",))
    assert config.setup().probes == parse_probes(["freeze:at=3"])
    assert Setup.build(config.task, config.network, 0).probes == ()


class Watch:
    """An observer that notes weights before the networks act, and outputs after they did."""

    def __init__(self):
        self.weights, self.outputs = [], []

    def observe(self, moment):
        self.weights.append(moment.network.weights(moment.lanes[0]))

    def observe_outputs(self, moment, outputs):
        self.outputs.append(outputs[0].copy())


def test_observers_come_after_all_probes_and_see_what_these_did():
    genome = Genome.direct(NETWORK.slots(ENDLESS.n_observations, ENDLESS.n_outputs))
    network = NETWORK.lanes(ENDLESS.n_observations, ENDLESS.n_outputs, 1)
    lanes = Lockstep(genome, network, ENDLESS.lanes(1), 1)
    probes = parse_probes(["zero_weights:at=4", "saturate:at=4,steps=1"])
    watch, lives = Watch(), lives_of(1, NETWORK, max_steps=10)
    unseen = live_toys(lives, 1, NETWORK, ENDLESS, probes)
    assert list(lanes.live(iter(lives), probes, [watch])) == unseen
    assert [any(w.any() for w in weights) for weights in watch.weights[3:5]] == [True, False]
    assert [set(out) == {1.0} for out in watch.outputs[3:6]] == [False, True, False]


def test_an_observer_is_no_condition_of_a_run():
    with pytest.raises(InputError, match=r"expected probes, which change a life, got .*Watch"):
        replace(RunConfig().setup(), probes=(Watch(),))
    with pytest.raises(InputError, match="expected a probe among"):
        RunConfig(probes=("watch",))
    for kind in PROBES.values():
        assert not hasattr(kind, "observe")
        assert not hasattr(kind, "observe_outputs")


def test_a_parsed_probe_keeps_its_own_text():
    texts = ["zero_weights:fraction=0.50,at=4", "freeze:at=04"]
    probes = parse_probes(texts)
    assert [text_of(probe) for probe in probes] == texts
    assert probes == (ZeroWeights(at=4, fraction=0.5), Freeze(at=4))
    assert text_of(Freeze(at=4)) == "Freeze(at=4)"
    with pytest.raises(InputError, match="text"):
        parse_probes(["freeze:at=4,text=5"])
    config = RunConfig(probes=("freeze:at=4",))
    assert config.setup().probes[0] is config.parsed_probes[0]

"""Lives in lanes: in lockstep, alone, each to its end."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from toys import BIRTH, LANE, Toy, born, exploding, layers_of, observe, traced

from metahebb.genomes import Genome, GivenGenes
from metahebb.life import Ending, Life, Lockstep
from metahebb.networks import FeedForward
from metahebb.noise import Key, Stream, integer
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES
from metahebb.probes import Freeze

NETWORK = FeedForward((6,), RULES["abcd_lr"])


def genome_of(network=NETWORK, task=Toy()):  # noqa: B008
    return Genome.direct(network.slots(task.n_observations, task.n_outputs))


def lives_of(n, network=NETWORK, max_steps=20, spread=0.5):
    """Return lives of different genomes, births, environments and bodies."""
    rng = np.random.default_rng(0)
    size = genome_of(network).n_genes
    return [
        Life(
            unit=unit,
            source=GivenGenes(rng.uniform(-spread, spread, size).astype(np.float32)),
            birth=Key(1, Stream.BIRTH, index=unit),
            environment=Key(1, Stream.ENVIRONMENT, index=unit),
            body=unit % 2,
            max_steps=max_steps,
        )
        for unit in range(n)
    ]


def live(lives, n_lanes=3, network=NETWORK, task=Toy(), probes=()):  # noqa: B008
    living = network.lanes(task.n_observations, task.n_outputs, n_lanes)
    lanes = Lockstep(genome_of(network), living, task.lanes(n_lanes), n_lanes)
    results = list(lanes.live(iter(lives), probes))
    assert len({result.unit for result in results}) == len(results) == len(lives)
    return sorted(results, key=lambda result: result.unit)


def test_a_life_by_hand():
    """Act, step, and only then rewire: the same life, spelt out with one lane."""
    (life,) = lives_of(1)
    task = Toy()
    living, world = NETWORK.lanes(5, 3, 1), task.lanes(1)
    lane = np.array([0], np.intp)
    living.born(0, genome_of(), life.source, life.birth)
    world.reset(lane, [integer(life.environment)], np.array([life.body]))
    episode_return, steps, over = 0.0, 0, False
    while not over:
        result = world.step(living.act(world.observations, lane), lane)
        episode_return += result.reward[0]
        steps, over = steps + 1, result.terminated[0]
    (found,) = live([life])
    assert (found.episode_return, found.steps) == (episode_return, steps)
    assert found.ending is Ending.TERMINATED
    assert found.measures == {"distance": pytest.approx(episode_return, rel=1e-12)}


@pytest.mark.parametrize("n_lanes", [1, 3, 8, 40])
def test_results_do_not_depend_on_the_lanes(n_lanes):
    lives = lives_of(20)
    assert live(lives, n_lanes) == live(lives, 5)


def test_results_do_not_depend_on_which_other_lives_run():
    lives = lives_of(20)
    everything = live(lives)
    some = [lives[k] for k in (17, 4, 11)]
    assert live(some, 2) == [everything[k] for k in (4, 11, 17)]


def test_lives_differ():
    returns = {result.episode_return for result in live(lives_of(20))}
    assert len(returns) == 20


def test_a_free_lane_takes_the_next_life_at_once():
    taken = []

    def queue():
        for life in lives_of(6):
            taken.append(life.unit)
            yield life

    task = Toy()
    lanes = Lockstep(genome_of(), NETWORK.lanes(5, 3, 2), task.lanes(2), 2)
    results = lanes.live(queue())
    next(results)
    assert taken == [0, 1]
    next(results)
    assert taken == [0, 1, 2]


@pytest.mark.parametrize("max_steps", [1, 4])
def test_the_horizon_ends_a_life(max_steps):
    for result in live(lives_of(5, max_steps=max_steps), task=Toy(mortal=False)):
        assert (result.steps, result.ending) == (max_steps, Ending.HORIZON)


def test_no_lives_no_results():
    assert live([]) == []


@pytest.mark.parametrize(
    "network",
    [NETWORK, FeedForward((6,), exploding, Bounds("none"))],
    ids=["max_abs", "none"],
)
def test_nonfinite_weights_end_a_life_as_nonfinite(network):
    (healthy, doomed) = lives_of(2, network, max_steps=100)
    doomed = replace(doomed, source=GivenGenes(np.full_like(doomed.source.values, np.nan)))
    found = live([healthy, doomed], 2, network, Toy(mortal=False))[1]
    assert (found.ending, found.steps) == (Ending.NONFINITE, 1)
    assert math.isnan(found.episode_return)


def test_weights_that_overflow_end_a_life_though_tanh_would_hide_them():
    """Weights grow about ninefold per step, past float32's 3·10³⁸ within 45."""
    network = FeedForward((6,), exploding, Bounds("none"))
    alone = born(replace(network, hidden=()), 1, 1, spread=0.0)
    outputs = [alone.act(np.ones((2, 1), np.float32), LANE)[0, 0] for _ in range(45)]
    assert abs(outputs[35]) == 1
    assert np.isnan(outputs[44])
    for result in live(lives_of(3, network, max_steps=100), 2, network, Toy(mortal=False)):
        assert result.ending is Ending.NONFINITE
        assert 35 < result.steps < 45
        assert math.isnan(result.episode_return)


def test_a_lane_recovers_from_a_nonfinite_life():
    """What a life leaves behind must not reach the next one on its lane."""
    lives = lives_of(4)
    doomed = replace(lives[0], source=GivenGenes(np.full_like(lives[0].source.values, np.nan)))
    after = live([doomed, *lives[1:]], 1)
    assert after[0].ending is Ending.NONFINITE
    assert after[1:] == live(lives[1:], 1)


def test_a_newborn_has_forgotten_everything():
    network = FeedForward((6,), traced, Bounds("clip", 0.75))
    lanes, rng = born(network, 5, 3), np.random.default_rng(0)
    for _ in range(4):
        lanes.gains[1], lanes.modulators[1] = 0.5, 2.0
        observe(lanes, rng)
    genome = Genome.direct(network.slots(5, 3))
    lanes.born(1, genome, GivenGenes(np.zeros(genome.n_genes, np.float32)), BIRTH)
    assert (lanes.gains[1], lanes.modulators[1].tolist()) == (1, [0] * 9)
    for layer in layers_of(lanes):
        assert not layer.trace.any()
        assert not layer.coefficients.any()


def test_an_infinite_return_is_nonfinite():
    class Rich(Toy):
        def lanes(self, n):
            lanes = super().lanes(n)
            step = lanes.step
            lanes.step = lambda *a: step(*a)._replace(reward=np.full(a[1].size, np.inf))
            return lanes

    for result in live(lives_of(2), task=Rich()):
        assert result.ending is Ending.NONFINITE
        assert math.isnan(result.episode_return)


class Watch:
    """A probe that looks at everything, and changes nothing."""

    def __init__(self):
        self.seen = []

    def __call__(self, moment):
        self.seen.append((moment.steps.tolist(), moment.units.tolist()))
        for lane in moment.lanes:
            moment.network.weights(lane)


def test_a_probe_that_does_nothing_changes_no_bit():
    watch = Watch()
    lives = lives_of(10)
    assert live(lives, probes=[watch]) == live(lives)
    assert watch.seen[0] == ([0, 0, 0], [0, 1, 2])
    assert watch.seen[1] == ([1, 1, 1], [0, 1, 2])
    assert sum(len(steps) for steps, _ in watch.seen) == sum(r.steps for r in live(lives))


class Record:
    """A probe that keeps the weights of unit 0 at each step."""

    def __init__(self):
        self.weights = []

    def __call__(self, moment):
        for lane, unit in zip(moment.lanes, moment.units, strict=True):
            if unit == 0:
                layers = moment.network.weights(lane)
                self.weights.append(np.concatenate([w.ravel() for w in layers]))


@pytest.mark.parametrize("at", [0, 4])
def test_freeze_keeps_the_weights_of_its_step(at):
    frozen, free = Record(), Record()
    lives = lives_of(4, max_steps=10)
    live(lives, task=Toy(mortal=False), probes=[Freeze(at), frozen])
    live(lives, task=Toy(mortal=False), probes=[free])
    assert len(frozen.weights) == len(free.weights) == 10
    for step in range(10):
        np.testing.assert_array_equal(frozen.weights[step], free.weights[step if step < at else at])
    assert (free.weights[at] != free.weights[at + 1]).any()


def test_freeze_after_the_end_changes_no_bit():
    lives = lives_of(6)
    assert live(lives, probes=[Freeze(1000)]) == live(lives)


def test_the_next_life_on_a_lane_is_plastic_again():
    lives = lives_of(6)
    frozen = live(lives, 1, probes=[Freeze(2)])
    assert frozen == live(lives, 6, probes=[Freeze(2)])
    assert frozen != live(lives, 1)


def test_observation_scale_reaches_the_network():
    scaled = replace(NETWORK, observation_scale=(2.0, 0.5, 1.0, 4.0, 0.25))
    plain, lanes = NETWORK.lanes(5, 3, 1), scaled.lanes(5, 3, 1)
    lane, x = np.array([0], np.intp), np.array([[0.5, -0.5, 0.25, 1, 2]], np.float32)
    (life,) = lives_of(1)
    for living in (plain, lanes):
        living.born(0, genome_of(), life.source, life.birth)
    factors = np.array(scaled.observation_scale, np.float32)
    np.testing.assert_array_equal(lanes.act(x, lane), plain.act(x * factors, lane))


def test_linear_output_is_not_squashed():
    lanes = replace(NETWORK, birth="uniform_1", output="linear").lanes(5, 3, 1)
    (life,) = lives_of(1)
    lanes.born(0, genome_of(), life.source, life.birth)
    first, second = lanes.weights(0)
    x = np.full((1, 5), 1000.0, np.float32)
    outputs = lanes.act(x, np.array([0], np.intp))[0]
    np.testing.assert_allclose(outputs, second @ np.tanh(first @ x[0]), rtol=1e-5)
    assert np.abs(outputs).max() > 0.5  # where tanh would take off a tenth
    np.testing.assert_array_equal(lanes.activity(0)[-1], outputs)  # also its post-activity

"""Rate networks: the compiled network is that of the equations, and what lanes promise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from miconi import Reference
from toys import BIRTH, LANE, born, layers_of

from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes
from metahebb.learning.base import Lesson
from metahebb.learning.lifetime import Lifetime
from metahebb.modulators import PredictionError, Reward
from metahebb.networks import FeedForward, Plastic, Recurrent, Sparse
from metahebb.networks.graph import Graph, Population, Projection
from metahebb.networks.rate import Rate
from metahebb.neurons import NEURONS, neuron
from metahebb.noise import Key, Stream, normals, uniforms
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES
from metahebb.tasks import Dnms

PAIRS = {
    "node_perturbation": NEURONS["perturbed"].with_constants(dt=20.0),
    "supralinear": NEURONS["deviating"].with_constants(dt=20.0),
}
"""Each of Miconi's rules with its neuron; 3 of 50 steps of 20 ms have a kick."""


def network_of(rule, units=10, **fields):
    return Rate((units,), RULES[rule], neuron=PAIRS[rule], **fields)


def newborn(network, n_in=2, n_out=1, seed=0, eta=0.1):
    """Return two lanes, the second with a life in which all synapses have the same ``eta``."""
    genome = Genome.direct(network.slots(n_in, n_out))
    lanes = network.lanes(n_in, n_out, 2)
    genes = np.full(genome.n_genes, eta, np.float32)
    lanes.born(1, genome, GivenGenes(genes), replace(BIRTH, seed=seed))
    return lanes


def pupil_of(network, task=None, modulator=None, eta=0.01, seed=0):
    task = task or Dnms(dt=20.0, trials=1000)
    modulator = modulator or PredictionError(begin_with_first=True)
    return Lifetime().pupil(Lesson(task, network, seed, modulator, {"eta": eta}))


@pytest.mark.parametrize("rule", PAIRS)
def test_eligibility_is_that_of_a_loop_over_synapses_and_of_one_product_of_matrices(rule):
    lanes = newborn(network_of(rule))
    reference = Reference(lanes, 1, replace(BIRTH, seed=0))
    observations = np.random.default_rng(0).uniform(-1, 1, (50, 2)).astype(np.float32)
    pres, posts = [], []
    for observation in observations:
        outputs = lanes.act(np.stack([observation, observation]), LANE)[0]
        np.testing.assert_allclose(outputs, reference.step(observation), atol=1e-4)
        pres.append(reference.pre)
        posts.append(reference.post.copy())
    power = 3 if rule == "supralinear" else 1
    product = (np.array(posts) ** power).T @ np.array(pres) ** power
    scale = np.abs(product).max()
    np.testing.assert_allclose(reference.trace, product, rtol=1e-10, atol=1e-10 * scale)
    (trace,) = lanes.traces(1)
    np.testing.assert_allclose(trace, product, rtol=1e-4, atol=1e-4 * scale)
    assert np.count_nonzero(np.any(posts, axis=0)) > 5


OPTIONS = st.fixed_dictionaries(
    {
        "feedback": st.booleans(),
        "senses_everywhere": st.booleans(),
        "topology": st.sampled_from([Rate().topology, Sparse(0.4)]),
        "biases": st.sampled_from([(), (1.0, 1.0, -1.0)]),
    }
)


@pytest.mark.parametrize("rule", PAIRS)
@settings(max_examples=12)
@given(
    sizes=st.tuples(st.integers(3, 12), st.integers(1, 4), st.integers(1, 3)),
    options=OPTIONS,
    inside=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_each_step_is_that_of_the_equations_from_equal_states(rule, sizes, options, inside, seed):
    units, n_in, n_out = sizes
    network = network_of(rule, units, **options)
    network = replace(network, neuron=network.neuron.with_constants(inside=inside, rate=20.0))
    lanes = newborn(network, n_in, n_out, seed)
    reference = Reference(lanes, 1, replace(BIRTH, seed=seed))
    rng, scale = np.random.default_rng(seed), 1e-5 * (1 + 16 * (not inside))
    for step in range(14):
        if step == 9:  # a trial ends: it is learned from, and another one begins
            lanes.modulators[1] = 0.3
            reference.copy(lanes, 1)  # applies the pending update
            lanes.modulators[1] = 0.0
            lanes.begin_trial(LANE)
            reference.begin()
        reference.copy(lanes, 1)
        observation = rng.uniform(-1, 1, n_in).astype(np.float32)
        outputs = lanes.act(np.stack([observation, observation]), LANE)[0]
        np.testing.assert_allclose(outputs, reference.step(observation), atol=scale)
        np.testing.assert_allclose(lanes.activity(1)[1], reference.rates, atol=scale)
        present = lanes.present_layers(1)[0]
        before = reference.weights.copy()
        if step == 7:
            lanes.modulators[1] = 0.3
            reference.learn(0.1, np.float32(0.3))
            assert np.abs(reference.weights - before)[present].any()
        (trace,), (weights,) = lanes.traces(1), lanes.weights(1)
        lanes.modulators[1] = 0.0
        bound = 1e-4 * max(1.0, np.abs(reference.trace).max())
        np.testing.assert_allclose(trace[present], reference.trace[present], atol=bound)
        np.testing.assert_allclose(weights[present], reference.weights[present], atol=1e-6)
        assert not weights[~present].any()


@pytest.mark.parametrize("rule", PAIRS)
def test_a_whole_life_is_that_of_the_equations(rule):
    """Trial by trial: the outputs, the modulator with its baselines, and the weights."""
    task = Dnms(dt=20.0, trials=100)
    modulator = PredictionError(scale_by_mean=True, warm_up=4)
    eta = 0.02 if rule == "node_perturbation" else 50.0
    pupil = pupil_of(network_of(rule), task, modulator, eta, seed=5)
    key, network = Key(5, Stream.BIRTH), pupil._lanes.network
    reference = Reference(network, 0, key)
    first, means, script = reference.weights.copy(), np.zeros(4), task.lanes(1)
    script.reset(np.array([0]), [0], np.array([0]))
    for number in range(12):
        (outcome,) = pupil.live(1)
        trial, outputs = script.trial(0), []
        reference.begin()
        outputs = [reference.step(observation) for observation in trial.observations]
        error = np.abs(np.array(outputs)[40:] - trial.target[40:]).mean()
        assert outcome.error == pytest.approx(error, abs=2e-3)
        kind = number % 4
        if number >= 4:
            reference.learn(eta, means[kind] * (means[kind] - error))
        means[kind] = 0.75 * means[kind] + 0.25 * error
        (weights,) = pupil.weights().values()
        assert (weights == first.astype(np.float32)).all() == (number < 4)
        np.testing.assert_allclose(weights, reference.weights, atol=2e-5)
        script.finish(np.zeros((1, 50, 1), np.float32), np.array([0]))
    assert np.abs(reference.weights - first).max() > 6e-4


def test_a_step_of_learning_is_limited():
    network = network_of("node_perturbation")
    pupil = pupil_of(network, eta=100.0)
    sizes = []
    for _ in range(8):
        (before,) = pupil.weights().values()
        pupil.live(1)
        sizes.append(np.abs(pupil.weights()["layer 1"].astype(float) - before).max())
    assert max(sizes) == pytest.approx(3e-4, rel=1e-3)


@dataclass(frozen=True)
class Even(Dnms):
    """A task in which all trials have the same reward, up to trial number ``until``."""

    until: int = 8

    def judge(self, outputs, trial):
        return super().judge(outputs, trial)._replace(reward=-0.7)


def test_what_was_expected_teaches_nothing():
    network = network_of("node_perturbation")
    pupil = pupil_of(network, Even(dt=20.0, trials=100), eta=1.0)
    (first,) = pupil.weights().values()
    pupil.live(8)
    np.testing.assert_array_equal(pupil.weights()["layer 1"], first)
    other = pupil_of(network, Even(dt=20.0, trials=100), PredictionError(), eta=1.0)
    other.live(1)  # whose running mean begins at 0
    assert (other.weights()["layer 1"] != first).any()


def test_only_synapses_between_units_change():
    network = network_of("node_perturbation", 20, topology=Sparse(0.3), feedback=True)
    pupil = pupil_of(network, eta=0.1)
    lanes = pupil._lanes.network
    fixed, (present,) = lanes.state["fixed"].copy(), lanes.present_layers(0)
    assert fixed.any()
    (first,) = pupil.weights().values()
    pupil.live(20)
    (last,) = pupil.weights().values()
    assert not last[~present].any()
    assert (last != first)[present].mean() > 0.9
    np.testing.assert_array_equal(lanes.state["fixed"], fixed)
    constants = lanes.state["now"][0, lanes._layout.constants]
    np.testing.assert_array_equal(constants, np.tanh([1, 1, -1]).astype(np.float32))


def test_weights_at_birth_are_as_large_as_the_gain_says():
    for density in (1.0, 0.25):
        topology = Rate().topology if density == 1 else Sparse(density)
        lanes = newborn(network_of("node_perturbation", 200, gain=1.2, topology=topology))
        (weights,), (present,) = lanes.weights(1), lanes.present_layers(1)
        spread = weights[present].std() * np.sqrt(density * weights.shape[1])
        assert spread == pytest.approx(1.2, rel=0.02)
    reference = Reference(lanes, 1, BIRTH)
    assert not reference.senses[0].any()  # an output unit receives nothing from sensors
    assert np.abs(reference.senses[1:]).max() == pytest.approx(1, abs=0.02)
    everywhere = newborn(network_of("node_perturbation", 200, senses_everywhere=True))
    assert Reference(everywhere, 1, BIRTH).senses[0].all()


@pytest.mark.parametrize(
    "network",
    [
        network_of("node_perturbation", feedback=True),
        network_of("supralinear"),
        Rate((10,), RULES["node_perturbation"], neuron=NEURONS["noisy"]),
        Recurrent((6,), RULES["reward_abcd"]),
        Recurrent((6, 4), RULES["abcd_lr"], update_every=3, update_window=2),
        FeedForward((5,), RULES["abcd_lr"]),
    ],
    ids=("feedback", "supralinear", "noisy", "recurrent", "two time scales", "feed-forward"),
)
def test_several_steps_in_one_call_have_the_bits_of_single_steps(network):
    """With lanes of different lengths, one of which is left alone."""
    lanes = [network.lanes(2, 1, 4) for _ in range(2)]
    genome = Genome.direct(network.slots(2, 1))
    rng = np.random.default_rng(0)
    genes = rng.uniform(-0.3, 0.3, genome.n_genes).astype(np.float32)
    which, lengths = np.array([0, 1, 3]), np.array([7, 12, 1])
    observations = rng.uniform(-1, 1, (3, 12, 2)).astype(np.float32)
    for each in lanes:
        for lane in range(4):
            each.born(lane, genome, GivenGenes(genes), Key(lane, Stream.BIRTH))
        each.modulators[:] = 0.2
    alone, together = lanes
    outputs = together.act_through(observations, lengths, which)
    for row, lane in enumerate(which.tolist()):
        seen = np.zeros((4, 2), np.float32)
        for step in range(lengths[row]):
            seen[lane] = observations[row, step]
            one = alone.act(seen, np.array([lane]))
            np.testing.assert_array_equal(outputs[row, step], one[0])
        assert not outputs[row, lengths[row] :].any()
    for name in alone.state:
        np.testing.assert_array_equal(together.state[name], alone.state[name], err_msg=name)


@neuron
def showing_normal(drive, normal, /):
    """Output = the unit's random normal number."""
    return normal + 0.0 * drive


@neuron
def showing_uniform(drive, uniform, /):
    """Output = the unit's random uniform number."""
    return uniform + 0.0 * drive


@pytest.mark.parametrize("each", [showing_normal, showing_uniform], ids=lambda each: each.name)
def test_noise_is_a_function_of_the_life_the_step_and_the_unit(each):
    network = Rate((20,), RULES["node_perturbation"], neuron=each)
    lanes = network.lanes(2, 1, 2)
    genome = Genome.direct(network.slots(2, 1))
    genes = GivenGenes(np.zeros(genome.n_genes, np.float32))
    seen = np.zeros((2, 2), np.float32)
    for stream in (Stream.BIRTH, Stream.EVALUATION_BIRTH):
        lanes.born(1, genome, genes, Key(9, stream, 4, 6, 2))
        own = Key(9, Stream.NEURON, 4, 6, 2)
        start = int(stream) << 56
        for step in range(5):
            lanes.act(seen, LANE)
            first = start + step * 21  # 20 units and an output
            wanted = uniforms(own, 20, first)
            if each is showing_normal:
                wanted = normals(own, 20, first + (1 << 55))
            np.testing.assert_array_equal(lanes.activity(1)[1], wanted)
            if step == 2:
                lanes.begin_trial(LANE)  # numbers go on from trial to trial


@pytest.mark.parametrize(
    ("network", "modulator"),
    [
        (network_of("node_perturbation", feedback=True), PredictionError(scale_by_mean=True)),
        (network_of("supralinear"), PredictionError(begin_with_first=True)),
        (network_of("node_perturbation", topology=Sparse(0.5)), PredictionError(warm_up=4)),
        (Recurrent((6,), RULES["reward_abcd"]), Reward()),
        (Recurrent((6,), RULES["reward_abcd"], update_window=3), Reward()),
        (FeedForward((6,), RULES["reward_abcd"]), Reward()),
    ],
    ids=("feedback", "supralinear", "sparse", "recurrent", "window", "feed-forward"),
)
def test_a_life_goes_on_from_what_was_saved_to_the_same_bits(network, modulator):
    task = Dnms(dt=20.0, longest_delay=400.0, trials=1000)
    names = network.rule.coefficients
    coefficients = {name: 0.1 + 0.1 * place for place, name in enumerate(names)}
    lesson = Lesson(task, network, 3, modulator, coefficients)
    first, second = (Lifetime().pupil(lesson) for _ in range(2))
    first.live(7)
    saved = first.saved()
    rest = first.live(6)
    second.live(2)
    second.restore(saved)
    np.testing.assert_equal([tuple(each) for each in second.live(6)], [tuple(e) for e in rest])
    for one, other in zip(first.weights().values(), second.weights().values(), strict=True):
        np.testing.assert_array_equal(one, other)


@dataclass(frozen=True)
class Adding(Plastic):
    """Outputs receive several projections, fixed and plastic ones, at once and delayed."""

    kind: ClassVar[str] = "adding"

    def graph(self, n_observations, n_outputs):
        return Graph(
            {
                "sensors": Population(n_observations),
                "hidden": Population(4, NEURONS["tanh"]),
                "outputs": Population(n_outputs, NEURONS["tanh"]),
            },
            (
                Projection(("sensors",), "hidden"),
                Projection(("sensors",), "outputs", is_fixed=True, birth="uniform_1"),
                Projection(("hidden",), "outputs"),
                Projection(("hidden", "outputs"), "outputs", is_fixed=True, birth="uniform_1"),
                Projection(("outputs", "sensors"), "outputs"),
            ),
        )


@pytest.mark.parametrize("kind", ["none", "max_abs", "clip"])
@settings(max_examples=5)
@given(n_in=st.integers(1, 6), n_out=st.integers(1, 6), seed=st.integers(0, 2**16))
def test_several_projections_onto_one_population_add_up(kind, n_in, n_out, seed):
    network = Adding(rule=RULES["abcd"], normalization=Bounds(kind))
    lanes = born(network, n_in, n_out, seed, spread=0.3)
    rng, heard = np.random.default_rng(seed), np.zeros(n_out)
    first, second = _fixed(lanes, 2)
    for _ in range(5):
        seen = rng.uniform(-1, 1, (2, n_in)).astype(np.float32)
        lanes.flush(LANE)
        now = layers_of(lanes)
        to_hidden, to_outputs, back = (layer.weights.astype(float) for layer in now)
        hidden = np.tanh(to_hidden @ seen[1])
        drive = first @ seen[1] + to_outputs @ hidden
        drive += second @ np.concatenate([hidden, heard])
        drive += back @ np.concatenate([heard, seen[1]])
        outputs = lanes.act(seen, LANE)[0].copy()
        np.testing.assert_allclose(outputs, np.tanh(drive), rtol=1e-4, atol=1e-4)
        heard = outputs
    assert back.shape == (n_out, n_out + n_in)


def _fixed(lanes, n):
    start, matrices = 0, []
    for projection in lanes._fixed[:n]:
        layer = lanes._graph.shape(projection)
        memory = lanes.state["fixed"][1, start : start + layer.size]
        matrices.append(layer.view(memory)[0].astype(float))
        start += layer.size
    return matrices


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Rate((5, 5)), r"expected the number of units in hidden .*, got \(5, 5\)"),
        (lambda: Rate(gain=0.0), "expected a gain above 0 .network rate., got 0.0"),
        (lambda: Rate(biases=(np.inf,)), "expected finite biases .network rate."),
        (lambda: Rate((2,)).graph(3, 4), "expected at least 4 units, one for each output"),
    ],
)
def test_what_cannot_be_is_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()


def test_another_network_becomes_a_rate_network():
    old = Recurrent((30,), RULES["supralinear"], topology=Sparse(0.3))
    new = Rate.like(old)
    assert (new.hidden, new.rule, new.topology) == ((30,), old.rule, old.topology)
    assert Rate.like(new) is new

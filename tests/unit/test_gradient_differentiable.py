"""Rules, neurons and whole networks in torch are the ones of metahebb, and have right gradients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import LANE, bcm, oja, ranged, traced

from metahebb.compiler import Range, positive
from metahebb.compiler.check import FUNCTIONS
from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes
from metahebb.learning import differentiable as module
from metahebb.learning.base import Lesson
from metahebb.learning.differentiable import differentiable, in_range, number_for
from metahebb.learning.differentiable_network import DifferentiableNetwork
from metahebb.learning.gradient import Gradient
from metahebb.networks import FeedForward, Recurrent
from metahebb.neurons import NEURONS
from metahebb.noise import Key, Stream
from metahebb.plasticity import Bounds, rule
from metahebb.plasticity.rules import RULES
from metahebb.tasks import Association, Recall

NONE = Bounds("none")


@rule
def wordy(pre, post, weight, modulator, /, A, *, limit=0.7):
    """Δw = a formula with every function that a rule may call."""
    product = np.clip(A * pre * post, -limit, limit)
    grown = np.exp(-np.square(post)) + np.log(2 + np.abs(pre)) + np.sqrt(1 + np.power(pre, 2))
    wave = np.sin(np.pi * weight) + np.cos(weight) + np.tanh(np.e * pre)
    both = np.logical_and(pre > 0, np.logical_or(post > 0, np.logical_not(weight > 0)))
    return np.where(both, product + wave, np.minimum(grown, 2)) + np.maximum(
        np.sign(modulator), 0.0
    ) * (weight % 0.5)


@pytest.mark.parametrize(
    "function",
    [*RULES.values(), *NEURONS.values(), oja, traced, bcm, ranged, wordy],
    ids=lambda f: f.name,
)
def test_a_function_on_tensors_is_the_function_on_arrays(function):
    rng = np.random.default_rng(0)
    n = len(function.inputs) + len(function.parameters)
    arrays = [rng.normal(size=(5, 4)).astype(np.float32) for _ in range(n)]
    wanted = function(*arrays)
    got = differentiable(function)(*map(torch.from_numpy, arrays))
    for a, b in zip(*(x if isinstance(x, tuple) else (x,) for x in (got, wanted)), strict=True):
        np.testing.assert_allclose(np.asarray(a), b, rtol=1e-5, atol=1e-6)


def test_every_function_that_a_rule_may_call_is_there():
    assert set(FUNCTIONS) <= set(vars(module._NUMPY))
    assert all(f"np.{name}(" in wordy.source for name in FUNCTIONS)


@pytest.mark.parametrize("range_", [None, positive, Range(0.0, 1.0), Range(-2.0, 5.0)])
def test_ranges_are_those_of_the_genome_and_have_inverses(range_):
    numbers = np.array([-1e9, -90, -9, -1, 0, 0.3, 9, 90], np.float32)
    values = in_range(range_, torch.from_numpy(numbers))
    if range_ is not None:
        np.testing.assert_allclose(values, range_.values(numbers), rtol=1e-5, atol=1e-6)
        assert torch.isnan(in_range(range_, torch.tensor([np.inf, np.nan]))).all()
    for number in (-1.0, 0.0, 0.3):
        value = float(in_range(range_, torch.tensor(number)))
        assert number_for(range_, value, "x") == pytest.approx(number, abs=1e-5)


def test_a_start_outside_of_its_range_is_refused():
    with pytest.raises(InputError, match="expected a start of rate between 0 and 1, got 1;"):
        number_for(Range(0.0, 1.0), 1.0, "rate")


TRACE = RULES["plastic_trace"]
CASES = {
    "trace": (Recurrent((9,), TRACE, output="linear"), "recurrent", "given"),
    "all plastic": (Recurrent((9, 4), TRACE), "all", "given"),
    "constants": (Recurrent((7,), TRACE.with_constants(base=0.5)), "recurrent", "given"),
    "abcd": (Recurrent((8,), RULES["abcd_lr"]), "recurrent", "none"),
    "reward": (Recurrent((8,), RULES["reward_abcd"]), "all", "given"),
    "ranged": (Recurrent((5,), ranged), "all", "none"),
    "weight": (Recurrent((5,), oja, leak=0.6), "all", "none"),
    "leaky": (
        Recurrent((6,), TRACE, neuron=NEURONS["leaky"].with_constants(tau=3.0)), "all", "given",
    ),
    "feed-forward": (FeedForward((8, 5), bcm), "all", "none"),
    "static": (Recurrent((6,), RULES["static"]), "recurrent", "none"),
    "scaled": (
        Recurrent((6,), TRACE, observation_scale=(0.5,) * 13), "recurrent", "given",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_trial_in_torch_is_that_of_the_compiled_lanes(case):
    """From the pupil's genes the network lives the same trial, step by step."""
    network, plastic, modulator = CASES[case]
    network = replace(network, normalization=NONE, birth="coevolved")
    task = Recall()
    learner = Gradient(8, plastic=plastic, modulator=modulator, spread=0.3)
    pupil = learner.pupil(Lesson(task, network, 3))
    pupil.live(16)
    record, traces = pupil.test(3, seed=1), pupil.traces(3, seed=1)
    remembered = np.stack(list(record.outcomes.conditions.values()), 1)
    genome = Genome.direct(network.slots(task.n_observations, task.n_outputs))
    lanes = network.lanes(task.n_observations, task.n_outputs, 2)
    for number, observations in enumerate(record.observations):
        lanes.born(1, genome, GivenGenes(pupil.genes()), Key(0, Stream.BIRTH))
        birth = [weights.copy() for weights in lanes.weights(1)]
        equal(pupil.weights().values(), birth, atol=0)
        for step, row in enumerate(observations):
            outputs = lanes.act(np.stack([row, row]), LANE)
            rates = np.concatenate(lanes.activity(1)[1:-1])
            equal([record.outputs[number, step], record.rates[number, step]], [outputs[0], rates])
            if step + 1 == len(observations):  # what rules do now, no step will show
                lanes.gains[1] = 0
            lanes.modulators[1] = modulator == "given" and step in remembered[number]
        weights = lanes.weights(1)
        if "hidden_1 to hidden_1" in traces:
            own = lanes.traces(1)[0][:, -network.hidden[0] :]
            equal([traces["hidden_1 to hidden_1"][number]], [own])
        changes = [np.abs(new - old).max() for new, old in zip(weights, birth, strict=True)]
        assert (max(changes) > 1e-3) == (case != "static")
        assert plastic == "all" or not any(changes[1:])


def equal(arrays, others, atol=1e-4):
    for one, other in zip(arrays, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


@pytest.mark.parametrize("own", [False, True])
def test_gradients_are_those_of_finite_differences(own):
    graph = Recurrent((3,), ranged).graph(2, 1)
    rule_ = TRACE if own else ranged
    model = DifferentiableNetwork(graph, rule_, "all" if not own else "recurrent", own)
    torch.manual_seed(0)
    names = list(model.shapes())
    values = [
        torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for shape in model.shapes().values()
    ]
    observations = torch.randn(2, 4, 2, dtype=torch.float64)
    signal = torch.rand(2, 4, dtype=torch.float64)

    def outputs(*tensors):
        return model.run(dict(zip(names, tensors, strict=True)), observations, signal).outputs

    assert torch.autograd.gradcheck(outputs, values)


def test_copies_of_a_batch_are_apart_and_an_own_modulator_matters():
    task, network = Association(), Recurrent((8,), TRACE, NONE, birth="coevolved")
    pupil = Gradient(4, modulator="own", spread=0.5).pupil(Lesson(task, network, 0))
    assert pupil.weights()["modulator"].shape == (1, 8)
    whole, alone = pupil.test(4, seed=5), pupil.test(1, seed=5)
    np.testing.assert_allclose(whole.outputs[0], alone.outputs[0], rtol=0, atol=1e-6)
    saved = pupil.saved()
    saved["parameter modulator"][:] = 20 * np.abs(saved["parameter modulator"])
    pupil.restore(saved)
    assert np.abs(pupil.test(4, seed=5).outputs - whole.outputs).max() > 1e-3

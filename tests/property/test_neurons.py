"""Neurons in the kernel: the function as written, its state, and what rules see of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import BIRTH, LANE, born, layers_of, observe

from metahebb.compiler import fold_of
from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes
from metahebb.networks import FeedForward, Recurrent
from metahebb.neurons import NEURONS, load_neuron, neuron
from metahebb.noise import Key, Stream, normals, uniforms
from metahebb.plasticity import Bounds
from metahebb.plasticity.reference import update
from metahebb.plasticity.rules import RULES

NONE = Bounds("none")
shapes = st.tuples(st.integers(1, 9), st.integers(1, 40), st.integers(1, 5))
seeds = st.integers(0, 2**16)


@neuron
def surprised(drive, /, mean, post, *, keep=0.5):
    """Output tanh(drive); rules see how far behind the synapse it is from its running mean."""
    output = np.tanh(drive)
    return output, keep * mean + (1 - keep) * output, output - mean


@neuron
def fading(drive, /, pre, *, decay=0.75):
    """Output tanh(drive); rules see a trace of it before the synapse."""
    return np.tanh(drive), decay * pre + np.tanh(drive)


@neuron
def shaken(drive, normal, uniform, /):
    """Output tanh(drive) plus noise of both kinds."""
    return np.tanh(drive) + 0.1 * normal + uniform


def noise_of(each, key, n, step, n_units, first=0):
    """Return the random inputs of ``n`` units in a step: a function of the life's key alone."""
    own = Key(key.seed, Stream.NEURON, key.generation, key.index, key.episode)
    start = (int(key.stream) << 56) + step * n_units + first
    drawn = {"uniform": uniforms(own, n, start), "normal": normals(own, n, start + 2**55)}
    return [drawn[name] for name in each.inputs if name != "drive"]


@pytest.mark.parametrize("kind", [FeedForward, Recurrent])
@pytest.mark.parametrize(
    "each", [*NEURONS.values(), surprised, fading, shaken], ids=lambda n: n.name
)
@settings(max_examples=5)
@given(shape=shapes, seed=seeds)
def test_units_put_out_what_the_function_says(kind, each, shape, seed):
    n_in, n_hidden, n_out = shape
    lanes = born(kind((n_hidden,), normalization=NONE, neuron=each), n_in, n_out, seed)
    rng, state = np.random.default_rng(seed), np.zeros((len(each.state), n_hidden), np.float32)
    for step in range(5):
        if step == 2:
            lanes.flush(LANE)
        observe(lanes, rng)
        inputs, hidden, _ = lanes.activity(1)
        drive = layers_of(lanes)[0].weights @ inputs
        noise = noise_of(each, replace(BIRTH, seed=seed), n_hidden, step, n_hidden + n_out)
        values = each(drive, *noise, *state)
        expected, *state = values if each.state else (values,)
        tolerance = 1e-5 * max(1.0, np.abs(drive).max())
        np.testing.assert_allclose(hidden, expected, rtol=1e-4, atol=tolerance)
        state = [np.asarray(each_state, np.float32) for each_state in state]


@settings(max_examples=10)
@given(shape=shapes, seed=seeds, kind=st.sampled_from([FeedForward, Recurrent]))
def test_rules_see_what_a_neuron_names(shape, seed, kind):
    """Behind its own synapses ``post``, before those it feeds ``pre``, in the step of the input."""
    n_in, n_hidden, n_out = shape
    rule = RULES["abcd"]
    for each in (surprised, fading):
        lanes = born(kind((n_hidden,), rule, NONE, neuron=each), n_in, n_out, seed)
        rng, state, shown = np.random.default_rng(seed), np.zeros((len(each.state), n_hidden)), 0.0
        for _ in range(4):
            observe(lanes, rng)
            old = layers_of(lanes)
            inputs, hidden, outputs = lanes.activity(1)
            _, *state = each(old[0].weights.astype(float) @ inputs, *state)
            seen = dict(zip(each.state, state, strict=True))
            pre = inputs.astype(float)
            if kind is Recurrent:
                pre[n_in:] = shown if each is fading else pre[n_in:]
            signals = [
                (pre, seen.get("post", hidden)),
                (seen.get("pre", hidden), outputs),
            ]
            shown = seen.get("pre", hidden)
            lanes.flush(LANE)
            for before, now, (x, y) in zip(old, layers_of(lanes), signals, strict=True):
                assert fold_of(rule) is None
                wanted = update(rule, NONE, before, x.astype(np.float32), y.astype(np.float32))
                scale = max(1.0, np.abs(wanted.weights).max())
                np.testing.assert_allclose(now.weights, wanted.weights, atol=1e-4 * scale)


@settings(max_examples=10)
@given(shape=shapes, seed=seeds)
def test_flushing_changes_no_bit_and_a_newborn_begins_at_rest(shape, seed):
    n_in, n_hidden, n_out = shape
    network = Recurrent((n_hidden,), neuron=surprised)
    genome = Genome.direct(network.slots(n_in, n_out))
    source = GivenGenes(np.random.default_rng(seed).uniform(-1, 1, genome.n_genes).astype("f4"))
    lanes, outputs = network.lanes(n_in, n_out, 2), []
    for flushed in (set(), {1, 4}, set()):
        lanes.born(1, genome, source, BIRTH)
        rng, rows = np.random.default_rng(seed), []
        for step in range(6):
            rows.append(observe(lanes, rng))
            if step in flushed:
                lanes.flush(LANE)
        outputs.append(np.array(rows))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    np.testing.assert_array_equal(outputs[0], outputs[2])


def test_a_trial_begins_at_rest_and_keeps_weights():
    lanes, rng = born(Recurrent((6,), neuron=surprised), 4, 3), np.random.default_rng(0)
    for _ in range(3):
        observe(lanes, rng)
    lanes.flush(LANE)
    before = lanes.weights(1)
    lanes.begin_trial(LANE)
    for one, other in zip(before, lanes.weights(1), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not lanes.state["before"][1].any()
    observe(lanes, np.random.default_rng(5))
    first = lanes.activity(1)
    assert not first[0][4:].any()  # nothing is heard of the trial before
    assert first[1].any()


def test_constants_of_a_neuron_need_no_other_kernel():
    one, other = (born(FeedForward((4,), neuron=load_neuron(f"leaky:tau={tau}")), 3, 2)
                  for tau in (2, 20))  # fmt: skip
    assert one._step is other._step
    rows = [observe(lanes, np.random.default_rng(0)) for lanes in (one, other)]
    assert not np.array_equal(*rows)


FILE = """
import numpy as np
from metahebb.neurons import neuron

@neuron
def squared(drive, /):
    return np.tanh(drive) * np.tanh(drive)
"""


def test_a_neuron_of_a_users_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    mine = load_neuron(f"{path}:squared")
    lanes = born(FeedForward((4,), neuron=mine), 3, 2)
    observe(lanes, np.random.default_rng(0))
    assert (lanes.activity(1)[1] >= 0).all()
    with pytest.raises(InputError, match=r"expected a neuron in .* among squared, got 'sqared'"):
        load_neuron(f"{path}:sqared")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: load_neuron("tahn"), "expected a neuron among deviating, .*; did you mean 'tanh'"),
        (lambda: load_neuron("leaky:ta=3"), "constant of neuron 'leaky' among dt, tau, got 'ta'"),
        (
            lambda: FeedForward(neuron=surprised, update_window=3),
            "expected update_window of 1 with the neuron surprised, .* got 3",
        ),
        (
            lambda: Recurrent(leak=0.5, neuron=NEURONS["leaky"]),
            "expected a leak of 1 with the neuron leaky, got 0.5",
        ),
    ],
)
def test_neurons_that_do_not_fit_are_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()


def test_a_neuron_returns_its_output_and_all_of_its_state():
    with pytest.raises(InputError, match=r"neuron 'mine' to return \(output, x\), got 1 value"):

        @neuron
        def mine(drive, /, x):
            return drive + x

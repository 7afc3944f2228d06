"""Evolution meets reward: coefficients of rules that learn from reward are genes like others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_runs import QUIET, metrics

from experiments.evolved_reward.runs import BUDGETS, WITHHELD, config_of, unevolved
from metahebb.cli import main
from metahebb.genomes import Genome, GivenGenes
from metahebb.modulators import PredictionError
from metahebb.networks import Rate
from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.neurons import NEURONS
from metahebb.noise import Key, Stream
from metahebb.plasticity import bounded, rule
from metahebb.plasticity.rules import RULES
from metahebb.probes import parse_probes
from metahebb.runs.center import Center
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import PRESETS, preset
from metahebb.tasks import Dnms, Pairs
from metahebb.tasks.trials.pairs import TRAINING
from metahebb.worker import GivenPoint, Plan, Worker

GAINED, NODE = RULES["gained_perturbation"], RULES["node_perturbation"]
KICKED = NEURONS["perturbed"].with_constants(
    tau=100.0, dt=20.0, amplitude=0.5, rate=5.0, inside=0.0
)
SMALL = RunConfig(
    task=Pairs(trials=24, counted=8),
    network=Rate((12,), GAINED.with_constants(eta=0.5), birth="coevolved", neuron=KICKED,
                 plastic_senses=True),
    modulator=PredictionError(keep=0.9, begin_with_first=True),
)  # fmt: skip


def genes_of(setup, seed=0):
    return np.random.default_rng(seed).normal(0, 0.4, setup.genome.n_genes).astype(np.float32)


def returned(config, genes, observers=()):
    with Worker(config.setup(), 1) as worker:
        plan = Plan(0, config.task.max_steps)
        (life,) = worker.evaluate(plan, GivenPoint(genes[None]), range(1), observers)
    return life["episode_return"]


class Watching:
    """An observer, for whom trials have to be lived step by step."""

    def observe_step(self, moment, step):
        pass


def test_the_rule_is_node_perturbation_of_weights_behind_a_gain():
    rng = np.random.default_rng(0)
    plain = NODE.with_constants(decay=0.98, limit=0.01)
    for pre, post, trace, modulator in rng.normal(0, 2, (50, 4)):
        change, of_trace = plain(pre, post, trace, modulator, 0.03)
        for gain in (0.0, 0.3, 1.0):
            mine = GAINED(pre, post, trace, modulator, gain)
            assert mine == pytest.approx((gain * change, of_trace), abs=1e-15)
    (declared,) = GAINED.ranges
    assert (declared.low, declared.high, declared.at_zero) == (0.0, 1.0, 0.5)


def without_gain(rule_, layers):
    """Set all gains to 0, as a change at birth."""
    for layer in layers:
        layer[:] = 0


def test_a_gain_of_zero_is_the_static_network():
    """The same weights, inherited by a network that never changes, give the same bits."""
    task, one = SMALL.task, np.array([0])
    sizes = (task.n_observations, task.n_outputs)
    lived = {}
    static = replace(SMALL.network, rule=RULES["static"], birth="uniform")
    for name, network, changes in (
        ("gain 0", SMALL.network, (without_gain,)),
        ("learning", SMALL.network, ()),
        ("static", static, ()),
    ):
        genome = Genome.direct(network.slots(*sizes))
        weights = np.random.default_rng(1).normal(0, 0.5, network.layers(*sizes)[0].size)
        genes = np.zeros(genome.n_genes, np.float32)
        genes[genome.stretches()["inherited" if name == "static" else "birth"]] = weights
        network_lanes = network.lanes(*sizes, 1)
        network_lanes.born(0, genome, GivenGenes(genes), Key(0, Stream.BIRTH), changes)
        task_lanes = task.lanes(1)
        task_lanes.reset(one, [0], one)
        everything = []
        for trial in range(5):
            outputs = network_lanes.act_through(*task_lanes.script(one), one)
            task_lanes.finish(outputs, one)
            network_lanes.modulators[:] = (-1) ** trial
            network_lanes.flush(one)
            network_lanes.begin_trial(one)
            everything.append(outputs.tobytes())
        lived[name] = everything, network_lanes.weights(0)[0].tobytes()
    assert lived["gain 0"] == lived["static"]
    assert lived["learning"] != lived["static"]


def test_frozen_networks_are_right_in_half_of_a_function_and_its_negation():
    task = replace(SMALL.task, functions=(TRAINING[2], TRAINING[-3]))
    config = replace(SMALL, task=task)
    genes = genes_of(config.setup())
    setup = replace(config.setup(), probes=parse_probes(["freeze:at=0"]))
    with Worker(setup, 2) as worker:
        plan = Plan(0, task.max_steps, (0, 1), 6)
        frozen = worker.evaluate(plan, GivenPoint(genes[None]), range(1))
    assert frozen["accuracy"].mean() == pytest.approx(0.5, abs=0.15)  # kicks differ


def test_plastic_senses_are_columns_of_the_one_matrix_that_the_rule_changes():
    network = SMALL.network
    fixed = replace(network, plastic_senses=False)
    for each, n_in in ((network, 2 + 3 + 12), (fixed, 3 + 12)):
        (layer,) = each.layers(2, 1)
        assert (layer.n_out, layer.n_in) == (12, n_in)
    lanes = network.lanes(2, 1, 1)
    genome = Genome.direct(network.slots(2, 1))
    genes = np.random.default_rng(0).normal(0, 0.3, genome.n_genes).astype(np.float32)
    lanes.born(0, genome, GivenGenes(genes), Key(0, Stream.BIRTH))
    (before,) = lanes.weights(0)
    x, last = np.zeros(12), np.zeros(12)
    rng = np.random.default_rng(1)
    for step in range(4):  # without kicks
        seen = rng.normal(size=(1, 2)).astype(np.float32)
        output = lanes.act(seen, np.array([0]))
        heard = np.concatenate([seen[0], np.tanh(network.biases), last])
        if step == 0:  # the potential with which a trial begins is random
            x = np.arctanh(lanes.activity(0)[-2].astype(np.float64)[-12:])
        else:
            x += 0.2 * (before @ heard - x)
        last = np.tanh(x)
        np.testing.assert_allclose(output[0, 0], last[0], rtol=1e-4, atol=1e-5)
    for _ in range(20):
        lanes.act(seen, np.array([0]))
    lanes.modulators[:] = 1
    (after,) = lanes.weights(0)
    assert (after != before)[:, :2].any()
    alone = network.autonomous([before])
    np.testing.assert_array_equal(alone.weights, before[:, 5:].astype(np.float64))
    np.testing.assert_allclose(alone.inputs, before[:, 2:5] @ np.tanh(network.biases), rtol=1e-6)


def test_a_life_of_evolution_lives_each_scripted_trial_in_one_call(monkeypatch):
    calls = {"act": 0, "act_through": 0}
    for name in calls:
        method = getattr(PlasticLanes, name)

        def counting(self, *args, name=name, method=method):
            calls[name] += 1
            return method(self, *args)

        monkeypatch.setattr(PlasticLanes, name, counting)
    task = Dnms(dt=20.0, trials=7)
    network = Rate((10,), NODE, neuron=NEURONS["perturbed"].with_constants(dt=20.0))
    config = RunConfig(task=task, network=network, modulator=PredictionError())
    genes = genes_of(config.setup())
    whole = returned(config, genes)
    assert calls == {"act": 0, "act_through": 7}
    assert whole == returned(config, genes, [Watching()])
    assert calls == {"act": task.max_steps, "act_through": 7}


@rule
def fading(pre, post, trace, modulator, /, A, eta, decay: bounded(0, 1)):
    """Δw = η·m·E, with E ← decay·E + A·pre·post, and a decay of each synapse."""
    eligible = decay * trace + A * pre * post
    return eta * modulator * eligible, eligible - trace


@pytest.mark.parametrize(
    ("rule_", "coefficient"),
    [
        (NODE.with_constants(limit=0.1), "eta"),
        (GAINED.with_constants(eta=0.5), "gain"),
        (fading, "eta"),
        (fading, "decay"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_each_synapse_has_a_gene_for_each_coefficient_and_lives_by_it(rule_, coefficient):
    """A gene of one synapse alone changes the life, and only where reward reaches synapses."""
    task = Dnms(dt=20.0, trials=12)
    network = Rate((10,), rule_, neuron=NEURONS["perturbed"].with_constants(dt=20.0, rate=20.0))
    config = RunConfig(task=task, network=network, modulator=PredictionError())
    setup = config.setup()
    (layer,) = setup.genome.slots[0].layers
    synapses = 10 * (3 + 10)
    assert setup.genome.n_genes == len(rule_.coefficients) * synapses
    genes = genes_of(setup)
    other = genes.copy()
    plane = rule_.coefficients.index(coefficient)
    layer.view(other)[plane, 0, 3 + 4] += 1.0  # of the synapse from unit 4 to the output
    assert returned(config, genes) != returned(config, other)
    unrewarded = replace(config, modulator=None)
    assert returned(unrewarded, genes) == returned(unrewarded, other)


def evolved(path, *flags):
    flags = (*flags, "--threads", "1", "--out", str(path), "--center-lives", "1", *QUIET)
    assert main(["evolve", *flags]) == 0
    return RunFolder.open(path)


@pytest.mark.slow
def test_evolution_finds_coefficients_that_learn_from_reward(tmp_path):
    """The command evolves A, B, C, D and η of each synapse, so that choices follow reversals."""
    task = ("--task", "serial_reversal", "--task.trials", "60", "--task.every", "20")
    search = ("--popsize", "48", "--search.learning-rate", "0.3", "--search.stdev", "0.3")
    flags = (*task, *search, "--generations", "14", "--episodes", "2")
    run = evolved(tmp_path / "run", "bandit", *flags)
    fitness = [record["fitness_mean"] for record in metrics(run.path)]
    assert abs(fitness[0]) < 10  # of 60, which would be always right
    assert np.mean(fitness[-3:]) > 25
    center = run.load()
    first = Center(run.path, run.config, 0, unevolved(center).genes, center.setup)
    (layer,) = center.genome.slots[0].layers
    for before, after in zip(layer.view(first.genes), layer.view(center.genes), strict=True):
        assert np.unique(after - before).size == after.size  # each synapse went a way of its own


def test_the_hidden_sign_of_reversal_can_be_evolved_with_reward(tmp_path):
    flags = ("--rule", "reward_abcd", "--modulator", "reward", "--popsize", "8")
    run = evolved(tmp_path / "run", "reversal", *flags, "--generations", "2")
    center = run.load()
    assert center.genome.slots[0].rule == RULES["reward_abcd"]
    assert (center.genes != unevolved(center).genes).all()


@pytest.mark.parametrize("size", BUDGETS)
def test_runs_of_the_study_live_with_a_function_and_its_negation(size):
    config = config_of(BUDGETS[size], seed=3)
    assert WITHHELD == ("0110", "1001")
    assert not set(WITHHELD) & set(config.task.bodies)
    seen = {body for stage in config.schedule for body in stage.bodies}
    assert (seen == set(config.task.bodies)) == (size != "smoke")
    for stage in config.schedule:
        one, other = stage.bodies
        assert all(a != b for a, b in zip(one, other, strict=True))
        assert stage.max_steps == config.task.max_steps
    if size == "quick":
        assert config == replace(preset("pairs"), seed=3)
    assert "pairs" in PRESETS

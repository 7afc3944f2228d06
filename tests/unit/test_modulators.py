"""Modulators: what they write, when rules read it, and what a trial begins anew."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
from toys import BIRTH, Toy, ToyLanes, born, layers_of, traced

from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes
from metahebb.life import Life, Lockstep
from metahebb.modulators import Given, Output, PredictionError, Reward
from metahebb.networks import FeedForward, Recurrent
from metahebb.noise import Key, Stream
from metahebb.plasticity import Bounds
from metahebb.plasticity.reference import update
from metahebb.plasticity.rules import RULES
from metahebb.tasks import Association, Bandit, Recall
from metahebb.tasks.base import StepResult
from metahebb.worker import Plan, SearchPoint, Setup, Worker

NONE = Bounds("none")
BOTH = np.arange(2)


def step_of(reward, over=None, kind=None):
    still = StepResult.of_nothing(len(reward))
    return still._replace(reward=np.array(reward, float), trial_over=over, kind=kind)


def written(lanes, step, which=BOTH):
    modulators = np.full((2, 3), 9, np.float32)
    lanes.step(step, np.zeros((len(which), 3), np.float32), which, modulators)
    return modulators


def test_reward_is_written_to_all_units_of_the_lanes_that_took_the_step():
    lanes = Reward(scale=2.0).lanes(Toy(), 2)
    np.testing.assert_array_equal(written(lanes, step_of([0.5, -1])), [[1] * 3, [-2] * 3])
    np.testing.assert_array_equal(written(lanes, step_of([3]), BOTH[1:]), [[9] * 3, [6] * 3])


def test_a_given_signal_is_that_of_the_task_in_the_step_just_lived():
    task = Recall(trials=2)
    lanes, modulator = task.lanes(2), Given(scale=2.0).lanes(task, 2)
    lanes.reset(BOTH, (3, 4), BOTH * 0)
    assert not getattr(modulator, "is_quiet_within_trials", False)
    signals = [task.signal(lanes.trial(lane)) for lane in range(2)]
    assert all(signal.sum() == 2 for signal in signals)
    outputs = np.zeros((2, task.n_outputs), np.float32)
    for step in range(task.n_steps):
        modulators = written(modulator, lanes.step(outputs, BOTH))
        wanted = [2 * signal[step] for signal in signals]
        np.testing.assert_array_equal(modulators, np.tile(wanted, (3, 1)).T)
    _, lengths = lanes.script(BOTH)
    whole = lanes.finish(np.zeros((2, lengths[0], task.n_outputs), np.float32), BOTH)
    assert (whole.signal == 0).all()  # nothing is to be remembered in a trial's last step


def test_an_output_modulates_the_synapses_of_its_own_lane():
    lanes = Output(index=1, scale=-2.0).lanes(Toy(), 2)
    assert not getattr(lanes, "is_quiet_within_trials", False)
    modulators = np.full((2, 3), 9, np.float32)
    lanes.step(step_of([1]), np.array([[5, 0.5, 7]], np.float32), BOTH[1:], modulators)
    np.testing.assert_array_equal(modulators, [[9] * 3, [-1] * 3])


@pytest.mark.parametrize(
    ("task", "modulator"),
    [(Recall(trials=4), Given()), (Association(trials=4), Output(1)), (Toy(), Output(2))],
)
def test_signals_within_trials_are_those_that_a_life_of_steps_has(task, modulator):
    """Only a rule that reads the signal lives otherwise, and lanes are modulated alone."""
    gated, still = RULES["plastic_trace"], RULES["abcd_lr"]
    network = Recurrent((4,), gated, NONE)
    modulated, silent = (setup_of(gated, each, task, network) for each in (modulator, None))
    assert not np.array_equal(lives(modulated), lives(silent))
    np.testing.assert_array_equal(lives(modulated, 1, 6), lives(modulated, 4, 6))
    others = [setup_of(still, each, task, Recurrent((4,), still)) for each in (modulator, None)]
    np.testing.assert_array_equal(*map(lives, others))


def test_a_prediction_error_is_that_of_a_whole_trial_among_its_kind():
    lanes = PredictionError(keep=0.5).lanes(Bandit(), 2)
    over, not_over = np.array([True, True]), np.array([True, False])
    first = written(lanes, step_of([1, 2], not_over, np.array([0, 1])))
    np.testing.assert_array_equal(first[:, 0], [1, 0])  # the second one's trial goes on
    second = written(lanes, step_of([1, 2], over, np.array([0, 1])))
    np.testing.assert_array_equal(second[:, 0], [1 - 0.5, 2 + 2])
    third = written(lanes, step_of([1, 1], over, np.array([1, 1])))
    np.testing.assert_array_equal(third[:, 0], [1, 1 - 2])  # of another kind, and of the same
    lanes.reset(BOTH[:1])
    fourth = written(lanes, step_of([1, 1], over, np.array([1, 1])))
    np.testing.assert_array_equal(fourth[:, 0], [1, 1 - 1.5])


def test_without_trials_every_step_is_one():
    lanes = PredictionError(keep=0.5).lanes(Toy(), 2)
    assert [written(lanes, step_of([1, 1]))[0, 0] for _ in range(3)] == [1, 0.5, 0.25]


@dataclass(frozen=True)
class InTrials(Toy):
    """A toy whose every third step ends a trial."""

    n_kinds: int = 1

    def lanes(self, n):
        return InTrialsLanes(self, n)


class InTrialsLanes(ToyLanes):
    def step(self, outputs, lanes):
        step = super().step(outputs, lanes)
        left = self.left[lanes]
        return step._replace(trial_over=left % 3 == 0, kind=np.zeros(lanes.size, np.intp))


def lives(setup, n_lanes=2, count=4):
    n = setup.genome.n_genes
    point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.5, np.float32), mirrored=True)
    with Worker(setup, n_lanes) as worker:
        return worker.evaluate(Plan(0, 20), point, range(count))["episode_return"]


def setup_of(rule, modulator=None, task=None, network=None):
    network = network or FeedForward((4,), rule)
    return replace(Setup.build(task or Toy(), network, seed=3), modulator=modulator)


def test_a_rule_that_reads_the_modulator_lives_another_life_and_others_do_not():
    gated = RULES["reward_abcd"]
    assert not np.array_equal(lives(setup_of(gated)), lives(setup_of(gated, Reward())))
    plain = RULES["abcd_lr"]
    np.testing.assert_array_equal(lives(setup_of(plain)), lives(setup_of(plain, Reward())))
    np.testing.assert_array_equal(lives(setup_of(gated)), lives(setup_of(gated, Reward(0.0))))


@pytest.mark.parametrize("task", [Toy(), InTrials()])
@pytest.mark.parametrize("modulator", [Reward(), PredictionError()])
def test_lanes_are_modulated_alone(task, modulator):
    setup = setup_of(RULES["reward_abcd"], modulator, task)
    np.testing.assert_array_equal(lives(setup, 1, 6), lives(setup, 4, 6))


heard = []
"""What the network remembers of the step before, at each step of the last `watched` life."""


def watched(setup, steps):
    """Live one life of one lane; return what its network was at each step, and its coefficients."""
    network = setup.network.lanes(5, 3, 1)
    modulator = setup.modulator.lanes(setup.task, 1)
    task, seen = setup.task.lanes(1), []
    heard.clear()

    class Watch:
        def __call__(self, moment):
            network.flush(np.array([0]))
            state = network.state["before"][0].copy()
            seen.append((network.weights(0), network.activity(0), network.modulators[0].copy()))
            heard.append(state)

    genes = np.random.default_rng(1).uniform(-1, 1, setup.genome.n_genes).astype(np.float32)
    lanes = Lockstep(setup.genome, network, task, 1, modulator)
    life = Life(0, GivenGenes(genes), BIRTH, Key(1, Stream.ENVIRONMENT), 0, steps)
    list(lanes.live(iter([life]), [Watch()]))
    return seen, setup.genome.expressed(GivenGenes(genes))["coefficients"]


def test_the_update_of_a_step_reads_the_reward_of_that_step():
    rule = RULES["reward_abcd"]
    setup = replace(setup_of(rule, Reward(), Toy(mortal=False)),
                    network=FeedForward((4,), rule, NONE))  # fmt: skip
    seen, coefficients = watched(setup, 6)
    for (before, *_), (after, activity, modulators) in itertools.pairwise(seen):
        assert np.unique(modulators).size == 1
        for k, layer in enumerate(coefficients):
            pre, post = activity[k : k + 2]
            a, b, c, d, eta = layer
            hebb = a * np.outer(post, pre) + b * pre + c * post[:, None] + d
            wanted = before[k] + eta * modulators[0] * hebb
            np.testing.assert_allclose(after[k], wanted, rtol=1e-4, atol=1e-5)
    assert any(modulators[0] for *_, modulators in seen)


def test_a_trial_ends_with_the_update_that_is_due_and_forgets_activity_and_trace():
    setup = setup_of(traced, Reward(), InTrials(mortal=False), Recurrent((4,), traced, NONE))
    seen, _ = watched(setup, 9)
    ends = [1, 4, 7]  # steps after which 2**40 − step can be divided by 3
    for step in range(1, 9):
        weights, activity, _ = seen[step]
        assert heard[step].any() == (step not in ends)
        assert all(part.any() for part in activity)  # who looks sees the step that was lived
        changed = any((a != b).any() for a, b in zip(seen[step - 1][0], weights, strict=True))
        # The rule multiplies the trace of before, which is 0 in the first update of a trial.
        assert changed == (step - 1 not in [0, *ends])


def test_what_a_task_emits_is_what_rules_see_of_the_outputs():
    network = FeedForward((), RULES["abcd"], NONE)
    lanes, rng = born(network, 3, 2), np.random.default_rng(0)
    old = layers_of(lanes)[0]
    seen = rng.uniform(-1, 1, (2, 3)).astype(np.float32)
    lanes.act(seen, BOTH[1:])
    chosen = np.array([[0, 1]], np.float32)
    lanes.emit(BOTH[1:], chosen)
    lanes.flush(BOTH[1:])
    wanted = update(network.rule, NONE, old, seen[1], chosen[0])
    np.testing.assert_allclose(layers_of(lanes)[0].weights, wanted.weights, rtol=1e-5, atol=1e-6)


def test_means_over_a_window_take_what_is_emitted_and_go_on_from_trial_to_trial():
    network = FeedForward((), RULES["abcd"], NONE, update_window=3)
    lanes, rng = born(network, 3, 2), np.random.default_rng(0)
    pre, post = np.zeros(3), np.zeros(2)
    for age in range(1, 7):
        old = layers_of(lanes)[0]
        seen = rng.uniform(-1, 1, (2, 3)).astype(np.float32)
        lanes.act(seen, BOTH[1:])
        chosen = rng.uniform(-1, 1, (1, 2)).astype(np.float32)
        lanes.emit(BOTH[1:], chosen)
        lanes.flush(BOTH[1:])
        lanes.begin_trial(BOTH[1:])
        pre += (seen[1] - pre) / min(age, 3)
        post += (chosen[0] - post) / min(age, 3)
        wanted = update(network.rule, NONE, old, pre, post)
        np.testing.assert_allclose(
            layers_of(lanes)[0].weights, wanted.weights, rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("kind", ["none", "max_abs", "clip"])
def test_without_a_gate_the_reward_rule_is_abcd_bit_for_bit(kind):
    """An eta of 1 multiplies exactly; abcd_lr multiplies others in at birth, which rounds."""
    gated = RULES["reward_abcd"].with_constants(decay=0, base=1, gate=0)
    rng = np.random.default_rng(2)
    lives_of = []
    genes = rng.uniform(-1, 1, (2, 5, 1000)).astype(np.float32)
    for rule in (gated, RULES["abcd_lr"]):
        network = FeedForward((9, 4), rule, Bounds(kind))
        slots = network.slots(7, 3)
        genome = Genome.direct(slots)
        values, start = np.empty(genome.n_genes, np.float32), 0
        for number, layer in enumerate(slots[0].layers):
            view = layer.view(values[start : start + layer.size])
            view[:] = genes[number % 2, :, : layer.synapses].reshape(view.shape)
            view[4] = 1
            start += layer.size
        lanes = network.lanes(7, 3, 1)
        lanes.born(0, genome, GivenGenes(values), BIRTH)
        lanes.modulators[:] = 0.7
        seen = np.random.default_rng(3).uniform(-1, 1, (25, 1, 7)).astype(np.float32)
        acted = [lanes.act(each, np.array([0])).tobytes() for each in seen]
        lives_of.append((acted, [layer.tobytes() for layer in lanes.weights(0)]))
    assert lives_of[0] == lives_of[1]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Reward(np.inf), "expected a finite scale .modulator reward., got inf"),
        (lambda: PredictionError(keep=1.0), "expected keep from 0 to below 1 .*, got 1.0"),
        (lambda: PredictionError(scale=np.nan), "expected a finite scale .*, got nan"),
        (lambda: Given(np.inf), "expected a finite scale .modulator given., got inf"),
        (lambda: Given().lanes(Association(), 1), "a task that gives a signal .*, got association"),
        (lambda: Given().lanes(Bandit(), 1), "a task that gives a signal .*, got bandit; use for"),
        (lambda: written(Given().lanes(Recall(), 2), step_of([1, 1])), "gives a signal .* recall"),
        (lambda: Output(-1), "expected an index of at least 0 .modulator output., got -1"),
        (lambda: Output(0, np.nan), "expected a finite scale .modulator output., got nan"),
        (lambda: Output(2).lanes(Bandit(), 1), "index from 0 to 1, .* task bandit .*, got 2; "),
    ],
)
def test_what_cannot_be_is_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()

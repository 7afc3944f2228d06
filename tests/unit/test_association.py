"""One-shot association and modulated recall: their trials, their answers, their signal."""

from __future__ import annotations

import numpy as np
import pytest

from metahebb.errors import InputError
from metahebb.learning.differentiable_trials import Signalling
from metahebb.tasks import TASKS, Association, Recall

LANES = np.arange(2)


def trials(task, n=40, seed=0):
    return [task.trial(k, np.random.default_rng((seed, k))) for k in range(n)]


def shown(task, trial):
    """Return the cues and the values of each pair, and the cue at the end."""
    cues, values = trial.observations[:, : task.bits], trial.observations[:, task.bits : -1]
    return cues[0:-2:2], values[1:-2:2], cues[-2]


def test_both_are_registered():
    assert (TASKS["association"], TASKS["recall"]) == (Association, Recall)


@pytest.mark.parametrize("task", [Association(), Recall(), Association(pairs=5, bits=4)])
def test_a_trial_shows_cues_and_values_in_alternate_steps_then_a_cue_then_nothing(task):
    for trial in trials(task):
        observations = trial.observations
        assert observations.shape == (task.n_steps, task.n_observations)
        assert (observations[:, -1] == 1).all()
        cues, values, asked = shown(task, trial)
        assert {*np.unique(cues), *np.unique(values), *np.unique(asked)} <= {-1, 1}
        on = np.count_nonzero(observations[:, :-1], axis=1)
        assert on.tolist() == [task.bits] * (task.n_steps - 1) + [0]
        assert not observations[1::2, : task.bits].any()
        assert not observations[0::2, task.bits : -1].any()
        assert np.isnan(trial.target[:-1]).all()
        assert np.isfinite(trial.target[-1]).all()


def test_the_answer_of_an_association_is_the_value_of_the_cue_and_cues_are_distinct():
    task = Association()
    for number, trial in enumerate(trials(task)):
        cues, values, asked = shown(task, trial)
        assert len(np.unique(cues, axis=0)) == 3
        (place,) = np.flatnonzero((cues == asked).all(1))
        assert place == trial.kind == number % 3
        np.testing.assert_array_equal(trial.target[-1], values[place])


def test_recall_shows_each_cue_twice_and_signals_the_one_value_to_remember():
    task, late = Recall(), 0
    assert isinstance(task, Signalling)
    assert not isinstance(Association(), Signalling)
    for trial in trials(task, 200):
        cues, values, asked = shown(task, trial)
        assert len(np.unique(cues, axis=0)) == 2
        signal = task.signal(trial)
        assert signal.shape == (task.n_steps,)
        assert signal.sum() == 2
        marked = np.flatnonzero(signal[1:-2:2])
        assert len(np.unique(cues[marked], axis=0)) == 2
        places = np.flatnonzero((cues == asked).all(1))
        assert len(places) == 2
        (remembered,) = set(places) & set(marked)
        np.testing.assert_array_equal(trial.target[-1], values[remembered])
        assert (cues[0] == asked).all() == (trial.kind == 0)
        late += remembered == places[1]
    assert 60 < late < 140


def test_trials_follow_from_their_seed():
    one, same, other = (trials(Recall(), 3, seed) for seed in (1, 1, 2))
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a.observations, b.observations)
        assert a.conditions == b.conditions
        assert not np.array_equal(a.observations, c.observations)


def test_correct_is_the_part_of_the_bits_and_so_is_the_accuracy_of_a_life():
    task = Association()
    lanes = task.lanes(2)
    lanes.reset(LANES, [1, 2], LANES * 0)
    outputs = np.zeros((2, task.n_steps, 6), np.float32)
    for row in range(2):
        outputs[row, -1] = 0.5 * lanes.trial(row).target[-1]
    outputs[1, -1, :2] *= -1
    result = lanes.finish(outputs, LANES)
    assert [lanes.outcome(k).correct for k in LANES] == [1.0, pytest.approx(4 / 6)]
    assert [lanes.outcome(k).choice for k in LANES] == [-1, -1]
    np.testing.assert_allclose(result.reward, [-0.5, -(4 * 0.5 + 2 * 1.5) / 6])
    assert lanes.measures(1)["accuracy"] == pytest.approx(4 / 6)
    assert result.trial_over.all()


def test_who_knows_the_values_but_no_binding_has_three_quarters_of_the_bits():
    for task, n in ((Association(), 900), (Recall(), 900)):
        right = []
        for trial in trials(task, n):
            cues, values, asked = shown(task, trial)
            known = values if task.label == "association" else values[(cues == asked).all(1)]
            outputs = np.zeros((task.n_steps, 6), np.float32)
            outputs[-1] = known.sum(0) + 0.01  # a tie becomes +1
            right.append(task.judge(outputs, trial).correct)
        assert np.mean(right) == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Association(pairs=1), r"expected 2 to 64 cues, .*\(task association\), got 1"),
        (lambda: Association(pairs=5, bits=2), r"expected 2 to 4 cues, .*2 bits .*, got 5"),
        (lambda: Recall(cues=0), r"expected 2 to 64 cues, .*\(task recall\), got 0"),
        (lambda: Recall(bits=0), r"expected bits of at least 1 \(task recall\), got 0"),
        (lambda: Recall(trials=0), "expected trials of at least 1, got 0"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(make, message):
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)

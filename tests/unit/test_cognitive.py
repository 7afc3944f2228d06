"""Cognitive tasks: trials, how answers are judged, and that a trial depends on its key only."""

from __future__ import annotations

import numpy as np
import pytest

from metahebb.tasks import Cognitive
from metahebb.tasks.base import Judged, JudgedLanes, Resumable, Trials
from metahebb.tasks.cognitive.table import KNOWN

EVERY = np.arange(3)
SEEDS = [11, 12, 13]


def outputs_of(actions, n):
    return np.eye(n, dtype=np.float32)[np.asarray(actions)]


def begun(task, seeds=SEEDS):
    lanes = task.lanes(len(seeds))
    lanes.reset(np.arange(len(seeds)), seeds, np.zeros(len(seeds), np.intp))
    return lanes


def lived(task, policy, seed=11):
    """Return the outcomes of a life on one lane with ``policy(number, step)``, and the lanes."""
    lanes, lane = begun(task, [seed]), np.array([0])
    outcomes, step = [], 0
    while True:
        action = policy(len(outcomes), step)
        result = lanes.step(outputs_of([action], task.n_outputs), lane)
        assert not result.nonfinite[0]
        step += 1
        if result.trial_over[0]:
            outcomes.append(lanes.outcome(0))
            step = 0
        if result.truncated[0]:
            return outcomes, lanes


def random_outputs(task, n_steps, n=3, seed=0):
    """Return outputs ``(n_steps, n, n_outputs)`` that mostly withhold, so that trials get far."""
    outputs = np.random.default_rng(seed).normal(size=(n_steps, n, task.n_outputs))
    outputs[:, :, 0] += 2.5
    return outputs.astype(np.float32)


@pytest.mark.parametrize("name", KNOWN)
def test_who_gives_the_right_answers_is_right_in_every_trial(name):
    task = Cognitive(name, trials=3 if name == "delayed-xor" else 25)
    trials = task.arrays(range(task.trials), 11)
    lanes, lane = begun(task, [11]), np.array([0])
    for number in range(task.trials):
        for step in range(trials.lengths[number]):
            np.testing.assert_array_equal(lanes.observations[0], trials.observations[number, step])
            action = trials.answers[number, step]
            result = lanes.step(outputs_of([action], task.n_outputs), lane)
            assert result.kind[0] == trials.kinds[number]
            if result.trial_over[0]:
                break
        assert result.trial_over[0]
        assert result.truncated[0] == (number == task.trials - 1)
        outcome = lanes.outcome(0)
        assert outcome.correct == 1
        assert outcome.kind == trials.kinds[number]
        assert outcome.conditions == tuple(trials.conditions[number])
        withheld = task.kinds[outcome.kind] == "fixation"
        assert outcome.choice == (-1 if withheld else action)
        assert outcome.reward > 0 or withheld
    measured = lanes.measures(0)
    assert measured["accuracy"] == 1
    assert measured["decided"] == (1 if name != "detection" else (trials.kinds == 1).mean())
    assert len(np.unique(trials.kinds)) == task.n_kinds or task.trials < 10


def test_the_protocols_of_a_judged_task_hold():
    task = Cognitive()
    lanes = begun(task)
    assert isinstance(task, Trials)
    assert isinstance(task, Judged)
    assert isinstance(lanes, JudgedLanes)
    assert isinstance(lanes, Resumable)
    assert lanes.observations.dtype == np.float32
    assert task.choices == ("fixation", "choice 1", "choice 2")
    assert task.kinds == ("choice 1", "choice 2")
    assert (task.label, task.bodies, task.seconds_per_step) == ("random-dots", ("default",), 0.1)
    assert task.max_steps == 200 * task.n_steps == 200 * (7 + 15 + 5)
    assert [measure.name for measure in task.measures] == ["accuracy", "decided"]
    assert list(lanes.measures(0)) == ["accuracy", "decided"]
    assert np.isnan(list(lanes.measures(0).values())).all()


def test_no_trial_is_longer_than_the_longest_one():
    for name in ("context-integration", "ready-set-go", "wager"):
        task = Cognitive(name)
        lengths = task.arrays(range(200), 0).lengths
        assert 0.5 * task.n_steps < lengths.max() <= task.n_steps


def test_the_same_seed_has_the_same_bits_and_another_seed_has_others():
    task = Cognitive("context-integration", trials=50)
    lanes = begun(task, [5, 5, 6])
    outputs = random_outputs(task, 200)
    differ = False
    for step in range(200):
        both = lanes.step(outputs[step, [0, 0, 0]], EVERY)
        np.testing.assert_array_equal(lanes.observations[0], lanes.observations[1])
        assert both.reward[0] == both.reward[1]
        differ |= (lanes.observations[0] != lanes.observations[2]).any()
    assert differ


def test_a_lane_depends_neither_on_its_neighbors_nor_on_its_place():
    task = Cognitive("wager", trials=50)
    outputs = random_outputs(task, 150)
    together, apart = begun(task), [begun(task, [seed]) for seed in SEEDS]
    ends = 0
    for step in range(150):
        # In every third step, only the first and the last lane advance.
        moved = np.array([0, 2]) if step % 3 == 0 else EVERY
        result = together.step(outputs[step, moved], moved)
        for row, lane in enumerate(moved):
            alone = apart[lane].step(outputs[step, [lane]], np.array([0]))
            assert alone.reward[0] == result.reward[row]
            assert alone.trial_over[0] == result.trial_over[row]
            np.testing.assert_array_equal(apart[lane].observations[0], together.observations[lane])
            if result.trial_over[row]:
                ends += 1
                assert repr(apart[lane].outcome(0)) == repr(together.outcome(lane)), (
                    "NaN equals NaN"
                )
    assert ends > 10


def test_a_life_goes_on_from_what_was_saved_to_the_same_bits():
    task = Cognitive("delay-comparison", trials=40, timing={"delay": "100..900"})
    outputs = random_outputs(task, 400)
    lanes, lane = begun(task), np.array([1])
    step, ends = 0, 0
    while ends < 5:
        ends += lanes.step(outputs[step, [1]], lane).trial_over[0]
        step += 1
    saved = lanes.saved(1)
    other = begun(task)
    other.step(outputs[0, [1]], lane)
    other.restore(1, saved)
    assert other.numbers[1] == 5
    for each in outputs[step:, [1]]:
        np.testing.assert_array_equal(lanes.observations[1], other.observations[1])
        one, two = lanes.step(each, lane), other.step(each, lane)
        assert (one.reward, one.trial_over) == (two.reward, two.trial_over)
    assert lanes.numbers[1] == other.numbers[1] > 10
    assert lanes.measures(1) == other.measures(1)
    assert saved["number"] == 5, "expected a copy"
    assert np.isfinite(saved["recent"][0]).sum() == 5, "expected a copy"


def test_a_new_life_knows_nothing_of_the_last_one():
    _, lanes = lived(Cognitive(trials=4), lambda number, step: 1)
    assert lanes.measures(0)["accuracy"] == 0
    lanes.reset(np.array([0]), [3], np.array([0]))
    assert lanes.numbers[0] == 0
    assert np.isnan(lanes.measures(0)["accuracy"])


def test_the_kind_of_a_trial_is_the_last_action_that_is_right():
    facts = Cognitive().facts
    assert [facts.kind_of(np.array(a)) for a in ([0, 2, 1, 0], [0, 1, 2])] == [0, 1]
    assert Cognitive("detection").facts.kind_of(np.array([0, 0])) == 0


def test_the_trial_that_neurogym_begins_by_itself_changes_nothing():
    task = Cognitive(trials=6)
    trials = task.arrays([3], 11)
    lanes = begun(task, [11])
    while lanes.numbers[0] < 3:  # aborts, so that trials end in their first steps
        lanes.step(outputs_of([1], 3), np.array([0]))
    shown = [lanes.observations[0].copy()]
    for _ in range(trials.lengths[0] - 1):
        lanes.step(outputs_of([0], 3), np.array([0]))
        shown.append(lanes.observations[0].copy())
    np.testing.assert_array_equal(shown, trials.observations[0, : trials.lengths[0]])


def test_who_breaks_fixation_ends_the_trial_without_an_answer():
    outcomes, lanes = lived(Cognitive(trials=4), lambda number, step: 1)
    assert [outcome.reward for outcome in outcomes] == [-0.1] * 4
    assert [outcome.choice for outcome in outcomes] == [-1] * 4
    assert [outcome.correct for outcome in outcomes] == [0] * 4
    assert lanes.measures(0) == {"accuracy": 0, "decided": 0}


def test_who_chooses_while_offers_are_shown_has_aborted():
    outcomes, _ = lived(Cognitive("economic-choice", trials=3), lambda _, step: int(step >= 9))
    assert [(o.reward, o.choice, o.correct) for o in outcomes] == [(-0.1, -1, 0)] * 3


def test_without_aborts_a_trial_goes_on_after_a_break_of_fixation():
    task = Cognitive(trials=20, abort=False, rewards={"abort": -1})
    outcomes, _ = lived(task, lambda number, step: 1)
    n_fixation = 7
    rewards = {outcome.reward for outcome in outcomes}
    assert rewards == {-n_fixation, -n_fixation + 1}
    assert {outcome.choice for outcome in outcomes} == {1}
    assert all((o.correct == 1) == (o.reward == -6) == (o.kind == 0) for o in outcomes)


def test_who_never_answers_is_wrong_and_has_the_reward_for_that():
    outcomes, lanes = lived(Cognitive(trials=3, rewards={"none": -1}), lambda number, step: 0)
    assert [(o.reward, o.choice, o.correct) for o in outcomes] == [(-1, -1, 0)] * 3
    assert lanes.measures(0) == {"accuracy": 0, "decided": 0}
    assert lived(Cognitive(trials=3), lambda number, step: 0)[0][0].reward == 0


def test_rewards_are_given_by_name():
    task = Cognitive(trials=20, rewards={"correct": 5, "fail": -2.5})
    outcomes, _ = lived(task, lambda number, step: int(step >= 7))  # from the stimulus on
    assert {outcome.reward: outcome.correct for outcome in outcomes} == {5: 1, -2.5: 0}
    sure = Cognitive("wager", trials=30, rewards={"sure": 0.25, "abort": -3})
    outcomes, _ = lived(sure, lambda number, step: 3 * int(step >= 7))
    assert {outcome.reward for outcome in outcomes} == {0.25, -3}
    economic = Cognitive("economic-choice", trials=20, rewards={"correct": 1})
    starts = economic.arrays(range(20), 11).answers.astype(bool).argmax(1)
    outcomes, _ = lived(economic, lambda number, step: int(step >= starts[number]))
    for outcome in outcomes:
        offer_a, offer_b, a_first = outcome.conditions
        assert outcome.reward == pytest.approx(offer_a if a_first else offer_b / 2.2)


def test_a_sure_bet_is_neither_right_nor_wrong_where_it_is_offered():
    outcomes, lanes = lived(Cognitive("wager", trials=30), lambda number, step: 3 * (step >= 7))
    assert {outcome.conditions[1] for outcome in outcomes} == {0, 1}
    for outcome in outcomes:
        assert outcome.choice == 3
        if outcome.conditions[1]:
            assert np.isnan(outcome.correct)
            assert outcome.reward == pytest.approx(0.7)
        else:
            assert (outcome.correct, outcome.reward) == (0, -0.1)
    assert lanes.measures(0) == {"accuracy": 0, "decided": 1}


def test_an_interval_is_right_within_the_margin_that_is_rewarded():
    task = Cognitive("ready-set-go", trials=25)
    trials = task.arrays(range(25), 11)
    right = trials.answers.argmax(1)
    for shift in (-4, -1, 0, 1, 6):
        outcomes, _ = lived(task, lambda number, step, at=right + shift: int(step == at[number]))
        for number, outcome in enumerate(outcomes):
            interval = trials.conditions[number, 0]
            error = abs(80 * (shift + 1))  # neurogym counts from the onset of "set"
            assert outcome.error == pytest.approx(error)
            assert outcome.correct == (error <= 0.2 * interval + 25) == (outcome.reward > 0)
    assert np.isnan(lived(task, lambda number, step: 0)[0][0].error)


def test_to_withhold_is_right_where_there_is_no_stimulus():
    outcomes, lanes = lived(Cognitive("detection", trials=30), lambda number, step: 0)
    shown = [outcome.conditions[0] for outcome in outcomes]
    assert set(shown) == {0, 1}
    assert [outcome.correct for outcome in outcomes] == [1 - each for each in shown]
    assert [outcome.reward for outcome in outcomes] == [-each for each in shown]
    assert lanes.measures(0)["decided"] == 0


def test_conditions_say_what_the_right_answer_follows_from():
    def of(name, n=200):
        task = Cognitive(name)
        trials = task.arrays(range(n), 0)
        values = dict(zip(task.conditions, trials.conditions.T, strict=True))
        return np.array(task.kinds)[trials.kinds], values, trials.observations.sum(1)

    right, dots, _ = of("random-dots")
    assert set(np.abs(dots["coherence"])) == {0, 6.4, 12.8, 25.6, 51.2}
    assert (np.signbit(dots["coherence"]) == (right == "choice 1")).all()
    right, wager, _ = of("wager")
    assert (np.signbit(wager["coherence"]) == (right == "choice 1")).all()
    right, context, sums = of("context-integration")
    assert set(context["context"]) == {0, 1}
    assert ((context["attended"] > 0) == (right == "choice 2")).all()
    assert 0.3 < ((context["ignored"] > 0) == (right == "choice 2")).mean() < 0.7
    np.testing.assert_array_equal(sums[:, 5:].argmax(1), context["context"])
    evidence = np.stack([sums[:, 2] - sums[:, 1], sums[:, 4] - sums[:, 3]])
    for name, modality in (("attended", context["context"]), ("ignored", 1 - context["context"])):
        seen = evidence[modality.astype(int), np.arange(200)]
        assert np.corrcoef(seen, context[name])[0, 1] > 0.6
    right, multi, _ = of("multisensory")
    assert ((multi["coherence"] > 0) == (right == "choice 2")).all()
    assert 0 < multi["share"].min() < multi["share"].max() < 1
    right, pairs, _ = of("delay-comparison")
    assert ((pairs["f1"] > pairs["f2"]) == (right == "choice 1")).all()
    right, match, _ = of("match-to-sample")
    assert ((match["sample"] == match["test"]) == (right == "match")).all()
    right, economic, _ = of("economic-choice")
    a_wins = 2.2 * economic["offer_a"] > economic["offer_b"]
    assert ((a_wins == economic["a_first"]) == (right == "choice1")).all()


def test_the_delayed_xor_has_the_two_stimuli_of_miconi():
    task = Cognitive("delayed-xor")
    trials = task.arrays(range(12), 3)
    assert (trials.lengths == 1001).all()
    seen = trials.observations[:, 1:, 1:]  # without the step and the signal of fixation
    first, second = seen[:, 0].argmax(1), seen[:, 400].argmax(1)
    assert {(a, b) for a, b in zip(first, second, strict=True)} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    for shown, start in ((first, 0), (second, 400)):
        wanted = np.eye(2)[shown][:, None].repeat(200, 1)
        np.testing.assert_allclose(seen[:, start : start + 200], wanted, atol=1e-6)
    assert np.abs(seen[:, 200:400]).max() == np.abs(seen[:, 600:]).max() == 0
    np.testing.assert_array_equal(trials.answers[:, -1] == 2, first != second)


def test_arrays_hold_zeros_behind_the_end_of_a_trial_and_no_answer():
    trials = Cognitive().arrays(np.arange(20), 4)
    behind = np.arange(trials.observations.shape[1]) >= trials.lengths[:, None]
    assert behind.any()
    assert (trials.observations[behind] == 0).all()
    assert (trials.answers[behind] == -1).all()
    assert (trials.answers[~behind] >= 0).all()
    again = Cognitive().arrays([7], 4)
    np.testing.assert_array_equal(again.observations[0], trials.observations[7, : again.lengths[0]])


def test_rules_see_the_action_and_a_non_finite_output_ends_the_life():
    lanes = begun(Cognitive())
    outputs = np.array([[0.1, 0.3, 0.2], [0, np.nan, 0], [2, 1, 1]], np.float32)
    result = lanes.step(outputs, EVERY)
    np.testing.assert_array_equal(result.emitted[[0, 2]], [[0, 1, 0], [1, 0, 0]])
    assert result.nonfinite.tolist() == [False, True, False]
    assert result.trial_over.tolist() == [True, False, False]

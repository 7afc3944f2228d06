"""Tasks of trials: what they show, what is right in them, and how a life in them goes on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metahebb.errors import InputError
from metahebb.tasks import CenterOut, ContextIntegration, Dnms, SerialReversal
from metahebb.tasks.base import Judged, JudgedLanes, Resumable, ScriptedLanes, TargetLanes

BOTH, ONE = np.arange(2), np.array([0])
SCRIPTED = [
    Dnms(dt=10.0, longest_delay=300.0),
    ContextIntegration(dt=10.0),
    CenterOut(hold=5, move=10),
]
ALL = [*SCRIPTED, SerialReversal(every=10)]


def opened(task, seeds=(1, 2)):
    lanes = task.lanes(2)
    lanes.reset(BOTH, seeds, BOTH * 0)
    return lanes


def lived(lanes, task, n, rng, which=BOTH):
    """Live ``n`` trials step by step; return observations, outcomes and results of each step."""
    seen, outcomes, steps = [], [], []
    while len(outcomes) < n:
        seen.append(lanes.observations[which[-1]].copy())
        outputs = rng.uniform(-1, 1, (2, task.n_outputs)).astype(np.float32)[-len(which) :]
        steps.append(lanes.step(outputs, which))
        if steps[-1].trial_over[-1]:
            outcomes.append(lanes.outcome(int(which[-1])))
    return np.array(seen), outcomes, steps


def trial_of(task, number, seed=0):
    return task.trial(number, np.random.default_rng((seed, number)))


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.label)
def test_a_life_is_a_function_of_its_seed_and_goes_on_from_what_was_saved(task):
    lanes = opened(task)
    assert isinstance(task, Judged)
    assert isinstance(lanes, JudgedLanes)
    assert isinstance(lanes, Resumable)
    kinds, conditions = len(task.kinds), len(task.conditions)
    assert task.n_kinds == kinds
    first = lived(lanes, task, 3, np.random.default_rng(0), BOTH[1:])
    saved = lanes.saved(1)
    rest = lived(lanes, task, 5, np.random.default_rng(1), BOTH[1:])
    again = opened(task, (7, 2))
    np.testing.assert_array_equal(
        lived(again, task, 3, np.random.default_rng(0), BOTH[1:])[0], first[0]
    )
    lived(again, task, 4, np.random.default_rng(5), BOTH[1:])
    again.restore(1, saved)
    seen, outcomes, _ = lived(again, task, 5, np.random.default_rng(1), BOTH[1:])
    np.testing.assert_array_equal(seen, rest[0])
    np.testing.assert_equal([tuple(each) for each in outcomes], [tuple(each) for each in rest[1]])
    assert again.measures(1) == lanes.measures(1)
    for each in (*first[1], *rest[1]):
        assert 0 <= each.kind < kinds
        assert len(each.conditions) == conditions
        assert each.correct in (0, 1)
    # Trials of a longer life are the same ones.
    longer = opened(task.with_trials(10**6))
    np.testing.assert_array_equal(
        lived(longer, task, 3, np.random.default_rng(0), BOTH[1:])[0], first[0]
    )


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.label)
def test_a_life_ends_with_its_last_trial_and_outputs_that_are_not_finite(task):
    lanes = opened(task.with_trials(2))
    _, _, steps = lived(lanes, task, 2, np.random.default_rng(0), ONE)
    assert [bool(each.truncated[0]) for each in steps] == [False] * (len(steps) - 1) + [True]
    assert [m.name for m in task.measures] == list(lanes.measures(0))
    lanes = opened(task)
    outputs = np.zeros((2, task.n_outputs), np.float32)
    outputs[1, 0] = np.nan
    np.testing.assert_array_equal(lanes.step(outputs, BOTH).nonfinite, [False, True])


@pytest.mark.parametrize("task", SCRIPTED, ids=lambda task: task.label)
def test_a_whole_trial_is_judged_as_its_steps_are(task):
    stepped, whole = opened(task), opened(task)
    assert isinstance(whole, ScriptedLanes)
    assert isinstance(whole, TargetLanes)
    for _ in range(3):
        observations, lengths = whole.script(ONE)
        assert observations.shape == (1, task.n_steps, task.n_observations)
        rng = np.random.default_rng(0)
        seen, (outcome,), steps = lived(stepped, task, 1, rng, ONE)
        assert lengths[0] == len(seen) <= task.n_steps
        assert not observations[0, lengths[0] :].any()
        np.testing.assert_array_equal(observations[0, : lengths[0]], seen)
        rng, outputs = np.random.default_rng(0), np.zeros((1, task.n_steps, task.n_outputs), "f4")
        for step in range(lengths[0]):
            outputs[0, step] = rng.uniform(-1, 1, (2, task.n_outputs))[-1]
        result = whole.finish(outputs, ONE)
        np.testing.assert_equal(tuple(whole.outcome(0)), tuple(outcome))
        assert result.reward[0] == steps[-1].reward[0] == -outcome.error
        assert all(not each.reward[0] and not each.trial_over[0] for each in steps[:-1])
        assert result.kind[0] == outcome.kind


def test_dnms_shows_two_stimuli_and_asks_whether_they_differed():
    task = Dnms()
    assert (task.n_steps, Dnms(dt=5.0).n_steps, Dnms(dt=5.0).seconds_per_step) == (1000, 200, 0.005)
    for number, (kind, right) in enumerate((("AA", -1), ("AB", 1), ("BA", 1), ("BB", -1))):
        trial = trial_of(task, number)
        assert task.kinds[trial.kind] == kind
        for begin, letter in zip((0, 400), kind, strict=True):
            sensor = "AB".index(letter)
            assert (trial.observations[begin : begin + 200, sensor] == 1).all()
            assert not trial.observations[begin : begin + 200, 1 - sensor].any()
        assert trial.observations.sum() == 400
        assert np.isnan(trial.target[:800]).all()
        np.testing.assert_array_equal(trial.target[800:], np.float32(right * 0.98))
        outcome = task.judge(np.full((1000, 1), 0.5, np.float32), trial)
        assert outcome.error == pytest.approx(0.48 if right > 0 else 1.48)
        assert (outcome.correct, outcome.choice) == (float(right > 0), 1)


def test_delays_are_drawn_and_reported():
    task = Dnms(dt=10.0, delay=100.0, longest_delay=300.0)
    trials = [trial_of(task, number) for number in range(300)]
    delays = np.array([trial.conditions[0] for trial in trials])
    assert (delays.min(), delays.max()) == (100, 300)
    assert {len(t.observations) - t.conditions[0] / 10 for t in trials} == {80.0}


def test_activity_costs_energy_but_does_not_decide_what_is_right():
    outputs = np.full((100, 1), -2.0, np.float32)
    outputs[80:] = -0.98
    for task in (Dnms(dt=10.0), Dnms(dt=10.0, energy=0.5)):
        outcome = task.judge(outputs, trial_of(task, 0))
        cost = task.energy * (0.8 * 2 + 0.2 * 0.98)
        assert outcome.error == -outcome.reward == pytest.approx(cost, abs=1e-6)
        assert outcome.correct == 1


def test_both_modalities_are_noisy_and_the_context_says_which_one_counts():
    task = ContextIntegration()
    trials = [trial_of(task, number) for number in range(200)]
    sensed = np.array([trial.observations for trial in trials])
    assert sensed.shape == (200, 700, 4)
    assert not sensed[:, 500:, :2].any()
    strengths = np.array([trial.conditions[:2] for trial in trials])
    noise = sensed[:, :500, :2] / 0.5 - strengths[:, None]
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert abs(noise.mean()) < 0.01
    assert set(np.abs(strengths).ravel()) == {0.5}
    for number, trial in enumerate(trials):
        attended, sign = divmod(number % 4, 2)
        assert trial.kind == number % 4
        assert trial.conditions[2] == attended + 1
        assert strengths[number, attended] == sign - 0.5
        assert (sensed[number, :, 2:] == np.eye(2)[attended]).all()
        assert np.isnan(trial.target[:500]).all()
        np.testing.assert_array_equal(trial.target[500:], np.float32(0.98 * (2 * sign - 1)))
        words = (("first", "second")[attended], ("negative", "positive")[sign])
        assert task.kinds[trial.kind] == " ".join(words)
    # The modality that is not attended to has either sign in each kind.
    others = strengths[np.arange(200), [1 - int(t.conditions[2] - 1) for t in trials]]
    for kind in range(4):
        assert set(others[kind::4]) == {-0.5, 0.5}


def test_long_steps_have_less_noise_so_that_a_mean_is_as_sure():
    sums = []
    for dt in (1.0, 10.0):
        task = ContextIntegration(dt=dt)
        noise = [
            (trial.observations[:, :2] * dt).sum(0) / 0.5 - 500 * np.array(trial.conditions[:2])
            for trial in (trial_of(task, number) for number in range(400))
        ]
        sums.append(np.std(noise))
    np.testing.assert_allclose(sums, np.sqrt(500), rtol=0.1)


def test_other_strengths_are_drawn_for_each_modality():
    task = ContextIntegration(dt=10.0, strengths=(0.0, 0.1, 0.4))
    pairs = {trial_of(task, number).conditions for number in range(1000)}
    values = {-0.4, -0.1, 0.0, 0.1, 0.4}
    assert pairs == {(a, b, c) for a in values for b in values for c in (1.0, 2.0)}
    assert not any(math.copysign(1, v) < 0 for pair in pairs for v in pair if v == 0)


def path_by_hand(outputs):
    """The arm as the equations say, with the hold of 49 steps."""
    one, two, places = 0.8 * np.pi, 0.4 * np.pi, []
    for step, (a, b) in enumerate(outputs.astype(float), 1):
        if step >= 50:
            one = np.clip(one + a / 150, 0, 1.5 * np.pi)
            two = np.clip(two + b / 150, np.pi / 20, np.pi - np.pi / 20)
        x = 3 * np.cos(one + np.pi) + 3 * np.cos(one + two)
        places.append((x, 3 * np.sin(one) + 3 * np.sin(one + two - np.pi)))
    return np.array(places) - places[0]


@pytest.mark.parametrize("size", [1, 20])
def test_outputs_turn_the_joints_within_their_limits(size):
    rng = np.random.default_rng(0)
    for _ in range(4):
        outputs = (size * rng.uniform(-1, 1, 2) * np.ones((150, 2))).astype(np.float32)
        path = CenterOut().path(outputs)
        np.testing.assert_allclose(path, path_by_hand(outputs), atol=1e-12)
        assert not path[:49].any()
        assert path[49].any()


def test_a_reach_is_judged_by_the_place_of_the_hand_and_its_cost():
    task = CenterOut()
    np.testing.assert_allclose(task.goals(), [[0, 1], [1, 0], [0, -1], [-1, 0]], atol=1e-12)
    assert (task.n_steps, task.n_observations, task.n_outputs) == (150, 5, 2)
    outputs = np.zeros((150, 2), np.float32)
    outputs[49:, 0] = -0.5
    reached = path_by_hand(outputs)[-2:]
    for number in range(8):
        trial = trial_of(task, number)
        assert trial.kind == number % 4
        assert trial.conditions == (90.0 * (number % 4),)
        np.testing.assert_array_equal(trial.observations[:, :4], [np.eye(4)[number % 4]] * 150)
        np.testing.assert_array_equal(trial.observations[:, 4], [1] * 49 + [0] * 101)
        outcome = task.judge(outputs, trial)
        distance = np.abs(reached - task.goals()[trial.kind]).mean()
        assert outcome.error == pytest.approx(distance + 0.1 * 0.25 * 101 / 150)
        assert (outcome.reward, outcome.choice, outcome.correct) == (-outcome.error, -1, 0.0)


def test_a_reach_that_ends_at_its_target_is_right_unless_it_costs_too_much():
    task = CenterOut()
    # The angles of the joints with the hand straight ahead at (0, 1), by Newton's method.
    angles = np.zeros(2)
    for _ in range(50):
        move = lambda a: path_by_hand(np.tile(a, (150, 1)))[-1]  # noqa: E731
        slope = np.array([(move(angles + h) - move(angles)) / 1e-6 for h in 1e-6 * np.eye(2)]).T
        angles -= np.linalg.solve(slope, move(angles) - [0, 1])
    outputs = np.tile(angles, (150, 1)).astype(np.float32)
    outputs[:49] = 0
    outcome = task.judge(outputs, trial_of(task, 0))
    assert outcome.error == pytest.approx(0.1 * np.abs(outputs).mean(), abs=0.01)
    assert outcome.correct == 1
    dear = CenterOut(energy=10.0)
    assert dear.judge(outputs, trial_of(dear, 0)).correct == 0
    assert CenterOut(tolerance=1e-3).judge(outputs, trial_of(task, 0)).correct == 0


def test_who_knows_the_bit_is_always_right_and_who_does_not_notice_swaps_is_so_half_of_the_time():
    task = SerialReversal(trials=400, every=40)
    for knows in (True, False):
        lanes, rewards, since = opened(task), [], []
        start = lanes.bits.copy()
        for _ in range(400):
            bits = lanes.bits if knows else start
            outputs = np.zeros((2, 2), np.float32)
            actions = lanes.cues ^ bits
            outputs[BOTH, actions] = 0.5
            cues = lanes.cues.copy()
            assert (lanes.observations == np.eye(3)[cues] + [0, 0, 1]).all()
            step = lanes.step(outputs, BOTH)
            np.testing.assert_array_equal(step.emitted, np.eye(2)[actions])
            np.testing.assert_array_equal(step.kind, cues)
            assert step.trial_over.all()
            outcome = lanes.outcome(1)
            assert (outcome.kind, outcome.choice) == (cues[1], actions[1])
            assert (outcome.reward, outcome.correct) == (step.reward[1], step.reward[1] == 1)
            assert np.isnan(outcome.error)
            rewards.append(step.reward[1])
            since.append(outcome.conditions[0])
        assert since == list(range(40)) * 10
        wanted = [1] * 400 if knows else ([1] * 40 + [-1] * 40) * 5
        assert rewards == wanted
        assert lanes.measures(1)["settled"] == (1 if knows else 0.5)
        # The last hundred trials begin in the middle of a block in which all were wrong.
        assert lanes.measures(1)["accuracy"] == (1 if knows else 0.4)


def test_trials_before_a_life_has_settled_do_not_count():
    task = SerialReversal(every=10, settle=4)
    lanes = opened(task)
    for number in range(20):
        outputs = np.zeros((2, 2), np.float32)
        right = (lanes.cues ^ lanes.bits) ^ (number % 10 < 4)  # wrong until it settles
        outputs[BOTH, right] = 1
        lanes.step(outputs, BOTH)
        if number == 3:
            assert np.isnan(lanes.measures(0)["settled"])
    assert lanes.measures(0) == {"accuracy": 0.6, "settled": 1.0}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Dnms(trials=0), "expected trials of at least 1, got 0"),
        (lambda: Dnms(dt=0.0), "expected a dt above 0 .task dnms., got 0.0"),
        (lambda: Dnms(dt=3.0), "expected stimulus to be a number of whole steps of 3 ms"),
        (lambda: Dnms(judged=0.0), "expected a stimulus and a judged time above 0 ms"),
        (lambda: Dnms(longest_delay=100.0), "a longest_delay of at least the delay, 200 ms"),
        (lambda: Dnms(energy=-1.0), "expected an energy of at least 0 .task dnms., got -1.0"),
        (lambda: Dnms(delay=math.nan), "expected delay to be a number of whole steps .* got nan"),
        (lambda: ContextIntegration(wait=-1.0), "expected wait to be a number of whole steps"),
        (lambda: ContextIntegration(strengths=()), r"expected one or more strengths .*, got \(\)"),
        (lambda: ContextIntegration(strengths=(-1.0,)), "expected one or more strengths of at"),
        (lambda: ContextIntegration(noise=math.inf), "expected a noise of at least 0 .* got inf"),
        (lambda: CenterOut(targets=0), "expected targets of at least 1 .task center_out., got 0"),
        (lambda: CenterOut(move=1), "expected move of at least 2 .task center_out., got 1"),
        (lambda: CenterOut(energy=math.nan), "expected an energy of at least 0 .* got nan"),
        (lambda: CenterOut(tolerance=0.0), "expected a tolerance above 0 .* got 0.0"),
        (lambda: SerialReversal(every=0), "expected every of at least 1 .* got 0"),
        (lambda: SerialReversal(every=6), "expected a settle below every, 6 .* got 6"),
    ],
)
def test_what_cannot_be_is_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()

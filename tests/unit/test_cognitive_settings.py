"""Cognitive tasks: settings and bad input, environments of one's own, and lives in evolution."""

from __future__ import annotations

import importlib.metadata
import pickle
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from metahebb.errors import InputError
from metahebb.genomes import GivenGenes
from metahebb.runs.config import RunConfig
from metahebb.runs.presets import preset
from metahebb.runs.serial import from_json, to_json
from metahebb.settings.asked import Asked, config_asked
from metahebb.settings.parsing import parse
from metahebb.tasks import Cognitive
from metahebb.tasks.base import TaskError
from metahebb.tasks.cognitive import library
from metahebb.tasks.cognitive import task as task_module
from metahebb.tasks.cognitive.session import Session
from metahebb.tasks.cognitive.table import KNOWN
from metahebb.tasks.cognitive.timing import as_drawn, longest, read_time
from metahebb.tasks.gym.kept import absence_of, facts_to_keep, remembered
from metahebb.worker import Fresh, Plan, Worker

ROOT = Path(__file__).parents[2]
REMEDY = (
    "run make cognitive, or: pip install 'metahebb[cognitive]' && "
    "pip install --no-deps neurogym==2.3.1"
)

OWN = '''
import gymnasium
import numpy as np
from neurogym.core import TrialEnv, TrialWrapper
from neurogym.utils import spaces


class Mine(TrialEnv):
    """Answer 1 or 2 at once, as the only sensor says."""

    def __init__(self, dt=100, level=1.0, broken=-1):
        super().__init__(dt=dt)
        self.level, self.broken = level, broken
        self.timing = {"cue": 100, "decision": lambda: self.rng.uniform(200, 500)}
        self.observation_space = spaces.Box(-np.inf, np.inf, shape=(1, 1), dtype=np.float32)
        self.action_space = spaces.Discrete(3)

    def _new_trial(self, **kwargs):
        trial = {"right": int(self.rng.choice([1, 2])), "level": self.level, "word": "left"}
        if self.num_tr % 2:
            trial["odd"] = True
        self.add_period(["cue", "decision"])
        self.add_ob(trial["right"] * self.level, "cue")
        self.set_groundtruth(trial["right"], "decision")
        return trial

    def _step(self, action):
        if self.num_tr == self.broken + 1:
            raise ArithmeticError("broken")
        over = bool(action) and self.in_period("decision")
        return self.ob_now, float(over and action == self.gt_now), False, False, {"new_trial": over}


class Blind(Mine):
    def _new_trial(self, **kwargs):
        self.add_period(["cue", "decision"])
        return {}


class Wrapped(TrialWrapper):
    def __init__(self, **kwargs):
        super().__init__(Mine(**kwargs))


class Reaching(Mine):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.action_space = spaces.Box(-1, 1, shape=(2,))


class Deadly(Mine):
    def _step(self, action):
        ob, reward, _, _, info = super()._step(action)
        return ob, np.inf if action == 2 else reward, action == 1, False, info


class Seeded(Mine):
    def seed(self, seed=None):
        self.rng = np.random.RandomState(seed // 2)


class Time:
    def seed(self, seed):
        self.rng = np.random.RandomState(seed)

    def __call__(self):
        return self.rng.uniform(200, 900)


class Timed(Mine):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.timing["decision"] = time = Time()
        time.seed(0)


class FromOne(Mine):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.action_space = gymnasium.spaces.Discrete(3, start=1)


class Other(gymnasium.Env):
    pass


NUMBER = 5
'''


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    file = tmp_path_factory.mktemp("own") / "my_trials.py"
    file.write_text(OWN)
    return str(file)


def test_an_environment_of_ones_own_is_a_task(own):
    task = Cognitive(f"{own}:Mine", trials=20, kwargs={"level": 2.5})
    assert task.label == "my_trials.py:Mine"
    assert (task.n_observations, task.n_outputs, task.seconds_per_step) == (1, 3, 0.1)
    assert 4 <= task.n_steps <= 6
    assert task.choices == task.kinds == ("action 0", "action 1", "action 2")
    assert task.conditions == ("right", "level")
    trials = task.arrays(range(20), 5)
    right = trials.conditions[:, 0]
    np.testing.assert_array_equal(trials.observations[:, 0, 0], right * 2.5)
    np.testing.assert_array_equal(trials.kinds, right)
    assert (trials.conditions[:, 1] == 2.5).all()
    assert set(trials.lengths) == {3, 4, 5}
    lanes, lane = task.lanes(1), np.array([0])
    lanes.reset(lane, [5], lane)
    for number in range(20):
        for step in range(2):
            outputs = np.zeros((1, 3), np.float32)
            outputs[0, int(right[number]) * step] = 1
            result = lanes.step(outputs, lane)
        assert (result.trial_over[0], result.reward[0]) == (True, 1)
    assert result.truncated[0]
    assert lanes.measures(0) == {"accuracy": 1, "decided": 1}


def test_an_error_of_the_environment_names_seed_trial_and_step(own):
    task = Cognitive(f"{own}:Mine", kwargs={"broken": 1})
    lanes, lane = task.lanes(1), np.array([0])
    lanes.reset(lane, [5], lane)
    outputs = np.array([[0, 1, 0]], np.float32)
    lanes.step(outputs, lane)
    lanes.step(outputs, lane)
    with pytest.raises(
        TaskError, match=r"ArithmeticError: broken \(seed 5, trial 1, step 0\)"
    ) as e:
        lanes.step(outputs, lane)
    assert e.value.lane == 0


def test_generators_of_ones_own_are_seeded_for_each_trial(own):
    def drawn(name, numbers):
        trials = Cognitive(f"{own}:{name}").arrays(numbers, 5)
        return [*zip(trials.conditions[:, 0], trials.lengths, strict=True)]

    forth, back = range(30), range(29, -1, -1)
    for name in ("Mine", "Seeded", "Timed"):
        assert drawn(name, forth) == drawn(name, back)[::-1]
    assert drawn("Seeded", forth) != drawn("Mine", forth)


def test_the_end_of_a_life_and_numbers_that_are_not_finite_are_passed_on(own):
    for kwargs, nonfinite in (({}, [False, False, True]), ({"level": float("nan")}, [True] * 3)):
        lanes = Cognitive(f"{own}:Deadly", kwargs=kwargs).lanes(3)
        lanes.reset(np.arange(3), [5, 6, 7], np.zeros(3, np.intp))
        result = lanes.step(np.eye(3, dtype=np.float32), np.arange(3))
        assert result.terminated.tolist() == [False, True, False]
        assert result.nonfinite.tolist() == nonfinite


def test_another_environment_of_neurogym_is_judged_by_the_adapter():
    task = Cognitive("GoNogo-v0", trials=30)
    trials = task.arrays(range(30), 1)
    lanes, lane = task.lanes(1), np.array([0])
    lanes.reset(lane, [1], lane)
    for number in range(30):
        for step in range(trials.lengths[number]):
            outputs = np.eye(2, dtype=np.float32)[trials.answers[number, [step]]]
            if lanes.step(outputs, lane).trial_over[0]:
                break
        assert lanes.outcome(0).correct == 1
    assert set(trials.kinds) == {0, 1}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "random-dot"}, "expected a task among .*; did you mean 'random-dots'"),
        ({"name": "NoTask-v0"}, "expected the id of one of neurogym's .* got 'NoTask-v0'"),
        ({"name": "CartPole-v1"}, "expected an environment of neurogym, got CartPoleEnv"),
        ({"name": "yang19.dnms-v0"}, "expected an environment that makes its trials itself"),
        ({"trials": 0}, "expected trials of at least 1, got 0"),
        ({"dt": -5}, "expected a dt of at least 0 ms"),
        ({"timing": {"dellay": 5}}, "expected a period of random-dots .*; did you mean 'delay'"),
        ({"timing": {"delay": "soon"}}, r"expected a time in ms for delay .*, got 'soon'; write"),
        ({"rewards": {"corect": 5}}, "expected a reward of random-dots .* did you mean 'correct'"),
        ({"rewards": {"correct": "lots"}}, "expected a number as the reward correct, got 'lots'"),
        (
            {"kwargs": {"sigmoid": 1}},
            "expected Percept.* to be made with .*, got TypeError: .*'sigmoid'",
        ),
        (
            {"name": "ready-set-go", "dt": 100},
            "expected a dt of at most 83 ms, the time of ready .*ready-set-go.*, got 100 ms",
        ),
        (
            {"name": "delayed-xor", "dt": 20},
            "expected a dt of at most 1 ms, the time of fixation .* timing fixation 20",
        ),
    ],
)
def test_bad_input_is_one_line(settings, message):
    with pytest.raises(InputError, match=message) as error:
        Cognitive(**settings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Blind", "expected an environment that builds a trial's observations .* got Blind"),
        ("Wrapped", "makes its trials itself, .* in which Wrapped makes them"),
        ("Reaching", "expected Discrete actions from 0 on .*, got Box"),
        ("FromOne", r"expected Discrete actions from 0 on .*, got Discrete\(3, start=1\)"),
        ("Other", "expected an environment of neurogym, got Other"),
        ("NUMBER", "expected a class NUMBER in"),
        ("Absent", "expected a class Absent in"),
    ],
)
def test_what_is_no_environment_of_trials_is_refused(own, name, message):
    with pytest.raises(InputError, match=message):
        Cognitive(f"{own}:{name}")


@pytest.mark.parametrize(
    ("value", "time", "most"),
    [
        (300, 300.0, 300),
        ("250.5", 250.5, 250.5),
        (0, 0.0, 0),
        ("800..1500", ("uniform", (800.0, 1500.0)), 1500),
        ("330:80:1500", ("truncated_exponential", (330.0, 80.0, 1500.0)), 1500),
    ],
)
def test_a_time_is_read(value, time, most):
    assert read_time(value, "delay") == time
    assert longest(time) == most


@pytest.mark.parametrize(
    "value", ["", "5..", "5..3", "1..2..3", "-5", "nan", "inf", "5:1", "5:9:1", "1:30:90", True]
)
def test_a_time_that_cannot_be_is_refused(value):
    with pytest.raises(InputError, match="expected a time in ms for delay"):
        read_time(value, "delay")


def test_the_longest_time_of_other_forms():
    assert longest(("truncated_exponential", (10.0, 0.0, float("inf")))) == 200
    assert longest(("choice", (3.0, 9.0, 4.0))) == 9
    assert longest((3.0, 9.0, 4.0)) == 9
    assert longest(("constant", 7.0)) == 7
    assert longest(iter([5.0] * 255 + [6.0]).__next__) == 6


def test_times_are_drawn_by_the_generator_of_the_environment():
    from neurogym.utils.ngym_random import TruncExp

    assert as_drawn(TruncExp(5, 1, 9)) == ("truncated_exponential", (5, 1, 9))
    for name in KNOWN:
        assert not any(
            isinstance(x, TruncExp) for x in Session(Cognitive(name)).env.timing.values()
        )
    session = Session(Cognitive("wager", timing={"stimulus": "180:100:900"}))
    lengths = []
    for number in range(300):
        session.begin(0, number)
        ends = session.env.end_ind
        lengths.append((ends["stimulus"] - ends["fixation"], ends["delay"] - ends["stimulus"]))
    assert abs(np.corrcoef(np.transpose(lengths))[0, 1]) < 0.25  # 4 standard errors


def test_timing_dt_and_arguments_shape_the_trials():
    task = Cognitive(dt=50, timing={"fixation": 100, "stimulus": "200..400", "decision": "150"})
    lengths = task.arrays(range(50), 0).lengths
    assert set(lengths) == {2 + 3 + each for each in (4, 5, 6, 7)}
    assert (task.n_steps, task.seconds_per_step) == (2 + 3 + 8, 0.05)
    assert Cognitive(kwargs={"dim_ring": 4}).n_outputs == 5
    assert (
        Cognitive("context-integration", kwargs={"use_expl_context": "false"}).n_observations == 5
    )


def test_a_task_is_kept_in_a_config_and_travels():
    task = Cognitive("wager", 7, 50, {"delay": "100..200"}, {"abort": -1}, {"sigma": 0.5}, False)
    config = RunConfig(task)
    assert from_json(RunConfig, to_json(config)) == config
    again = pickle.loads(pickle.dumps(task))
    assert again == task
    np.testing.assert_array_equal(again.arrays([3], 1)[0], task.arrays([3], 1)[0])


def test_flags_set_the_task():
    of_task = "--task.name match-to-sample --task.trials 5 --task.no-abort --task.kwargs sigma 0.5"
    times, rewards = "--task.timing delay 300..500 test 200", "--task.rewards none -1"
    words = ["--task", "cognitive", *f"{of_task} {times} {rewards}".split()]
    _, config = config_asked("", words)
    del words[:2]
    task = parse(Asked, Asked(config), words, "metahebb evolve").run.task
    assert task == Cognitive(
        name="match-to-sample",
        trials=5,
        abort=False,
        timing={"delay": "300..500", "test": 200},
        rewards={"none": -1},
        kwargs={"sigma": 0.5},
    )


def test_a_worker_lives_it_with_reward_and_the_number_of_lanes_changes_no_bit():
    config = preset("bandit")
    task = Cognitive("match-to-sample", trials=4, timing={"delay": 300})
    setup = replace(config, task=task, schedule=()).setup()
    assert setup.modulator is not None
    genes = np.random.default_rng(0).normal(size=setup.genome.n_genes).astype(np.float32)
    plan = Plan(0, task.max_steps, episodes=5, fresh=Fresh.EVALUATION)
    all_results = []
    for n_lanes in (1, 4):
        lives = plan.lives(setup, 0, GivenGenes(genes), 0)
        with Worker(setup, n_lanes) as worker:
            all_results.append([
                (r.episode_return, r.steps, r.measures["accuracy"], r.measures["decided"])
                for r in worker.live(lives)
            ])  # fmt: skip
    all_results = [sorted(each) for each in all_results]  # they come as lives end
    assert all_results[0] == all_results[1]
    assert len(all_results[0]) == 5
    assert {steps for _, steps, _, _ in all_results[0]} != {task.max_steps}


def test_importing_the_tasks_does_not_import_neurogym():
    code = (
        "import sys, metahebb.tasks; metahebb.tasks.Cognitive; "
        "print([m for m in ('neurogym', 'torch') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.fixture
def fresh(monkeypatch):
    """Let neurogym be looked for anew."""
    monkeypatch.setattr(task_module, "_KEPT", {})
    library.base_class.cache_clear()
    yield
    library.base_class.cache_clear()


def version_is(monkeypatch, version):
    real = importlib.metadata.version

    def fake(name):
        if name != "neurogym":
            return real(name)
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(importlib.metadata, "version", fake)


@pytest.mark.parametrize(("version", "got"), [(None, "none"), ("2.2.0", "2.2.0")])
def test_neurogym_missing_or_of_another_version_is_one_line(fresh, monkeypatch, version, got):
    version_is(monkeypatch, version)
    with pytest.raises(InputError) as error:
        Cognitive()
    assert str(error.value) == f"expected neurogym 2.3.1, got {got} (task cognitive); {REMEDY}"


def test_a_package_that_neurogym_needs_is_named_if_it_is_missing(fresh, monkeypatch):
    monkeypatch.setitem(sys.modules, "neurogym.core", None)
    with pytest.raises(InputError, match=r"expected the packages that neurogym 2\.3\.1 needs, got"):
        Cognitive()


def test_a_run_can_be_opened_without_neurogym_but_not_lived(fresh, monkeypatch):
    task = Cognitive("delay-comparison", trials=3)
    config, kept = RunConfig(task), facts_to_keep(task)
    library.base_class.cache_clear()
    monkeypatch.setattr(task_module, "_KEPT", {})
    version_is(monkeypatch, None)
    with remembered(kept):
        opened = from_json(RunConfig, to_json(config)).task
    assert opened == task
    assert (opened.n_observations, opened.n_outputs) == (2, 3)
    assert opened.max_steps == kept["max_steps"]
    assert opened.seconds_per_step is None
    assert "expected neurogym 2.3.1, got none" in absence_of(opened)
    with pytest.raises(InputError, match="expected neurogym"):
        opened.lanes(1)


def test_the_version_and_what_neurogym_needs_are_installed_everywhere():
    for file in ("Makefile", "Dockerfile"):
        versions = re.findall(r"neurogym==([\d.]+)", (ROOT / file).read_text())
        assert versions == [library.VERSION], file
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert any("cognitive" in each for each in extras["test"])
    name = re.compile(r"[\w-]+")
    ours = {name.match(each)[0] for each in (*project["dependencies"], *extras["cognitive"])}
    needed = [each for each in importlib.metadata.requires("neurogym") if "extra" not in each]
    assert {name.match(each)[0] for each in needed} <= ours
    locked = (ROOT / "requirements.lock").read_text()
    assert [
        each for each in extras["cognitive"] if f"\n{name.match(each)[0]}==" not in locked
    ] == []

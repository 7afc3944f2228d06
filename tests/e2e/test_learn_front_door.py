"""``metahebb.learn`` gives what the command line gives, and an object for what was learned."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cells import notebook
from small_learning import TINY, learn, life, same
from small_runs import files

import metahebb as mh
from metahebb.api.learned import LearnedRun
from metahebb.api.results import Picture
from metahebb.api.trials import Trials
from metahebb.cli import main
from metahebb.networks import Rate
from metahebb.neurons import NEURONS
from metahebb.plasticity.rules import RULES
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.learn_presets import LEARN_PRESETS, learn_preset
from metahebb.runs.serial import to_json
from metahebb.settings.learn_asked import learn_config_from

CELL = """
from dataclasses import dataclass

import numpy as np

import metahebb as mh
from metahebb.tasks.trials.base import Trial, TrialTask

@mh.rule
def mine(pre, post, trace, modulator, /, eta, *, limit=3e-4):
    return np.minimum(np.maximum(eta * modulator * trace, -limit), limit), pre * post

@mh.neuron
def half(drive, /, x, *, tau=30.0, dt=1.0):
    x = x + dt / tau * (drive - x)
    return np.tanh(0.5 * x), x

@dataclass(frozen=True)
class Sign(TrialTask):
    many: int = 2

    @property
    def label(self):
        return "sign"

    @property
    def kinds(self):
        return ("low", "high")

    @property
    def n_observations(self):
        return 1

    @property
    def n_outputs(self):
        return 1

    @property
    def n_steps(self):
        return 5

    def trial(self, number, rng):
        kind = number % self.many
        observations = np.full((5, 1), 2.0 * kind - 1, np.float32)
        target = np.full((5, 1), np.nan, np.float32)
        target[-2:] = observations[-2:]
        return Trial(observations, target, kind)
"""
SMALL: dict[str, Any] = {"quiet": True, "finish": False, "trials": 60}
TINY_IN_PYTHON: dict[str, Any] = {"hidden": 12, "task__dt": 20, **SMALL}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LearnedRun]:
    """Return the same run from the command line, as a path, and from Python."""
    folder = tmp_path_factory.mktemp("pair")
    assert learn(folder / "typed", "--seed", "3", "--rule", "node_perturbation") == 0
    run = mh.learn(
        "dnms", out=folder / "called", seed=3, rule="node_perturbation", **TINY_IN_PYTHON
    )
    return folder / "typed", run


def test_a_run_from_python_is_the_run_of_the_command_line(pair: tuple[Path, LearnedRun]) -> None:
    typed, run = pair
    for name in ("config.json", "journal"):
        assert (run.path / name).read_bytes() == (typed / name).read_bytes()
    assert same(life(run.path), life(typed))


def test_open_returns_the_kind_of_run_that_the_folder_holds(
    pair: tuple[Path, LearnedRun], tmp_path: Path
) -> None:
    typed, _ = pair
    run = mh.open(typed)
    assert isinstance(run, LearnedRun)
    assert "dnms" in repr(run)
    assert "60 of 60 trials" in repr(run)
    evolved = mh.evolve(
        "cartpole", out=tmp_path / "e", generations=1, popsize=4, hidden=3, threads=1,
        center_lives=1, finish=False, quiet=True, tensorboard=False,
    )  # fmt: skip
    assert isinstance(mh.open(evolved.path), mh.Run)
    with pytest.raises(mh.InputError, match="without config"):
        mh.open(tmp_path)


def test_a_run_has_its_outcomes_and_weights(pair: tuple[Path, LearnedRun]) -> None:
    _, run = pair
    assert list(run.outcomes) == ["kind", "reward", "error", "correct", "choice", "delay"]
    assert run.outcomes["kind"].tolist() == [0, 1, 2, 3] * 15
    np.testing.assert_array_equal(run.outcomes["reward"], -run.outcomes["error"])
    before, after = run.weights_at_birth, run.weights
    assert before.keys() == after.keys() == {"layer 1"}
    assert before["layer 1"].shape == (12, 15)  # 2 sensors, 12 units, the constant
    assert run.learned_after is None
    assert (before["layer 1"] == after["layer 1"]).all()  # the modulator warms up for 100 trials


def test_learning_changes_weights_and_a_coefficient_of_zero_does_not(tmp_path: Path) -> None:
    for eta, changes in ((0.0, False), (1e-3, True)):
        run = mh.learn(
            "dnms", out=tmp_path / str(eta), modulator__warm_up=0, coefficients={"eta": eta},
            **TINY_IN_PYTHON,
        )  # fmt: skip
        assert (run.weights["layer 1"] != run.weights_at_birth["layer 1"]).any() == changes


def test_fresh_trials_are_arrays_with_names(pair: tuple[Path, LearnedRun], tmp_path: Path) -> None:
    _, run = pair
    before = files(run.path)
    trials = run.test(8, seed=5)
    assert isinstance(trials, Trials)
    assert len(trials) == 8
    shapes = {"observations": 2, "targets": 1, "outputs": 1, "rates": 12}
    for name, last in shapes.items():
        assert trials[name].shape == (8, 50, last), name
    assert trials.rewards.shape == (8, 50)
    assert trials.kind.tolist() == [0, 1, 2, 3] * 2
    np.testing.assert_allclose(np.nansum(trials.rewards, 1), trials.reward, rtol=1e-6)
    assert trials.accuracy == trials.correct.mean()
    judged = np.isfinite(trials.targets)
    error = np.array([abs(o - t)[j].mean() for o, t, j in
                      zip(trials.outputs, trials.targets, judged, strict=True)])  # fmt: skip
    np.testing.assert_allclose(trials.error, error, rtol=1e-5)
    assert set(trials.keys()) >= {*shapes, "rewards", "kind", "delay"}
    assert "trial, step, unit" in repr(trials)
    with np.load(trials.save(tmp_path / "trials.npz")) as kept:
        for name in trials.keys():  # noqa: SIM118
            np.testing.assert_array_equal(kept[name], trials[name])
        assert kept["kinds"].tolist() == ["AA", "AB", "BA", "BB"]
        assert kept["choices"].tolist() == ["same", "different"]
    same_again = run.test(8, seed=5)
    np.testing.assert_array_equal(trials.outputs, same_again.outputs)
    assert (run.test(8, seed=6).outputs != trials.outputs).any()
    assert files(run.path) == before
    for wrong in ("output", "_nothing"):
        with pytest.raises(AttributeError):
            getattr(trials, wrong)
    with pytest.raises(mh.InputError, match="expected an array among"):
        trials["output"]


def test_fresh_trials_become_a_dataset(pair: tuple[Path, LearnedRun]) -> None:
    xarray = pytest.importorskip("xarray")
    _, run = pair
    data = run.test(4).to_xarray()
    assert isinstance(data, xarray.Dataset)
    assert data["rates"].dims == ("trial", "step", "unit")
    assert data["observations"].dims == ("trial", "step", "sensor")
    assert data["outputs"].dims == data["targets"].dims == ("trial", "step", "output")
    assert data["reward"].dims == ("trial",)
    np.testing.assert_allclose(data["step"], 0.02 * np.arange(50))
    assert data["kind_name"].values.tolist() == ["AA", "AB", "BA", "BB"]
    assert data.attrs["choices"] == ["same", "different"]


def test_a_dataset_needs_xarray(
    pair: tuple[Path, LearnedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "xarray", None)
    with pytest.raises(mh.InputError, match=r"pip install 'metahebb\[xarray\]'"):
        pair[1].test(4).to_xarray()


PROBES = ("zero_weights:at=0,fraction=0.5", "freeze:at=0", "noise_sensors:at=10,stdev=0.5")


def test_probes_act_in_fresh_trials(
    pair: tuple[Path, LearnedRun], capsys: pytest.CaptureFixture[str]
) -> None:
    typed, run = pair
    capsys.readouterr()
    for probes in (PROBES[:1], PROBES):
        result = run.probe(*probes, trials=40, seed=2)
        assert result["probes"] == list(probes)
        for word in ("accuracy", "error", "reward"):
            numbers = result[word]
            difference = numbers["with"]["mean"] - numbers["without"]["mean"]
            assert numbers["difference"]["mean"] == pytest.approx(difference)
        assert result["error"]["difference"]["mean"] != 0
        flags = [word for probe in probes for word in ("--probe", probe)]
        assert main(["probe", str(typed), *flags, "--trials", "40", "--seed", "2"]) == 0
        assert capsys.readouterr().out == f"{result!r}\n"
    plain, probed = run.test(4), run.test(4, probes="noise_sensors:at=10,stdev=0.5")
    assert (plain.observations[0, :10] == probed.observations[0, :10]).all()
    assert (plain.observations[0, 11:] != probed.observations[0, 11:]).any()
    # Fresh trials do not learn: to freeze them changes no bit.
    frozen = run.test(4, probes="freeze:at=0")
    np.testing.assert_array_equal(plain.outputs, frozen.outputs)


@pytest.mark.slow
def test_report_and_film_do_what_their_commands_do(
    pair: tuple[Path, LearnedRun], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed, run = pair
    film = run.film(tmp_path / "a.gif", trials=8)
    assert isinstance(film, Picture)
    assert main(["film", str(typed), "--trials", "8", "--out", str(tmp_path / "b.gif")]) == 0
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert run.film(trials=4) == run.path / "film.gif"
    capsys.readouterr()
    assert main(["report", str(typed), "--pdf"]) == 0
    assert capsys.readouterr().out == f"{typed / 'report.html'}\n"
    assert {each.suffix for each in (typed / "figures").iterdir()} == {".png", ".pdf"}
    assert run.report().exists()
    assert not list((run.path / "figures").glob("*.pdf"))


def test_a_run_goes_on_from_python(pair: tuple[Path, LearnedRun], tmp_path: Path) -> None:
    run = mh.learn("dnms", out=tmp_path / "a", seed=3, **{**TINY_IN_PYTHON, "trials": 30})
    again = run.resume(60, quiet=True, finish=False)
    assert again is run
    assert same(life(run.path), life(pair[0]))
    with pytest.raises(mh.InputError, match="a whole number as trials, got 1"):
        run.resume(1.5)  # type: ignore[arg-type]


def test_parts_of_a_notebook_travel_as_text(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with notebook() as cell:
        own = cell(CELL)
        mh.learn(
            task=own["Sign"](), rule=own["mine"], neuron=own["half"], out=path, hidden=6,
            coefficients={"eta": 1e-3}, modulator=mh.Reward, seed=2, **SMALL,
        )  # fmt: skip
        state = life(path)
    text = (path / "config.json").read_text()
    assert all(part in text for part in ("def mine", "def half", "class Sign", "Sign.py"))
    run = mh.open(path)
    assert run.test(4).observations[:, 0, 0].tolist() == [-1, 1, -1, 1]
    run.resume(90, quiet=True, finish=False)
    with notebook() as cell:
        own = cell(CELL)
        mh.learn(
            task=own["Sign"], rule=own["mine"], neuron=own["half"], out=tmp_path / "b", hidden=6,
            coefficients={"eta": 1e-3}, modulator=mh.Reward(), seed=2, **{**SMALL, "trials": 90},
        )  # fmt: skip
    assert same(life(path), life(tmp_path / "b"))
    assert not same(life(path), state)


def test_a_config_and_objects_are_changed_by_arguments(tmp_path: Path) -> None:
    config = LEARN_PRESETS["dnms"][0]
    _, changed = learn_config_from(config, {"trials": 7, "learner": "actor_critic"}, Path())
    assert (changed.trials, type(changed.learner).__name__) == (7, "ActorCritic")
    _, changed = learn_config_from("dnms", {"network": Rate((5,)), "rule": "supralinear"}, Path())
    assert isinstance(changed.network, Rate)
    assert (changed.network.hidden, changed.network.rule.name) == ((5,), "supralinear")
    name, changed = learn_config_from(None, {"task": "recall", "modulator": None,
                                             "rule": "abcd"}, Path())  # fmt: skip
    assert (name, changed.task.label, changed.modulator) == ("recall", "recall", None)
    assert isinstance(changed, LearnConfig)


@pytest.mark.parametrize("name", LEARN_PRESETS)
def test_every_flag_of_a_preset_is_an_argument(name: str) -> None:
    """Each setting, given as its flag's name, changes what the flag changes."""
    config = learn_preset(name)
    settings = dict(_leaves(config))
    for part in ("rule", "neuron"):  # the name of one stands for its usual constants
        each = getattr(config.network, part, None)
        if each is not None and each != REGISTRIES[part][each.name].with_constants(**_dt(each)):
            del settings[f"network__{part}"]
    assert len(settings) > 10
    _, same = learn_config_from(name, settings, Path())
    assert to_json(same) == to_json(config)
    for setting, value in settings.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            continue
        if setting == "network__update_window":  # some neurons allow for no other
            continue
        _, changed = learn_config_from(name, {setting: 2 * value}, Path())
        assert dict(_leaves(changed))[setting] == 2 * value, setting


REGISTRIES: dict[str, Any] = {"rule": RULES, "neuron": NEURONS}


def _dt(function: Any) -> dict[str, float]:
    """Return the constant that the task decides."""
    return {name: value for name, value in dict(function.constants).items() if name == "dt"}


def _leaves(config: Any, group: str = "") -> Any:
    """Yield the name and the value of each setting that is a number, a text or a switch."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value) and hasattr(value, "function"):
            yield f"{group}{field.name}", value.name  # a rule, a neuron
        elif dataclasses.is_dataclass(value):
            yield from _leaves(value, f"{group}{field.name}__")
        elif field.init and isinstance(value, (bool, int, float, str)):
            yield f"{group}{field.name}", value


def test_without_out_the_folder_is_named_after_the_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    short = ("--trials", "25", "--no-finish", "--quiet")
    assert main(["learn", "dnms", *TINY, *short, "--seed", "7"]) == 0
    assert main(["learn", "dnms", *TINY, *short, "--seeds", "7"]) == 0
    assert main(["learn", "--task", "dnms", *TINY, *short]) == 0
    names = sorted(each.name.rsplit("-", 2)[0] for each in (tmp_path / "runs").iterdir())
    assert names == ["dnms-seed0", "dnms-seed7", "dnms-seeds"]

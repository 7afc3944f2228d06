"""What a notebook calls gives what the command line gives: the same bits, files and errors."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.classic_control import CartPoleEnv
from small_runs import TINY, centers, evolve, files

import metahebb as mh
from metahebb.api.results import Picture, Table
from metahebb.cli import main
from metahebb.evolution.backends.in_process import InProcess
from metahebb.neurons import NEURONS
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import PRESETS
from metahebb.runs.serial import to_json
from metahebb.runs.stopping import Stopped
from metahebb.settings.in_python import in_python
from metahebb.settings.keywords import config_from

HEAVY = ("numpy", "torch", "numba", "gymnasium", "evotorch", "ray", "matplotlib", "tyro")
IN_PYTHON: dict[str, Any] = {
    "hidden": (3,),
    "popsize": 6,
    "threads": 1,
    "center_lives": 1,
    "finish": False,
    "quiet": True,
    "tensorboard": False,
}
"""The flags `TINY` as arguments."""


def test_the_import_is_fast_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; began = time.perf_counter(); import metahebb; "
        "took = time.perf_counter() - began; dir(metahebb); "
        f"print(took, [m for m in {HEAVY} if m in sys.modules])"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout.split(maxsplit=1)
        for _ in range(3)
    ]
    assert {loaded.strip() for _, loaded in said} == {"[]"}
    assert min(float(took) for took, _ in said) < 0.1


def test_every_name_that_the_module_offers_is_there() -> None:
    for name in dir(mh):
        assert getattr(mh, name) is not None
    assert "open" not in mh.__all__  # a star import must leave Python's own
    with pytest.raises(AttributeError, match="no attribute 'evolv'"):
        mh.evolv  # noqa: B018


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, mh.Run]:
    """Return the same run from the command line, as a path, and from Python."""
    folder = tmp_path_factory.mktemp("pair")
    assert evolve(folder / "typed", "--seed", "3", "--rule", "oja_like", generations=3) == 2
    assert evolve(folder / "typed", "--seed", "3", "--rule", "abcd", generations=3) == 0
    run = mh.evolve(
        "cartpole", out=folder / "called", seed=3, rule="abcd", generations=3, **IN_PYTHON
    )
    return folder / "typed", run


def test_a_run_from_python_is_the_run_of_the_command_line(pair: tuple[Path, mh.Run]) -> None:
    typed, run = pair
    assert centers(run.path) == centers(typed)
    assert (run.path / "config.json").read_bytes() == (typed / "config.json").read_bytes()
    assert (run.path / "journal").read_bytes() == (typed / "journal").read_bytes()


@pytest.mark.render
def test_each_method_does_what_its_command_does(pair: tuple[Path, mh.Run], tmp_path: Path) -> None:
    typed, run = pair
    words = ["--lives", "5", "--threads", "1"]
    assert main(["evaluate", str(typed), *words]) == 0
    result = run.evaluate(lives=5, threads=1)
    assert json.loads((typed / "evaluation.json").read_bytes())["bodies"] == result["bodies"]
    assert main(["probe", str(typed), "--probe", "freeze:at=3", *words]) == 0
    probed = run.probe("freeze:at=3", lives=5, threads=1)
    assert (
        probed["return"]
        == json.loads(next(typed.glob("probes/*/probe.json")).read_bytes())["return"]
    )
    assert main(["rules", str(typed), "--lives", "2"]) == 0
    assert (
        run.rules(lives=2)["clusters"]
        == json.loads((typed / "rules" / "rules.json").read_bytes())["clusters"]
    )
    assert main(["live", str(typed), "--life", "1", "--out", str(tmp_path / "a.npz")]) == 0
    life = run.live(1)
    with np.load(tmp_path / "a.npz") as kept:
        assert all((kept[name] == array).all() for name, array in life.arrays().items())
    assert main(["film", str(typed), "--life", "1", "--out", str(tmp_path / "a.gif")]) == 0
    film = run.film(life=1)
    assert isinstance(film, Picture)
    assert film.read_bytes() == (tmp_path / "a.gif").read_bytes()
    assert "<img" in film._repr_html_()
    assert run.replay(quiet=True)["center_sha256"] == centers(typed)[-1]
    assert run.report().exists()


@pytest.mark.parametrize("name", PRESETS)
def test_every_flag_of_a_preset_is_an_argument(name: str) -> None:
    """Each setting, given as its flag's name, changes what the flag changes."""
    config = PRESETS[name][0]
    settings = dict(_leaves(config))
    assert len(settings) > 25
    _, same = config_from(name, settings, Path())
    assert to_json(same) == to_json(config)
    for setting, value in settings.items():
        other = _another(value)
        if other is not None and not {setting, f"{name}: {setting}"} & NOT_ALONE:
            _, changed = config_from(name, {setting: other}, Path())
            assert dict(_leaves(changed))[setting] == other, setting


NOT_ALONE = {
    "search__stdev_floor",  # must be below the stdev
    "search__learning_rate_floor",
    "search__delay",
    "task__burn_in",
    "task__size",
    "search__num_elites",
    "search__parenthood_ratio",
    "pairs: network__update_window",  # must be 1 where a neuron shows its state to rules
}
"""Settings that a config refuses where nothing else changes with them."""


def _leaves(config: Any, group: str = "") -> Any:
    """Yield the name and the value of each setting that is a number, a text or a switch."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value) and hasattr(value, "function"):
            constants = ",".join(f"{name}={number}" for name, number in value.constants)
            text = f"{value.name}:{constants}" if constants else value.name
            yield f"{group}{field.name}", text  # a rule, a neuron
        elif dataclasses.is_dataclass(value):
            yield from _leaves(value, f"{group}{field.name}__")
        elif field.init and isinstance(value, (bool, int, float, str)):
            yield f"{group}{field.name}", value


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return None  # switches depend on each other
    return 2 * value if isinstance(value, int) and value > 0 else None


def test_a_config_object_is_changed_by_arguments() -> None:
    config = PRESETS["cartpole"][0]
    _, changed = config_from(config, {"popsize": 8, "genome": "shared", "genome__rules": 4}, Path())
    assert (changed.search.popsize, changed.genome.rules) == (8, 4)  # type: ignore[attr-defined]
    network = mh.Recurrent(hidden=(5,))
    _, changed = config_from("cartpole", {"network": network, "network__rule": "abcd"}, Path())
    assert changed.network == dataclasses.replace(network, rule=changed.network.rule)
    assert changed.network.rule is not None
    assert changed.network.rule.name == "abcd"
    _, changed = config_from(None, {"task": mh.Bandit(), "modulator": mh.Reward}, Path())
    assert (changed.task, changed.modulator) == (mh.Bandit(), mh.Reward())


def test_what_a_run_has_comes_by_name(pair: tuple[Path, mh.Run]) -> None:
    _, run = pair
    table = run.metrics
    assert isinstance(table, Table)
    assert table["env_steps"].dtype == np.int64
    assert table["fitness_mean"].shape == (3,)
    assert "fitness_mean" in repr(table)
    assert "<table>" in table._repr_html_()
    assert sorted(run.coefficients) == [1, 2]
    assert run.coefficients[1].keys() == {"A", "B", "C", "D"}
    assert run.coefficients[1]["A"].shape == (3, 4)
    assert "3 of 3 generations" in repr(run)
    assert mh.open(run.path).config == run.config
    with pytest.raises(mh.InputError, match="expected a layer from 1 to 2, got 0"):
        run.coefficients[0]
    with pytest.raises(mh.InputError, match="expected a coefficient among A, B, C, D, got 'E'"):
        run.coefficients[1]["E"]
    with pytest.raises(mh.InputError, match=r"expected a column among .*'fitness'; did you mean"):
        table["fitness"]
    shown = repr(run.coefficients[1]).splitlines()
    assert shown[0].split() == ["coefficient", "shape", "mean", "SD", "least", "largest"]
    genes = run.coefficients[1]["A"]
    assert shown[-4].split()[:4] == ["A", "(3,", "4)", f"{genes.mean():.4g}"]
    assert "<table>" in run.coefficients[1]._repr_html_()


def test_a_life_is_arrays_with_names(pair: tuple[Path, mh.Run]) -> None:
    _, run = pair
    result = run.evaluate(lives=4, threads=1)
    life = run.live(2)
    assert life.episode_return == result["bodies"]["default"]["returns"][2]
    assert life.rewards.sum() == life.episode_return
    assert life.weights[1].shape == (life.steps, 3, 4)
    assert life.weights[2].shape == (life.steps, 2, 3)
    assert life.observations.shape == (life.steps, 4)
    assert life.outputs.shape == (life.steps, 2)
    # Row t is the instant before step t: the layer's activity follows from weights and sensors.
    for t in (0, 1, life.steps - 1):
        driven = np.tanh(life.weights[1][t] @ life.activities[0][t])
        np.testing.assert_allclose(life.activities[1][t], driven, atol=1e-6)
        np.testing.assert_allclose(life.outputs[t], life.weights[2][t] @ driven, atol=1e-5)
    assert (life.weights[1][0] != life.weights[1][1]).any()
    sparse = run.live(2, every=3)
    assert sparse.weight_steps.tolist() == list(range(0, life.steps, 3))
    assert (sparse.weights[1] == life.weights[1][::3]).all()
    harmed = run.live(2, probe="zero_weights:at=2")
    assert (harmed.weights[1][2] == 0).all()


def test_a_life_has_the_measures_of_its_task(tmp_path: Path) -> None:
    run = mh.evolve("reversal", out=tmp_path / "run", generations=1, **IN_PYTHON)
    life = run.live(0)
    body = run.evaluate(lives=1, threads=1)["bodies"][run.config.task.bodies[0]]
    assert life.measures.keys() == body["measures"].keys()
    with pytest.raises(mh.InputError, match=r"expected a measure among .*, got 'speed'"):
        life.measures["speed"]
    for name, series in life.measures.items():
        assert series.shape == (life.steps,)
        assert series[-1] == pytest.approx(body["measures"][name]["mean"], nan_ok=True)


def test_a_life_goes_into_files_and_xarray(pair: tuple[Path, mh.Run], tmp_path: Path) -> None:
    _, run = pair
    life = run.live(0)
    with pytest.raises(mh.InputError, match=r"ends in \.npz, got life"):
        life.save("life.txt")
    with np.load(life.save(tmp_path / "new" / "life.npz")) as kept:
        assert (kept["weights_2"] == life.weights[2]).all()
    xarray = pytest.importorskip("xarray")
    data = life.to_xarray()
    assert isinstance(data, xarray.Dataset)
    assert data["weights_1"].dims == ("weight_step", "post_1", "pre_1")
    assert (data["outputs"].to_numpy() == life.outputs).all()
    assert data.attrs["ending"] == life.ending


WRONG: dict[str, Callable[[mh.Run], object]] = {
    "evolve cartpol": lambda run: mh.evolve("cartpol"),
    "evolve cartpole --env Ant-v5": lambda run: mh.evolve("cartpole", env="Ant-v5"),
    "evolve cartpole --rule abcx": lambda run: mh.evolve("cartpole", rule="abcx"),
    "evolve cartpole --genome sharde": lambda run: mh.evolve("cartpole", genome="sharde"),
    "evolve cartpole --generations 0": lambda run: mh.evolve("cartpole", generations=0),
    "evolve cartpole --workers -1": lambda run: mh.evolve("cartpole", workers=-1),
    "evaluate RUN --lives 0": lambda run: run.evaluate(lives=0),
    "evaluate RUN --damage intact": lambda run: run.evaluate(damage="intact"),
    "probe RUN --probe freez:at=3": lambda run: run.probe("freez:at=3"),
    "probe RUN --probe freeze:at=9999": lambda run: run.probe("freeze:at=9999"),
    "rules RUN --clusters 999": lambda run: run.rules(clusters=999),
    "film RUN --life -1": lambda run: run.film(life=-1),
    "live RUN --every 0": lambda run: run.live(every=0),
    "live RUN --body short": lambda run: run.live(body="short"),
    "evaluate nowhere": lambda run: mh.open("nowhere").evaluate(),
}
"""The same mistake on the command line and in Python."""


@pytest.mark.parametrize("line", WRONG)
def test_a_mistake_is_told_in_the_same_line_with_arguments_for_flags(
    line: str,
    pair: tuple[Path, mh.Run],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, run = pair
    monkeypatch.chdir(tmp_path)
    assert main([str(run.path) if word == "RUN" else word for word in line.split()]) == 2
    printed = capsys.readouterr().err.removeprefix("metahebb: ").strip()
    with pytest.raises(mh.InputError) as caught:
        WRONG[line](run)
    assert " ".join(str(caught.value).split()) == in_python(printed)
    assert "--" not in str(caught.value)
    traceback = caught.traceback[1:]  # the first is this test's own line
    assert len(traceback) <= 2  # that of the front door, and no way through metahebb
    assert caught.value.__suppress_context__
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"popsiz": 3}, "an argument of metahebb.evolve, got 'popsiz'; did you mean 'popsize'"),
        ({"popsize": "many"}, "expected a whole number as search__popsize, got 'many'"),
        ({"seed": [1, 2]}, "expected one number as seed, got [1, 2]; seeds=(1, 2) evolves several"),
        ({"rule": NEURONS["tanh"]}, "expected a rule, got the neuron tanh; give a rule"),
        ({"probes": 5}, "expected a probe, got 5"),
        ({"env": lambda: None}, "got a lambda; define it with def"),
        ({"env": 5}, 'that makes it, got 5; write for example env="Pendulum-v1"'),
        ({"env": gymnasium.make("CartPole-v1")}, "of CartPoleEnv; give its id: env='CartPole-v1'"),
        ({"env": CartPoleEnv()}, "got an instance of CartPoleEnv; give its class: env=CartPoleEnv"),
        ({"threads": 1.5}, "expected a whole number as threads, got 1.5"),
        ({"rule": len}, "expected a rule, got <built-in function len>; decorate"),
        ({"rule": lambda pre: pre}, "got the function <lambda>; decorate its function"),
        ({"env": int}, "expected an environment, got the class int"),
        ({"task": 3}, "expected a task, got 3; give one of"),
        ({"genome": mh.FeedForward()}, "expected a genome map, got FeedForward"),
        ({"probes": [3]}, "expected a probe, got 3"),
        ({"log": 3}, "expected a text or several as log, got 3"),
        ({"resume": True}, "expected out=FOLDER with resume=True, got none"),
    ],
)  # fmt: skip
def test_a_mistake_that_only_python_can_make_is_one_line(given: dict[str, Any], text: str) -> None:
    with pytest.raises(mh.InputError) as caught:
        mh.evolve("cartpole", **given)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_to_evolve_is_told() -> None:
    with pytest.raises(mh.InputError, match="expected something to evolve, got nothing"):
        mh.evolve()
    with pytest.raises(mh.InputError, match="expected a preset's name or a RunConfig, got 3"):
        mh.evolve(3)  # type: ignore[arg-type]


def test_a_stopped_run_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = InProcess.evaluate

    def stop(backend: InProcess, jobs: Any) -> Any:
        if jobs[0].plan.generation == 1:
            raise Stopped(2)
        return live(backend, jobs)

    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "evaluate", stop)
        with pytest.raises(KeyboardInterrupt, match=r"SIGINT, all is saved; .*open\('.*'\).resume"):
            mh.evolve("cartpole", out=tmp_path / "run", generations=3, **IN_PYTHON)
    again = mh.open(tmp_path / "run").resume(quiet=True, finish=False, tensorboard=False, threads=1)
    whole = mh.evolve("cartpole", out=tmp_path / "whole", generations=3, **IN_PYTHON)
    assert centers(again.path) == centers(whole.path)
    before = files(again.path)
    same = mh.evolve("cartpole", out=tmp_path / "run", generations=3, resume=True, **IN_PYTHON)
    assert files(same.path) == before


def test_notes_go_through_the_logger(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    mh.evolve("bandit", out=tmp_path / "a", rule="abcd", generations=1, **IN_PYTHON)
    assert "the rule abcd does not read the modulator" in caplog.text
    assert evolve(tmp_path / "b", "--rule", "abcd", generations=1, preset="bandit") == 0
    assert "metahebb: the rule abcd does not read the modulator" in capsys.readouterr().err


def test_a_cost_is_estimated_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = mh.estimate("reversal", popsize=8, generations=5, threads=1, seconds=0.5)
    assert "env steps" in repr(result)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(mh.InputError, match="did you mean 'popsize'"):
        mh.estimate("reversal", popsiz=8)


def test_presets_are_listed() -> None:
    assert mh.presets().keys() == PRESETS.keys()
    assert "walks within minutes" in repr(mh.presets())


def test_a_whole_config_can_be_evolved(tmp_path: Path) -> None:
    config = dataclasses.replace(PRESETS["cartpole"][0], generations=1)
    assert isinstance(config, RunConfig)
    run = mh.evolve(config, out=tmp_path / "run", **IN_PYTHON)
    assert RunFolder.is_there(run.path)
    assert time.strftime("%Y") in json.loads((run.path / "manifest.json").read_bytes())["started"]


assert len(TINY) == len(IN_PYTHON) + 4

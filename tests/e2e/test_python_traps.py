"""What a newcomer to a notebook got wrong in an evening, or found odd."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest
from cells import notebook

import metahebb as mh
from metahebb.cli import main
from metahebb.probes import text_of

SMALL: dict[str, Any] = {
    "popsize": 4,
    "generations": 1,
    "hidden": (3,),
    "threads": 1,
    "center_lives": 1,
    "quiet": True,
    "tensorboard": False,
}
"""The arguments of a run that takes a moment."""
CELL = """
from dataclasses import dataclass
import gymnasium
import metahebb as mh
import numpy as np

LENGTH = 8

def forage(render_mode=None):
    return gymnasium.make("CartPole-v1", max_episode_steps=LENGTH, render_mode=render_mode)

def maker(length):
    def made(render_mode=None):
        return gymnasium.make("CartPole-v1", max_episode_steps=length, render_mode=render_mode)
    return made

five = maker(5)

@dataclass(frozen=True)
class Mirror:
    at: int = 3

    def __call__(self, moment):
        for lane in moment.lanes[moment.rows_at(self.at)]:
            moment.network.flush(np.array([lane]))
            for layer in moment.network.raw_layers(int(lane)):
                layer[:] = -layer
"""


def test_a_function_that_makes_an_environment_is_one(tmp_path: Path) -> None:
    with notebook() as run_cell:
        cell = run_cell(CELL)
        run = mh.evolve(env=cell["forage"], out=tmp_path / "a", finish=False, **SMALL)
        assert run.config.task.max_steps == 8
        assert run.live(0).steps <= 8
        inner = mh.evolve(env=cell["five"], out=tmp_path / "b", finish=False, **SMALL)
        assert inner.config.task.max_steps == 5
    assert mh.open(tmp_path / "a").evaluate(lives=2, threads=1)["bodies"]["default"]["mean"] > 0


def test_a_probe_of_a_cell_goes_by_its_name(tmp_path: Path) -> None:
    with notebook() as run_cell:
        mirror = run_cell(CELL)["Mirror"](at=4)
        run = mh.evolve("cartpole", probes=mirror, out=tmp_path / "run", finish=False, **SMALL)
        (probe,) = run.config.parsed_probes
        assert text_of(probe) == "Mirror:at=4"
        result = run.probe(mirror, lives=2, threads=1)
    assert result["probes"] == ["Mirror:at=4"]
    assert [path.name for path in (run.path / "probes").iterdir()] == ["Mirror-at=4"]
    assert '"Mirror.py:Mirror:at=4"' in (run.path / "config.json").read_text(encoding="utf-8")
    assert mh.open(run.path).config == run.config  # as folders of older versions have it


@pytest.mark.parametrize("kind", ["rule", "neuron"])
def test_a_mistake_under_a_decorator_shows_no_way_through_metahebb(kind: str) -> None:
    cell = f"import metahebb as mh\n@mh.{kind}\ndef bad(pst, /, A):\n    return pst\n"
    with notebook() as run_cell, pytest.raises(mh.InputError, match="got 'pst'") as caught:
        run_cell(cell)
    frames = traceback.extract_tb(caught.value.__traceback__)
    own = [frame for frame in frames if "/metahebb/" in frame.filename]
    assert [frame.name for frame in own] == [kind]
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("given", [0.1, (0.1,), ("a", "b"), (0.1, 0.2, 0.3)])
def test_a_pair_to_tune_is_two_numbers(given: Any, tmp_path: Path) -> None:
    with pytest.raises(mh.InputError, match=r"^expected two numbers as stdevs, got ") as error:
        mh.tune("cartpole", stdevs=given, out=tmp_path / "tune")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "tune").exists()


def test_metrics_of_several_runs_are_one_table(tmp_path: Path) -> None:
    runs = mh.evolve("cartpole", seeds=(3, 5), out=tmp_path / "runs", finish=False, **SMALL)
    table = runs.metrics
    assert list(table)[:2] == ["run", "seed"]
    assert table["seed"].tolist() == [3, 5]
    assert table["run"].tolist() == runs.names
    both = [run.metrics["fitness_mean"][0] for run in runs]
    assert table["fitness_mean"].tolist() == both


@pytest.mark.render
def test_a_task_that_cannot_have_a_picture_is_not_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = mh.evolve("reversal", out=tmp_path / "a", **SMALL)
    assert (run.path / "report.html").exists()
    assert "no film" not in caplog.text
    with pytest.raises(mh.InputError, match="expected a task with a picture"):
        run.film()  # whoever asks for it is told
    filmed = mh.evolve("cartpole", out=tmp_path / "b", **SMALL)
    assert (filmed.path / "film.gif").exists()


@pytest.mark.parametrize(
    ("task", "settings", "note"),
    [
        (mh.GymTask("Pendulum-v1"), {}, "Pendulum-v1 reach from -2 to 2, and the network puts out"),
        (mh.GymTask("Pendulum-v1", scale_actions=True), {}, ""),
        (mh.GymTask("Pendulum-v1"), {"network__output": "linear"}, ""),
        (mh.GymTask("CartPole-v1"), {}, ""),
        (mh.GymTask("HalfCheetah-v5"), {}, ""),  # from -1 to 1, as outputs are
    ],
)
def test_actions_that_outputs_do_not_reach_are_said(
    task: mh.GymTask, settings: Any, note: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = {**SMALL, "schedule": ["0:3"]}
    mh.evolve(task=task, out=tmp_path / "run", finish=False, **small, **settings)
    assert note in caplog.text
    assert ("scale_actions=True" in caplog.text) == bool(note)


def test_nothing_to_evolve_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evolve", "--generations", "2"]) == 2
    printed = capsys.readouterr().err
    assert "got '--generations'; name a preset (see metahebb presets), or add --env" in printed
    assert main(["evolve", "--task", "gym"]) == 2
    assert "(task gym); use --env ID" in capsys.readouterr().err


def test_a_command_speaks_of_flags_and_python_of_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = mh.evolve("cartpole", out=tmp_path / "run", finish=False, **SMALL)
    assert main(["evaluate", str(run.path), "--lives", "0"]) == 2
    assert "got 0; use for example --lives 32" in capsys.readouterr().err
    with pytest.raises(mh.InputError, match="got 0; use for example lives=32"):
        run.evaluate(lives=0)
    with pytest.raises(mh.InputError, match=r"open\('.*run'\)\.resume\(\), or choose another out$"):
        mh.evolve("cartpole", out=run.path, **SMALL)
    assert main(["live", str(run.path), "--out", str(tmp_path / "life.txt")]) == 2
    assert "ends in .npz, got" in (printed := capsys.readouterr().err)
    assert printed.endswith("write for example life.npz\n")

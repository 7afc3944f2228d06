"""The presets: all of them run, and the quickest learns."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_runs import QUIET, centers, evolve, metrics, resume

from metahebb.cli import main
from metahebb.errors import InputError
from metahebb.runs.folder import RunFolder
from metahebb.runs.learn_presets import LEARN_PRESETS
from metahebb.runs.presets import PRESETS, preset


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets"]) == 0
    evolved, _, learned = capsys.readouterr().out.partition("\n\n")
    for text, command, presets in (
        (evolved, "evolve", PRESETS),
        (learned, "learn", LEARN_PRESETS),
    ):
        title, *lines = text.splitlines()
        assert title == f"metahebb {command}"
        assert [line.split()[0] for line in lines] == list(presets)
        assert all(presets[line.split()[0]][1] in line for line in lines)
    assert {"cartpole", "ant-quick", "ant", "ant-faithful"} <= set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_runs_as_it_is(tmp_path: Path, name: str) -> None:
    flags = ("--popsize", "2", "--generations", "1", "--center-lives", "1", "--threads", "2")
    path = tmp_path / "run"
    assert main(["evolve", name, *QUIET, *flags, "--out", str(path)]) == 0
    (record,) = metrics(path)
    stage = preset(name).stages[0]
    assert record["max_steps"] == stage.max_steps
    assert record["bodies"] == list(stage.bodies or preset(name).task.bodies)
    run = RunFolder.open(path)
    assert run.config.task == preset(name).task
    assert run.config.network == preset(name).network
    assert run.load().genes.shape == (preset(name).setup().genome.n_genes,)


def test_the_curriculum_is_followed_over_a_resume(tmp_path: Path) -> None:
    flags = ("--schedule", "0:5:intact", "1:6", "3:7")
    assert evolve(tmp_path / "run", *flags, preset="ant", generations=2) == 0
    assert resume(tmp_path / "run", "--generations", "4") == 0
    records = metrics(tmp_path / "run")
    assert [r["max_steps"] for r in records] == [5, 6, 6, 7]
    one, both = ["intact"], ["intact", "short_fourth_ankle"]
    assert [r["bodies"] for r in records] == [one, both, both, both]
    # Nobody falls so soon: six candidates in each body, and one life of the center.
    assert [r["env_steps"] for r in records] == [7 * 5, 13 * 6, 13 * 6, 13 * 7]
    assert evolve(tmp_path / "whole", *flags, preset="ant", generations=4) == 0
    assert centers(tmp_path / "run") == centers(tmp_path / "whole")


def test_the_pole_is_balanced_within_seconds(tmp_path: Path) -> None:
    path = tmp_path / "run"
    told = ("--generations", "12", "--center-lives", "16")
    assert main(["evolve", "cartpole", *QUIET, *told, "--out", str(path)]) == 0
    returns = [r["center_return"] for r in metrics(path)]
    assert returns[0] < 100  # a newborn rule drops it
    assert returns[-1] >= 150


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'cartpole'"):
        preset("carpole")

"""``metahebb evolve --env``: an environment by its id, in the place of a preset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_runs import centers

from metahebb.cli import main
from metahebb.networks import Convolutional, FeedForward
from metahebb.runs.folder import RunFolder
from metahebb.settings.environments import config_of

SMALL = ("--popsize", "4", "--hidden", "3", "--no-finish", "--no-tensorboard", "--quiet")


def test_an_environment_stands_for_a_preset(tmp_path: Path) -> None:
    run = tmp_path / "run"
    told = ("--env", "Pendulum-v1", "--task.variants", "g=5", "g=10", "--generations", "2")
    assert main(["evolve", *told, *SMALL, "--out", str(run), "--threads", "1"]) == 0
    config = RunFolder.open(run).config
    assert config.task.bodies == ("g=5", "g=10")
    assert config.task.scale_actions
    assert config.network == FeedForward((3,))
    again = tmp_path / "again"
    assert main(["evolve", *told, *SMALL, "--out", str(again), "--threads", "2"]) == 0
    assert centers(run) == centers(again)
    assert main(["resume", str(run), "--generations", "3", "--no-finish", "--quiet"]) == 0
    assert main(["evaluate", str(run), "--lives", "2", "--threads", "1"]) == 0
    assert set(json.loads((run / "evaluation.json").read_text())["bodies"]) == {"g=5", "g=10"}


def test_the_network_fits_the_spaces() -> None:
    assert config_of("CartPole-v1", []).network == FeedForward((32, 16), output="linear")
    assert config_of("MountainCarContinuous-v0", []).network == FeedForward((32, 16))
    seen = config_of("CarRacing-v3", []).network
    assert seen == Convolutional((64, 32), image=(96, 96, 3))
    words = ["--popsize", "4", "--task.env-kwargs", "continuous", "false", "--seed", "1"]
    chosen = config_of("CarRacing-v3", words)
    assert (chosen.task.n_outputs, chosen.network.output) == (5, "linear")
    assert config_of("CarRacing-v3", []).setup().genome.n_genes > 1362


def test_arguments_are_pairs_of_words_and_part_of_the_config(tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ("--env", "LunarLander-v3", "--task.env-kwargs", "continuous", "false", "gravity", "-5")
    flags = (*SMALL, "--generations", "1", "--schedule", "0:20", "--threads", "1")
    assert main(["evolve", *words, *flags, "--out", str(run)]) == 0
    task = RunFolder.open(run).config.task
    assert task.env_kwargs == {"continuous": False, "gravity": -5}
    assert task.is_discrete


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ant-quick", "--env", "Pendulum-v1"], "a preset or --env, got both"),
        (["--env", "Pendulun-v1"], "Did you mean: `Pendulum`"),
        (["--env"], "expected an environment after --env, got --out"),
        (
            ["--env", "CartPole-v1", "--task.env-id", "Pendulum-v1"],
            "--env or --task.env-id, got both",
        ),
        (["--env", "LunarLander-v3", "--task.variants", "gravity=5"], "AssertionError: gravity"),
        (["--popsize", "4"], "expected metahebb evolve PRESET, got '--popsize'"),
        (["--env", "Pendulum-v1", "--task.variants", "g"], "expected a variant NAME=VALUE"),
        (["--env", "Pendulum-v1", "--task.env-kwargs", "g"], "expected a value behind g, got none"),
    ],
)
def test_a_bad_environment_writes_nothing(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evolve", *words, "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()

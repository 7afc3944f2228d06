"""A scientist's evening on the command line: evolve, own rule, probe and environment, two arms.

The same evening in a notebook is the tour (`test_tour.py`).
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from small_runs import QUIET

from metahebb.cli import main

SMALL = ("--popsize", "8", "--generations", "2", "--threads", "1", "--no-tensorboard", "--quiet")

RULE = """
import metahebb as mh


@mh.rule
def oja_d(pre, post, weight, /, A, D, eta: mh.positive):
    \"\"\"Oja's rule with a drift.\"\"\"
    return eta * (A * post * (pre - post * weight) + D)
"""
PROBE = """
from dataclasses import dataclass


@dataclass(frozen=True)
class Blink:
    at: int = 5

    def __call__(self, moment):
        rows = moment.rows_within(self.at, 3)
        moment.task.observations[moment.lanes[rows]] = 0
"""
ENV = """
import gymnasium
import numpy as np


class Line(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.age = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.age += 1
        return np.zeros(1, np.float32), float(action[0]), self.age >= 9, False, {}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("my_rule", RULE), ("my_probe", PROBE), ("my_env", ENV)):
        Path(f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


def test_five_lines_evolve_and_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evolve", "cartpole", "--seed", "1", "--out", "runs/a", *SMALL]) == 0
    assert main(["evaluate", "runs/a", "--lives", "4"]) == 0
    assert main(["probe", "runs/a", "--probe", "zero_weights:at=5", "--lives", "4"]) == 0
    assert main(["live", "runs/a", "--out", "life.npz"]) == 0
    assert main(["report", "runs/a"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("runs/a/report.html")


def test_a_rule_a_probe_and_an_environment_of_files() -> None:
    flags = (*SMALL, "--no-finish")
    words = ["evolve", "cartpole", "--rule", "my_rule.py:oja_d", "--out", "runs/rule", *flags]
    assert main(words) == 0
    assert main(["probe", "runs/rule", "--probe", "my_probe.py:Blink:at=4", "--lives", "4"]) == 0
    (file,) = Path("runs/rule/probes").glob("*/probe.json")
    assert json.loads(file.read_bytes())["probes"] == ["my_probe.py:Blink:at=4"]
    assert main(["evolve", "--env", "my_env.py:Line", "--out", "runs/env", *flags]) == 0
    assert main(["evaluate", "runs/env", "--lives", "4"]) == 0


def test_two_arms_over_three_seeds_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evolve", "reversal", "--seeds", "0", "1", "2", *SMALL[:6], *QUIET]
    assert main([*words, "--out", "runs/plastic"]) == 0
    assert main([*words, "--rule", "static", "--out", "runs/static"]) == 0
    arms = ["plastic=runs/plastic", "static=runs/static"]
    assert main(["compare", *arms, "--lives", "4", "--out", "fig.pdf"]) == 0
    assert "plastic − static" in capsys.readouterr().out
    assert Path("fig.pdf").read_bytes().startswith(b"%PDF")
    (folder,) = Path("runs").glob("compare-*")
    assert (folder / "report.html").exists()
    curves = list(csv.DictReader((folder / "curves.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["arm"] for row in curves} == {"plastic", "static"}


def test_a_mistake_costs_a_line_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "a=runs/nowhere", "b=runs/static"]) == 2
    assert capsys.readouterr().err.startswith("metahebb: expected ")
    assert not Path("runs").exists()

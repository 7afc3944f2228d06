"""``metahebb probe``: pairs that are pairs, tables, a page, and nothing from bad input."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import evolve, files

from metahebb.cli import main
from metahebb.evolution.backends.in_process import InProcess
from metahebb.probes import parse_probes
from metahebb.runs.folder import RunFolder
from metahebb.runs.probe import Conditions

ZERO = "zero_weights:fraction=0.5,layer=2,at=60"
PUSH = "push:x=-1,at=60"


@pytest.fixture(scope="module")
def ant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "ant"
    flags = ("--task.max-steps", "200", "--task.ending", "none", "--hidden", "6", "4")
    assert evolve(path, *flags, generations=1, preset="ant-quick") == 0
    return path


@pytest.fixture(scope="module")
def cartpole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "cartpole"
    assert evolve(path, generations=1) == 0
    return path


def probe(path: Path, *flags: str) -> int:
    return main(["probe", str(path), "--lives", "4", *flags])


def result(path: Path) -> dict[str, Any]:
    """Return the only comparison there is."""
    (file,) = (path / "probes").glob("*/probe.json")
    return json.loads(file.read_text())


def test_pairs_are_the_same_life_until_the_probe(ant: Path) -> None:
    conditions = Conditions.of(RunFolder.open(ant), 4)
    one, two = (functools.partial(InProcess, threads=n, lanes=n) for n in (1, 2))
    without = conditions.live((), one)
    probes = parse_probes([PUSH])
    found = conditions.live(probes, two)
    np.testing.assert_array_equal(found.x[:, :61], without.x[:, :61])
    assert (found.x[:, 61] < without.x[:, 61]).all()
    assert len(np.unique(without.x[:, 60])) == 4  # but four different lives
    np.testing.assert_array_equal(conditions.live(probes, one).x, found.x)


def test_damage_is_lived_by_the_same_pairs(ant: Path) -> None:
    conditions = Conditions.of(RunFolder.open(ant), 2)
    backend = functools.partial(InProcess, threads=1, lanes=2)
    without = conditions.live((), backend)
    found = conditions.live(parse_probes(["damage:body=short_left_ankle,at=60"]), backend)
    np.testing.assert_array_equal(found.x[:, :61], without.x[:, :61])
    assert (found.x[:, -1] != without.x[:, -1]).all()


def test_without_the_probe_they_are_the_lives_of_evaluate(
    ant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(ant), "--lives", "4"]) == 0
    evaluation = json.loads((ant / "evaluation.json").read_text())
    assert probe(ant, "--probe", ZERO, "--probe", PUSH) == 0
    found = result(ant)
    assert found["probes"] == [ZERO, PUSH]
    assert found["distance"]["without"] == evaluation["bodies"]["intact"]["distance"]
    difference = found["return"]["with"]["mean"] - found["return"]["without"]["mean"]
    assert found["return"]["difference"]["mean"] == pytest.approx(difference)
    assert found["survival"]["with"]["mean"] == 1
    assert found["nonfinite"] == {"with": 0, "without": 0}
    assert set(found["recovery"]["with"]) == {"before", "dip", "loss", "time", "after", "kept"}
    assert found["recovery"]["with"]["before"] == found["recovery"]["without"]["before"]
    assert len(found["speed"]["seconds"]) == len(found["speed"]["with"]["mean"]) == 20
    shown = capsys.readouterr().out
    for words in ("difference, paired", "distance [m]", "survival", "time to 80 %"):
        assert words in shown
    (figure,) = (ant / "probes").glob("*/figure.png")
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert figure.with_name("weights.png").read_bytes().startswith(b"\x89PNG")


def test_a_suite_is_one_page(cartpole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert probe(cartpole, "--suite", "--max-steps", "40") == 0
    page = (cartpole / "probes" / "index.html").read_text()
    assert capsys.readouterr().out.rstrip().endswith("index.html")
    for text in ("zero_weights:fraction=1,at=20", "drop_term:term=eta", "freeze:at=0"):
        assert text in page
    assert "push" not in page  # there is no body
    assert page.count("What weights do with") == page.count("<h2>") - 1  # all but the first table
    assert page.count("principal components") == 1  # what they show is said once
    stored = [json.loads(file.read_text()) for file in (cartpole / "probes").glob("*/probe.json")]
    assert all(found["distance"] is None for found in stored)
    assert len({json.dumps(found["return"]["without"]) for found in stored}) == 1
    assert len({json.dumps(found["return"]["with"]) for found in stored}) > 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--probe", "zero_wieghts:at=6"], "did you mean 'zero_weights'"),
        (["--probe", "zero_weights:at=6,layer=7"], "expected a layer from 1 to 2, got 7"),
        (["--probe", "zero_weights:at=6,fraction=2"], "expected a fraction from 0 to 1, got 2.0"),
        (["--probe", "push:at=6"], "expected a locomotion task"),
        (["--probe", "freeze:at=6", "--body", "intact"], "expected a body of the task"),
        (["--probe", "freeze:at=6", "--lives", "0"], "expected at least 1 lives"),
        (["--probe", "freeze:at=6", "--suite"], "got both"),
        ([], "got neither"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    cartpole: Path, flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(cartpole)
    capsys.readouterr()
    assert probe(cartpole, *flags) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert files(cartpole) == before


def test_a_damage_that_the_body_lacks(ant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(ant)
    assert probe(ant, "--probe", "damage:at=6,body=short_lft_ankle") == 2
    assert "did you mean 'short_left_ankle'" in capsys.readouterr().err
    assert files(ant) == before


def test_a_probe_can_be_a_condition_of_training(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert evolve(path, "--probes", "saturate:at=3,steps=-1", generations=1) == 0
    records = (path / "metrics.jsonl").read_text().splitlines()
    assert json.loads(records[0])["fitness_best"] < 30  # always pushed to one side
    assert RunFolder.open(path).config.probes == ("saturate:at=3,steps=-1",)

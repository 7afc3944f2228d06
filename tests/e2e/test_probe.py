"""``metahebb probe``: pairs that are pairs, tables, a page, and nothing from bad input."""

from __future__ import annotations

import functools
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_runs import make_run
from small_runs import Said, evolve, files

from metahebb.analysis import probe as probing
from metahebb.analysis.probe import Conditions
from metahebb.analysis.recovery import recovery
from metahebb.cli import main
from metahebb.evolution.backends.in_process import InProcess
from metahebb.probes import Moment, parse_probes
from metahebb.report.probe_figures import probe_table
from metahebb.runs.folder import RunFolder
from metahebb.tasks import Locomotion

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
    conditions = Conditions.of(RunFolder.open(ant).load(), 4)
    one, two = (functools.partial(InProcess, threads=n, lanes=n) for n in (1, 2))
    without = conditions.live((), one)
    probes = parse_probes([PUSH])
    found = conditions.live(probes, two)
    np.testing.assert_array_equal(found.x[:, :61], without.x[:, :61])
    assert (found.x[:, 61] < without.x[:, 61]).all()
    assert len(np.unique(without.x[:, 60])) == 4  # but four different lives
    np.testing.assert_array_equal(conditions.live(probes, one).x, found.x)


def test_damage_is_lived_by_the_same_pairs(ant: Path) -> None:
    conditions = Conditions.of(RunFolder.open(ant).load(), 2)
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
    assert found["met"] == 4
    assert found["distance"]["without"] == evaluation["bodies"]["intact"]["distance"]
    difference = found["return"]["with"]["mean"] - found["return"]["without"]["mean"]
    assert found["return"]["difference"]["mean"] == pytest.approx(difference)
    assert found["survival"]["with"]["mean"] == 1
    assert found["nonfinite"] == {"with": 0, "without": 0}
    assert set(found["recovery"]["with"]) == {"before", "dip", "loss", "time", "after", "kept"}
    assert found["recovery"]["with"]["before"] == found["recovery"]["without"]["before"]
    assert len(found["speed"]["seconds"]) == len(found["speed"]["with"]["mean"]) == 20
    shown = capsys.readouterr().out
    for words in (
        "difference, paired",
        "distance [m]",
        "survival",
        "time to 80 %",
        "4 of 4 lives met all of",
    ):
        assert words in shown
    (figure,) = (ant / "probes").glob("*/figure.png")
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert figure.with_name("weights.png").read_bytes().startswith(b"\x89PNG")


@dataclass(frozen=True)
class Burst:
    """Throw some lives out of what floats can hold."""

    units: tuple[int, ...]
    at: int = 60

    def __call__(self, moment: Moment) -> None:
        some = (moment.steps == self.at) & np.isin(moment.units, self.units)
        if some.any():
            moment.task.push(moment.lanes[some], 1e300, 0.0)


def test_lives_that_end_non_finite_are_in_no_mean_and_no_curve(ant: Path) -> None:
    conditions = Conditions.of(RunFolder.open(ant).load(), 4)
    backend = functools.partial(InProcess, threads=1, lanes=4)
    without = conditions.live((), backend)
    found = conditions.live((Burst((0, 2)),), backend)
    assert np.isnan(found.outcomes["distance"]).tolist() == [True, False, True, False]
    assert np.isfinite(found.x[[0, 2]]).sum(1).tolist() == [61, 61]
    kept, rest = [1, 3], without.x[[1, 3]]
    np.testing.assert_array_equal(found.x[kept], rest)
    comparison = probing.probe(conditions, (Burst((0, 2)),), without, backend)
    assert comparison["nonfinite"] == {"with": 2, "without": 0}
    assert comparison["distance"]["with"]["mean"] == pytest.approx(rest[:, -1].mean())
    assert comparison["distance"]["difference"]["mean"] == 0
    assert comparison["survival"]["with"]["mean"] == 0.5
    assert comparison["speed"]["with"]["mean"] == pytest.approx(
        (np.diff(rest[:, ::10], axis=1) / 0.5).mean(0)
    )
    assert comparison["recovery"]["with"]["after"][0] == pytest.approx(
        ((rest[:, -1] - rest[:, 160]) / 2).mean()
    )
    comparison = probing.probe(conditions, (Burst((0, 1, 2, 3)),), without, backend)
    assert comparison["distance"]["with"]["mean"] is None
    assert (comparison["speed"], comparison["recovery"]) == (None, None)
    assert "Left out because they ended non-finite: 4 with" in probe_table(comparison)
    shutil.rmtree(ant / "probes")


def test_who_falls_in_the_very_last_step_has_not_survived(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Locomotion("hopper", ending="unhealthy"), max_steps=300)
    backend = functools.partial(InProcess, threads=1, lanes=2)
    lasted = Conditions.of(run.load(), 2).live((), backend).outcomes["steps"]
    last = int(lasted.min())
    assert 2 < last < 300
    lived = Conditions.of(run.load(), 2, last).live((), backend)
    assert lived.outcomes["steps"].tolist() == [last, last]
    assert lived.survived.tolist() == (lasted > last).tolist()
    assert recovery(lived.x, 1, 0, 1, 0.008).survival.tolist() == lived.survived.tolist()
    assert np.isfinite(lived.outcomes["distance"]).all()


def test_lives_that_met_the_probe_are_counted(
    cartpole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(cartpole, tmp_path / "run")
    backend = functools.partial(InProcess, threads=1, lanes=4)
    center = RunFolder.open(run).load()
    steps = np.sort(Conditions.of(center, 4).live((), backend).outcomes["steps"])
    at = int(steps[1])
    met = int((steps > at).sum())
    assert 0 < met < 4
    assert probe(run, "--probe", f"freeze:at={at}", "--probe", "zero_weights:fraction=0,at=0") == 0
    assert result(run)["met"] == met
    assert f"\n{met} of 4 lives met all of it\n" in capsys.readouterr().out


def test_a_film_of_what_never_happens_is_refused(cartpole: Path, said: Said) -> None:
    before = files(cartpole)
    assert main(["film", str(cartpole), "--probe", "freeze:at=9999"]) == 2
    said("expected at below", "got 9999", "choose an earlier step")
    assert files(cartpole) == before


def test_a_suite_is_one_page(cartpole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert probe(cartpole, "--suite", "--max-steps", "40") == 0
    page = (cartpole / "probes" / "index.html").read_text()
    assert capsys.readouterr().out.rstrip().endswith("index.html")
    for text in ("zero_weights:fraction=1,at=20", "drop_term:term=eta", "freeze:at=0"):
        assert text in page
    assert "push" not in page  # there is no body
    assert page.count("What weights do with") == page.count("<h2>") - 1  # all but the first table
    assert page.count("<td>4 of 4</td>") == 6  # frozen, or without one of 5 terms, from birth on
    assert page.count("How far all weights of a life are") == 1  # what they show is said once
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
        (["--probe", "freeze:at=6", "--lives", "0"], "expected at least one life"),
        (["--probe", "freeze:at=6", "--suite"], "got both"),
        (["--probe", "freeze:at=40", "--max-steps", "40"], "at below 40, the env steps of a life"),
        (["--probe", "drop_term:term=A", "--probe", "freeze:at=9999"], "got 9999"),
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

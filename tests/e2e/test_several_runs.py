"""``metahebb evaluate`` and ``probe`` of several runs: each as alone, and the mean over runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from small_runs import TINY, Said, files

import metahebb as mh
from metahebb.analysis.statistics import nested_interval
from metahebb.cli import main

WHAT = ("reversal", *TINY, "--generations", "2", "--task.max-steps", "40")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of three seeds."""
    path = tmp_path_factory.mktemp("several") / "h"
    assert main(["evolve", *WHAT, "--seeds", "0", "1", "2", "--out", str(path)]) == 0
    return path


@pytest.fixture
def h(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "runs/h")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs/h"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def shown(values: tuple[float, float, float]) -> str:
    mean, low, high = values
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def test_evaluate_has_a_row_per_run_and_their_mean(
    h: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = h.parent / "alone"
    shutil.copytree(h / "seed1", alone)
    flags = ("--lives", "5", "--threads", "1")
    capsys.readouterr()
    assert main(["evaluate", "runs/h", *flags]) == 0
    _, described, _, *lines = capsys.readouterr().out.splitlines()
    assert described.startswith("before: score before the flip of the actuator, −1 to 1; after: ")
    rows = [cells(line) for line in lines]
    assert rows[0][:5] == ["run", "generation", "body", "lives", "return"]
    assert [row[0] for row in rows[2:]] == [
        "h/seed0", "h/seed1", "h/seed2", "mean over runs",
    ]  # fmt: skip
    assert main(["evaluate", "runs/alone", *flags]) == 0
    kept = [json.loads((h / f"seed{s}/evaluation.json").read_text()) for s in (0, 1, 2)]
    assert kept[1] == json.loads((alone / "evaluation.json").read_text())
    returns = np.array([each["bodies"]["default"]["returns"] for each in kept])
    assert shown(nested_interval(returns, 1.0)) in "  ".join(rows[-1])


def test_probe_tells_of_each_run_then_of_all(h: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--probe", "freeze:at=5", "--lives", "6", "--threads", "1")
    capsys.readouterr()
    assert main(["probe", "runs/h/seed0", "runs/h/seed1", "runs/h/seed2", *flags]) == 0
    out = capsys.readouterr().out
    assert out.count("freeze:at=5: 6 fresh lives") == 3
    kept = [
        json.loads((h / f"seed{seed}/probes/freeze-at=5/probe.json").read_text())["return"]
        for seed in (0, 1, 2)
    ]
    differences = np.array(
        [np.subtract(each["lives"]["with"], each["lives"]["without"]) for each in kept]
    )
    assert differences.mean(1) == pytest.approx([each["difference"]["mean"] for each in kept])
    table = out[out.index("Over 3 runs (h/seed0, h/seed1, h/seed2), 6 lives each") :]
    (row,) = [line for line in table.splitlines() if line.startswith("freeze:at=5")]
    assert row.endswith(shown(nested_interval(differences, 2.0)))


@pytest.mark.slow
def test_a_suite_over_seeds_ends_with_one_table(
    h: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "runs/h", "--suite", "--lives", "2", "--threads", "1"]) == 0
    out = capsys.readouterr().out
    table = out[out.index("Over 3 runs") :]
    assert table.count("survival") == len(list((h / "seed0/probes").glob("*/probe.json")))
    assert (h / "seed2/probes/index.html").exists()


def test_python_has_the_same_numbers(h: Path) -> None:
    runs = mh.open_all("runs/h")
    assert [run.config.seed for run in runs] == [0, 1, 2]
    result = runs.evaluate(lives=4, threads=1)
    returns = [result["runs"][name]["bodies"]["default"]["returns"] for name in runs.names]
    over = result["over_runs"]["default"]["return"]
    assert (over["mean"], over["low"], over["high"]) == pytest.approx(nested_interval(returns, 1.0))
    assert repr(result) == result.text
    rows = runs.probe("freeze:at=5", lives=4, threads=1)["over_runs"]
    assert [row["value"] for row in rows] == ["return", "before", "after", "survival"]
    assert runs.report() == h / "report.html"
    with pytest.raises(mh.InputError, match="one folder of seeds"):
        mh.open_all("runs/h/seed0", "runs/h/seed1").report()


def test_a_folder_of_one_seed_says_that_nothing_is_resampled(
    h: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (1, 2):
        shutil.rmtree(h / f"seed{seed}")
    capsys.readouterr()
    assert main(["evaluate", "runs/h", "--lives", "2", "--threads", "1"]) == 0
    title = capsys.readouterr().out.splitlines()[0]
    assert title.startswith("The unperturbed center of 1 run, ")
    assert title.endswith("mean over runs (one run, n = 1: no interval)")
    flags = ("--probe", "freeze:at=5", "--lives", "2", "--threads", "1")
    assert main(["probe", "runs/h", *flags]) == 0
    title = "Over 1 run (h/seed0), 2 lives each: mean (one run, n = 1: no interval)"
    assert title in capsys.readouterr().out


def test_one_run_is_as_before(h: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["evaluate", "runs/h/seed0", "--lives", "2", "--threads", "1"]) == 0
    out = capsys.readouterr().out
    assert "mean over runs" not in out
    assert out.splitlines()[-1] == str(h / "seed0" / "evaluation.json")


BAD = {
    "unknown": (("runs/x",), ("a run folder", "runs/x")),
    "twice": (("runs/h", "runs/h/seed1"), ("each run once", "seed1 twice")),
    "worlds": (("runs/h/seed0", "runs/c"), ("one world", "CartPole-v1")),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", [("evaluate",), ("probe", "--probe", "freeze:at=5")])
def test_wrong_runs_are_one_line(
    h: Path, said: Said, capsys: pytest.CaptureFixture[str], case: str, command: tuple[str, ...]
) -> None:
    places, parts = BAD[case]
    assert main(["evolve", "cartpole", *TINY, "--generations", "1", "--out", "runs/c"]) == 0
    before = files(h)
    capsys.readouterr()
    assert main([command[0], *places, *command[1:]]) == 2
    said(*parts)
    assert files(h) == before

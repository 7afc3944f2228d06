"""A task's measures in the files, tables and pages of a run of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_runs import evolve

from metahebb.cli import main

FREEZE = "freeze:at=26"


@pytest.fixture(scope="module")
def bandit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "bandit"
    assert evolve(path, generations=1, preset="bandit") == 0
    return path


def test_evaluate_tells_each_with_its_unit(
    bandit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(bandit, tmp_path / "run")
    capsys.readouterr()
    assert main(["evaluate", str(run), "--lives", "5", "--threads", "1"]) == 0
    shown = capsys.readouterr().out
    body = json.loads((run / "evaluation.json").read_text())["bodies"]["default"]
    assert body["distance"] is None
    assert list(body["measures"]) == ["before", "after", "flip"]
    assert [m["unit"] for m in body["measures"].values()] == ["", "", "env step"]
    assert [m["lives"] for m in body["measures"].values()] == [5, 5, 5]
    assert 13 <= body["measures"]["flip"]["low"] <= body["measures"]["flip"]["mean"] < 26
    explained = shown.splitlines()[1]
    assert explained.startswith("before: part of actions that were right, before the right ones ")
    assert explained.endswith("flip: when the right actions swap.")
    heading = shown.splitlines()[3].split("  ")
    columns = [column.strip() for column in heading if column]
    wanted = ["body", "lives", "return", "before", "after", "flip [env step]", "env steps lived"]
    assert columns == wanted
    assert main(["report", str(run)]) == 0
    page = (run / "report.html").read_text()
    assert "".join(f"<th>{column}</th>" for column in wanted) in page
    assert "earns" in page


def test_a_measure_that_no_life_lasts_for_is_a_dash(
    bandit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(bandit, tmp_path / "run")
    capsys.readouterr()
    flags = ("--lives", "3", "--max-steps", "8", "--threads", "1")
    assert main(["evaluate", str(run), *flags]) == 0
    assert capsys.readouterr().out.splitlines()[5].split().count("–") == 1  # after
    data = json.loads((run / "evaluations" / "max_steps=8.json").read_text())
    after = data["bodies"]["default"]["measures"]["after"]
    assert after.pop("description").startswith("part of actions that were right")
    assert after == {"unit": "", "lives": 0, "mean": None, "low": None, "high": None}


def test_a_probe_compares_what_it_can_change(
    bandit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(bandit, tmp_path / "run")
    capsys.readouterr()
    assert main(["probe", str(run), "--lives", "6", "--threads", "1", "--probe", FREEZE]) == 0
    rows = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line]
    assert rows[3:7] == ["return", "before", "after", "survival"]
    (file,) = (run / "probes").glob("*/probe.json")
    comparison = json.loads(file.read_text())
    assert list(comparison["measures"]) == ["before", "after"]
    assert comparison["measures"]["before"]["difference"]["mean"] == 0  # they had flipped by then
    assert comparison["distance"] is None
    assert (comparison["speed"], comparison["recovery"]) == (None, None)
    assert main(["probe", str(run), "--lives", "2", "--threads", "1", "--suite"]) == 0
    page = (run / "probes" / "index.html").read_text()
    assert "<th>before</th><th>after</th><th>survival</th>" in page
    assert "distance" not in page

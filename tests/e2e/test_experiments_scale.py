"""The study of scale writes its folder anew from what was measured."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from experiments.kit.running import Order
from experiments.scale.__main__ import main as scale
from metahebb.errors import InputError
from metahebb.runs.manifest import make_manifest
from metahebb.runs.storage import write_json

MEASURED = Path(__file__).parents[1] / "golden" / "scale.json"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_results_are_written_from_what_was_measured(here: Path) -> None:
    folder = here / "results" / "scale"
    folder.mkdir(parents=True)
    shutil.copy(MEASURED, folder / "measured.json")
    write_json(folder / "manifest.json", make_manifest(0))
    scale(Order("quick", finished=True))
    measured = json.loads(MEASURED.read_text())
    claims = {c["name"]: c for c in json.loads((folder / "summary.json").read_text())["claims"]}
    goals = {name: claim["goal"] for name, claim in claims.items() if claim["goal"]}
    assert sorted(goals.values()) == [">= 0.9", ">= 0.9", ">= 0.95"]
    for each in measured["predictions"]:
        plan, value = each["plan"], each["model"]["efficiency"]
        schedule = ("synchronous", "delay 1")[plan["delay"]]
        name = f"{plan['workers']:,} workers, {schedule}, cv {plan['lives']['cv']}"
        claim = claims[f"predicted, {name} [share]"]
        assert claim["value"] == value
        assert claim["low"] <= value <= claim["high"]
        if claim["goal"]:
            assert claim["holds"] == (value >= 0.9)
    readme = (folder / "README.md").read_text()
    for run in measured["held_out"]:
        assert (
            f"| {run['measured']['efficiency']:.3f} | {run['model']['efficiency']:.3f} |" in readme
        )
    assert (folder / "efficiency.png").stat().st_size > 10_000


def test_nothing_measured_is_said_in_one_line(here: Path) -> None:
    with pytest.raises(InputError, match=r"results/scale/measured.json with --finished"):
        scale(Order("quick", finished=True))
    assert not any(here.iterdir())

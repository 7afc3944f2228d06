"""The study of the delay at its smallest: what it writes; it does nothing twice."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from experiments.delay import __main__ as delay
from experiments.delay.runs import ARMS, BUDGETS, path_of
from experiments.kit.running import Order, command
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where

pytestmark = pytest.mark.slow
FINISHED = Order("smoke", finished=True, where=Where(threads=2))
PARTS = {part.preset: part for part in BUDGETS["smoke"]}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        with pytest.raises(InputError, match="finished runs of synchronous and delayed with the"):
            delay.main(FINISHED)
        assert not any(root.iterdir())
        command("delay", delay.main, ["smoke", "--threads", "2"])
    return root


def times(root: Path) -> dict[Path, int]:
    kept = [*root.rglob("journal"), *root.rglob("evaluation.json")]
    return {path: path.stat().st_mtime_ns for path in kept}


def claims(folder: Path) -> dict[str, dict[str, Any]]:
    found = json.loads((folder / "summary.json").read_text())["claims"]
    return {claim["name"]: claim for claim in found}


def test_it_writes_both_arms_and_their_difference(study: Path) -> None:
    folder = study / "runs/smoke/delay"
    assert not (study / "results").exists()  # published numbers stay
    rows = list(csv.DictReader((folder / "runs.csv").read_text().splitlines()))
    wanted = {(p.preset, arm, str(s)) for p in PARTS.values() for arm in ARMS for s in p.seeds}
    assert {(r["preset"], r["arm"], r["seed"]) for r in rows} == wanted
    found = claims(folder)
    assert len(found) == 6 * len(PARTS)
    for name, part in PARTS.items():
        ended = f"{part.measure} after {part.generations} generations"
        way = f"{part.measure}, mean over the learning curve"
        for arm in ARMS:
            ours = [r for r in rows if (r["preset"], r["arm"]) == (name, arm)]
            for what, column in ((ended, "return"), (way, "learning_curve")):
                mean = np.mean([float(r[column]) for r in ours])
                assert found[f"{name}, {arm}: {what}"]["value"] == pytest.approx(mean, abs=1e-3)
        gap = found[f"{name}, delayed − synchronous: {ended}"]
        ends = (found[f"{name}, {arm}: {ended}"]["value"] for arm in ("delayed", "synchronous"))
        assert gap["value"] == pytest.approx(next(ends) - next(ends))
        assert gap["low"] <= gap["value"] <= gap["high"]
    readme = (folder / "README.md").read_text()
    for name, part in PARTS.items():
        assert f"| {name} | 2 of 2 | {part.popsize} | {part.generations} |" in readme
    linked = {text.split(")")[0] for text in readme.split("](")[1:]}
    assert linked == {path.name for path in folder.iterdir() if path.suffix in (".png", ".csv")}
    with Image.open(folder / "delay.png") as opened:
        assert min(opened.size) > 300


def test_it_does_nothing_twice(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study)
    readme = study / "runs/smoke/delay/README.md"
    text, before = readme.read_text(), times(study)
    assert len(before) == 2 * sum(len(ARMS) * len(part.seeds) for part in PARTS.values())
    delay.main(Order("smoke", where=FINISHED.where))
    assert readme.read_text() == text
    assert times(study) == before


def test_finished_seeds_are_those_of_both_arms(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(study / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    ant, reversal = PARTS["ant-quick"], PARTS["reversal"]
    shutil.rmtree(path_of("smoke", ant, "delayed", ant.seeds[0]))
    for seed in reversal.seeds:
        shutil.rmtree(path_of("smoke", reversal, "synchronous", seed))
    before = times(tmp_path)
    delay.main(FINISHED)
    assert times(tmp_path) == before
    found = claims(Path("runs/smoke/delay"))
    assert len(found) == 6
    assert all(name.startswith("ant-quick") for name in found)
    assert {tuple(claim["seeds"]) for claim in found.values()} == {(ant.seeds[1],)}
    assert "| ant-quick | 1 of 2 |" in Path("runs/smoke/delay/README.md").read_text()

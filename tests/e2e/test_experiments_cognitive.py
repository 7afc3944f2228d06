"""The study of cognitive tasks at its smallest: what it writes; it does nothing twice."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from experiments.cognitive import __main__ as cognitive
from experiments.cognitive.arms import all_arms
from experiments.cognitive.bandit import SYSTEMS
from experiments.kit.running import Order, command
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where

pytestmark = pytest.mark.slow
FINISHED = Order("smoke", finished=True, where=Where(threads=2))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        with pytest.raises(InputError, match="finished runs of this study, got none of size smoke"):
            cognitive.main(FINISHED)
        assert not any(root.iterdir())
        command("cognitive", cognitive.main, ["smoke", "--threads", "2"])
    return root


def times(root: Path) -> dict[Path, int]:
    kept = [*root.rglob("journal"), *root.rglob("fresh-*.json"), *root.rglob("evaluation.json")]
    return {path: path.stat().st_mtime_ns for path in kept}


def test_it_writes_every_arm(study: Path) -> None:
    folder = study / "runs/smoke/cognitive"
    assert not (study / "results").exists()  # published numbers stay
    rows = list(csv.DictReader((folder / "runs.csv").read_text().splitlines()))
    wanted = {(arm.task, arm.system, seed) for arm in all_arms() for seed in "01"}
    assert {(row["task"], row["system"], row["seed"]) for row in rows} == wanted
    assert {row["trials"] for row in rows} == {"64"}
    claims = {c["name"]: c for c in json.loads((folder / "summary.json").read_text())["claims"]}
    for arm in all_arms():
        ours = [
            float(r["accuracy"]) for r in rows if (r["task"], r["system"]) == (arm.task, arm.system)
        ]
        mean = claims[f"{arm.name}: accuracy on fresh trials"]["value"]
        assert mean == pytest.approx(sum(ours) / 2, abs=1e-3)
    for system in SYSTEMS:
        assert (
            0
            <= claims[f"bandit with a reversal, {system}: accuracy after the reversal"]["value"]
            <= 1
        )
    readme = (folder / "README.md").read_text()
    assert "| delayed nonmatch | node perturbation | 0 of 2 |" in readme
    linked = {text.split(")")[0] for text in readme.split("](")[1:]}
    assert linked == {path.name for path in folder.iterdir() if path.suffix in (".png", ".csv")}
    for picture in folder.glob("*.png"):
        with Image.open(picture) as opened:
            assert min(opened.size) > 300


def test_it_does_nothing_twice(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study)
    readme = study / "runs/smoke/cognitive/README.md"
    text, before = readme.read_text(), times(study)
    assert len([path for path in before if path.name == "journal"]) == 2 * (len(all_arms()) + 2)
    cognitive.main(FINISHED)
    assert readme.read_text() == text
    assert times(study) == before

"""The study of recurrent networks at its smallest: what it writes; it does nothing twice."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from experiments.kit.running import Order, command
from experiments.latent import __main__ as latent
from experiments.protocols.hidden_variable import runs as hidden
from experiments.protocols.legs.bodies import BODIES
from experiments.protocols.legs.budgets import BUDGETS
from experiments.recurrent import __main__ as recurrent
from experiments.recurrent.runs import WHO
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where

pytestmark = pytest.mark.slow
WHERE = Where(threads=2)
FINISHED = Order("smoke", finished=True, where=WHERE)
WALKS, SCORES = BUDGETS["smoke"], hidden.BUDGETS["smoke"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        with pytest.raises(InputError, match="expected a finished run of the arm hebbian"):
            recurrent.main(FINISHED)
        assert not any(root.iterdir())
        command("recurrent", recurrent.main, ["smoke", "--threads", "2"])
    return root


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text().splitlines()))


def times(root: Path) -> dict[Path, int]:
    kept = [*root.rglob("journal"), *root.rglob("cells/*.json")]
    return {path: path.stat().st_mtime_ns for path in kept}


def test_it_writes_every_arm_and_the_differences(study: Path) -> None:
    folder = study / "runs/smoke/recurrent"
    assert not (study / "results").exists()  # published numbers stay
    walked, scored = rows(folder / "runs.csv"), rows(folder / "latent.csv")
    assert {(r["arm"], r["body"]) for r in walked} == {(a, b) for a in WHO for b in BODIES}
    wanted = {(arm, str(seed)) for arm in WHO for seed in SCORES.seeds}
    assert {(r["arm"], r["seed"]) for r in scored} == wanted
    summary = json.loads((folder / "summary.json").read_text())
    claims = {claim["name"]: claim for claim in summary["claims"]}
    assert len(claims) == len(summary["claims"]) == (3 + 2) * (3 + 3)
    for other in ("hebbian", "lstm"):
        for kind in ("intact [m]", "unseen [m]", "unseen / intact"):
            assert f"recurrent − {other}, trained on the shortened fourth leg: {kind}" in claims
        for what in ("return", "settled score before the flip", "settled score after the flip"):
            parts = [f"hidden variable, {arm}: {what}" for arm in ("recurrent", other)]
            ours, theirs = (claims[part]["value"] for part in parts)
            gap = claims[f"hidden variable, recurrent − {other}: {what}"]
            assert gap["value"] == pytest.approx(ours - theirs)
            assert gap["low"] <= gap["value"] <= gap["high"]
    assert {claim["goal"] for claim in summary["claims"]} == {None}
    assert len(json.loads((folder / "manifest.json").read_text())["tuning"]) == tuned()
    readme = (folder / "README.md").read_text()
    for arm in WHO.values():
        assert f"| {arm.what} |" in readme
    linked = {part.split(")")[0] for part in readme.split("](")[1:]} - {
        "../damage/README.md", "../latent/README.md",
    }  # fmt: skip
    assert linked == {path.name for path in folder.iterdir() if path.suffix in (".png", ".csv")}
    for picture in folder.glob("*.png"):
        with Image.open(picture) as opened:
            assert min(opened.size) > 300


def tuned() -> int:
    return len(WHO) * (WALKS.settings + len(SCORES.grid))


def test_it_does_nothing_twice(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study)
    readme = study / "runs/smoke/recurrent/README.md"
    text, before = readme.read_text(), times(study)
    journals = [path for path in before if path.name == "journal"]
    assert len(journals) == tuned() + len(WHO) * (len(WALKS.seeds) + len(SCORES.seeds))
    recurrent.main(FINISHED)
    assert readme.read_text() == text
    assert times(study) == before


def test_other_studies_take_its_runs(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study)
    before = times(study)
    latent.main(Order("smoke", where=WHERE))
    after = times(study)
    assert {path: after[path] for path in before} == before
    new = {path.relative_to(study).parts[1:] for path in after.keys() - before.keys()}
    assert {"static"} == {next(part for part in parts[1:] if part != "tuning") for parts in new}


def test_finished_runs_must_be_of_one_fold(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(study / "runs", tmp_path / "runs")
    shutil.rmtree(tmp_path / "runs/robustness-smoke/recurrent")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="finished runs of hebbian, recurrent, lstm on the same"):
        recurrent.main(FINISHED)

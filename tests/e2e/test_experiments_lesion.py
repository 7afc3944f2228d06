"""The lesion study at its smallest: what it writes, and that it does nothing twice."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_runs import files

from experiments.kit.running import command
from experiments.lesion import __main__ as lesion
from metahebb.evolution.backends.in_process import InProcess

pytestmark = [pytest.mark.slow, pytest.mark.render]

RUN = Path("runs/robustness-smoke/{arm}/weak-fourth/seed0/lesions/{name}-max_steps=280.npz")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        command("lesion", lesion.main, ["smoke"])
    return root


def results(root: Path) -> Path:
    return root / "runs/smoke/lesion"


def x_of(root: Path, arm: str, name: str) -> np.ndarray:
    with np.load(root / str(RUN).format(arm=arm, name=name)) as kept:
        return kept["x"]


def test_it_writes_figures_films_and_a_readme_of_its_claims(study: Path) -> None:
    folder = results(study)
    assert not (study / "results").exists()  # published numbers stay
    summary = json.loads((folder / "summary.json").read_text())
    goals = {c["name"]: c["goal"] for c in summary["claims"] if c["goal"]}
    assert list(goals.values()) == [">= 0.95"] * 2
    assert all(name.startswith("hebbian") for name in goals)
    readme = (folder / "README.md").read_text()
    for claim in summary["claims"]:
        assert f"| {claim['name']} |" in readme
    linked = {part.split(")")[0] for part in readme.split("![")[1:]}
    linked = {part.split("](")[1] for part in linked}
    assert linked == {path.name for path in folder.iterdir() if path.suffix in (".png", ".gif")}
    for name in linked:
        with Image.open(folder / name) as picture:
            assert min(picture.size) > 300
    rows = json.loads((folder / "measures.json").read_text())["lesions"]
    assert {row["arm"] for row in rows} == {
        "hebbian", "static", "lstm", "gru", "frozen", "coevolved",
    }  # fmt: skip
    assert [row["arm"] for row in rows if row["lesion"] == "zeroed, then frozen"] == [
        "hebbian", "coevolved",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arm", "name"),
    [
        ("static", "zero_weights-at=40"),
        ("gru", "zero_weights-at=40"),
        ("hebbian", "zero_weights-at=40-freeze-at=40"),
    ],
)
def test_without_weights_and_plasticity_a_body_stands_still(
    study: Path, arm: str, name: str
) -> None:
    x, unharmed = x_of(study, arm, name), x_of(study, arm, "plain")
    np.testing.assert_array_equal(x[:, :41], unharmed[:, :41])
    whole = np.isfinite(x[:, -1])
    assert whole.any()
    assert np.abs(x[whole, -1] - x[whole, 180]).max() < 0.15  # in 5 s: feet creep a little


def test_with_plasticity_it_does_not(study: Path) -> None:
    stays = np.abs(np.diff(x_of(study, "hebbian", "zero_weights-at=40-freeze-at=40")[:, 180:]))
    goes = np.abs(np.diff(x_of(study, "hebbian", "zero_weights-at=40")[:, 180:]))
    assert np.nanmean(goes) > 3 * np.nanmean(stays)


def test_the_arm_frozen_is_frozen_here_too(study: Path) -> None:
    folder = study / RUN.parent.as_posix().format(arm="frozen")
    assert {path.name.split("-at=50")[0] for path in folder.iterdir()} == {"freeze"}


def test_what_is_done_is_not_done_again(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("something was lived again")

    before = files(study)
    monkeypatch.chdir(study)
    monkeypatch.setattr(InProcess, "evaluate", refuse)
    command("lesion", lesion.main, ["smoke"])
    command("lesion", lesion.main, ["smoke", "--finished"])
    after = files(study)
    assert set(after) == set(before)
    same = [name for name in after if not name.endswith((".png", ".gif"))]
    assert all(after[name] == before[name] for name in same)


def test_without_runs_there_is_nothing_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        command("lesion", lesion.main, ["smoke", "--finished"])
    assert stopped.value.code == 2
    assert "expected finished runs of the arm hebbian" in capsys.readouterr().err
    assert not files(tmp_path)

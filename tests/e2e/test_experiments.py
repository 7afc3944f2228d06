"""The studies run at their smallest size, go on where they were stopped, and say what is wrong."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import pytest

from experiments.damage.__main__ import main as damage
from experiments.kit.page import SMOKE
from experiments.kit.pages import remake
from experiments.kit.running import Order, command, evolved
from experiments.kit.smoke import is_marked
from experiments.protocols.arms import ARMS
from experiments.protocols.legs.bodies import BODIES
from experiments.protocols.legs.budgets import BUDGETS
from experiments.protocols.legs.runs import jobs
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.runs.config import RunConfig
from metahebb.runs.presets import CARTPOLE

WHERE = Where(threads=2)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    WHERE.prepare()
    return tmp_path


def test_damage_writes_every_arm_in_every_body_and_does_nothing_twice(here: Path) -> None:
    damage(Order("smoke", where=WHERE))
    folder = here / "runs" / "smoke" / "damage"
    rows = list(csv.DictReader((folder / "runs.csv").read_text().splitlines()))
    wanted = {(arm, str(fold), str(seed)) for arm, fold, seed in jobs(BUDGETS["smoke"])}
    assert {(r["arm"], r["fold"], r["seed"]) for r in rows} == wanted
    assert {r["body"] for r in rows} == set(BODIES)
    summary = json.loads((folder / "summary.json").read_text())
    claims = summary["claims"]
    assert [c["goal"] for c in claims if c["name"].endswith("unseen / intact")] == [None, None]
    text = (folder / "README.md").read_text()
    assert text.splitlines()[2:5] == [SMOKE, "", summary["answer"]]
    assert all(f"*{arm}*, {who.what}" in text for arm, who in ARMS.items())
    assert (folder / "damage.png").stat().st_size > 10_000

    assert (folder / "beside.gif").stat().st_size > 10_000
    assert (folder / "coefficients.png").stat().st_size > 10_000
    pictures = [path for path in folder.iterdir() if path.suffix in (".png", ".gif")]
    assert len(pictures) == 3
    assert all(is_marked(path) for path in pictures)
    assert remake(folder) == [folder / "README.md"]
    assert (folder / "README.md").read_text() == text

    journals = {path: path.stat().st_mtime_ns for path in here.rglob("journal")}
    kept = {path: path.stat().st_mtime_ns for path in here.rglob("cells/*.json")}
    assert len(journals) == len(wanted) + len(ARMS) * BUDGETS["smoke"].settings
    damage(Order("smoke", finished=True, where=WHERE))
    assert (folder / "README.md").read_text() == text
    assert all(path.stat().st_mtime_ns == then for path, then in (journals | kept).items())


def tiny(generations: int = 2, seed: int = 0) -> RunConfig:
    return dataclasses.replace(CARTPOLE, generations=generations, seed=seed, center_lives=1)


def test_a_run_of_another_config_is_refused(here: Path) -> None:
    run = evolved(here / "run", tiny(), WHERE)
    assert run.load().generation == 2
    with pytest.raises(InputError, match="of another config; move it away"):
        evolved(here / "run", tiny(seed=1), WHERE)


@pytest.mark.parametrize("words", [["medium"], [], ["smoke", "--threads", "-1"]])
def test_a_bad_order_ends_with_status_2(
    words: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command("damage", damage, words)
    assert ended.value.code == 2
    assert not any(here.iterdir())


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning")  # EvoTorch's
def test_bottleneck_writes_every_point_and_does_nothing_twice(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.bottleneck import __main__ as bottleneck
    from experiments.protocols.genome_maps.points import POINTS

    some = {name: POINTS[name] for name in ("hebbian", "neuron", "shared-1")}
    monkeypatch.setattr(bottleneck, "POINTS", some)
    with pytest.raises(InputError, match="finished runs, got none of size smoke of hebbian"):
        bottleneck.main(Order("smoke", finished=True, where=WHERE))
    bottleneck.main(Order("smoke", where=WHERE))
    folder = here / "runs" / "smoke" / "bottleneck"
    text = (folder / "README.md").read_text()
    assert all(f"| {name} | {point.arm.what} |" in text for name, point in some.items())
    assert (folder / "bottleneck.png").stat().st_size > 10_000
    journals = {path: path.stat().st_mtime_ns for path in here.rglob("journal")}
    assert len(journals) == len(some) * (1 + BUDGETS["smoke"].settings)
    bottleneck.main(Order("smoke", finished=True, where=WHERE))
    assert (folder / "README.md").read_text() == text
    assert all(path.stat().st_mtime_ns == then for path, then in journals.items())

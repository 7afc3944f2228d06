"""The study of car racing at its smallest: what it writes; it does nothing twice."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import pytest
from PIL import Image

from experiments.car_racing import __main__ as car_racing
from experiments.car_racing.budgets import BUDGETS, USUAL, WHO
from experiments.car_racing.claims import GOAL
from experiments.car_racing.runs import run_config
from experiments.kit.running import Order, Size, command
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.networks import Convolutional
from metahebb.plasticity.rules import RULES
from metahebb.tasks.car_racing.task import VARIANTS, has_envpool

BUDGET = BUDGETS["smoke"]
WORLDS = ("compiled", "gymnasium", *(["envpool"] if has_envpool() else []))


@pytest.mark.parametrize("size", BUDGETS)
def test_arms_differ_in_the_rule_alone(size: Size) -> None:
    hebbian, static = (run_config(BUDGETS[size], arm, 3) for arm in WHO)
    assert list(WHO) == ["hebbian", "static"]
    assert static == dataclasses.replace(
        hebbian, network=dataclasses.replace(hebbian.network, rule=RULES["static"])
    )
    assert type(hebbian.network) is Convolutional
    assert not hebbian.network.is_static
    assert hebbian.seed == 3
    assert (hebbian.task.world, hebbian.task.variants) == ("compiled", BUDGETS[size].training)


def test_what_training_shows() -> None:
    assert BUDGETS["quick"].training == (USUAL,)
    assert set(VARIANTS) - set(BUDGETS["paper"].training) == {"pushed_right"}
    assert len(BUDGETS["paper"].seeds) >= 5
    assert BUDGETS["paper"].hidden == Convolutional().hidden


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        with pytest.raises(InputError, match="the finished runs of the arm hebbian"):
            car_racing.main(Order("smoke", finished=True, where=Where(threads=2)))
        assert not any(root.iterdir())
        command("car_racing", car_racing.main, ["smoke", "--threads", "2"])
    return root


@pytest.mark.slow
def test_it_writes_both_arms_on_every_ground(study: Path) -> None:
    folder = study / "runs/smoke/car_racing"
    assert not (study / "results").exists()  # published numbers stay
    rows = list(csv.DictReader((folder / "runs.csv").read_text().splitlines()))
    assert len(rows) == len(WHO) * len(BUDGET.seeds) * len(VARIANTS) * BUDGET.lives
    assert {(row["arm"], row["variant"]) for row in rows} == {(a, v) for a in WHO for v in VARIANTS}
    summary = json.loads((folder / "summary.json").read_text())
    claims = {claim["name"]: claim for claim in summary["claims"]}
    runs = len(WHO) * len(BUDGET.seeds)
    wanted = 3 * len(VARIANTS) + runs + 2 * len(WORLDS) - 1
    assert len(claims) == len(summary["claims"]) == wanted
    for arm in WHO:
        each = [
            claims[f"{arm}, run of seed {seed}: mean return of its center, {USUAL}"]["value"]
            for seed in BUDGET.seeds
        ]
        mean = claims[f"{arm}: mean return on {BUDGET.lives} fresh tracks, {USUAL}"]["value"]
        assert mean == pytest.approx(sum(each) / len(each))
    assert {claim["goal"] for claim in summary["claims"]} == {None}
    assert GOAL == 300
    for variant in VARIANTS:
        name = f"mean return on {BUDGET.lives} fresh tracks, {variant}"
        ours, theirs = (claims[f"{arm}: {name}"]["value"] for arm in WHO)
        gap = claims[f"hebbian − static: {variant}"]
        assert gap["value"] == pytest.approx(ours - theirs)
        assert gap["low"] <= gap["value"] <= gap["high"]
    for world in WORLDS:
        assert f"the center of one Hebbian run in the world {world}" in claims
    assert abs(claims["the same center: compiled − gymnasium"]["value"]) < 5
    readme = (folder / "README.md").read_text()
    assert f"of {len(BUDGET.seeds)} hebbian runs never did" in readme
    for part in ("gymnasium ", "box2d ", "pygame-ce "):
        assert part in readme.partition("Environment: ")[2]
    linked = {part.split(")")[0] for part in readme.split("](")[1:]}
    assert linked == {p.name for p in folder.iterdir() if p.suffix in (".png", ".csv", ".gif")}
    with Image.open(folder / "beside.gif") as gif:
        assert gif.n_frames > 10


@pytest.mark.slow
def test_it_does_nothing_twice(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study)
    readme = study / "runs/smoke/car_racing/README.md"
    text = readme.read_text()
    journals = list(study.rglob("journal"))
    assert len(journals) == len(WHO) * (BUDGET.settings + len(BUDGET.seeds))
    kept = [*journals, *study.rglob("cells/*.json")]
    times = {path: path.stat().st_mtime_ns for path in kept}
    car_racing.main(Order("smoke", finished=True, where=Where(threads=2)))
    assert readme.read_text() == text
    assert all(path.stat().st_mtime_ns == then for path, then in times.items())
    assert set(study.rglob("cells/*.json")) <= times.keys()

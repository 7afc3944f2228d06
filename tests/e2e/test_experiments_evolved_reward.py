"""The study of evolution and reward at its smallest: 20 units, 32 candidates, 5 generations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.evolved_reward import __main__ as evolved_reward
from experiments.evolved_reward.runs import BUDGETS, EVOLVED, FROZEN, arms_of, unevolved
from experiments.kit.pages import remake
from experiments.kit.running import Order, command
from experiments.kit.smoke import is_marked
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.runs.folder import RunFolder
from metahebb.tasks.trials.pairs import FUNCTIONS, TRAINING

pytestmark = pytest.mark.slow
BUDGET = BUDGETS["smoke"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        with pytest.raises(InputError, match="expected a finished run of seed 0, got none"):
            evolved_reward.main(Order("smoke", finished=True, where=Where(threads=1)))
        command("evolved_reward", evolved_reward.main, ["smoke", "--threads", "1"])
    return root


def test_it_writes_its_claims_and_its_page(study: Path) -> None:
    assert (BUDGET.units, BUDGET.popsize, BUDGET.generations) == (20, 32, 5)
    folder = study / "runs/smoke/evolved_reward"
    summary = json.loads((folder / "summary.json").read_text())
    claims = {claim["name"]: claim["value"] for claim in summary["claims"]}
    assert claims[f"{FROZEN}: accuracy on training functions"] == pytest.approx(0.5, abs=0.02)
    assert 0 <= claims[f"{EVOLVED}: accuracy on withheld functions"] <= 1
    assert claims["evolved: mean of the gains"] == pytest.approx(0.5, abs=0.1)
    page = (folder / "README.md").read_text()
    assert all(f"| {name} | " in page for name in FUNCTIONS)
    assert is_marked(folder / "learning.png")
    (folder / "learning.png").unlink()
    assert set(remake(folder, figures=True)) == {folder / "learning.png", folder / "README.md"}
    assert (folder / "learning.png").is_file()
    assert (folder / "README.md").read_text() == page


def test_a_second_call_lives_no_run_again(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study)
    folder = study / "runs/smoke/evolved_reward"
    kept = [(folder / name).read_bytes() for name in ("summary.json", "curves.json")]
    evolved_reward.main(Order("smoke", finished=True, where=Where(threads=1)))
    assert [(folder / name).read_bytes() for name in ("summary.json", "curves.json")] == kept


def test_lives_of_arms_are_what_evolution_and_a_frozen_network_would_live(study: Path) -> None:
    run = RunFolder.open(study / "runs/evolved_reward-smoke/seed0")
    arms = arms_of([run], BUDGET)
    for arm, lived in arms.items():
        assert lived.right.shape == (1, len(FUNCTIONS), BUDGET.lives, BUDGET.trials), arm
        assert np.isin(lived.right, (0, 1)).all()
    # Life k has the same kicks in each body, and a function and its negation share its outputs.
    frozen = arms[FROZEN].right[0]
    for one, other in zip(FUNCTIONS, reversed(FUNCTIONS), strict=True):
        pair = FUNCTIONS.index(one), FUNCTIONS.index(other)
        np.testing.assert_array_equal(frozen[pair[0]] + frozen[pair[1]], 1)
    assert not np.array_equal(arms[EVOLVED].right, arms[FROZEN].right)
    center = run.load()
    assert (unevolved(center).genes != center.genes).any()
    assert arms[EVOLVED].accuracies(TRAINING).shape == (1, BUDGET.lives)

"""What a study writes of its claims."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_runs import ant

from experiments.kit.claims import Answer, Claim
from experiments.kit.results import write_study


def claim(value: float | None, goal: str | None) -> Claim:
    return Claim(f"speed of {value}, {goal}", value, None, None, goal, (0,), "make it")


def test_what_could_not_be_measured_meets_no_goal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    claims = [claim(None, ">= 0.95"), claim(None, None), claim(-0.001, "<= 0")]
    assert [each.holds for each in claims] == [False, None, True]
    run = ant(tmp_path / "run")
    run.update_manifest(env_steps=5, elapsed_s=60.0)
    folder = write_study(
        "speeds", "How fast?", Answer("Slow.", tuple(claims[:1])), claims, [run], notes=""
    )
    readme = (folder / "README.md").read_text()
    assert "| speed of None, >= 0.95 | – | n = 1 | 1 | >= 0.95: **missed** |" in readme
    assert "| speed of None, None | – | n = 1 | 1 | – |" in readme
    assert "| speed of -0.001, <= 0 | 0.00 | n = 1 | 1 | <= 0: met |" in readme
    kept = json.loads((folder / "summary.json").read_text())["claims"]
    assert [each["value"] for each in kept] == [None, None, -0.001]

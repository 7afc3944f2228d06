"""``learn --seeds``: the bits of each seed alone, one report that names failures; goes on."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from small_learning import SHORT, TINY, learn, life, same
from small_runs import Said, files, metrics

import metahebb as mh
from metahebb.cli import main
from metahebb.errors import ProgressError
from metahebb.learning.lifetime import LifetimePupil
from metahebb.runs.stopping import Stopped
from metahebb.tasks.base import TrialOutcome

BOOM = """
from metahebb import rule

@rule
def boom(weight, modulator, /, eta):
    return eta * weight + 0 * modulator
"""
GROWS = ("--network.normalization.kind", "none", "--coefficients", "eta", "0.05")
SEEDS = ("--seeds", "0", "4")


@pytest.fixture
def boom(tmp_path: Path) -> str:
    """Return a rule of one's own by which weights grow by a part of themselves."""
    (tmp_path / "boom.py").write_text(BOOM)
    return f"{tmp_path / 'boom.py'}:boom"


def words(path: Path, *flags: str) -> list[str]:
    return ["learn", "dnms", *TINY, "--trials", "60", "--out", str(path), *flags]


@pytest.mark.slow
def test_each_seed_is_the_run_that_it_is_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "h"
    assert main(words(path, *SEEDS)) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert sorted(p.name for p in path.iterdir()) == ["figures", "report.html", "seed0", "seed4"]
    text = (path / "report.html").read_text(encoding="utf-8")
    assert re.findall(r'href="(seed\d/report.html)"', text) == [
        "seed0/report.html",
        "seed4/report.html",
    ]
    for seed in (0, 4):
        assert learn(tmp_path / f"run{seed}", "--seed", str(seed)) == 0
        assert same(life(path / f"seed{seed}"), life(tmp_path / f"run{seed}"))


def test_further_seeds_are_added_and_finished_ones_left_alone(tmp_path: Path, said: Said) -> None:
    path = tmp_path / "h"
    assert learn(path, "--seeds", "0") == 0
    before = files(path / "seed0")
    assert learn(path, "--seeds", "0", "1", "--resume") == 0
    assert files(path / "seed0") == before
    assert sorted(p.name for p in path.iterdir()) == ["seed0", "seed1"]


def test_seeds_go_on_by_the_line_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, live, n = tmp_path / "a b", LifetimePupil.live, [0]

    def stops(pupil: LifetimePupil, n_trials: int) -> object:
        n[0] += 1
        if n[0] == 5:  # in the second block of seed 4
            raise Stopped(15)
        return live(pupil, n_trials)

    with monkeypatch.context() as patch:
        patch.setattr(LifetimePupil, "live", stops)
        assert main(words(path, *SEEDS, *SHORT)) == 75
    before, _, line = capsys.readouterr().err.splitlines()[-1].partition("; go on with: ")
    assert before == "metahebb: stopped by SIGTERM"
    assert len(metrics(path / "seed4")) == 1
    assert main(shlex.split(line)[1:]) == 0
    assert learn(tmp_path / "alone", "--seed", "4") == 0
    assert same(life(path / "seed4"), life(tmp_path / "alone"))


def test_a_stopped_call_from_python_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(pupil: LifetimePupil, n_trials: int) -> object:
        raise Stopped(2)

    monkeypatch.setattr(LifetimePupil, "live", stops)
    for seeds, how in ((None, r"open\('.*'\)\.resume\(\)"), ([0, 1], "and resume=True")):
        with pytest.raises(KeyboardInterrupt, match=f"SIGINT, all is saved; go on with.*{how}"):
            mh.learn(
                "dnms", seeds=seeds, out=tmp_path / f"h{seeds}", hidden=5, task__dt=20, trials=30,
                finish=False, quiet=True,
            )  # fmt: skip


def test_a_network_that_explodes_is_told_and_its_checkpoint_stands(
    tmp_path: Path,
    boom: str,
    said: Said,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Weights grow by 5 % a step, and pass the largest float in the third block."""
    path = tmp_path / "run"
    monkeypatch.setattr("metahebb.runs.learn.CHECKPOINT_S", 0.0)
    capsys.readouterr()
    assert learn(path, "--rule", boom, *GROWS, trials=200) == 4
    said("finite activities", "weights have exploded", "use a smaller eta", "kind clip")
    assert 0 < len(metrics(path)) < 8
    run = mh.open(path)
    assert len(run.outcomes["kind"]) == 25 * len(metrics(path))
    assert all(np.isfinite(weights).all() for weights in run.weights.values())
    assert run.folder.read_manifest()["failure"].startswith("expected finite activities")
    newest = run.folder.read_newest()
    assert newest is not None
    assert newest.generation == len(run.outcomes["kind"])
    assert main(["report", str(path)]) == 0
    with pytest.raises(ProgressError, match="use a smaller eta"):
        run.resume(quiet=True, finish=False)


def explode(seed: int, patch: pytest.MonkeyPatch) -> None:
    """Let the weights of the network of ``seed`` be infinite from its second block on."""
    live = LifetimePupil.live

    def explodes(pupil: LifetimePupil, n_trials: int) -> list[TrialOutcome]:
        saved = pupil.saved()
        if pupil._lesson.seed == seed and saved["task.number"]:
            pupil.restore({**saved, "network.weights": saved["network.weights"] * np.inf})
        return live(pupil, n_trials)

    patch.setattr(LifetimePupil, "live", explodes)


@pytest.mark.slow
def test_a_seed_that_explodes_is_named_and_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "h"
    with monkeypatch.context() as patch:
        explode(4, patch)
        assert main(words(path, "--seeds", "4", "5")) == 0
    assert "seed 4 failed: expected finite activities" in capsys.readouterr().err
    assert len(mh.open(path / "seed4").outcomes["kind"]) == 25
    assert len(mh.open(path / "seed5").outcomes["kind"]) == 60
    assert not (path / "seed4" / "report.html").exists()
    for _ in range(2):
        text = (path / "report.html").read_text(encoding="utf-8").replace("<wbr>", "")
        assert "weights have exploded" in text
        assert "seed5/report.html" in text
        assert main(["report", str(path)]) == 0  # which knows of the failure from the folder
    assert learn(path, "--seeds", "4", "5", "--resume") == 0  # nothing explodes any more
    assert learn(tmp_path / "alone", "--seed", "4") == 0
    assert same(life(path / "seed4"), life(tmp_path / "alone"))
    assert mh.open(path / "seed4").folder.read_manifest()["failure"] == ""


def test_where_all_seeds_explode_the_status_says_so(
    tmp_path: Path, boom: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "h"
    wild = ("--rule", boom, "--network.normalization.kind", "none", "--coefficients", "eta", "9")
    assert main(words(path, *SEEDS, "--quiet", *wild)) == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    text = (path / "report.html").read_text(encoding="utf-8")
    assert "No seed has trials that can be drawn" in text
    assert text.count("weights have exploded") == 2

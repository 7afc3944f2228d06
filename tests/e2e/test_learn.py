"""``metahebb learn``: a folder like any other, which goes on to the same bits; seeds; failures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from small_learning import KINDS, TINY, learn, life, resume, same
from small_runs import Said, files, metrics

import metahebb as mh
from metahebb.cli import main
from metahebb.runs import learn as runs_learn


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run with its report and film."""
    path = tmp_path_factory.mktemp("shown") / "run"
    assert main(["learn", "dnms", *TINY, "--trials", "60", "--out", str(path)]) == 0
    return path


def test_a_run_is_a_folder_like_any_other(shown: Path) -> None:
    assert sorted(each.name for each in shown.iterdir() if each.name != ".lock") == [
        *("checkpoints", "config.json", "figures", "film.gif", "journal", "manifest.json"),
        *("metrics.jsonl", "report.html"),
    ]
    assert json.loads((shown / "config.json").read_bytes())["type"] == "LearnConfig"
    manifest = json.loads((shown / "manifest.json").read_bytes())
    assert (manifest["trials"], manifest["failure"]) == (60, "")
    assert [record["trials"] for record in metrics(shown)] == [25, 50, 60]
    assert metrics(shown)[0].keys() == {
        *("block", "trials", "accuracy", "recent_accuracy", "error", "reward", "learned_after"),
        "elapsed_s",
    }
    figures = {each.stem for each in (shown / "figures").iterdir()}
    assert {"learning", "trials", "rates", "trajectories"} <= figures
    assert (shown / "film.gif").read_bytes().startswith(b"GIF8")


def test_the_last_line_is_the_folder_and_lines_on_the_way_have_all_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    words = ["learn", "dnms", *TINY, "--trials", "60", "--no-finish", "--out", str(path)]
    assert main(words) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{path}\n"
    pattern = (
        r"trial 60/60  accuracy \d+ %  error \d\.\d{3}  reward -\d\.\d{3}  criterion –  "
        r"time left 0:00"
    )
    assert re.fullmatch(pattern, printed.err.splitlines()[-1])


def test_the_criterion_is_shown_and_can_stop_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    easy = ("--criterion", "0.01", "--window", "30", "--stop")
    words = ["learn", "reversal", *easy, "--trials", "900", "--no-finish", "--out", str(path)]
    assert main(words) == 0
    assert "criterion trial 30" in capsys.readouterr().err.splitlines()[-1]
    run = mh.open(path)
    assert run.learned_after == 30
    assert len(run.outcomes["kind"]) == 50
    assert "criterion reached after 30" in repr(run)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_goes_on_is_the_run_that_never_stopped(tmp_path: Path, kind: str) -> None:
    words = KINDS[kind]
    assert learn(tmp_path / "whole", words=words) == 0
    assert learn(tmp_path / "parts", words=words, trials=30) == 0
    assert not same(life(tmp_path / "parts"), life(tmp_path / "whole"))
    assert resume(tmp_path / "parts", "--trials", "60") == 0
    assert same(life(tmp_path / "parts"), life(tmp_path / "whole"))
    assert len(mh.open(tmp_path / "parts").outcomes["kind"]) == 60


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_dies_between_checkpoints_costs_no_bit(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trials that came after the last checkpoint are lived again."""
    path, words = tmp_path / "run", KINDS[kind]
    append = runs_learn.LearnFolder.append_metrics

    def dies(run: runs_learn.LearnFolder, record: runs_learn.Record) -> None:
        if record["block"] == 2:  # its outcomes are written, and its line is not
            raise SystemExit(9)
        append(run, record)
        monkeypatch.setattr(runs_learn, "CHECKPOINT_S", 1e9)  # one checkpoint, after block 0

    with monkeypatch.context() as patch:
        patch.setattr(runs_learn, "CHECKPOINT_S", 0.0)
        patch.setattr(runs_learn.LearnFolder, "append_metrics", dies)
        with pytest.raises(SystemExit):
            learn(path, words=words, trials=80)
    assert len(metrics(path)) == 2
    assert learn(tmp_path / "whole", words=words, trials=80) == 0
    assert resume(path) == 0
    assert same(life(path), life(tmp_path / "whole"))


def test_the_means_of_the_modulator_are_a_part_of_the_life(tmp_path: Path) -> None:
    assert learn(tmp_path / "run") == 0
    state = life(tmp_path / "run")
    assert state["modulator.means"].shape == (4,)
    assert (state["modulator.means"] < 0).all()
    assert state["modulator.counts"].tolist() == [15] * 4


def test_the_seed_decides_all_bits(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert learn(tmp_path / name, "--seed", str(seed)) == 0
    assert same(life(tmp_path / "a"), life(tmp_path / "b"))
    born = [mh.open(tmp_path / name).weights_at_birth for name in "ac"]
    assert not any(np.array_equal(born[0][name], born[1][name]) for name in born[0])


def test_the_same_command_with_resume_goes_on_or_leaves_alone(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert learn(path, "--resume", trials=30) == 0
    assert learn(path, "--resume", trials=60) == 0
    before = files(path)
    assert learn(path, "--resume", trials=45) == 0  # it has lived more already
    assert files(path) == before
    assert learn(tmp_path / "whole") == 0
    assert same(life(path), life(tmp_path / "whole"))


def test_a_damaged_checkpoint_is_told_and_can_be_left_out(
    tmp_path: Path,
    said: Said,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "run"
    monkeypatch.setattr(runs_learn, "CHECKPOINT_S", 0.0)
    assert learn(path) == 0
    whole = life(path)
    capsys.readouterr()
    (newest,) = (path / "checkpoints").glob("000060-*.npz")
    newest.write_bytes(newest.read_bytes()[:-40])
    before = files(path)
    for words in (["resume", str(path), "--trials", "90"], ["report", str(path)],
                  ["film", str(path)], ["probe", str(path), "--probe", "freeze:at=0"]):  # fmt: skip
        assert main(words) == 3
        said("a whole checkpoint", "000060.json")
    assert files(path) == before
    assert resume(path, "--fallback") == 0
    assert same(life(path), whole)

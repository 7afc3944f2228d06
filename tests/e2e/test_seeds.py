"""``evolve --seeds``: one folder, the bits of each seed alone, one report; goes on where it was."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from small_runs import TINY, Said, centers, files

import metahebb as mh
from metahebb.cli import main
from metahebb.evolution.backends.in_process import InProcess
from metahebb.runs.stopping import Stopped

WHAT = ("reversal", *TINY, "--generations", "3", "--task.max-steps", "40")
SEEDS = ("--seeds", "0", "4")


def evolve(path: Path, *flags: str) -> int:
    return main(["evolve", *WHAT, "--out", str(path), *flags])


def seeds(path: Path, *flags: str) -> int:
    return evolve(path, *SEEDS, *flags)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two seeds, evaluated and reported."""
    path = tmp_path_factory.mktemp("seeds") / "h"
    assert seeds(path, "--finish") == 0
    return path


def test_each_seed_is_the_run_that_it_is_alone(tmp_path: Path, whole: Path) -> None:
    assert sorted(p.name for p in whole.iterdir()) == ["figures", "report.html", "seed0", "seed4"]
    for seed in (0, 4):
        assert evolve(tmp_path / f"run{seed}", "--seed", str(seed)) == 0
        assert centers(whole / f"seed{seed}") == centers(tmp_path / f"run{seed}")
        assert main(["report", str(whole / f"seed{seed}")]) == 0


def test_notes_on_the_config_are_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert seeds(tmp_path / "h", "--modulator", "reward") == 0
    (note,) = capsys.readouterr().err.splitlines()
    assert "does not read the modulator" in note
    more = ("--seeds", "0", "4", "5", "--resume", "--modulator", "reward")
    assert evolve(tmp_path / "h", *more) == 0
    assert capsys.readouterr().err.splitlines() == [note]
    assert evolve(tmp_path / "h", *more) == 0  # no run is begun
    assert capsys.readouterr().err == ""


def test_python_gives_the_same_bits(tmp_path: Path, whole: Path) -> None:
    runs = mh.evolve(
        "reversal", seeds=(0, 4), out=tmp_path / "h", generations=3, task__max_steps=40, hidden=3,
        popsize=6, center_lives=1, threads=1, finish=False, quiet=True, tensorboard=False,
    )  # fmt: skip
    assert [run.config.seed for run in runs] == [0, 4]
    assert [centers(run.path) for run in runs] == [centers(whole / f"seed{s}") for s in (0, 4)]


def test_the_report_has_a_row_per_seed_their_mean_and_links(whole: Path) -> None:
    text = (whole / "report.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr><td>(0|4|mean)</td><td>(32|)</td>", text.replace("<wbr>", ""))
    assert rows == [("0", "32"), ("4", "32"), ("mean", "")]
    assert re.findall(r'href="(seed\d/report.html)"', text) == [
        "seed0/report.html",
        "seed4/report.html",
    ]
    steps = sum(sum(r["env_steps"] for r in mh.open(whole / f"seed{s}").folder.read_metrics())
                for s in (0, 4))  # fmt: skip
    assert f"{steps:,} in all" in text
    assert (whole / "figures" / "learning.png").exists()


def test_the_folder_is_opened_as_several_runs(
    whole: Path, capsys: pytest.CaptureFixture[str], said: Said
) -> None:
    capsys.readouterr()
    assert main(["report", str(whole)]) == 0
    assert capsys.readouterr().out == f"{whole / 'report.html'}\n"
    assert main(["film", str(whole)]) == 2
    said("the runs of several seeds", f"such as {whole / 'seed0'}")


def stop_in(seed: int, generation: int, patch: pytest.MonkeyPatch) -> None:
    """Let SIGTERM come while ``generation`` of the run of ``seed`` is lived."""
    live = InProcess.evaluate

    def stop(backend: InProcess, jobs: Any) -> Any:
        if backend._setup.seed == seed and jobs[0].plan.generation == generation:
            raise Stopped(15)
        return live(backend, jobs)

    patch.setattr(InProcess, "evaluate", stop)


@pytest.mark.parametrize("stops", [[(0, 1)], [(4, 0), (4, 2)]])
def test_the_line_that_is_said_goes_on_to_the_same_bits(
    tmp_path: Path, whole: Path, stops: list[tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a b"
    words = ["metahebb", "evolve", *WHAT, "--out", str(path), *SEEDS]
    for stop in stops:
        with pytest.MonkeyPatch.context() as patch:
            stop_in(*stop, patch)
            capsys.readouterr()
            assert main(words[1:]) == 75
        line = capsys.readouterr().err.splitlines()[-1]
        before, _, command = line.partition("; go on with: ")
        assert before == "metahebb: stopped by SIGTERM"
        words = shlex.split(command)
        assert words[-1] == "--resume"
        assert words.count("--resume") == 1
    assert main(words[1:]) == 0
    for seed in (0, 4):
        assert centers(path / f"seed{seed}") == centers(whole / f"seed{seed}")


def test_a_stopped_call_from_python_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        stop_in(4, 1, patch)
        with pytest.raises(KeyboardInterrupt, match="resume=True"):
            mh.evolve(
                "reversal", seeds=[0, 4], out=tmp_path / "h", generations=2, popsize=4, hidden=3,
                task__max_steps=20, threads=1, finish=False, quiet=True,
            )  # fmt: skip


def test_further_seeds_are_added_and_finished_ones_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "h"
    assert evolve(path, "--seeds", "0") == 0
    before = files(path / "seed0")
    assert evolve(path, "--seeds", "0", "1", "--resume") == 0
    assert files(path / "seed0") == before
    assert sorted(p.name for p in path.iterdir()) == ["seed0", "seed1"]


def test_without_out_the_folder_is_named_after_the_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["evolve", *WHAT, "--seeds", "3"]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"reversal-seeds-\d{8}-\d{6}", folder.name)
    assert capsys.readouterr().out == f"{folder}\n"


BAD = {
    "twice": (("--seeds", "1", "1"), ("each seed once", "1 twice")),
    "none": (("--seeds",), ("at least one seed",)),
    "negative": (("--seeds", "0", "-1"), ("seed of at least 0", "-1")),
    "both": (("--seed", "2", "--seeds", "0"), ("--seed or --seeds", "both")),
    "config": (("--seeds", "0", "--popsize", "3"), ("even popsize",)),
    "logger": (("--seeds", "0", "--log", "wandbb"), ("logger", "wandbb")),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path, said: Said, case: str) -> None:
    flags, parts = BAD[case]
    assert evolve(tmp_path / "h", *flags) == 2
    said(*parts)
    assert list(tmp_path.iterdir()) == []


def test_what_the_folder_holds_already_is_left_alone(
    tmp_path: Path, whole: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    before = files(whole)
    assert seeds(whole) == 2
    said("a new folder", str(whole), "seeds 0, 4", "--resume")
    assert seeds(whole, "--resume", "--episodes", "3") == 2
    said("a run of the config asked for", str(whole / "seed0"), "episodes")
    assert seeds(whole / "seed0", "--resume") == 2
    said("a folder of several seeds", "a run of one")
    (tmp_path / "notes.txt").touch()
    for flags in ((), ("--resume",)):
        assert seeds(tmp_path, *flags) == 2
        said("a new or empty folder", str(tmp_path))
    assert files(whole) == before

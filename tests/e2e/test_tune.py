"""``metahebb tune``: a stated budget, a run per setting, goes on where it was, flags to paste."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import Said, centers, files

import metahebb as mh
from metahebb.analysis.tuning import GRID, SEED, Setting, half_fraction, own_setting, short_config
from metahebb.cli import main
from metahebb.evolution.backends.in_process import InProcess
from metahebb.report.several_table import tuning_note
from metahebb.runs.config import Stage
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import preset
from metahebb.runs.stopping import Stopped

WHAT = ("reversal", "--hidden", "3", "--popsize", "4", "--center-lives", "1", "--generations", "2",
        "--task.max-steps", "40", "--lives", "3", "--threads", "1")  # fmt: skip


def tune(path: Path, *flags: str) -> int:
    return main(["tune", *WHAT, "--out", str(path), *flags])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tune") / "t"
    assert tune(path, "--quiet") == 0
    return path


def runs_in(path: Path) -> list[RunFolder]:
    return [RunFolder.open(file.parent) for file in sorted(path.glob("*/config.json"))]


def test_the_grid_is_that_of_the_studies() -> None:
    assert (
        Setting(0.03, 0.01, 0.1),
        Setting(0.03, 0.03, 0.05),
        Setting(0.06, 0.01, 0.05),
        Setting(0.06, 0.03, 0.1),
    ) == GRID
    settings = half_fraction((1, 2), (3, 4), (5, 6))
    for one, other in (("stdev", "learning_rate"), ("stdev", "initial_stdev")):
        assert len({(getattr(s, one), getattr(s, other)) for s in settings}) == 4
    assert len({(s.learning_rate, s.initial_stdev) for s in settings}) == 4


def test_the_budget_is_said_first_and_is_true(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t"
    assert tune(path) == 0
    said = capsys.readouterr().err.splitlines()
    pattern = (
        r"budget: 5 runs × 2 generations, and 3 lives per body to score each: at most ([\d,]+) env "
        r"steps, about [\d.]+ min here if every life lasts to its end"
    )
    match = re.fullmatch(pattern, said[0])
    assert match
    runs = runs_in(path)
    assert [len(run.read_metrics()) for run in runs] == [2] * 5
    # Lives of this task all last to the end, so that the most is what they take.
    steps = sum(record["env_steps"] for run in runs for record in run.read_metrics())
    assert int(match[1].replace(",", "")) == steps + 5 * 3 * 40
    settings = [line for line in said if line.startswith("setting ")]
    assert settings[0] == "setting 1 of 5: 0.03-0.01-0.1"
    assert settings[-1].startswith("setting 5 of 5: ")


def test_scores_are_those_of_fresh_lives_of_runs_with_the_seed_1000(whole: Path) -> None:
    runs = {run.path.name: run for run in runs_in(whole)}
    own = own_setting(preset("reversal"))
    assert set(runs) == {*map(str, GRID), str(own)}
    assert {run.config.seed for run in runs.values()} == {SEED}
    with (whole / "tuning.csv").open(encoding="utf-8", newline="") as file:
        scores = list(csv.DictReader(file))
    assert [float(row["return"]) for row in scores] == sorted(
        (float(row["return"]) for row in scores), reverse=True
    )
    for row in scores:
        assert row["generations"] == "2"
        numbers = (row["stdev"], row["learning_rate"], row["initial_stdev"])
        run = runs[str(Setting(*map(float, numbers)))]
        assert run.config.search.stdev == float(row["stdev"])
        evaluation = run.read_evaluation()
        assert evaluation is not None
        returns = evaluation["bodies"]["default"]["returns"]
        assert len(returns) == 3
        assert float(row["return"]) == pytest.approx(np.mean(returns))
        assert float(row["low"]) <= np.mean(returns) <= float(row["high"])


def test_the_flags_that_are_printed_choose_the_best(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(whole, "--quiet") == 0
    *table, _, note, _, flags, folder = capsys.readouterr().out.splitlines()
    assert folder == str(whole)
    assert re.search(r"(of 4|of the) other settings overlaps? with the best", note)
    assert "best" in table[2]
    assert "".join(table).count("best") == "".join(table).count("own") == 1
    words = ("--generations", "1", "--popsize", "4", "--no-finish", "--quiet")
    path = str(tmp_path / "run")
    assert main(["evolve", "reversal", *words, *shlex.split(flags), "--out", path]) == 0
    best = json.loads((whole / "tuning.json").read_text())["scores"][0]["setting"]
    search = RunFolder.open(path).config.search
    assert {name: getattr(search, name) for name in best} == best


def test_finished_settings_are_taken_as_they_are(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "t"
    live = InProcess.evaluate

    def stop(backend: InProcess, jobs: Any) -> Any:
        begun = list(path.glob("*/config.json"))
        if len(begun) == 3 and jobs[0].plan.generation == 1:
            raise Stopped(15)
        return live(backend, jobs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcess, "evaluate", stop)
        assert tune(path, "--quiet") == 75
    finished = [run for run in runs_in(path) if run.is_finished(2)]
    assert len(finished) == 2
    before = {run.path: files(run.path) for run in finished}
    assert tune(path, "--quiet") == 0
    assert {run.path: files(run.path) for run in finished} == before
    assert {run.path.name: centers(run.path) for run in runs_in(path)} == {
        run.path.name: centers(run.path) for run in runs_in(whole)
    }
    assert (path / "tuning.csv").read_bytes() == (whole / "tuning.csv").read_bytes()


def test_a_longer_tuning_says_that_it_goes_on_and_a_shorter_one_is_refused(
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: Said,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "t"
    shutil.copytree(whole, path)
    capsys.readouterr()
    assert tune(path, "--quiet") == 0
    assert capsys.readouterr().err == ""
    assert tune(path, "--quiet", "--generations", "3") == 0
    assert capsys.readouterr().err == (
        "metahebb: t: going on from 2 to 3 generations; the scores and the best setting are made "
        "anew\n"
    )
    assert [len(run.read_metrics()) for run in runs_in(path)] == [3] * 5
    with (path / "tuning.csv").open(encoding="utf-8", newline="") as file:
        assert [row["generations"] for row in csv.DictReader(file)] == ["3"] * 5
    before = files(path)
    assert tune(path, "--quiet") == 2
    said("at least 3 generations", "got 2", "--out")
    assert files(path) == before


@pytest.mark.parametrize(
    ("ends", "wanted"),
    [
        (((0.5, 1.0), (0.0, 0.6), (0.1, 0.5), (0.0, 0.4)), "2 of 3 other settings overlap with"),
        (((0.5, 1.0), (0.0, 0.6), (0.0, 0.4)), "1 of 2 other settings overlaps with the best: the"),
        (((0.5, 1.0), (0.0, 0.4)), "None of the other settings overlaps with the best."),
    ],
)
def test_settings_that_the_lives_do_not_tell_apart_are_counted(
    ends: tuple[tuple[float, float], ...], wanted: str
) -> None:
    assert tuning_note([{"low": low, "high": high} for low, high in ends]).startswith(wanted)


def test_notes_on_the_config_are_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(tmp_path / "t", "--modulator", "reward", "--quiet") == 0
    (note,) = capsys.readouterr().err.splitlines()
    assert "does not read the modulator" in note
    assert tune(tmp_path / "t", "--modulator", "reward", "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_a_stopped_tuning_says_the_line_to_give_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a b"
    live = InProcess.evaluate

    def stop(backend: InProcess, jobs: Any) -> Any:
        if path.exists():
            raise Stopped(2)
        return live(backend, jobs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcess, "evaluate", stop)
        assert tune(path) == 130
    printed = capsys.readouterr().err.splitlines()
    line = printed[-1].removeprefix("metahebb: stopped by SIGINT; go on with: ")
    assert main([*shlex.split(line)[1:], "--quiet"]) == 0
    assert len(runs_in(path)) == 5


def test_python_has_the_same_scores(whole: Path, tmp_path: Path) -> None:
    tuning = mh.tune(
        "reversal", generations=2, lives=3, out=tmp_path / "t", hidden=3, popsize=4,
        center_lives=1, task__max_steps=40, threads=1, quiet=True,
    )  # fmt: skip
    assert tuning["scores"] == json.loads((whole / "tuning.json").read_text())["scores"]
    assert tuning.settings["search__stdev"] == tuning.best.stdev


def test_a_short_run_has_no_stages_that_it_does_not_reach() -> None:
    assert short_config(preset("ant"), 200).stages == (
        Stage(0, 250, ("intact",)),
        Stage(150, 400),
    )


def test_walkers_are_scored_by_their_way(tmp_path: Path) -> None:
    words = ("--generations", "1", "--hidden", "3", "--popsize", "4", "--schedule", "0:9")
    path = tmp_path / "t"
    out = ("--out", str(path), "--lives", "2", "--threads", "1", "--quiet")
    assert main(["tune", "ant-quick", *words, *out]) == 0
    assert json.loads((path / "tuning.json").read_text())["score"] == "distance [m]"


BAD = {
    "preset": (["reversel"], ("a preset", "reversal")),
    "nothing": ([], ("metahebb tune PRESET",)),
    "seed": (["reversal", "--seed", "3"], ("no --seed", "1000")),
    "search": (["reversal", "--algorithm", "ga"], ("a search among openai_es", "ga")),
    "lives": (["reversal", "--lives", "1"], ("at least 2 lives", "1")),
    "alike": (["reversal", "--stdevs", "0.1", "0.1"], ("two different values as stdevs",)),
    "negative": (["reversal", "--stdevs", "-0.1", "0.1"], ("stdev to be positive",)),
    "flag": (["reversal", "--stdev", "0.1"], ("an option", "--stdev")),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_input_is_one_line_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said, case: str
) -> None:
    monkeypatch.chdir(tmp_path)
    words, parts = BAD[case]
    assert main(["tune", *words]) == 2
    said(*parts)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_another_tuning_or_of_a_run_is_left_alone(
    whole: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(whole)
    capsys.readouterr()
    assert tune(whole, "--episodes", "3") == 2
    said("a run of the config asked for", "episodes")
    assert tune(whole / str(GRID[0])) == 2
    said("that of an earlier tuning", "something else")
    assert files(whole) == before

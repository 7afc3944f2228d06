"""``metahebb compare``: three seeds by two arms, from the command line and from Python."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import TINY, Said, files

import metahebb as mh
from metahebb.analysis.statistics import few_runs, nested_interval, nested_means, quantile_interval
from metahebb.cli import main
from metahebb.report.compare_figure import compare_figure
from metahebb.report.figures import write_figure
from metahebb.runs.folder import RunFolder

WHAT = ("reversal", *TINY, "--generations", "3", "--task.max-steps", "40")
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run per seed and arm; the static ones lie in a folder of seeds."""
    path = tmp_path_factory.mktemp("arms")
    for seed in SEEDS:
        words = ("evolve", *WHAT, "--seed", str(seed), "--out", str(path / f"h-{seed}"))
        assert main(list(words)) == 0
    seeds = ("--network", "static", "--hidden", "3", "--seeds", *map(str, SEEDS))
    assert main(["evolve", *WHAT, *seeds, "--out", str(path / "s")]) == 0
    return path


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the runs below ``runs``, and work beside it."""
    shutil.copytree(made, tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compare(*words: str) -> int:
    return main(["compare", *words, "--threads", "1"])


ARMS = ("hebbian=runs/h-*", "static=runs/s")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def returns(paths: list[Path]) -> np.ndarray:
    """Return what the lives of each run earned, as its evaluation has it."""
    kept = [json.loads((path / "evaluation.json").read_text()) for path in paths]
    return np.array([each["bodies"]["default"]["returns"] for each in kept])


@pytest.mark.parametrize("figure", ["fig.pdf", "fig.svg", "fig.png"])
def test_two_arms_of_three_seeds(
    here: Path, capsys: pytest.CaptureFixture[str], figure: str
) -> None:
    assert compare(*ARMS, "--out", figure, "--lives", "6") == 0
    folder = here / "runs" / "compare-hebbian-static"
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-2:] == [str(here / figure), str(folder / "report.html")]
    assert printed.err.count("evaluating runs/") == 6
    start = {"pdf": b"%PDF", "svg": b"<?xml", "png": b"\x89PNG"}[figure[4:]]
    assert (here / figure).read_bytes().startswith(start)
    assert {path.name for path in folder.iterdir()} == {
        "figure.png", "report.html", "comparison.json",
        "arms.csv", "curves.csv", "differences.csv", "runs.csv",
    }  # fmt: skip
    hebbian = returns([here / f"runs/h-{seed}" for seed in SEEDS])
    static = returns([here / f"runs/s/seed{seed}" for seed in SEEDS])
    assert hebbian.shape == (3, 6)
    by_hand = [nested_interval(hebbian, 1.0), nested_interval(static, 1.0)]
    finals = [row for row in rows(folder / "arms.csv") if row["value"] == "return"]
    assert [[float(row[end]) for end in ("mean", "low", "high")] for row in finals] == [
        pytest.approx(each) for each in by_hand
    ]
    draws = nested_means(hebbian[None, ..., None]) - nested_means(static[None, ..., None])
    mean = by_hand[0][0] - by_hand[1][0]
    difference = rows(folder / "differences.csv")[0]
    assert (difference["of"], difference["less"], difference["paired"]) == (
        "hebbian", "static", "yes",
    )  # fmt: skip
    assert [float(difference[end]) for end in ("mean", "low", "high")] == pytest.approx(
        [mean, *quantile_interval(draws[:, 0], mean, few_runs(1, 3))]
    )


def test_the_curves_are_those_of_the_metrics(here: Path) -> None:
    assert compare(*ARMS, "--lives", "2") == 0
    curves = rows(here / "runs/compare-hebbian-static/curves.csv")
    assert [row["generation"] for row in curves] == ["1", "2", "3"] * 2
    metrics = [RunFolder.open(here / f"runs/h-{seed}").read_metrics() for seed in SEEDS]
    for number in range(3):
        values = [records[number]["center_return"] for records in metrics]
        steps = [sum(r["env_steps"] for r in records[: number + 1]) for records in metrics]
        assert float(curves[number]["center_return"]) == pytest.approx(np.mean(values))
        assert float(curves[number]["env_steps"]) == pytest.approx(np.mean(steps))
        assert float(curves[number]["low"]) <= np.mean(values) <= float(curves[number]["high"])


def test_without_lives_of_the_center_curves_show_fitness(here: Path) -> None:
    words = ("--center-lives", "0", "--seed", "9", "--out", "runs/quiet")
    assert main(["evolve", *WHAT, *words]) == 0
    assert compare("hebbian=runs/h-0", "quiet=runs/quiet", "--lives", "2") == 0
    folder = here / "runs/compare-hebbian-quiet"
    assert "fitness_mean" in rows(folder / "curves.csv")[0]
    assert "mean fitness of the population" in (folder / "report.html").read_text()


def test_an_evaluation_that_is_there_is_taken(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(*ARMS, "--lives", "6") == 0
    before = {name: data for name, data in files(here / "runs").items() if "compare" not in name}
    capsys.readouterr()
    for lives in ((), ("--lives", "4")):
        assert compare(*ARMS, *lives) == 0
        assert capsys.readouterr().err == ""
    after = {name: data for name, data in files(here / "runs").items() if "compare" not in name}
    assert after == before
    numbers = json.loads((here / "runs/compare-hebbian-static/comparison.json").read_text())
    assert {run["lives"] for arm in numbers["arms"] for run in arm["runs"]} == {4}
    first_four = returns([here / "runs/h-0"])[0, :4].mean()
    assert numbers["arms"][0]["runs"][0]["bodies"]["default"]["return"]["mean"] == pytest.approx(
        first_four
    )


def test_an_evaluation_of_an_earlier_generation_or_version_is_lived_anew(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in ("h-0", "h-1"):
        assert main(["evaluate", f"runs/{path}", "--lives", "3", "--threads", "1"]) == 0
    for path, change in (("h-0", "generation"), ("h-1", "values")):
        file = here / "runs" / path / "evaluation.json"
        data = json.loads(file.read_text())
        if change == "generation":
            data["generation"] = 2
        else:
            del data["bodies"]["default"]["values"]
        file.write_text(json.dumps(data))
    capsys.readouterr()
    assert compare("a=runs/h-0", "runs/h-1", "--lives", "3") == 0
    assert capsys.readouterr().err.count("evaluating") == 2


def test_an_arm_of_one_run_has_no_interval(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("hebbian=runs/h-*", "static=runs/s/seed1", "--lives", "3") == 0
    out = capsys.readouterr().out
    (row,) = [line for line in out.splitlines() if line.startswith("static ")]
    assert "(n = 1)" in row
    assert "[" not in row
    (row,) = [line for line in out.splitlines() if line.startswith("hebbian − static")]
    assert "(no interval)" in row
    assert "[" not in row
    folder = here / "runs/compare-hebbian-static"
    (static,) = [row for row in rows(folder / "arms.csv")
                 if row["arm"] == "static" and row["value"] == "return"]  # fmt: skip
    assert static["low"] == static["high"] == ""
    page = (folder / "report.html").read_text()
    assert "hollow marker (n = 1)" in page
    for text in (out, page):
        assert "Where an arm has one run, the difference is that of the two means: nothing" in text
        assert "Welch" not in text
        assert "a resample takes" not in text


def test_arms_of_one_run_each_speak_of_no_resampling(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert compare("hebbian=runs/h-0", "static=runs/s/seed0", "--lives", "3", "--quiet") == 0
    out = capsys.readouterr().out
    page = (here / "runs/compare-hebbian-static/report.html").read_text()
    for text in (out, page):
        assert "nothing is resampled" in text
        assert text.count("resample") == 1
    assert "Left: the only run of each arm." in page


def test_measures_are_explained_and_intervals_keep_to_their_range(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Scores of three runs from -1 to 1 have intervals that would go beyond the range.
    for seed, score in zip(SEEDS, (-1.0, 0.9, 1.0), strict=True):
        paths = (here / f"runs/h-{seed}", here / f"runs/s/seed{seed}")
        for path, sign in zip(paths, (1, -1), strict=True):
            words = ["evaluate", str(path), "--lives", "2", "--threads", "1"]
            assert main(words) == 0
            data = json.loads((path / "evaluation.json").read_text())
            for name in ("return", "before"):
                data["bodies"]["default"]["values"][name] = [sign * score] * 2
            (path / "evaluation.json").write_text(json.dumps(data))
    capsys.readouterr()
    assert compare(*ARMS) == 0
    folder = here / "runs/compare-hebbian-static"
    explained = "before: score before the flip of the actuator, −1 to 1; after: score after"
    assert explained in capsys.readouterr().out
    assert explained in (folder / "report.html").read_text(encoding="utf-8")
    finals = [row for row in rows(folder / "arms.csv") if row["value"] in ("return", "before")]
    ends = {row["arm"]: (float(row["low"]), float(row["high"])) for row in finals}
    assert ends == {"hebbian": (-1.0, 1.0), "static": (-1.0, 1.0)}
    for row in rows(folder / "differences.csv"):
        if row["value"] in ("return", "before"):
            assert (float(row["low"]), float(row["high"])) == (-2.0, 2.0)
    numbers = json.loads((folder / "comparison.json").read_text())
    for arm in numbers["arms"]:
        assert -1 <= min(arm["curve"]["low"]) <= max(arm["curve"]["high"]) <= 1


def test_unequal_numbers_of_lives_are_noted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, lives in (("h-0", "2"), ("s/seed0", "5")):
        words = ["evaluate", f"runs/{path}", "--lives", lives, "--threads", "1"]
        assert main(words) == 0
    capsys.readouterr()
    assert compare("hebbian=runs/h-0", "static=runs/s/seed0") == 0
    note = (
        "the runs were evaluated with unequal numbers of lives, 2 and 5 per body; give --lives 5 "
        "(in Python lives=5) to compare or to evaluate, for equal ones"
    )
    assert capsys.readouterr().err == f"metahebb: {note}\n"
    page = here / "runs/compare-hebbian-static/report.html"
    assert f"Note: {note}." in page.read_text()
    assert compare("hebbian=runs/h-0", "static=runs/s/seed0", "--lives", "5") == 0
    assert "unequal" not in capsys.readouterr().err


@pytest.mark.parametrize("arms", [2, 5])
def test_the_legend_hides_nothing(here: Path, arms: int) -> None:
    assert compare(*ARMS, "--lives", "2", "--quiet") == 0
    numbers = json.loads((here / "runs/compare-hebbian-static/comparison.json").read_text())
    some = [dict(numbers["arms"][i % 2], name=f"an-arm-of-a-long-name-{i}") for i in range(arms)]
    figure = compare_figure({**numbers, "arms": some})
    assert write_figure(figure, here / "figure.png").exists()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        f"an-arm-of-a-long-name-{i} (3 runs)" for i in range(arms)
    ]
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= figure.bbox.x1
    for axes in figure.axes:
        assert axes.get_legend() is None
        assert not box.overlaps(axes.get_tightbbox())


def test_python_and_the_command_line_write_the_same(here: Path) -> None:
    assert compare(*ARMS, "--lives", "6", "--out", "by-hand") == 0
    comparison = mh.compare(
        hebbian=[mh.open(f"runs/h-{seed}") for seed in SEEDS], static=mh.open_all("runs/s"),
        out="by-python", lives=6, threads=1,
    )  # fmt: skip
    assert comparison.page == here / "by-python" / "report.html"
    assert "<img" in comparison._repr_html_()
    one, other = files(here / "by-hand"), files(here / "by-python")
    for name in one.keys() - {"report.html"}:  # which has the command, and its own paths
        assert one[name] == other[name], name


def test_the_page_links_to_reports_and_names_what_differs(here: Path) -> None:
    assert main(["report", "runs/h-1"]) == 0
    assert compare(*ARMS, "--lives", "3") == 0
    page = here / "runs/compare-hebbian-static/report.html"
    text = page.read_text()
    (link,) = re.findall(r'href="([^"]*)">', text)
    assert (page.parent / link).resolve() == here / "runs/h-1/report.html"
    assert "static: network.rule static (abcd_lr in hebbian)" in text
    assert "metahebb compare &#x27;hebbian=runs/h-*&#x27; static=runs/s --lives 3" in text


def break_nothing(here: Path) -> None:
    """Leave all as it is."""


def other_world(here: Path) -> None:
    assert main(["evolve", "cartpole", *TINY, "--generations", "1", "--out", "runs/c"]) == 0


def other_horizon(here: Path) -> None:
    words = ("--schedule", "0:20", "--seed", "5", "--out", "runs/c")
    assert main(["evolve", *WHAT, *words]) == 0


def a_copy(here: Path) -> None:
    shutil.copytree(here / "runs/h-0", here / "runs/c")


def no_generation(here: Path) -> None:
    shutil.copytree(here / "runs/h-0", here / "runs/c")
    (here / "runs/c/metrics.jsonl").unlink()


BAD: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    "no arm": (break_nothing, (), ("NAME=DIR", "nothing")),
    "no name": (break_nothing, ("runs/h-0",), ("NAME=FOLDER", "hebbian=runs/h-0")),
    "no folder": (break_nothing, ("a=",), ("a folder behind a=",)),
    "unknown folder": (break_nothing, ("a=runs/x",), ("a run folder", "runs/x")),
    "unknown pattern": (break_nothing, ("a=runs/x-*",), ("folders that match runs/x-*",)),
    "arm twice": (break_nothing, ("a=runs/h-0", "a=runs/h-1"), ("each arm once", "a twice")),
    "run twice": (break_nothing, ("a=runs/h-0", "b=runs/h-*"), ("each run once", "h-0 twice")),
    "copy": (a_copy, ("a=runs/h-0", "runs/c"), ("different seeds in the arm a", "of seed 0")),
    "world": (other_world, ("a=runs/h-0", "b=runs/c"), ("one world", "reversal", "CartPole-v1")),
    "horizon": (other_horizon, ("a=runs/h-0", "b=runs/c"), ("one horizon", "--max-steps N")),
    "no generation": (no_generation, ("a=runs/c",), ("at least one generation", "runs/c")),
    "out": (break_nothing, ("a=runs/h-0", "--out", "a.jpg"), ("--out to be a folder", "a.jpg")),
    "a run": (break_nothing, ("a=runs/h-0", "--out", "runs/h-1"), ("something else", "h-1")),
    "lives": (break_nothing, ("a=runs/h-0", "--lives", "0"), ("at least one life",)),
    "damage": (break_nothing, ("a=runs/h-0", "--damage", "x"), ("--damage", "reversal")),
    "flag": (break_nothing, ("a=runs/h-0", "--live", "2"), ("an option", "--live")),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_input_is_one_line_and_writes_nothing(
    here: Path, said: Said, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    prepare, words, parts = BAD[case]
    prepare(here)
    before = files(here)
    capsys.readouterr()
    assert main(["compare", *words]) == 2
    said(*parts)
    assert files(here) == before


def test_other_horizons_are_compared_over_one_that_is_given(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other_horizon(here)
    arms = ("a=runs/h-0", "b=runs/c")
    capsys.readouterr()
    assert compare(*arms, "--max-steps", "20", "--lives", "2", "--quiet") == 0
    assert capsys.readouterr().err.startswith(
        "metahebb: the world of b was not quite that of a: sch"
    )
    assert (here / "runs/h-0/evaluations/max_steps=20.json").exists()
    assert (here / "runs/c/evaluation.json").exists()


def test_what_is_unlike_is_noted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--popsize", "4", "--generations", "2", "--seed", "7", "--out", "runs/c")
    assert main(["evolve", *WHAT, *words]) == 0
    capsys.readouterr()
    assert compare("a=runs/h-0", "runs/c", "--lives", "2", "--quiet") == 0
    assert capsys.readouterr().err.splitlines() == [
        "metahebb: runs of the arm a differ in more than their seed: search.popsize 4 (6 in seed "
        "0)",
        "metahebb: runs of the arm a have done 2 to 3 generations; its curve ends with generation "
        "2",
    ]

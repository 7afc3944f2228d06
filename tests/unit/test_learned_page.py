"""The pages of a learning run and of several seeds."""

from __future__ import annotations

import html
import logging
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lived_trials import integrated, learned, lived_trials, matrices, reaches

from metahebb.analysis.slow_points import SlowPoint
from metahebb.learning.lived import Outcomes
from metahebb.report.learned import Criterion, Learned, SlowPart, headline, kind_rows, number_rows
from metahebb.report.learned_page import write_learned_page
from metahebb.report.learned_seeds_page import (
    SeedResult,
    failures,
    seed_rows,
    seeds_headline,
    write_seeds_page,
)

BEFORE, AFTER = matrices(8)


def titles(path: Path) -> list[str]:
    return re.findall("<h2>(.*?)</h2>", path.read_text())


def text_of(path: Path) -> str:
    page = re.sub('src="data:[^"]*"|<wbr>', "", path.read_text())
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page)))


@pytest.mark.render
def test_the_page_has_the_criterion_first_and_all_figures_in_it(tmp_path: Path) -> None:
    point = SlowPoint(np.zeros(8), 0.0, True, -np.ones(8, complex))
    run = Learned(
        "first <run>", "dnms · 8 units", learned(), lived_trials(8, 8), BEFORE, AFTER, 75.0,
        "It is fast.", (("seed", "3"),), SlowPart([point], np.zeros((1, 8)), "per ms", "at rest"),
        commands=("metahebb report runs/first",),
    )  # fmt: skip
    path = write_learned_page(tmp_path, run)
    assert path == tmp_path / "report.html"
    assert titles(path) == [
        "Numbers", "How it learned", "Single trials", "Kinds of trials", "Population trajectories",
        "Film", "Rates", "Fixed and slow points", "How the weights changed", "How to go on",
    ]  # fmt: skip
    text = text_of(path)
    assert "first <run>" in text
    first = "The criterion was reached after 473 trials (95 % of 100 trials in a row were right)."
    assert f"{first} It is fast." in text
    assert "1 min 15 s, 16 trials a second" in text
    assert "(hollow), at rest." in text
    assert path.read_text().count("data:image/png") == 6
    assert path.read_text().count("data:image/gif") == 1
    figures = sorted(file.stem for file in (tmp_path / "figures").iterdir())
    assert figures == ["learning", "rates", "slow_points", "trajectories", "trials", "weights"]


def test_what_a_run_does_not_have_is_left_out(tmp_path: Path) -> None:
    empty = Outcomes.of([], ())
    path = write_learned_page(tmp_path, Learned("new", "dnms", empty), film=False)
    assert titles(path) == ["Numbers", "How it learned"]
    assert "No trial is over yet." in text_of(path)
    assert "The first trial is not over." in text_of(path)
    still = Learned("still", "dnms", learned(200), before=BEFORE, after=BEFORE)
    assert "Learning changed none of the weights." in text_of(write_learned_page(tmp_path, still))


def test_psychometric_curves_are_there_where_a_condition_is_signed(tmp_path: Path) -> None:
    lived = replace(lived_trials(400, 3), outcomes=integrated(400), choices=("left", "right"))
    run = Learned("context", "context integration", lived.outcomes, lived)
    path = write_learned_page(tmp_path, run, film=False)
    assert "Psychometric curves" in titles(path)
    assert "Film" not in titles(path)


def test_a_figure_that_cannot_be_drawn_is_named_and_the_rest_is_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lived = lived_trials(8, 4)
    lived = replace(lived, rates=np.ones_like(lived.rates))
    with caplog.at_level(logging.WARNING):
        path = write_learned_page(tmp_path, Learned("flat", "dnms", learned(), lived))
    assert "This figure could not be drawn: expected rates that change over time" in text_of(path)
    assert {"Single trials", "Rates"} <= set(titles(path))
    assert "it is left out" in caplog.text


def test_headlines_say_how_it_went() -> None:
    flat = learned(400, half=1e6)
    assert re.fullmatch(
        r"The criterion was not reached in 400 trials \(95 % of 100 trials in a row; at best, "
        r"\d\d % were right\)\.",
        headline(flat, Criterion()),
    )
    easy = Criterion(0.4, 20)
    assert headline(flat, easy).endswith("(40 % of 20 trials in a row were right).")
    assert headline(reaches().outcomes, Criterion()).startswith(
        "The mean reward of the last 18 of 36 trials is 4."
    )


def test_tables_have_the_known_numbers_alone() -> None:
    run = Learned("a", "b", learned(), lived_trials(8, 3))
    head, first, last, tested = number_rows(run)
    assert head == ["", "trials", "accuracy", "error"]  # the reward is minus the error
    assert first[:2] == ["first 100 trials", "100"]
    assert first[2].startswith(f"{100 * run.outcomes.correct[:100].mean():.1f} % [")
    assert last[3].startswith(f"{run.outcomes.error[-100:].mean():.3f}")
    assert tested[:2] == ["test, without learning", "8"]
    assert kind_rows(run.lived)[0] == ["kind", "trials", "accuracy", "error", "same", "different"]
    assert [row[0] for row in kind_rows(run.lived)[1:]] == ["AA", "AB", "BA", "BB"]
    assert kind_rows(reaches())[0] == ["kind", "trials", "reward"]


SEEDS = [
    SeedResult(0, learned(900), page="../0/report.html"),
    SeedResult(1, learned(900, 1, half=400)),
    SeedResult(2, learned(900, 2, half=1e6)),
    SeedResult(3, learned(150, 3), failure="weights of recurrent are not finite"),
]


def test_seeds_are_counted_with_the_median_of_all_and_failures_by_name() -> None:
    a, b = (Criterion().reached(each.outcomes) for each in SEEDS[:2])
    assert a is not None
    assert b is not None
    words = "(95 % of 100 trials in a row)"
    assert seeds_headline(SEEDS[:3], Criterion()) == (
        f"2 of 3 seeds reached the criterion {words}. The median of all seeds is {b} trials "
        f"({a} to {b} where reached)."
    )
    assert seeds_headline(SEEDS, Criterion()) == (
        f"2 of 4 seeds reached the criterion {words}. They took {a} to {b} trials; the median of "
        "all seeds is unknown."
    )
    assert seeds_headline(SEEDS[2:3], Criterion()) == f"0 of 1 seed reached the criterion {words}."
    assert failures(SEEDS, Criterion()) == [
        "Seed 2 did not reach the criterion in 900 trials.",
        "Seed 3 ended early, after 150 trials: weights of recurrent are not finite.",
    ]
    head, first, *_, last = seed_rows(SEEDS, Criterion())
    assert head == ["seed", "trials", "trials to criterion", "last accuracy", "last error"]
    assert first[1:3] == ["900", str(a)]
    assert last[:3] == ["median", "", "2 of 4 reached it"]


def test_seeds_of_a_task_without_right_answers_have_no_criterion() -> None:
    seeds = [SeedResult(seed, reaches(36, seed).outcomes) for seed in range(2)]
    assert seed_rows(seeds, Criterion())[0] == ["seed", "trials", "last reward"]
    assert seeds_headline(seeds, Criterion()).startswith(
        "The mean reward of the last 100 trials is"
    )
    assert failures(seeds, Criterion()) == []


def test_the_page_of_seeds(tmp_path: Path) -> None:
    path = write_seeds_page(tmp_path, "dnms", "4 seeds", SEEDS, commands=("metahebb report x",))
    assert titles(path) == ["How they learned", "Seeds", "How to go on"]
    text = text_of(path)
    assert "2 of 4 seeds reached the criterion" in text
    assert "150, ended early" in text
    assert "Seed 3 ended early, after 150 trials" in text
    assert '<a href="../0/report.html">0</a>' in path.read_text()
    assert (tmp_path / "figures" / "learning.png").is_file()

"""Every study answers what its code makes of its figures, and pages with answers are up to date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from committed_results import RESULTS, answer_of

from experiments.kit.answers import BEGIN, END, PAGES, answers_table, with_answers
from experiments.kit.claims import Answer, Claim, answered, in_words, named
from experiments.kit.page import head, page, tail
from experiments.kit.results import summary_of
from metahebb.errors import InputError

ROOT = RESULTS.parent
STUDIES = sorted(file.parent.name for file in RESULTS.glob("*/summary.json"))


def summary(study: str) -> dict[str, object]:
    kept: dict[str, object] = json.loads((RESULTS / study / "summary.json").read_text())
    return kept


def test_every_study_has_results_and_an_answer() -> None:
    folders = {file.parent.name for file in (ROOT / "experiments").glob("*/__main__.py")}
    assert set(STUDIES) == folders


@pytest.mark.parametrize("study", STUDIES)
def test_an_answer_is_what_the_study_makes_of_its_figures(study: str) -> None:
    kept, given = summary(study), answer_of(study)
    assert kept["answer"] == given.text
    assert kept["carried_by"] == [claim.name for claim in given.carried_by]
    assert 3 <= len(given.carried_by) <= 5
    assert given.text.endswith(".")
    assert ". " not in given.text  # one sentence
    rows = [Claim.from_json(row).to_json() for row in kept["claims"]]  # type: ignore[attr-defined]
    assert json.loads(json.dumps(rows)) == kept["claims"]  # whether a claim holds is computed


@pytest.mark.parametrize("study", STUDIES)
def test_a_page_begins_with_the_answer_and_ends_with_every_figure(study: str) -> None:
    text, kept = (RESULTS / study / "README.md").read_text(), summary(study)
    assert text.startswith(head(kept) + "\n")
    assert text.rstrip().endswith(tail(kept))
    assert text.splitlines()[2] == kept["answer"]


@pytest.mark.parametrize("file", PAGES, ids=str)
def test_pages_with_answers_are_up_to_date(file: Path) -> None:
    """Where this fails, run: python -m experiments.kit.answers."""
    text = (ROOT / file).read_text()
    assert text == with_answers(text, answers_table(RESULTS, PAGES[file]), file)
    for study in STUDIES:
        assert (ROOT / file.parent / PAGES[file] / study / "README.md").is_file()


def claim(name: str, value: float | None, low: float | None, high: float | None) -> Claim:
    return Claim(name, value, low, high, None, (0,), "make it")


def test_a_study_without_the_figures_of_its_answer_says_which_is_missing() -> None:
    claims = [claim("speed", None, None, None), claim("height [m]", 1.0, 0.5, 2.0)]

    def of(name: str) -> Answer:
        return answered(lambda some: Answer(f"{named(some, name).figure:.1f}.", ()), claims)

    assert of("height").text == "1.0."
    assert of("speed").text.endswith("yet: they lack the figure “speed”.")
    assert of("width").text.endswith("yet: they lack the figure “width”.")
    assert of("width").carried_by == tuple(claims)
    assert answered(lambda some: Answer(some[0].shown(), ()), claims).text.startswith("These runs")


def test_a_figure_is_above_or_below_nothing_where_its_interval_is() -> None:
    ends = [(0.1, 2.0), (-1.0, 0.2), (-2.0, -0.1)]
    assert [claim("gap", 0.0, *each).sign for each in ends] == [1, 0, -1]
    assert claim("gap", -0.001, -0.5, 0.25).shown(1) == "0.0 [-0.5, 0.2]"
    assert [in_words(n) for n in (0, 3, 20, 1000)] == ["no", "three", "twenty", "1,000"]


def test_a_page_that_lost_its_comments_is_refused() -> None:
    for text in ("", BEGIN, END, f"{END}{BEGIN}"):
        with pytest.raises(InputError, match=r"expected <!-- answers.* in page.md, got none; rest"):
            with_answers(text, "table", Path("page.md"))


def test_notes_stand_between_the_answer_and_every_figure() -> None:
    claims = [claim("speed", 1.0, 0.5, 2.0), claim("height", 2.0, None, None)]
    some = summary_of("How fast?", Answer("Fast.", tuple(claims[:1])), claims, {"machine": "mine"})
    text = page(some, "\nNotes.\n")
    assert text.index("Fast.") < text.index("speed") < text.index("Notes.") < text.index("height")
    every = summary_of("How fast?", Answer("Fast.", tuple(claims)), claims, {})
    assert page(every, "Notes.").endswith("\n\nNotes.\n")

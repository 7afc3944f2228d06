"""Every study answers what its code makes of its figures, and pages with answers are up to date."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from committed_results import RESULTS, answer_of

from experiments.kit.answers import BEGIN, END, PAGES, answers_table, main, with_answers
from experiments.kit.claims import Answer, Claim, answered, in_words, named
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
    for row in kept["claims"]:  # type: ignore[attr-defined]
        again = json.loads(json.dumps(Claim.from_json(row).to_json()))
        assert {name: again[name] for name in row} == row  # whether a claim holds is computed


@pytest.mark.parametrize(
    ("study", "begin", "end", "value", "words"),
    [
        ("ant_quick", "longest evolution", "", 6.0, "five, but not within the five minutes"),
        ("ant_quick", "distance of seed 1", "", 2.0, "In four seeds of five"),
        ("ant_quick", "net share of D", "", 12.0, "; D makes 12 % of the net change"),
        ("ant_quick", "net share of A", "", 61.0, "and A·pre·post 61 %"),
        ("ant_quick", "distance without A [", "", 9.5, "9.5 m without the Hebbian term"),
        ("bottleneck", "neuron", "intact / hebbian", 0.5, "walk less far than a rule for every"),
        ("bottleneck", "low_rank-1", "intact / hebbian", 1.0, "and walks as far on the"),
        ("bottleneck_wirings", "rule_book", "intact [m]", 2.0, "(6,019 genes) walk 2.0 m"),
        ("car_racing", "hebbian: mean return", "default", 320.0, "a mean of 300, is met"),
        ("cognitive", "tasks of", "", 10.0, "Ten of 16 tasks are learned by some system"),
        ("cognitive", "delayed nonmatch, node", ")", 3.0, "3 of 20 seeds learn delayed nonmatch"),
        (
            "cognitive",
            "delayed nonmatch, supralinear rule: trials",
            "",
            700.0,
            "reaches the criterion after 700 trials",
        ),
        ("cognitive", "random dots, actor-critic: accuracy /", "", 0.5, "dots 0.50 times as often"),
        ("damage", "hebbian − static", "unseen [m]", 2.0, "Yes: with the same tuning"),
        (
            "damage",
            "hebbian − static",
            "in turn: intact [m]",
            2.0,
            "rules walk farther on the",
        ),
        (
            "damage",
            "hebbian, trained on each",
            "unseen / intact",
            0.5,
            "keep 0.50 and weights 0.18",
        ),
        ("damage", "hebbian − coevolved", "unseen [m]", 1.0, "0.73), fewer meters than with"),
        ("delay", "reversal, delayed /", "", 1.01, "it costs nothing that this study can see"),
        (
            "delay",
            "ant-quick, delayed −",
            "generations",
            2.0,
            "the end 2.0 m more [1.9, 2.1]",
        ),
        (
            "evolved_reward",
            "evolved − not evolved: accuracy",
            "withheld functions",
            0.0,
            "but not that this study can see with the two functions",
        ),
        (
            "evolved_reward",
            "evolved − not evolved: accuracy",
            "training functions",
            0.0,
            "Not that this study can see: a network learns to be right in",
        ),
        ("latent", "gap between", "", -0.1, "Not that this study can see"),
        ("latent", "Hebbian, freeze:at=100", "after the flip", 0.5, "follows the flip, too"),
        ("lesion", "hebbian, 4", "unharmed: survival", -0.5, "unharmed in survival by -0.50 [-0.6"),
        ("lesion", "hebbian, 4", "unharmed: survival", 0.5, "neither speed nor survival is below"),
        ("lesion", "static, 1", "zeroed: speed after 5 s / before", 0.5, "or static, move, too"),
        ("recurrent", "hidden variable, recurrent − hebbian", "return", 0.3, "Yes: with a hidden"),
        ("scale", "two real workers", "", 0.96, "reached 0.96 (goal 0.95, met)"),
    ],
)
def test_the_words_of_an_answer_follow_its_figures(
    study: str, begin: str, end: str, value: float, words: str
) -> None:
    def change(claim: Claim) -> Claim:
        if claim.name.startswith(begin) and claim.name.endswith(end):
            return dataclasses.replace(claim, value=value, low=value - 0.1, high=value + 0.1)
        return claim

    assert words not in answer_of(study).text
    assert words in answer_of(study, change).text


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
    twice = dataclasses.replace(claim("gap", -0.001, -0.5, 0.25), seeds=(0, 1))
    assert twice.shown(1) == "0.0 [-0.5, 0.2]"
    assert claim("gap", -0.001, -0.5, 0.25).shown(1) == "0.0 (one run)"
    assert [in_words(n) for n in (0, 3, 20, 1000)] == ["no", "three", "twenty", "1,000"]


def test_a_page_that_lost_its_comments_is_refused() -> None:
    for text in ("", BEGIN, END, f"{END}{BEGIN}"):
        with pytest.raises(InputError, match=r"expected <!-- answers.* in page.md, got none; rest"):
            with_answers(text, "table", Path("page.md"))


def test_pages_are_written_where_they_stand_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "expected README.md in the folder" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
    speeds = tmp_path / "results" / "speeds"
    speeds.mkdir(parents=True)
    claims = [claim("speed", 1.0, 0.5, 2.0)]
    kept = summary_of("How fast?", Answer("Fast.", tuple(claims)), claims, {})
    (speeds / "summary.json").write_text(json.dumps(kept))
    for file in PAGES:
        file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    main()
    for file, to_results in PAGES.items():
        row = f"| [speeds]({to_results}speeds/README.md): how fast? | Fast. |"
        assert row in file.read_text().splitlines()
        assert "old" not in file.read_text()

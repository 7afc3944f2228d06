"""Pages of studies read in a minute: of all that are committed, and of pages made here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from committed_results import RESULTS
from matplotlib.figure import Figure
from PIL import Image

from experiments.kit import pages
from experiments.kit.claims import Answer, Claim
from experiments.kit.kept import Kept, Table
from experiments.kit.page import ROWS, SMOKE, Notes, page
from experiments.kit.pages import main, remake
from experiments.kit.results import finish, summary_of
from experiments.kit.smoke import is_marked, mark_pictures
from experiments.lesion import figures as lesion
from experiments.protocols.legs import figure as legs
from experiments.protocols.legs.bodies import ONE, WEAKENED
from metahebb.runs.storage import write_json

STUDIES = sorted(file.parent.name for file in RESULTS.glob("*/summary.json"))
TERMS = (
    *("fold", "seen", "unseen", "intact", "unharmed", "zeroed", "frozen", "settled", "survival"),
    *("hebbian", "coevolved", "delayed", "synchronous", "cv", "delay 1", "hidden variable"),
)
"""Words of the first tables that mean something particular here."""
FOLDS = tuple(str(fold) for fold in (*ONE, *WEAKENED))


def text_of(study: str) -> str:
    return (RESULTS / study / "README.md").read_text(encoding="utf-8")


def summary(study: str) -> dict[str, object]:
    kept: dict[str, object] = json.loads((RESULTS / study / "summary.json").read_text("utf-8"))
    return kept


def claim(name: str, value: float, n: int, folds: int = 1, goal: str | None = None) -> Claim:
    seeds = tuple(range(n))
    return Claim(name, value, value - 0.125, value + 0.125, goal, seeds, "make it", folds)


MANY = [claim(f"speed {number}", 1.0, 3) for number in range(9)]


def made(size: str = "quick", claims: list[Claim] = MANY, notes: Notes | None = None) -> str:
    """Return a page whose answer is carried by more claims than a page has room for."""
    some = summary_of("How fast?", Answer("Fast.", tuple(claims)), claims, {"machine": "mine"})
    return page(some | {"size": size}, notes or Notes({"speed": "metres"}, "![it](it.png)"))


def above_the_fold(text: str) -> str:
    return text.partition("<details>")[0]


def tables(text: str) -> Iterator[list[str]]:
    """Yield the lines of each table."""
    for block in re.findall(r"(?:^\|.*\n?)+", text, re.M):
        yield block.strip().splitlines()


PAGES = [*((study, text_of(study)) for study in STUDIES), ("made here", made())]
EACH_PAGE = pytest.mark.parametrize(("study", "text"), PAGES, ids=[name for name, _ in PAGES])


@EACH_PAGE
def test_a_page_begins_with_the_answer_and_at_most_six_rows(study: str, text: str) -> None:
    lines, open_part = text.splitlines(), above_the_fold(text)
    answer = "Fast." if study == "made here" else summary(study)["answer"]
    assert lines[0].startswith("# ")
    assert lines[2] == answer
    (table,) = tables(open_part)
    assert 1 <= len(table) - 2 <= ROWS == 6
    assert len(table[0].split(" | ")) <= 5  # no wall of columns
    words = [word for word in open_part.partition("\n|")[2].split() if not word.startswith("|")]
    assert len(words) < 250
    assert text.count("<details>") == text.count("</details>")


@EACH_PAGE
def test_words_are_defined_before_the_first_table(study: str, text: str) -> None:
    before, _, after = above_the_fold(text).partition("\n|")
    (table,) = tables(above_the_fold(text))
    defined = " ".join(re.findall(r"^- \*.*", before, re.M))
    for term in TERMS:
        used = re.search(rf"(?<![\w-]){term}s?(?![\w-])", " ".join(table[2:]))
        if used and study != "ant_quick":
            assert term in defined, f"{term} is used and never defined"
    assert not any(fold in before + after for fold in FOLDS)  # in words there


@EACH_PAGE
def test_one_run_has_no_interval(study: str, text: str) -> None:
    for table in tables(text):
        heads = table[0].strip("| ").split(" | ")
        if "runs" not in heads:
            continue
        for line in table[2:]:
            cells = line.strip("| ").split(" | ")
            if cells[heads.index("runs")] == "1":
                figures = cells[heads.index("runs") - 2 :] if "value" in heads else cells
                assert not re.search(r"\d \[|\d to -?\d", " ".join(figures)), line
    if study != "made here":
        for row in summary(study)["claims"]:  # type: ignore[attr-defined]
            one = Claim.from_json(row)
            if one.runs == 1 and one.low not in (None, one.value):
                assert row.get("interval_of") == "the lives of one run" or study == "ant_quick"
                lines = [line for line in text.splitlines() if line.startswith(f"| {one.name} |")]
                assert lines
                assert all("| n = 1 | 1 |" in line for line in lines)


def test_a_claim_of_one_run_says_so_and_one_on_several_folds_counts_them() -> None:
    text = made(claims=[claim("alone", 2.0, 1), claim("four", 2.0, 1, folds=4)])
    assert "| alone | 2.00 | n = 1 | 1 | – |" in text
    assert "| four | 2.00 | 1.88 to 2.12 | 4 | – |" in text
    assert claim("alone", 2.0, 1).to_json()["interval_of"] == "the lives of one run"
    assert "interval_of" not in claim("four", 2.0, 1, folds=4).to_json()
    assert Claim.from_json(claim("four", 2.0, 1, folds=4).to_json()).runs == 4


@pytest.mark.parametrize("study", STUDIES)
def test_pages_are_made_of_what_is_committed(study: str, tmp_path: Path) -> None:
    """Where this fails, run: python -m experiments.kit.pages."""
    folder = tmp_path / study
    folder.mkdir()
    for file in (RESULTS / study).iterdir():
        if file.suffix in (".json", ".csv", ".md"):
            (folder / file.name).write_bytes(file.read_bytes())
    assert remake(folder) == [folder / "README.md"]
    assert (folder / "README.md").read_text(encoding="utf-8") == text_of(study)
    for link in re.findall(r"\]\(([\w.-]+)\)", text_of(study)):
        assert (RESULTS / study / link).is_file()


def test_figures_of_what_is_kept_are_drawn_again(tmp_path: Path) -> None:
    folder = tmp_path / "damage"
    folder.mkdir()
    for name in ("summary.json", "tables.json", "runs.csv"):
        (folder / name).write_bytes((RESULTS / "damage" / name).read_bytes())
    assert remake(folder, figures=True) == [folder / "damage.png", folder / "README.md"]
    with Image.open(folder / "damage.png") as picture:
        assert min(picture.size) > 300


def test_notes_of_a_study_without_a_module_stay(tmp_path: Path) -> None:
    folder = tmp_path / "unknown"
    folder.mkdir()
    some = summary_of("How fast?", Answer("Fast.", tuple(MANY)), MANY, {})
    write_json(folder / "summary.json", some)
    old = "# How fast?\n\n- commit: abc\n\n![it](it.png)\n\nMine.\n\n## Every figure\n\nold"
    (folder / "README.md").write_text(old, encoding="utf-8")
    remake(folder)
    once = (folder / "README.md").read_text(encoding="utf-8")
    assert "![it](it.png)\n\nMine." in above_the_fold(once)
    assert "old" not in once
    remake(folder)
    assert (folder / "README.md").read_text(encoding="utf-8") == once


def test_only_figures_can_be_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["pictures"])
    assert ended.value.code == 2
    assert "the word figures, got pictures" in capsys.readouterr().err
    (tmp_path / "results" / "delay").mkdir(parents=True)
    write_json(tmp_path / "results/delay/summary.json", summary("delay"))
    with pytest.raises(SystemExit):
        pages.main([])
    assert "tables.json, got none; restore it" in capsys.readouterr().err


def test_smoke_stands_above_every_table_and_across_every_picture(tmp_path: Path) -> None:
    table = Table(("runs", "speed"), ((2, (1.0, 0.5, 2.0)),)).markdown()
    notes = Notes({"speed": "metres"}, "![it](it.png)", {"More": table})
    smoke, quick = (made(size, notes=notes) for size in ("smoke", "quick"))
    assert SMOKE not in quick
    assert smoke.splitlines()[2] == SMOKE
    for lines in tables(smoke):
        assert f"{SMOKE}\n\n{lines[0]}" in smoke
    assert smoke.count(SMOKE) == 1 + len(list(tables(quick))) == 4

    some = summary_of("How fast?", Answer("Fast.", tuple(MANY)), MANY, {}, "smoke")
    write_json(tmp_path / "summary.json", some)
    white = Image.new("RGB", (400, 300), "white")
    white.save(tmp_path / "it.png")
    white.save(tmp_path / "film.gif", save_all=True, append_images=[Image.new("RGB", (400, 300))])
    finish(tmp_path, notes)
    assert SMOKE in (tmp_path / "README.md").read_text(encoding="utf-8")
    for name in ("it.png", "film.gif"):
        assert is_marked(tmp_path / name)
        with Image.open(tmp_path / name) as picture:
            colors = np.asarray(picture.convert("RGB")).reshape(-1, 3)
        assert 0.02 < (colors != 255).any(1).mean() < 0.5
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 2
    before = (tmp_path / "it.png").read_bytes()
    mark_pictures(tmp_path)
    assert (tmp_path / "it.png").read_bytes() == before


@pytest.mark.parametrize("study", STUDIES)
def test_nothing_that_is_published_is_of_smoke_size(study: str) -> None:
    assert summary(study).get("size", "quick") != "smoke"
    assert SMOKE not in text_of(study)


def drawn(monkeypatch: pytest.MonkeyPatch, module: object) -> list[Figure]:
    """Return a list that the figures of a module come into, in the place of a file."""
    kept: list[Figure] = []
    monkeypatch.setattr(module, "save", lambda figure, path: kept.append(figure) or path)
    return kept


def test_an_arm_with_one_run_is_hollow_in_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kinds = Kept.read(RESULTS / "damage").tables["kinds"].records()
    arms = {str(row["arm"]): row["runs"] for row in kinds if row["protocol"] == "weak"}
    figures = drawn(monkeypatch, legs)
    legs.draw_legs(RESULTS / "damage")
    (axes,) = figures[0].axes
    labels = [label.get_text() for label in axes.get_xticklabels()]
    place = labels.index("lstm\nn = 1")
    assert arms["lstm"] == 1
    near = [line for line in axes.lines if len(line.get_xdata()) and _at(line, place)]
    assert [line.get_markerfacecolor() for line in near] == ["w"] * 3  # and neither bar nor dots
    many = [line for line in axes.lines if len(line.get_xdata()) and _at(line, 0)]
    assert sum(line.get_linestyle() == "-" and line.get_marker() == "None" for line in many) == 3

    rows = json.loads((RESULTS / "lesion/measures.json").read_text("utf-8"))["lesions"]
    figures = drawn(monkeypatch, lesion)
    lesion.arms_figure(rows, tmp_path / "arms.png")
    texts = [text.get_text() for text in figures[0].legends[0].get_texts()]
    assert "lstm, n = 1" in texts
    color = lesion.COLORS["lstm"]
    alone = [line for line in figures[0].axes[0].lines if line.get_color() == color]
    assert {line.get_markerfacecolor() for line in alone} == {"w"}


def _at(line: object, place: float) -> bool:
    x = np.asarray(line.get_xdata(), np.float64)  # type: ignore[attr-defined]
    return bool(np.abs(x - place).max() < 0.45)

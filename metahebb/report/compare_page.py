"""The page of a comparison, and the folder that holds it with its tables and figures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from metahebb.errors import InputError
from metahebb.paths import absolute, shown
from metahebb.report.compare_figure import KINDS, compare_figure, note_on
from metahebb.report.compare_table import (
    RUNS_NOTE,
    arm_rows,
    arms_note,
    difference_rows,
    differences_note,
    measures_note,
    run_rows,
    write_tables,
)
from metahebb.report.figures import write_figure
from metahebb.report.markup import code, note, picture, section, table
from metahebb.runs.folder import RunFolder
from metahebb.runs.seeds import is_seeds_folder
from metahebb.runs.storage import slug, storage_errors, write_atomically, write_json

NUMBERS = "comparison.json"
"""The file with all numbers of a comparison, by which its folder is known."""
_NOT_OURS = (".jpg", ".jpeg", ".eps", ".gif", ".tif", ".tiff", ".webp", ".html", ".csv", ".json")
"""Endings that look like a file's, which a comparison cannot be written to."""
_POINTS_NOTE = (
    "A point is a generation: the mean over runs, at the mean of the env steps that they had then "
    "taken."
)
_POINTS_OF_ONE_NOTE = "A point is a generation."
_CURVE_WORDS = {
    "center_return": "mean return of the unperturbed center in the few fresh lives of each "
    "generation (center_return)",
    "fitness_mean": "mean fitness of the population (fitness_mean), because not all runs have "
    "lived their center in each generation",
}


def folder_and_figure(names: Sequence[str], out: Path | None) -> tuple[Path, Path | None]:
    """Return the folder of a comparison, and a file for its figure where one is asked for.

    Args:
        names: names of the arms.
        out: a file for the figure, by its ending (.png, .pdf, .svg), or else the folder. None, or a
            file: the folder is ``runs/compare-NAME-NAME``.

    Raises:
        InputError: ``out`` ends like another kind of file, or the folder holds something else.
    """
    figure = None
    folder = Path("runs", slug(["compare", *names]).replace(" ", "-"))
    if out is not None and out.suffix.lower() in _NOT_OURS:
        raise InputError(
            f"expected --out to be a folder, or a figure that ends in {', '.join(KINDS)}, got "
            f"{out}; choose one of them"
        )
    if out is not None and out.suffix.lower() in KINDS:
        figure = absolute(out)
    elif out is not None:
        folder = out
    folder = absolute(folder)
    is_other = RunFolder.is_there(folder) or is_seeds_folder(folder)
    if folder.exists() and not (folder / NUMBERS).exists():
        is_other = is_other or not folder.is_dir() or any(folder.iterdir())
    if is_other:
        raise InputError(
            f"expected a new folder or one of an earlier comparison, got {folder}, which holds "
            "something else; choose another --out"
        )
    return folder, figure


def write_comparison(
    comparison: Mapping[str, Any], folder: Path, figure: Path | None = None, command: str = ""
) -> Path:
    """Write all of a comparison into ``folder``; return the path of its page, ``report.html``.

    Args:
        comparison: the numbers that `metahebb.analysis.compare.compare` returns.
        folder: the folder for the page and its files, see `folder_and_figure`.
        figure: another file for the figure, beside ``figure.png``.
        command: the command line that makes the comparison again; empty: the page shows none.

    Raises:
        StorageError: a file could not be written.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    drawn = compare_figure(comparison)
    image = write_figure(drawn, folder / "figure.png")
    if figure is not None:
        write_figure(drawn, figure)
    tables = write_tables(comparison, folder)
    learning = picture(image, "Learning curves of the arms") + _curve_notes(comparison)
    final = table(arm_rows(comparison), head=True) + note(arms_note(comparison))
    if measures := measures_note(comparison):
        final += note(f"The columns: {measures}")
    sections = [section("Learning", learning), section("What the last centers do", final)]
    if comparison["differences"]:
        rows = table(difference_rows(comparison), head=True)
        sections.append(section("Differences", rows + note(differences_note(comparison))))
    if comparison["settings"]:
        sections.append(section("Settings that differ", code("\n".join(comparison["settings"]))))
    runs = table(run_rows(comparison), head=True) + note(RUNS_NOTE) + links(comparison, folder)
    sections.append(section("Runs", runs))
    files = [shown(path) for path in (image, *([figure] if figure else []), *tables)]
    made = code("\n".join(files)) + (code(command) if command else "")
    sections.append(section("Files, and the command that made them", made))
    names = [arm["name"] for arm in comparison["arms"]]
    title = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    page = page_of(title, comparison, headline(comparison), sections)
    path = folder / "report.html"
    write_atomically(path, page)
    write_json(folder / NUMBERS, comparison)
    return path


def page_of(
    title: str, comparison: Mapping[str, Any], summary: str, sections: Sequence[str]
) -> bytes:
    """Return a page over several runs."""
    template = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    runs = sum(len(arm["runs"]) for arm in comparison["arms"])
    page = template.substitute(
        title=escape(title),
        what=escape(f"{comparison['world']} · {runs} {'run' if runs == 1 else 'runs'}"),
        summary=escape(summary),
        sections="\n".join(sections),
    )
    return page.encode(errors="backslashreplace")


def headline(comparison: Mapping[str, Any]) -> str:
    """Return the comparison in a sentence per two arms, with the first of the bodies alone."""
    value = comparison["headline"]
    bodies = list(dict.fromkeys(each["body"] for each in comparison["differences"]))
    sentences = []
    for each in comparison["differences"]:
        mean, low, high = (each[part] for part in ("mean", "low", "high"))
        if each["value"] != value or mean is None or each["body"] != bodies[0]:
            continue
        side = "above" if mean >= 0 else "below"
        size, unit = f"{abs(mean):.2f}", f" {each['unit']}" if each["unit"] else ""
        if low is not None:
            ends = sorted((low, high) if mean >= 0 else (-low, -high))
            size += f" [{ends[0]:.2f}, {ends[1]:.2f}]"
        where = f" with the body {each['body']}" if len(bodies) > 1 else ""
        known = "(95 % interval)" if low is not None else "(one run in an arm: no interval)"
        sentences.append(
            f"The {value} of {each['of']}{where} is {size}{unit} {side} that of {each['less']} "
            f"{known}."
        )
    return " ".join(sentences)


def links(comparison: Mapping[str, Any], folder: Path) -> str:
    """Return links to the reports of all runs that have one, relative to ``folder``."""
    items = []
    for arm in comparison["arms"]:
        for run in arm["runs"]:
            page = absolute(run["folder"]) / "report.html"
            if page.exists():
                href = escape(os.path.relpath(page, folder), quote=True)
                of = f"{arm['name']}, " if len(comparison["arms"]) > 1 else ""
                items.append(f'<a href="{href}">{escape(of)}seed {run["seed"]}</a>')
    return f'<p class="note">Reports: {" · ".join(items)}</p>' if items else ""


def _curve_notes(comparison: Mapping[str, Any]) -> str:
    several = any(len(arm["runs"]) > 1 for arm in comparison["arms"])
    points = _POINTS_NOTE if several else _POINTS_OF_ONE_NOTE
    words = f"{points} What it shows: the {_CURVE_WORDS[comparison['curve']]}."
    return note(f"{note_on(comparison)} {words}") + "".join(
        note(f"Note: {n}.") for n in comparison["notes"]
    )

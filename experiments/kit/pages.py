"""The pages of all studies, made again from what their folders keep; no run is needed.

    python -m experiments.kit.pages [figures]

A study has a module ``tables`` with a function ``notes``, which says what its page has beside the
claims, and may have a function ``draw``, which makes the figures of what is kept; the other figures
stay as the runs left them. A study without that module keeps the notes that its page has.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from experiments.kit.page import BEGIN, END, Notes
from experiments.kit.results import RESULTS, write_page
from metahebb.errors import InputError, MetahebbError


def main(words: list[str]) -> None:
    """Write every page, and with the word ``figures`` every figure that is drawn from numbers."""
    try:
        if words not in ([], ["figures"]):
            raise InputError(f"expected nothing or the word figures, got {' '.join(words)}")
        for file in sorted(Path(RESULTS).glob("*/summary.json")):
            for path in remake(file.parent, figures=bool(words)):
                print(path)
    except MetahebbError as error:
        print(f"pages: {error}", file=sys.stderr)
        sys.exit(error.exit_status)


def remake(folder: Path, *, figures: bool = False) -> list[Path]:
    """Write the page of a study's folder again, and return what was written.

    Args:
        folder: of the results; its name is that of the study.
        figures: whether to draw the figures of what is kept, too.
    """
    study = _module_of(folder.name)
    if study is None:
        write_page(folder, Notes.of(_kept_notes(folder / "README.md")))
        return [folder / "README.md"]
    drawn: list[Path] = study.draw(folder) if figures and hasattr(study, "draw") else []
    write_page(folder, study.notes(folder))
    return [*drawn, folder / "README.md"]


def _module_of(study: str) -> ModuleType | None:
    """Return the module ``tables`` of a study; None where it has none."""
    package = importlib.util.find_spec(f"experiments.{study}")
    name = f"experiments.{study}.tables"
    if package is None or importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)


def _kept_notes(file: Path) -> str:
    """Return the notes that stand in a page; in older ones they follow the list of costs."""
    text = file.read_text(encoding="utf-8")
    _, begin, rest = text.partition(BEGIN)
    if begin:
        return rest.partition(END)[0]
    after_cost = text.partition("\n- commit: ")[2].partition("\n")[2]
    return after_cost.partition("## Every figure")[0]


if __name__ == "__main__":
    main(sys.argv[1:])

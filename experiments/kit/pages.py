"""A command that makes the pages of all studies again from the files in their folders.

    python -m experiments.kit.pages [figures]

The command needs no run. A study has a module ``tables`` with a function ``notes``, which returns
the parts of the page that are not made from the claims. The module may also have a function
``draw``, which draws figures from the numbers in the folder; all other figures stay as they are. A
study without the module keeps the notes that its page has.
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
    """Write the page of a study's folder again, and return the paths of all files written.

    Args:
        folder: the folder of the study's results, which has the name of the study.
        figures: whether to draw figures from the numbers in the folder, too.
    """
    study = _module_of(folder.name)
    if study is None:
        write_page(folder, Notes.of(_kept_notes(folder / "README.md")))
        return [folder / "README.md"]
    drawn: list[Path] = study.draw(folder) if figures and hasattr(study, "draw") else []
    write_page(folder, study.notes(folder))
    return [*drawn, folder / "README.md"]


def _module_of(study: str) -> ModuleType | None:
    """Return the module ``tables`` of a study; None if the study has no such module."""
    package = importlib.util.find_spec(f"experiments.{study}")
    name = f"experiments.{study}.tables"
    if package is None or importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)


def _kept_notes(file: Path) -> str:
    """Return the notes in the text of a page; in an older page they follow the list of costs."""
    text = file.read_text(encoding="utf-8")
    _, begin, rest = text.partition(BEGIN)
    if begin:
        return rest.partition(END)[0]
    after_cost = text.partition("\n- commit: ")[2].partition("\n")[2]
    return after_cost.partition("## Every figure")[0]


if __name__ == "__main__":
    main(sys.argv[1:])

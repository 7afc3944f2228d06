"""The table of all studies and their answers, in the README of the project and that of results.

    python -m experiments.kit.answers

This command makes the table from the ``summary.json`` of every study, and writes it between two
comments of each README. The command is to be given after a study has written new results.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from metahebb.errors import InputError, MetahebbError
from metahebb.runs.storage import write_atomically

BEGIN = "<!-- answers: made by python -m experiments.kit.answers -->"
END = "<!-- end of answers -->"
PAGES = {Path("README.md"): "results/", Path("results/README.md"): ""}
"""Pages that hold the table, each with the path from the page to the folders of the studies."""


def main() -> None:
    """Write the table into every page that holds it, and print errors as one line."""
    try:
        for file, to_results in PAGES.items():
            text = with_answers(_read(file), answers_table(Path("results"), to_results), file)
            write_atomically(file, text.encode())
            print(file)
    except MetahebbError as error:
        print(f"answers: {error}", file=sys.stderr)
        sys.exit(error.exit_status)


def answers_table(results: Path, to_results: str) -> str:
    """Return a table with a row per study, as Markdown.

    Args:
        results: the folder that has a folder per study.
        to_results: the path to this folder from the page that holds the table.
    """
    lines = ["| question | answer |", "|---|---|"]
    for file in sorted(results.glob("*/summary.json")):
        summary = json.loads(file.read_text(encoding="utf-8"))
        study, question = file.parent.name, summary["title"]
        link = f"[{study}]({to_results}{study}/README.md)"
        lines.append(f"| {link}: {question[0].lower()}{question[1:]} | {summary['answer']} |")
    return "\n".join(lines)


def with_answers(text: str, table: str, file: Path) -> str:
    """Return the text of a page with the table between its two comments.

    Raises:
        InputError: the page lacks the comments.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InputError(f"expected {BEGIN} and {END} in {file}, got none; restore them")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            f"expected {file} in the folder {Path.cwd()}, got none; go to the root of this project"
        ) from None


if __name__ == "__main__":
    main()

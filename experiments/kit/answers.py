"""The table of all studies with their answers, in the README of the project and in that of results.

    python -m experiments.kit.answers

The table is made from the ``summary.json`` of every study and stands between two comments; whoever
wrote a study's results anew runs this command.
"""

from __future__ import annotations

import json
from pathlib import Path

from metahebb.errors import InputError
from metahebb.runs.storage import write_atomically

BEGIN = "<!-- answers: made by python -m experiments.kit.answers -->"
END = "<!-- end of answers -->"
PAGES = {Path("README.md"): "results/", Path("results/README.md"): ""}
"""Pages that hold the table, with the way from each to the folders of the studies."""


def main() -> None:
    """Write the table into every page that holds it."""
    for file, to_results in PAGES.items():
        text = with_answers(file.read_text(), answers_table(Path("results"), to_results), file)
        write_atomically(file, text.encode())
        print(file)


def answers_table(results: Path, to_results: str) -> str:
    """Return a row per study, as Markdown.

    Args:
        results: the folder that has a folder per study.
        to_results: the way to it from the page that holds the table.
    """
    lines = ["| question | answer |", "|---|---|"]
    for file in sorted(results.glob("*/summary.json")):
        summary = json.loads(file.read_text())
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


if __name__ == "__main__":
    main()

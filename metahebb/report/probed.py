"""Parts of a run's page: a line for each of its probes, and the figure of its rules."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from metahebb.errors import one_line
from metahebb.report.markup import link, note, picture, section, table
from metahebb.report.table import interval, without_empty

if TYPE_CHECKING:
    from metahebb.runs.folder import RunFolder

_log = logging.getLogger(__name__)

_PROBES_NOTE = (
    "Fresh lives of the unperturbed center, the same with the probe and without it; mean [95 % "
    "bootstrap interval]. A link leads to the folder with the figures of that probe."
)


def probes_section(run: RunFolder) -> str:
    """Return a line for each comparison in ``probes/``, with links; empty where there is none.

    A file that cannot be read is left out with a warning.
    """
    results = [(path.parent.name, _read(path)) for path in sorted(run.path.glob("probes/*/*.json"))]
    known = [(name, result) for name, result in results if result]
    if not known:
        return ""
    heading = ["probe", "generation", "lives that met it", "return with", "return without"]
    rows = [[*heading, "difference, paired"]]
    for name, result in known:
        href = f"probes/{quote(name)}/"
        rows.append([link(href, ", ".join(result["probes"])), *_numbers(result)])
    content = table(without_empty(rows), head=True) + note(_PROBES_NOTE)
    if (run.path / "probes" / "index.html").is_file():
        page = link("probes/index.html", "All probes of the suite, with their figures")
        content += f'<p class="note">{page}</p>'
    return section("Probes", content)


def rules_section(run: RunFolder) -> str:
    """Return the figure of ``metahebb rules``; empty where the command was not called."""
    figure, numbers = (run.path / "rules" / name for name in ("figure.png", "rules.json"))
    result = _read(numbers) if figure.is_file() else None
    if result is None:
        return ""
    what = f"The rules of the center of generation {result['generation']}, by 'metahebb rules'. "
    files = f"{link('rules/figure.png', 'The figure')} · {link('rules/rules.json', 'its numbers')}"
    content = picture(figure, "The evolved rules") + note(what)
    return section("The rules that evolved", f'{content}<p class="note">{files}</p>')


def _numbers(result: dict[str, Any]) -> list[str]:
    """Return what one comparison measured."""
    returns = result["return"]
    return [
        str(result["generation"]),
        f"{result['met']} of {result['lives']}",
        *(interval(returns[part]) for part in ("with", "without", "difference")),
    ]


def _read(path: Path) -> dict[str, Any] | None:
    """Return what a file holds; None, with a warning, where it cannot be read or shown."""
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if path.name == "probe.json":
            _numbers(result)
        return result
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning(
            "expected the numbers of an earlier command in %s, got %s; the report leaves them out, "
            "give the command again", path, one_line(error)
        )  # fmt: skip
        return None

"""What a probe did: a table for a terminal, a figure of speed around it, a page of a suite."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from metahebb.report.figures import BLUE, FAINT, GRAY, INK, ORANGE, save, style
from metahebb.report.markup import note, picture, section, table
from metahebb.report.recording import steps_label
from metahebb.report.table import interval, label, text_table, without_empty
from metahebb.runs.storage import write_atomically

_MEASURES = {
    "before": "speed before [m/s]",
    "dip": "speed at the dip [m/s]",
    "loss": "loss at the dip",
    "time": "time to 80 % of the speed [s]",
    "after": "speed after [m/s]",
    "kept": "speed after / before",
}

_WEIGHTS_NOTE = (
    "Weights are those of lives with the probe. (a) The whole weight vector of a few lives along "
    "the two principal components of all of them; dots are instants, lines running means over a "
    "simulated second, where the task has seconds. (b) Synapses spread over the layers, in "
    "the life of median return, ordered by their value before the event (dashed), or at the end "
    "where there is none; a jump at the dashed line is what the probe did to the weights."
)
_SPEED_NOTE = " (c) Speed, a mean over the second around each instant; colors are those of (a)."


def probe_table(result: dict[str, Any]) -> str:
    """Return the content of a ``probe.json`` as text for a terminal."""
    rows = [["", "with", "without", "difference, paired"]]
    measures = [(label(name, found), found) for name, found in result["measures"].items()]
    rows += [
        [name, *(interval(found.get(part)) for part in ("with", "without", "difference"))]
        for name, found in (
            ("return", result["return"]),
            *measures,
            ("survival", result["survival"]),
        )
    ]
    parts = [title(result), text_table(rows), _met(result)]
    if any(result["nonfinite"].values()):
        lost = ", ".join(f"{count} {name}" for name, count in result["nonfinite"].items())
        parts.append(f"Left out because they ended non-finite: {lost}")
    parts += [
        f"{name} is not left out: it is its layer's mean in all synapses of a layer"
        for name in result.get("leveled", ())
    ]
    if result["recovery"]:
        parts += [
            "Around the event: interquartile mean over lives [95 % bootstrap interval]",
            text_table(recovery_rows(result)),
        ]
    return "\n\n".join(parts)


def _met(result: dict[str, Any]) -> str:
    """Return how many lives lasted until it was done: the others tell nothing about it."""
    what = "it" if len(result["probes"]) == 1 else "all of it"
    return f"{result['met']} of {result['lives']} lives met {what}"


def title(result: dict[str, Any]) -> str:
    """Return what was compared."""
    return (
        f"{', '.join(result['probes'])}: {result['lives']} fresh lives of at most "
        f"{result['max_steps']} env steps ({result['body']}), generation {result['generation']}: "
        "mean [95 % bootstrap interval]"
    )


def recovery_rows(result: dict[str, Any]) -> list[list[str]]:
    """Return a heading and a row per recovery measure."""
    found = result["recovery"]
    return [
        ["", "with", "without"],
        *(
            [label, *(_triple(found[name][key]) for name in ("with", "without"))]
            for key, label in _MEASURES.items()
        ),
    ]


def _triple(values: Sequence[float | str | None]) -> str:
    if values[0] is None:
        return "–"
    middle, low, high = (v if isinstance(v, str) else f"{v:.2f}" for v in values)
    return f"{middle} [{low}, {high}]"


def probe_figure(result: dict[str, Any], pdf: bool = False) -> Path | None:
    """Write ``figure.png`` beside the comparison; None where the task knows no speed.

    Args:
        result: the content of a ``probe.json``, with its folder.
        pdf: whether to write the figure as a PDF, too.
    """
    if result["speed"] is None:
        return None
    from matplotlib.figure import Figure

    several = len(result["probes"]) > 1
    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    axes = figure.subplots()
    speed = result["speed"]
    steps = np.array(speed["seconds"]) / result["dt"]
    for name, color in (("without", GRAY), ("with", BLUE)):
        curve, label = speed[name], f"{name} the probe{'s' * several}"
        axes.plot(steps, curve["mean"], color=color, label=label)
        axes.fill_between(steps, curve["low"], curve["high"], color=color, alpha=0.25, linewidth=0)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    if result["at"] > 0:
        begins = "the first probe begins" if several else "the probe begins"
        axes.axvline(result["at"], color=ORANGE, linewidth=1.2, label=begins)
    heading = f"{', '.join(result['probes'])} ({result['lives']} lives, 95 % interval of the mean)"
    lines = textwrap.fill(heading, 84, break_long_words=False)
    style(axes, steps_label(result["dt"]), "speed along +x [m/s]", lines)
    axes.set_xlim(0, result["max_steps"])
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8, labelcolor=INK)
    return save(figure, Path(result["folder"]) / "figure.png", pdf)


def suite_page(results: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write ``index.html`` into ``folder`` from comparisons of one suite; return its path."""
    first = results[0]
    measures = list(itertools.starmap(label, first["measures"].items()))
    rows = [
        ["probe", "lives that met it", "return", "difference, paired", *measures, "survival"],
        _suite_row("none", first, "without"),
    ]
    sections = []
    shows_weights = recovered = False
    for result in results:
        name = ", ".join(result["probes"])
        rows.append(_suite_row(name, result, "with"))
        content = ""
        if result["recovery"] and len(known := without_empty(recovery_rows(result))) > 1:
            content, recovered = table(known, head=True), True
        weights, figure = (Path(result["folder"]) / f"{what}.png" for what in ("weights", "figure"))
        if weights.exists():
            content += picture(weights, f"What weights do with {name}")
            shows_weights = True
        if result["speed"]:
            content = picture(figure, f"Speed with and without {name}") + content
        if content:
            sections.append(section(name, content))
    body = "" if first["body"] == "default" else f" ({first['body']})"
    told = (
        f"{first['lives']} fresh lives of at most {first['max_steps']} env steps{body}, the same "
        "ones in every row; mean [95 % bootstrap interval]."
    )
    notes = ""
    if any(result["speed"] for result in results):
        notes += note(
            "In the figures the dead have a speed of 0."
            + recovered * " The tables below them are interquartile means."
        )
    if shows_weights:
        notes += note(_WEIGHTS_NOTE + (first["dt"] is not None) * _SPEED_NOTE)
    page = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8")).substitute(
        title="Probes",
        what=f"The unperturbed center of generation {first['generation']}",
        summary=told,
        sections="\n".join(
            [section("All probes", table(without_empty(rows), head=True) + notes), *sections]
        ),
    )
    path = folder / "index.html"
    write_atomically(path, page.encode(errors="backslashreplace"))
    return path


def _suite_row(name: str, result: dict[str, Any], part: str) -> list[str]:
    """Return the numbers of lives ``with`` or ``without`` a probe."""
    difference = interval(result["return"]["difference"]) if part == "with" else "–"
    measures = [interval(measured[part]) for measured in result["measures"].values()]
    kept = interval(result["survival"][part])
    met = f"{result['met']} of {result['lives']}" if part == "with" else "–"
    return [name, met, interval(result["return"][part]), difference, *measures, kept]

"""What a probe did: a table for a terminal, a figure of speed around it, a page of a suite."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from metahebb.report.figures import BLUE, FAINT, GRAY, INK, ORANGE, save, style
from metahebb.report.markup import note, picture, section, table
from metahebb.report.recording import steps_label
from metahebb.report.table import interval, label, text_table, without_empty
from metahebb.runs.storage import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CONDITIONS = (("without", GRAY), ("with", BLUE))
_MEASURES = {
    "before": "speed before [m/s]",
    "dip": "speed at the dip [m/s]",
    "loss": "loss at the dip",
    "time": "time to 80 % of the speed [s]",
    "after": "speed after [m/s]",
    "kept": "speed after / before",
}

_WEIGHTS_NOTE = (
    "Weights are those of lives with the probe; right: the env steps around the event, each one. "
    "(a) How far all weights of a life are from their mean over the second before the event "
    "(dashed; where the task has no seconds, over the env step before it), or from those at birth "
    "where nothing begins later, as a part of the norm of these: at 1 they are as far as weights "
    "of zero. (b) Synapses spread over the layers, in the life of median return among those that "
    "met the event, ordered by their value before it, or at the end of the life where nothing "
    "begins later."
)
_SPEED_NOTE = (
    " (c) Speed, a mean over the second around each instant; a second that lies on both sides of "
    "the event is not drawn. Colors are those of (a)."
)


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
    return save(draw_speed(result), Path(result["folder"]) / "figure.png", pdf)


def draw_speed(result: dict[str, Any]) -> Figure:
    """Return the figure: speeds, and below them the part of the lives that go on, if any ended."""
    from matplotlib.figure import Figure

    speed = result["speed"]
    ended = any(part < 1 for name in ("with", "without") for part in speed[name]["living"])
    figure = Figure(figsize=(7.2, 4.3 if ended else 3.6), layout="constrained")
    panels = figure.subplots(1 + ended, 1, sharex=True, squeeze=False,
                             height_ratios=(3.4, 1.0)[: 1 + ended])[:, 0]  # fmt: skip
    _draw_speeds(panels[0], result)
    if ended:
        for name, color in _CONDITIONS:
            panels[1].plot(speed["edges"], speed[name]["living"], color=color, linewidth=1.2)
        panels[1].set_ylim(0, 1.05)
        style(panels[1], y="part of lives", title="Lives that have not ended")
    for axes in panels:
        if result["at"] > 0:
            axes.axvline(result["at"], color=ORANGE, linewidth=1.2)
    panels[-1].set_xlim(0, result["max_steps"])
    panels[-1].set_xlabel(steps_label(result["dt"]), color=INK, fontsize=9)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8,
                  labelcolor=INK)  # fmt: skip
    return figure


def _draw_speeds(axes: Axes, result: dict[str, Any]) -> None:
    """Draw each window's mean speed as a step as wide as the window."""
    speed, several = result["speed"], len(result["probes"]) > 1
    edges = np.array(speed["edges"])
    for name, color in _CONDITIONS:
        curve, label = speed[name], f"{name} the probe{'s' * several}"
        mean, low, high = (np.array(curve[key]) for key in ("mean", "low", "high"))
        axes.stairs(mean, edges, baseline=None, color=color, linewidth=1.5, label=label)
        axes.stairs(high, edges, baseline=low, fill=True, color=color, alpha=0.25, linewidth=0)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    if result["at"] > 0:
        begins = "the first probe begins" if several else "the probe begins"
        axes.plot([], [], color=ORANGE, linewidth=1.2, label=begins)
    heading = f"{', '.join(result['probes'])} ({result['lives']} lives, 95 % interval of the mean)"
    width = float(np.median(np.diff(edges))) * result["dt"]
    lines = textwrap.fill(heading, 84, break_long_words=False)
    how = f"mean over windows of {width:.2g} s; a life that has ended counts as 0"
    style(axes, y="speed along +x [m/s]", title=f"{lines}\n{how}")


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

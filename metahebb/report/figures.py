"""How all figures look, made without pyplot so that nothing global is touched."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metahebb.runs.storage import storage_errors, write_atomically
from metahebb.tasks import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

INK, FAINT = "#26323f", "#8a96a3"
BLUE, ORANGE, GREEN, GRAY = "#2f6690", "#e2703a", "#3a8f6b", "#9aa5b1"
LIVES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
"""Colors of single lives: those of Okabe & Ito, which the color-blind can tell apart."""
DIVERGING = "RdBu_r"
"""Color map of what is signed: red is positive, blue negative."""
_EXTENDS = {
    (False, False): "neither",
    (True, False): "min",
    (False, True): "max",
    (True, True): "both",
}
DPI = 140
"""Dots per inch of a PNG."""
FINE = 300
"""Dots per inch of the heat maps in a PDF; all else in it is lines and text."""


def style(axes: Axes, x: str = "", y: str = "", title: str = "") -> None:
    """Label ``axes`` and take away what carries no information."""
    axes.set_xlabel(x, color=INK, fontsize=9)
    axes.set_ylabel(y, color=INK, fontsize=9)
    axes.set_title(title, color=INK, fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=8)


def save(figure: Figure, path: Path, pdf: bool = False) -> Path:
    """Write ``figure`` as a PNG, and return where.

    A PDF that an earlier call left beside the PNG is always written anew, so that the two agree.

    Args:
        figure: what to write.
        path: of the PNG.
        pdf: whether to write the figure as a PDF beside the PNG, too.

    Raises:
        StorageError: it could not be written.
    """
    vector = path.with_suffix(".pdf")
    write_figure(figure, path)
    if pdf or vector.exists():
        write_figure(figure, vector)
    return path


def write_figure(figure: Figure, path: Path) -> Path:
    """Write ``figure`` as its ending says: a PNG, or a PDF or SVG, which are drawn as vectors.

    The same figure gives the same bytes: without dates and random names, and with fonts as
    TrueType. Text in fonts of Matplotlib's default kind (Type 3) cannot be edited, and some
    journals refuse it.

    Raises:
        StorageError: it could not be written.
    """
    import matplotlib

    data, kind = io.BytesIO(), path.suffix.lower().lstrip(".")
    dates: dict[str, dict[str, Any]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
    with matplotlib.rc_context({"pdf.fonttype": 42, "svg.hashsalt": "metahebb"}):
        figure.savefig(
            data,
            format=kind,
            dpi=DPI if kind == "png" else FINE,
            facecolor="white",
            metadata=dates.get(kind),
        )
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data.getvalue())
    return path


def color_bar(
    axes: Axes, *others: Axes, colors: ScalarMappable, label: str = "", aspect: float = 12
) -> None:
    """Put a narrow bar of what the colors of ``axes`` mean at its right, and that of ``others``.

    The bar ends in an arrow where some values lie beyond its last color.
    """
    low, high = colors.get_clim()
    shown: Any = colors.get_array()
    values = np.ma.masked_invalid(shown).compressed()
    extend = _EXTENDS[bool((values < low).any()), bool((values > high).any())]
    bar = axes.figure.colorbar(
        colors, ax=[axes, *others], pad=0.01, aspect=aspect, extend=extend, extendfrac=0.04
    )
    bar.ax.tick_params(labelsize=7, colors=INK)
    bar.outline.set_visible(False)
    bar.set_label(label, color=INK, fontsize=8)


def return_unit(task: Task) -> str:
    """Return the unit of a return in brackets; empty where it has none."""
    return f" [{task.return_unit}]" if task.return_unit else ""

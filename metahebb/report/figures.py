"""How all figures look, made without pyplot so that nothing global is touched."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

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
DPI = 140


def style(axes: Axes, x: str = "", y: str = "", title: str = "") -> None:
    """Label ``axes`` and take away what carries no information."""
    axes.set_xlabel(x, color=INK, fontsize=9)
    axes.set_ylabel(y, color=INK, fontsize=9)
    axes.set_title(title, color=INK, fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=8)


def save(figure: Figure, path: Path) -> Path:
    """Write ``figure`` as a PNG, and return where.

    Raises:
        StorageError: it could not be written.
    """
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DPI, facecolor="white")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data.getvalue())
    return path


def color_bar(
    axes: Axes, *others: Axes, colors: ScalarMappable, label: str = "", aspect: float = 12
) -> None:
    """Put a narrow bar of what the colors of ``axes`` mean at its right, and that of ``others``."""
    bar = axes.figure.colorbar(colors, ax=[axes, *others], pad=0.01, aspect=aspect)
    bar.ax.tick_params(labelsize=7, colors=INK)
    bar.outline.set_visible(False)
    bar.set_label(label, color=INK, fontsize=8)


def return_unit(task: Task) -> str:
    """Return the unit of a return in brackets; empty where it has none."""
    return f" [{task.return_unit}]" if task.return_unit else ""

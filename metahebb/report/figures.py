"""How all figures look, made without pyplot so that nothing global is touched."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from metahebb.runs.storage import storage_errors, write_atomically
from metahebb.tasks import Locomotion, Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT = "#26323f", "#8a96a3"
BLUE, ORANGE, GREEN, GRAY = "#2f6690", "#e2703a", "#3a8f6b", "#9aa5b1"
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


def return_unit(task: Task) -> str:
    """Return the unit of a return in brackets; empty where it has none."""
    meters = isinstance(task, Locomotion) and task.reward == "distance"
    return " [m]" if meters else ""

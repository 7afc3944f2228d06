"""The figure of how learning changed the weights: each matrix before, after, and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.report.figures import BLUE, DIVERGING, FAINT, GRAY, INK, color_bar, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

Matrices = Mapping[str, npt.NDArray[np.float32]]

_MOST = 4
_MOST_BINS = 60
_FEW = 4  # units, which all have a tick


def changed(before: Matrices, after: Matrices) -> list[str]:
    """Return the names of matrices that differ, the one with the largest change first."""
    sizes = {name: float(np.abs(after[name] - before[name]).max(initial=0)) for name in before}
    return sorted((name for name, size in sizes.items() if size > 0), key=lambda n: -sizes[n])


def draw_change(before: Matrices, after: Matrices) -> Figure | None:
    """Return the figure of up to four matrices that learning changed; None: it changed none.

    Args:
        before: the matrices of weights ``(n_out, n_in)`` by name, before the first trial.
        after: the same matrices after the last one.
    """
    from matplotlib.figure import Figure

    names = changed(before, after)[:_MOST]
    if not names:
        return None
    figure = Figure(figsize=(9.6, 2.7 * len(names)), layout="constrained")
    rows = figure.subplots(len(names), 4, squeeze=False, width_ratios=(1, 1, 1, 1.1))
    for axes, name in zip(rows, names, strict=True):
        _matrix(axes, name, np.asarray(before[name]), np.asarray(after[name]))
    return figure


def _matrix(
    row: npt.NDArray[np.object_],
    name: str,
    before: npt.NDArray[np.float32],
    after: npt.NDArray[np.float32],
) -> None:
    one, two, three, hist = row
    bound = _bound(np.concatenate([before.ravel(), after.ravel()]))
    image = _image(one, before, bound, f"{name}: before")
    _image(two, after, bound, "after")
    color_bar(one, two, colors=image, label="weight", aspect=20)
    change = after - before
    image = _image(three, change, _bound(change.ravel()), "change")
    color_bar(three, colors=image, label="change", aspect=20)
    one.set_ylabel("to unit", color=INK, fontsize=9)
    ends = (min(before.min(), after.min()), max(before.max(), after.max()))
    n_bins = int(np.clip(2 * np.sqrt(before.size), 5, _MOST_BINS))
    bins = np.linspace(*ends, n_bins + 1).tolist()
    hist.hist(before.ravel(), bins=bins, color=GRAY, alpha=0.6, label="before")
    hist.hist(after.ravel(), bins=bins, histtype="step", color=BLUE, linewidth=1.4, label="after")
    norm, size = float(np.linalg.norm(before)), float(np.linalg.norm(change))
    title = f"change of {100 * size / norm:.2g} %" if norm else f"change of {size:.2g}"
    style(hist, "weight", "number of synapses", title)
    hist.axvline(0, color=FAINT, linewidth=0.6, zorder=0)
    hist.legend(frameon=False, fontsize=7, labelcolor=INK, loc="upper right")


def _image(axes: Axes, values: npt.NDArray[np.float32], bound: float, title: str) -> AxesImage:
    from matplotlib.ticker import MaxNLocator

    image = axes.imshow(
        values, aspect="auto", cmap=DIVERGING, vmin=-bound, vmax=bound, interpolation="nearest"
    )
    style(axes, "from unit", "", title)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(3, integer=True))
    if len(values) < _FEW:
        axes.set_yticks(range(len(values)))
    if values.shape[1] < _FEW:
        axes.set_xticks(range(values.shape[1]))
    return image


def _bound(values: npt.NDArray[np.float32]) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(np.quantile(finite, 0.99)) or float(finite.max(initial=0.0)) or 1.0

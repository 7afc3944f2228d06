"""Distributions of what is inherited, before evolution and after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from report_runs import ant

from metahebb.errors import CheckpointError
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.search import Search
from metahebb.networks import FeedForward, Gated
from metahebb.plasticity.rules import RULES
from metahebb.report.coefficients_figure import (
    Panel,
    coefficients_figure,
    draw_coefficients,
    panels,
)
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.tasks import GymTask


def run_of(path: Path, network: FeedForward | Gated) -> RunFolder:
    """Make a run whose center is 0, 1, 2 …"""
    run = RunFolder.create(path, RunConfig(GymTask("CartPole-v1"), network, seed=3))
    run.checkpoints.folder.mkdir()
    center = np.arange(run.config.setup().genome.n_genes, dtype=np.float32)
    run.checkpoints.save(Checkpoint(7, 7, {"center": center}))
    return run


def test_before_is_the_first_center_of_the_search_and_after_the_newest(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", FeedForward((5,), rule=RULES["abcd"]))
    backend = InProcess(run.load().setup, threads=1)
    first = Search(run.config.search, run.load().setup, backend, run.config.plan, 0).center()
    backend.close()
    shown = panels(run.load())
    assert [(p.layer, p.name) for p in shown] == [
        (f"layer {layer}", name) for layer in (1, 2) for name in "ABCD"
    ]
    size = 4 * 5
    for k, panel in enumerate(shown[:4]):
        # In memory the first layer's rows run along its five neurons.
        for values, genes in ((panel.before, first), (panel.after, run.load().genes)):
            plane = genes[k * size : (k + 1) * size].reshape(4, 5).T
            np.testing.assert_array_equal(values, plane)
    assert shown[4].after.ravel()[0] == 4 * size


def test_the_figure_is_a_grid_of_layers_and_coefficients(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    shown = panels(run.load())
    figure = draw_coefficients(shown, run.load().generation)
    assert len(figure.axes) == 2 * 5
    assert [axes.get_title(loc="left") for axes in figure.axes[:5]] == ["A", "B", "C", "D", "eta"]
    for axes, panel in zip(figure.axes, shown, strict=True):
        assert axes.texts[0].get_text() == (
            f"SD {panel.before.std():.{2 if panel.after.std() >= 0.1 else 3}f} → "
            f"{panel.after.std():.{2 if panel.after.std() >= 0.1 else 3}f}"
        )
        before = np.array([bar.get_height() for bar in axes.patches[:-1]])
        edges = [bar.get_x() for bar in axes.patches[:-1]]
        width = edges[1] - edges[0]
        counted, _ = np.histogram(panel.before, [*edges, edges[-1] + width], density=True)
        np.testing.assert_allclose(before, counted, rtol=1e-6)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.texts] == [
        "before evolution",
        "after 4 generations",
    ]
    assert coefficients_figure(run.load()) == run.path / "figures" / "coefficients.png"
    assert (run.path / "figures" / "coefficients.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("network", "titles"),
    [
        (FeedForward((5,), rule=RULES["static"]), ["weight, layer 1", "weight, layer 2"]),
        (Gated("gru", (3,)), [f"weight, matrix {k}" for k in range(1, 6)] + [""]),
        (
            FeedForward((5,), rule=RULES["a"], birth="coevolved"),
            ["A, layer 1", "A, layer 2", "weight at birth, layer 1", "weight at birth, layer 2"],
        ),
    ],
)
def test_weights_that_are_inherited_are_shown_too(
    tmp_path: Path, network: FeedForward | Gated, titles: list[str]
) -> None:
    found = panels(run_of(tmp_path / "run", network).load())
    told = [f"{panel.name}, {panel.layer}" for panel in found]
    assert told == [title for title in titles if title]
    shown = {axes.get_title(loc="left") for axes in draw_coefficients(found, 7).axes}
    grid = "weight at birth, layer 1" in titles
    assert shown >= ({"A", "weight at birth"} if grid else set(titles))


def test_before_the_first_checkpoint_there_is_nothing_to_show(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", RunConfig(GymTask("CartPole-v1")))
    with pytest.raises(CheckpointError, match="expected a checkpoint"):
        coefficients_figure(run.load())
    assert not (run.path / "figures").exists()


def test_a_coefficient_on_one_side_of_0_has_no_room_on_the_other() -> None:
    values = np.linspace(0.8, 1.5, 40, dtype=np.float32).reshape(5, 8)
    shown = [
        Panel("layer 1", "tau", values, values),
        Panel("layer 1", "rate", -values, -values),
        Panel("layer 1", "A", values - 1, values - 1),
    ]
    tau, rate, free = draw_coefficients(shown, 3).axes
    assert 0.7 < tau.get_xlim()[0] < 0.8
    assert 1.5 < tau.get_xlim()[1] < 1.6
    assert rate.get_xlim()[1] < 0
    assert free.get_xlim()[0] == -free.get_xlim()[1]

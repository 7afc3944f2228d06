"""The ways of weights: principal components, and what the figure of several lives shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from report_runs import ant, make_run

from metahebb.analysis.probe import Conditions
from metahebb.plasticity.rules import RULES
from metahebb.probes import parse_probes
from metahebb.report.components import principal_components
from metahebb.report.recording import Recording, record
from metahebb.report.weights_figure import (
    draw_weights,
    probe_weights_figure,
    running_mean,
    speed,
    spread_synapses,
)
from metahebb.runs.folder import RunFolder
from metahebb.tasks import GymTask

ZERO = "zero_weights:at=17"


def lives(run: RunFolder, *texts: str, n: int = 2) -> list[Recording]:
    probes = parse_probes(texts)
    return [record(run.load(), life=life, probes=probes, snapshots=20) for life in range(n)]


@pytest.mark.parametrize("lengths", [(7, 5), (7, 40)])
def test_components_are_those_of_a_singular_value_decomposition(lengths: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    parts = [(rng.normal(size=(n, 50)) * np.geomspace(9, 1, 50)).astype("f4") for n in lengths]
    found, explained = principal_components(parts)
    rows = np.concatenate(parts).astype(float)
    u, s, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    wanted = u[:, :2] * s[:2]
    signs = np.sign((np.concatenate(found) * wanted).sum(0))
    np.testing.assert_allclose(np.concatenate(found) * signs, wanted, atol=1e-3)  # of float32
    np.testing.assert_allclose(explained, s[:2] ** 2 / (s**2).sum(), rtol=1e-4)
    assert [len(part) for part in found] == list(lengths)


def test_components_of_what_is_broken_or_stands_still() -> None:
    rows = np.eye(4, dtype=np.float32)
    rows[2] = np.inf
    (found,), _ = principal_components([rows])
    assert np.isnan(found).any(axis=1).tolist() == [False, False, True, False]
    (still,), explained = principal_components([np.ones((3, 5), np.float32)])
    assert not still.any()
    assert explained == (0.0, 0.0)
    (alone,), _ = principal_components([np.ones((1, 5), np.float32)])
    assert alone.tolist() == [[0.0, 0.0]]


def test_a_running_mean_keeps_the_ends() -> None:
    t = np.arange(30.0)
    wobble = np.stack([t, (-1.0) ** t], axis=1)
    smooth = running_mean(wobble, 11)
    np.testing.assert_array_equal(smooth[[0, -1]], wobble[[0, -1]])
    np.testing.assert_allclose(smooth[:, 0], t)
    assert np.abs(smooth[5:-5, 1]).max() < 0.1


def test_the_figure_shows_the_ways_the_synapses_and_the_speed(tmp_path: Path) -> None:
    recordings = lives(ant(tmp_path / "run"), ZERO)
    space, synapses, _, way = draw_weights(recordings).axes
    typical = sorted(recordings, key=lambda r: r.result.episode_return)[1]
    assert typical.snapshots is not None
    assert synapses.get_title(loc="left") == f"(b) Synapses of life {typical.life}"
    (mesh,) = (child for child in synapses.collections if isinstance(child, QuadMesh))
    drawn = np.asarray(mesh.get_array())
    steps = typical.snapshots.steps.tolist()
    assert drawn.shape[1] == len(steps)
    zero, before = steps.index(17), steps.index(16)
    assert not drawn[:, zero].any()
    first_layer = drawn[: round(80 * 324 / 420), before]
    assert first_layer.any()
    assert (np.diff(first_layer) <= 0).all()
    for axes in (synapses, way):
        assert any(list(line.get_xdata()) == [17] * 2 for line in axes.lines)
    ways, explained = principal_components([r.snapshots.weights for r in recordings])
    assert space.get_xlabel() == f"PC 1 ({explained[0]:.0%} of variance)"
    for place in (ways[0][0], ways[1][zero], ways[1][-1]):
        marks = [line.get_xydata() for line in space.lines if len(line.get_xydata()) == 1]
        assert any(np.array_equal(mark[0], place) for mark in marks)
    thick = max(way.lines, key=lambda line: line.get_linewidth())
    np.testing.assert_array_equal(thick.get_ydata(), speed(typical)[1])


def test_the_legend_below_names_what_is_gray_dashed_and_dotted(tmp_path: Path) -> None:
    recordings = lives(ant(tmp_path / "run"), ZERO)
    assert legend(recordings) == ["jump at the event: the probe and one update", f"event: {ZERO}"]
    assert legend([replace(r, probes=()) for r in recordings]) == []
    typical = sorted(range(2), key=lambda k: recordings[k].result.episode_return)[1]
    short = recordings[typical]
    recordings[typical] = replace(short, probes=(), weights=short.weights[:30])
    assert legend(recordings)[1:] == [f"after the end of life {short.life}"]


def legend(recordings: list[Recording]) -> list[str]:
    """Return what the legend below the panels says."""
    return [text.get_text() for one in draw_weights(recordings).legends for text in one.get_texts()]


def test_speed_is_that_of_the_second_around(tmp_path: Path) -> None:
    (recording,) = lives(ant(tmp_path / "run"), n=1)
    qpos = recording.qpos.copy()
    qpos[:, 0] = 0.1 * np.arange(40)
    steps, found = speed(replace(recording, qpos=qpos))
    np.testing.assert_allclose(found, 2.0)  # 0.1 m in 0.05 s
    np.testing.assert_allclose(steps, 10 + np.arange(20))


def test_every_layer_has_rows(tmp_path: Path) -> None:
    (recording,) = lives(ant(tmp_path / "run"), n=1)
    assert recording.snapshots is not None
    some = replace(recording.snapshots, layers=(400, 20))
    shown, borders = spread_synapses(some, None)
    assert borders == [0, 76, 84]
    assert shown.shape == (len(some.steps), 84)
    assert (np.diff(shown[-1, 76:]) <= 0).all()


def test_lives_without_a_way_have_no_panel_of_speed(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("CartPole-v1"), max_steps=12)
    titles = [axes.get_title(loc="left") for axes in draw_weights(lives(run)).axes]
    assert not any("Speed" in title for title in titles)
    assert "(b) Synapses of life 1" in titles


def test_weights_that_never_change_have_no_figure(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=20)
    (tmp_path / "plastic").mkdir()
    probes = parse_probes([ZERO])
    center = run.load()
    path = probe_weights_figure(Conditions.of(center, 2), probes, tmp_path / "plastic")
    assert path == tmp_path / "plastic" / "weights.png"
    assert path.exists()
    static = replace(center.config.network, rule=RULES["static"])
    other = replace(center, config=replace(center.config, network=static))
    assert probe_weights_figure(Conditions.of(other, 2), probes, tmp_path) is None
    assert not (tmp_path / "weights.png").exists()


def test_a_recording_without_snapshots_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="with snapshots, got one without"):
        draw_weights([record(ant(tmp_path / "run", max_steps=5).load())])

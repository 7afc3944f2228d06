"""What weights do in lives: what the figure of several lives shows."""

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
from metahebb.report.recording import Recording, Snapshots, record
from metahebb.report.weights_figure import (
    distances,
    draw_weights,
    probe_weights_figure,
    speed,
    spread_synapses,
)
from metahebb.runs.folder import RunFolder
from metahebb.tasks import GymTask

ZERO = "zero_weights:at=17"


def lives(run: RunFolder, *texts: str, n: int = 2) -> list[Recording]:
    probes = parse_probes(texts)
    return [record(run.load(), life=life, probes=probes, snapshots=20) for life in range(n)]


def test_distances_are_to_the_mean_before_the_event_as_a_part_of_its_norm() -> None:
    steps = np.array([0, 2, 4, 6])
    weights = np.array([[9, 9], [3, 3], [3, 5], [0, 0]], np.float32)
    found = distances(Snapshots(steps, weights, (2,)), range(1, 5))
    np.testing.assert_allclose(found, [np.sqrt(61) / 5, 0.2, 0.2, 1.0])  # the mean is (3, 4)
    still = Snapshots(steps, np.zeros_like(weights), (2,))
    assert not distances(still, range(1)).any()


def test_the_figure_shows_distances_synapses_and_speed(tmp_path: Path) -> None:
    recordings = lives(ant(tmp_path / "run"), ZERO)
    apart, near, synapses, zoom, way, *_ = draw_weights(recordings).axes
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
    for axes in (apart, near, synapses, zoom, way):
        assert any(list(line.get_xdata()) == [17] * 2 for line in axes.lines)
    for axes in (apart, near):
        for line, recording in zip(axes.lines[:2], recordings, strict=True):
            assert recording.snapshots is not None
            np.testing.assert_array_equal(line.get_xdata(), recording.snapshots.steps)
            assert line.get_ydata()[zero] == pytest.approx(1.0)  # no weight is left
            assert line.get_ydata()[before] != pytest.approx(1.0)
    thick = max(way.lines, key=lambda line: line.get_linewidth())
    np.testing.assert_array_equal(thick.get_ydata(), speed(typical)[1])


def test_each_step_around_the_event_is_wide_enough_to_be_seen(tmp_path: Path) -> None:
    _, near, _, zoom, *_ = draw_weights(lives(ant(tmp_path / "run"), ZERO)).axes
    assert near.get_xlim() == zoom.get_xlim() == (12, 33)
    (mesh,) = (child for child in zoom.collections if isinstance(child, QuadMesh))
    edges = np.unique(np.asarray(mesh.get_coordinates())[0, :, 0])
    assert set(range(12, 33)) <= set(edges)


def test_lives_that_ended_before_the_event_are_counted_and_not_shown(tmp_path: Path) -> None:
    recordings = lives(ant(tmp_path / "run"), ZERO, n=3)
    short = replace(recordings[2], weights=recordings[2].weights[:10])
    apart, *_ = draw_weights([*recordings[:2], short]).axes
    title = apart.get_title(loc="left")
    assert "the 2 of 3 lives that lasted so long; thick: life " in title
    whole = [line for line in apart.lines if len(line.get_xdata()) > 2]
    assert len(whole) == 2
    apart, synapses, *_ = draw_weights(lives(ant(tmp_path / "other"), "drop_term:term=A")).axes
    assert "to those at birth\n2 lives" in apart.get_title(loc="left")
    assert apart.lines[0].get_ydata()[0] == 0
    assert synapses.get_title(loc="left").startswith("(b)")  # and nothing is beside it


def test_the_legend_below_names_what_is_gray_and_what_is_dashed(tmp_path: Path) -> None:
    recordings = lives(ant(tmp_path / "run"), ZERO)
    assert legend(recordings) == [f"event: {ZERO}"]
    assert legend([replace(r, probes=()) for r in recordings]) == []
    typical = sorted(range(2), key=lambda k: recordings[k].result.episode_return)[1]
    short = recordings[typical]
    short = recordings[typical] = replace(short, weights=short.weights[:30])
    assert legend(recordings)[1:] == [f"after the end of life {short.life}"]


def legend(recordings: list[Recording]) -> list[str]:
    """Return what the legend below the panels says."""
    return [text.get_text() for one in draw_weights(recordings).legends for text in one.get_texts()]


def test_speed_is_that_of_the_second_around(tmp_path: Path) -> None:
    (recording,) = lives(ant(tmp_path / "run"), n=1)
    even = replace(recording, distance=0.1 * np.arange(41))
    steps, found = speed(even)
    np.testing.assert_allclose(found, 2.0)  # 0.1 m in 0.05 s
    np.testing.assert_allclose(steps, 10 + np.arange(21))
    steps, found = speed(replace(even, probes=parse_probes([ZERO])))
    assert steps[np.isfinite(found)].tolist() == [*range(27, 31)]  # no second with both sides of 17


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

"""What the figures of trials show."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from lived_trials import integrated, learned, lived_trials, matrices, reaches
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from metahebb.analysis.learning_curve import running_mean
from metahebb.analysis.slow_points import SlowPoint
from metahebb.analysis.trajectories import mean_rates, trajectories
from metahebb.report.change_figure import changed, draw_change
from metahebb.report.learning_figure import draw_trial_learning, shown_numbers, window_of
from metahebb.report.psychometric_figure import curves_of, draw_psychometric
from metahebb.report.rates_figure import draw_rates, order_by_peak
from metahebb.report.rounding import with_ends
from metahebb.report.slow_points_figure import draw_slow_points
from metahebb.report.trajectories_figure import draw_trajectories
from metahebb.report.trial_axes import kinds_left_out, time_unit
from metahebb.report.trial_film import film_trials
from metahebb.report.trials_figure import draw_trials, typical_trials


def line(axes: Axes, label: str) -> np.ndarray:
    (only,) = (each for each in axes.lines if str(each.get_label()).startswith(label))
    return np.asarray(only.get_xydata())


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for each in figure.legends for text in each.get_texts()]


def test_the_curve_of_one_run_is_the_running_mean_and_the_criterion_is_marked() -> None:
    outcomes = learned()
    accuracy, error = draw_trial_learning([outcomes]).axes
    drawn = line(accuracy, "mean of 100 trials")[:, 1]
    np.testing.assert_array_equal(drawn, running_mean(outcomes.correct))
    np.testing.assert_array_equal(line(accuracy, "reached after 473 trials"), [[473, 0.95]])
    assert line(accuracy, "criterion: 95 % of 100 trials")[:, 1].tolist() == [0.95, 0.95]
    dots = next(each for each in error.lines if each.get_marker() == ".")
    np.testing.assert_array_equal(dots.get_ydata(), outcomes.error)
    assert "single trials" in legend(error.get_figure())
    assert error.get_ylabel() == "error (mean distance to the target)"


def test_the_band_ends_with_the_shortest_seed_and_leaves_out_those_that_failed() -> None:
    runs = [learned(900), learned(600, 1), learned(200, 2), learned(700, 3)]
    figure = draw_trial_learning(runs, failed=[False, False, True, False])
    accuracy = figure.axes[0]
    thick = line(accuracy, "mean of 3 seeds")
    assert thick[-1, 0] == 600
    means = [running_mean(runs[i].correct)[599] for i in (0, 1, 3)]
    assert thick[-1, 1] == pytest.approx(np.mean(means))
    assert line(accuracy, "ended early")[0, 0] == 200
    assert "reached by 3 of 4 seeds" in legend(figure)
    assert len(legend(figure)) == len(set(legend(figure)))
    assert accuracy.get_xlim() == (0, 900)


def test_short_runs_have_a_shorter_window_and_unknown_numbers_no_panel() -> None:
    assert (window_of([learned(60), learned(100)]), window_of([learned(900)])) == (20, 100)
    assert shown_numbers([learned()]) == ("correct", "error")
    assert shown_numbers([integrated()]) == ("correct", "reward")
    assert shown_numbers([reaches().outcomes]) == ("reward",)
    (only,) = draw_trial_learning([reaches().outcomes]).axes
    assert only.get_title(loc="left") == "Reward"


def test_the_typical_trial_of_a_kind_has_its_median_reward() -> None:
    lived = lived_trials(20, 6)
    for kind, trial in enumerate(typical_trials(lived)):
        rewards = lived.outcomes.reward[lived.outcomes.kind == kind]
        assert lived.outcomes.kind[trial] == kind
        assert lived.outcomes.reward[trial] == np.sort(rewards)[2]


def test_single_trials_show_inputs_output_target_and_verdict() -> None:
    lived = lived_trials(8, 6)
    figure = draw_trials(lived)
    above, below = figure.axes[1], figure.axes[5]
    trial = typical_trials(lived)[1]
    verdict = above.get_title(loc="left").split("\n")
    right = "right" if lived.outcomes.correct[trial] else "wrong"
    answer = lived.choices[lived.outcomes.choice[trial]]
    assert verdict[:2] == ["AB", f"{right}: {answer}"]
    assert verdict[2].startswith("reward −")
    np.testing.assert_array_equal(line(below, "output")[:, 1], lived.outputs[trial, :, 0])
    np.testing.assert_array_equal(line(below, "target")[:, 1], lived.targets[trial, :, 0])
    np.testing.assert_allclose(line(below, "output")[:, 0], 5.0 * np.arange(200))
    assert below.get_xlabel() == "time [ms]"
    assert legend(figure) == ["judged", "output", "target"]


def test_many_sensors_are_a_heat_map_and_what_is_unknown_is_left_out() -> None:
    lived = reaches()
    figure = draw_trials(lived)
    (image,) = figure.axes[0].images
    trial = typical_trials(lived)[0]
    shown = lived.observations[trial, : lived.lengths[trial]].T
    np.testing.assert_array_equal(np.asarray(image.get_array()), shown)
    assert legend(figure) == ["output 0", "output 1"]
    assert figure.axes[0].get_title(loc="left").startswith("0°\nreward 4")
    assert kinds_left_out(lived) == " The figure shows the first 8 of 9 kinds."
    assert kinds_left_out(lived_trials(4, 3)) == ""


def test_the_unit_of_time() -> None:
    lived = lived_trials(4, 3)
    assert time_unit(lived) == (5.0, "time [ms]")
    assert time_unit(replace(lived, seconds_per_step=0.1)) == (0.1, "time [s]")
    assert time_unit(replace(lived, seconds_per_step=None)) == (1.0, "step")


def test_a_psychometric_panel_for_each_signed_condition() -> None:
    curves = curves_of(integrated())
    figure = draw_psychometric(curves, ("left", "right"))
    motion, color = figure.axes
    assert (motion.get_xlabel(), color.get_xlabel()) == ("motion", "color")
    assert motion.get_ylabel() == "part of answers “right”"
    cued, other = (text.get_text() for text in motion.get_legend().get_texts())
    assert cued.startswith("context 0: bias 0.0")
    assert "slope 3" in cued
    assert other == "context 1: no fit, the answers hardly depend on the level"
    fit = curves["motion"][0].fit
    assert fit is not None
    drawn = max((each.get_xydata() for each in motion.lines), key=len)
    np.testing.assert_allclose(drawn[:, 1], fit(drawn[:, 0]))
    assert curves_of(reaches().outcomes) == {}
    assert curves_of(learned()) == {}


def test_trajectories_are_drawn_in_planes_and_over_time() -> None:
    lived = lived_trials(8, 6)
    paths = trajectories(lived)
    figure = draw_trajectories(lived, paths)
    plane, other, *over_time = figure.axes
    for kind, name in enumerate(lived.kinds):
        way = line(plane, f"{name} (2 trials)")
        np.testing.assert_allclose(way, paths.paths[kind][:, :2])
        np.testing.assert_allclose(line(other, f"{name} (2 trials)"), paths.paths[kind][:, [0, 2]])
    assert plane.get_xlabel() == f"PC1 ({paths.explained[0]:.0%} of variance)"
    assert len(over_time) == 3
    np.testing.assert_allclose(over_time[2].lines[1].get_ydata(), paths.paths[1][:, 2])


def test_units_are_sorted_by_the_time_of_their_peak() -> None:
    rates = np.zeros((6, 3))
    rates[4, 0], rates[1, 1], rates[2, 2] = 1.0, -1.0, 1.0
    assert order_by_peak(rates).tolist() == [1, 2, 0]
    lived = lived_trials(8, 6)
    panels = draw_rates(lived).axes[:4]
    order = order_by_peak(mean_rates(lived, 0))
    for kind, axes in enumerate(panels):
        (image,) = axes.images
        np.testing.assert_allclose(
            np.asarray(image.get_array()), mean_rates(lived, kind)[:, order].T
        )
        assert axes.get_title(loc="left") == lived.kinds[kind]


def test_the_change_of_each_matrix_that_changed() -> None:
    before, after = matrices(8)
    assert changed(before, after) == ["recurrent"]
    figure = draw_change(before, after)
    assert figure is not None
    one, two, three, hist = figure.axes[:4]
    np.testing.assert_array_equal(np.asarray(one.images[0].get_array()), before["recurrent"])
    np.testing.assert_array_equal(np.asarray(two.images[0].get_array()), after["recurrent"])
    change = after["recurrent"] - before["recurrent"]
    np.testing.assert_array_equal(np.asarray(three.images[0].get_array()), change)
    assert one.images[0].get_clim() == two.images[0].get_clim()
    part = np.linalg.norm(change) / np.linalg.norm(before["recurrent"])
    assert hist.get_title(loc="left") == f"change of {100 * part:.2g} %"
    assert draw_change(before, before) is None


def test_slow_points_lie_on_the_plane_of_the_trajectories() -> None:
    lived = lived_trials(8, 6)
    paths = trajectories(lived)
    stable = SlowPoint(np.zeros(6), 0.0, True, np.array([-1.0, -2.0], complex))
    saddle = SlowPoint(np.ones(6), 1e-3, False, np.array([0.5 + 1j, -2.0], complex))
    rates = np.tanh([stable.state, saddle.state])
    figure = draw_slow_points(lived, paths, [stable, saddle], rates, "per ms")
    plane, values = figure.axes
    np.testing.assert_allclose(
        line(plane, "stable fixed point (1)")[0], paths.project(rates[0])[:2]
    )
    np.testing.assert_allclose(line(plane, "saddle slow point (1)")[0], paths.project(rates[1])[:2])
    assert values.get_xlabel() == "real part [per ms]"
    drawn = [each.get_xydata().tolist() for each in values.lines[2:]]
    assert drawn == [[[-1.0, 0.0], [-2.0, 0.0]], [[0.5, 1.0], [-2.0, 0.0]]]
    empty = draw_slow_points(lived, paths, [], np.empty((0, 6)))
    assert empty.axes[0].get_title(loc="left") == "No slow point is near"


@pytest.mark.render
def test_the_film_runs_through_a_trial_of_each_kind(tmp_path: Path) -> None:
    path = film_trials(lived_trials(8, 6), tmp_path / "film.gif", frames=6)
    assert path.stat().st_size < 5_000_000
    with Image.open(path) as film:
        assert film.n_frames == 4 * 6
        pictures = []
        for frame in range(6):
            film.seek(frame)
            pictures.append(np.asarray(film.convert("RGB")).astype(int))
    for before, after in pairwise(pictures):
        assert np.abs(after - before).max() > 50


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0.10512, 0.0834, 0.1312), "0.105 [0.083, 0.131]"),
        ((1234.0, 1100.0, 1400.0), "1234 [1100, 1400]"),
        ((-3.0, -np.inf, -1.2), "−3.0 [−∞, −1.2]"),
        ((2.5, 2.5, 2.5), "2.5 [2.5, 2.5]"),
        ((0.12345, None, None), "0.123"),
    ],
)
def test_numbers_are_rounded_to_their_interval(numbers: tuple, text: str) -> None:
    assert with_ends(*numbers) == text

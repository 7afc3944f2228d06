"""Means, differences and learning curves over runs, against what one can compute by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from metahebb.analysis.compare import learning_curve
from metahebb.analysis.over_runs import difference_of_runs, mean_over_runs
from metahebb.analysis.several import probes_over_runs
from metahebb.analysis.statistics import few_runs, nested_interval, nested_means, quantile_interval
from metahebb.tasks import Reversal


def lives(seed: int, n_runs: int = 4, n_lives: int = 10, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return shift + rng.normal(0, 1, (n_runs, 1)) + rng.normal(0, 0.3, (n_runs, n_lives))


def test_a_mean_over_runs_is_the_nested_interval() -> None:
    data = lives(0)
    found = mean_over_runs(data.tolist())
    mean, low, high = nested_interval(data)
    assert found["mean"] == pytest.approx(mean)
    assert (found["low"], found["high"]) == pytest.approx((low, high))
    assert found["runs"] == pytest.approx(data.mean(1).tolist())
    assert found["n"] == 4


def test_the_interval_is_drawn_by_hand() -> None:
    # Three runs of a life each: a draw is the mean of three runs, drawn with replacement.
    values = np.array([1.0, 2.0, 6.0])
    drawn = values[np.random.default_rng(0).integers(3, size=(2000, 3))].mean(1)
    factor = t.ppf(0.975, 2) / norm.ppf(0.975) * np.sqrt(3 / 2)
    ends = 3.0 + factor * (np.quantile(drawn, (0.025, 0.975)) - 3.0)
    found = mean_over_runs([[1.0], [2.0], [6.0]])
    assert (found["mean"], found["low"], found["high"]) == pytest.approx((3.0, *ends))


def test_one_run_has_no_interval() -> None:
    found = mean_over_runs([[1.0, 3.0]])
    assert (found["mean"], found["low"], found["high"], found["n"]) == (2.0, None, None, 1)


def test_lives_that_are_not_known_and_runs_without_any_do_not_count() -> None:
    data = lives(1)
    whole = mean_over_runs(data.tolist())
    rows = [[*row, None] for row in data.tolist()]
    found = mean_over_runs([*rows, [], [None]])
    assert found["mean"] == pytest.approx(whole["mean"])
    assert found["n"] == 4
    assert found["runs"][4:] == [None, None]
    width, wanted = (each["high"] - each["low"] for each in (found, whole))
    assert width == pytest.approx(wanted, rel=0.1)  # other random numbers, the same lives
    assert mean_over_runs([[None]]) == {
        "mean": None, "low": None, "high": None, "n": 0, "runs": [None]
    }  # fmt: skip


def test_runs_of_unequal_numbers_of_lives_weigh_the_same() -> None:
    found = mean_over_runs([[0.0] * 50, [3.0]])
    assert found["mean"] == 1.5
    assert found["low"] < 0 < 3 < found["high"]


def test_paired_runs_are_drawn_together() -> None:
    # What is common to both halves of a pair goes out of the difference altogether.
    data = lives(2)
    found = difference_of_runs((data + 1).tolist(), data.tolist(), paired=True)
    assert [found[key] for key in ("mean", "low", "high")] == pytest.approx([1.0] * 3)


def test_a_paired_difference_by_hand() -> None:
    one, other = lives(3), lives(4, shift=-1.0)
    draws = (nested_means(one[None, ..., None]) - nested_means(other[None, ..., None]))[:, 0]
    mean = one.mean() - other.mean()
    wanted = quantile_interval(draws, mean, few_runs(1, 4))
    found = difference_of_runs(one.tolist(), other.tolist(), paired=True)
    assert found["mean"] == pytest.approx(mean)
    assert (found["low"], found["high"]) == pytest.approx(wanted)


def test_an_unpaired_difference_has_the_width_that_welch_gives_it() -> None:
    # Of many runs the bootstrap's variance is that of the textbook, so that ends can be compared.
    one, other = lives(5, 60, 1), lives(6, 40, 1) * 3
    found = difference_of_runs(one.tolist(), other.tolist(), paired=False)
    variances = [rows.var(ddof=1) / len(rows) for rows in (one, other)]
    degrees = sum(variances) ** 2 / (variances[0] ** 2 / 59 + variances[1] ** 2 / 39)
    half = t.ppf(0.975, degrees) * np.sqrt(sum(variances))
    mean = one.mean() - other.mean()
    assert found["mean"] == pytest.approx(mean)
    assert found["high"] - mean == pytest.approx(half, rel=0.08)
    assert mean - found["low"] == pytest.approx(half, rel=0.08)


def test_unpaired_runs_are_drawn_apart() -> None:
    data = lives(7)
    found = difference_of_runs(data.tolist(), data.tolist(), paired=False)
    assert found["mean"] == 0
    assert found["low"] < -0.5
    assert found["high"] > 0.5


def test_intervals_stay_within_the_range_of_what_they_are_of() -> None:
    data = [[-1.0], [0.9], [1.0]]
    free, bound = mean_over_runs(data), mean_over_runs(data, (-1.0, 1.0))
    assert free["low"] < -1
    assert free["high"] > 1
    assert (bound["low"], bound["high"]) == (-1.0, 1.0)
    assert bound["mean"] == free["mean"]
    assert mean_over_runs(data, (-50.0, 50.0)) == free
    one_sided = mean_over_runs(data, (-1.0, float("inf")))
    assert (one_sided["low"], one_sided["high"]) == (-1.0, free["high"])


@pytest.mark.parametrize("paired", [True, False])
def test_differences_stay_within_twice_the_range(paired: bool) -> None:
    data = [[0.0], [0.95], [1.0]]
    other = [[1 - value for value in row] for row in data]
    free = difference_of_runs(data, other, paired)
    bound = difference_of_runs(data, other, paired, (0.0, 1.0))
    assert free["high"] > 1
    assert bound["high"] == 1.0
    assert bound["low"] == max(free["low"], -1.0)
    assert bound["mean"] == free["mean"]


def test_probes_over_runs_keep_to_the_ranges_too() -> None:
    def numbers(value: float, other: float) -> dict[str, object]:
        return {"lives": {"with": [value], "without": [other]}, "unit": ""}

    by_run = [
        [
            {
                "probes": ["freeze:at=5"],
                "return": numbers(value, -value),
                "measures": {"before": numbers(value, -value)},
                "survival": numbers(max(value, 0), 1 - max(value, 0)),
            }
        ]
        for value in (-1.0, 0.9, 1.0)
    ]
    rows = {row["value"]: row for row in probes_over_runs(by_run, Reversal())}
    for name, low in (("return", -1), ("before", -1), ("survival", 0)):
        assert (rows[name]["with"]["low"], rows[name]["with"]["high"]) == (low, 1)
        widest = 1 - low
        assert rows[name]["difference"]["high"] == widest
        assert rows[name]["difference"]["low"] == -widest


@pytest.mark.parametrize("paired", [True, False])
def test_a_difference_with_one_run_has_no_interval(paired: bool) -> None:
    one = lives(8, 1 if paired else 3)
    found = difference_of_runs(one.tolist(), lives(9, 1).tolist(), paired)
    assert found["mean"] is not None
    assert found["low"] is found["high"] is None
    assert difference_of_runs(one.tolist(), [[None]] * len(one), paired)["mean"] is None


@pytest.mark.statistical
def test_an_unpaired_interval_covers_the_truth() -> None:
    # Of 200 intervals 190 should hold the difference of 0; fewer than 180 come by chance once in
    # 400 (binomial), and it is known to be a little wide for so few runs.
    held = 0
    for seed in range(200):
        one, other = lives(2 * seed, 3, 5), 2 * lives(2 * seed + 1, 5, 5)
        found = difference_of_runs(one.tolist(), other.tolist(), paired=False)
        held += found["low"] <= 0 <= found["high"]
    assert held >= 180


class Metrics:
    """A run of which only the metrics are asked for."""

    def __init__(self, values: list[float | None], steps: int) -> None:
        self.values, self.steps = values, steps

    def read_metrics(self) -> list[dict[str, object]]:
        return [{"center_return": value, "env_steps": self.steps} for value in self.values]


def test_a_curve_is_the_mean_over_runs_by_generation() -> None:
    runs = [Metrics([0.0, 2.0, 4.0], 10), Metrics([2.0, 4.0], 30)]
    curve = learning_curve(runs, "center_return")  # type: ignore[arg-type]
    assert curve["generations"] == [1, 2]
    assert curve["env_steps"] == [20.0, 40.0]
    assert curve["mean"] == [1.0, 3.0]
    assert curve["runs"] == [[0.0, 2.0], [2.0, 4.0]]
    # Draws of two runs are 0, 1 or 2, hence quantiles of 0 and 2; few_runs spreads them.
    assert curve["low"] == pytest.approx([1 - few_runs(1, 2), 3 - few_runs(1, 2)])
    assert curve["high"] == pytest.approx([1 + few_runs(1, 2), 3 + few_runs(1, 2)])


def test_the_band_of_a_curve_stays_within_the_range() -> None:
    runs = [Metrics([-0.5, 0.9], 10), Metrics([0.5, 1.0], 10)]
    curve = learning_curve(runs, "center_return", (-1.0, 1.0))  # type: ignore[arg-type]
    assert curve["low"][0] == -1.0
    assert curve["high"] == [1.0, 1.0]
    assert curve["low"][1] == pytest.approx(0.95 - few_runs(1, 2) * 0.05)


def test_a_curve_of_one_run_has_no_band_and_gaps_stay_gaps() -> None:
    curve = learning_curve([Metrics([1.0, None], 5)], "center_return")  # type: ignore[list-item]
    assert curve["mean"] == [1.0, None]
    assert curve["low"] == curve["high"] == [None, None]
    two = [Metrics([1.0, None, 3.0], 5), Metrics([None, None, 5.0], 5)]
    curve = learning_curve(two, "center_return")  # type: ignore[arg-type]
    assert curve["mean"] == [1.0, None, 4.0]
    assert curve["low"][:2] == [None, None]
    assert curve["low"][2] < 4


def test_unknown_lives_do_not_change_the_draws_of_the_others() -> None:
    data = np.random.default_rng(1).normal(size=(2, 3, 7, 2))
    before = nested_means(data)
    assert np.array_equal(before, nested_means(data, seed=0))
    assert not np.array_equal(before, nested_means(data, seed=1))
    data[0, 1, 3] = np.nan
    draws = nested_means(data)
    assert np.isfinite(draws).all()
    assert draws.mean(0) == pytest.approx(np.nanmean(data, axis=2).mean((0, 1)), abs=0.05)
    data[0, 1] = np.nan
    assert 0.5 < np.isnan(nested_means(data)[:, 0]).mean() < 0.9  # 1 - (2/3)^3 of them take it

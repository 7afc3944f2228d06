"""Recovery measures of walks whose numbers are known, and intervals that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from metahebb.analysis.recovery import iqm_interval, recovery

DT, AT, SEARCH, WINDOW, HORIZON = 0.05, 100, 60, 20, 300


def walk(*speeds: tuple[int, float], lived: int = HORIZON) -> np.ndarray:
    """Return positions of a life; ``speeds`` are (env steps, m/s) one after the other."""
    each = np.concatenate([np.full(steps, speed) for steps, speed in speeds])
    x = np.concatenate([[0.0], np.cumsum(each * DT)])
    x[lived + 1 :] = np.nan
    return x


def measures(*lives: np.ndarray) -> dict[str, list[float]]:
    found = recovery(np.stack(lives), AT, SEARCH, WINDOW, DT)
    return {name: np.round(values, 9).tolist() for name, values in vars(found).items()}


def test_a_stop_of_two_seconds() -> None:
    """Windows of 20 steps: one that begins 36 steps after the event stands 4 and walks 16."""
    assert measures(walk((AT, 1.0), (40, 0.0), (160, 1.0))) == {
        "before": [1.0],
        "dip": [0.0],
        "loss": [1.0],
        "time": [36 * DT],
        "after": [1.0],
        "kept": [1.0],
        "survival": [1.0],
    }


def test_a_walk_that_nothing_happens_to() -> None:
    found = measures(walk((HORIZON, 0.7)))
    assert (found["loss"], found["time"], found["kept"]) == ([0.0], [0.0], [1.0])


def test_a_loss_of_a_tenth_is_no_dip_to_recover_from() -> None:
    found = measures(walk((AT, 1.0), (200, 0.9)))
    assert (found["loss"], found["time"], found["after"]) == ([0.1], [0.0], [0.9])


def test_half_the_speed_for_good_is_censored() -> None:
    found = measures(walk((AT, 2.0), (200, 1.0)))
    assert (found["dip"], found["loss"], found["kept"]) == ([1.0], [0.5], [0.5])
    assert (found["time"], found["survival"]) == ([math.inf], [1.0])


def test_the_dead_do_not_walk() -> None:
    found = measures(walk((HORIZON, 1.0), lived=130))
    assert (found["dip"], found["after"]) == ([0.0], [0.0])
    assert (found["time"], found["survival"]) == ([math.inf], [0.0])


def test_who_died_before_the_event_tells_nothing() -> None:
    found = measures(walk((HORIZON, 1.0), lived=AT - 1), walk((HORIZON, 1.0)))
    assert all(math.isnan(values[0]) and math.isfinite(values[1]) for values in found.values())


def test_who_walked_backward_has_no_speed_to_get_back() -> None:
    found = measures(walk((AT, -1.0), (200, 1.0)))
    assert (found["before"], found["after"]) == ([-1.0], [1.0])
    assert all(math.isnan(found[name][0]) for name in ("loss", "time", "kept"))


def test_a_late_stumble_is_not_the_dip() -> None:
    found = measures(walk((AT, 1.0), (120, 1.0), (40, 0.0), (40, 1.0)))
    assert (found["dip"], found["time"]) == ([1.0], [0.0])


@pytest.mark.parametrize(("at", "search"), [(WINDOW - 1, 0), (AT, HORIZON - AT - WINDOW + 1)])
def test_a_life_too_short_for_a_window_is_refused(at: int, search: int) -> None:
    with pytest.raises(ValueError, match=f"horizon of {HORIZON}"):
        recovery(walk((HORIZON, 1.0))[None], at, search, WINDOW, DT)


def test_the_iqm_leaves_out_a_quarter_at_each_end() -> None:
    assert iqm_interval([[-1e6, 2.0, 4.0, 1e9]])[0] == 3.0
    assert iqm_interval([[1.0, 2.0], [math.nan, 3.0, 4.0]])[0] == 2.5


def test_the_interval_of_normal_lives_is_the_textbooks() -> None:
    """Variance of a 25 % trimmed mean of normals: winsorized variance / (1 − 2·0.25)² / n."""
    q = norm.ppf(0.75)
    winsorized = 0.5 - 2 * q * norm.pdf(q) + 2 * 0.25 * q**2
    n = 1000
    values = np.random.default_rng(1).normal(3.0, 1.0, n)
    mean, low, high = iqm_interval([values])
    assert mean == pytest.approx(3.0, abs=0.15)
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(winsorized / 0.25 / n), rel=0.1)


def test_resamples_stay_within_their_seed() -> None:
    """Seeds that differ much but within which lives are alike: pooled resampling would be wide."""
    rng = np.random.default_rng(2)
    seeds = [rng.normal(mean, 0.01, 50) for mean in (0.0, 1.0, 2.0, 3.0)]
    mean, low, high = iqm_interval(seeds)
    assert mean == pytest.approx(1.5, abs=0.01)
    assert high - low < 0.02
    _, pooled_low, pooled_high = iqm_interval([np.concatenate(seeds)])
    assert pooled_high - pooled_low > 0.3


def test_those_that_never_recover_count_as_infinite() -> None:
    assert iqm_interval([[1.0, 2.0, 3.0, math.inf]])[0] == 2.5
    assert iqm_interval([[math.inf] * 3]) == (math.inf,) * 3
    iqm, low, high = iqm_interval([[*np.linspace(1, 2, 16), *[math.inf] * 4]])
    assert 1 < low < iqm < 2
    assert high == math.inf


def test_no_values_no_interval() -> None:
    assert all(math.isnan(value) for value in iqm_interval([[], [math.nan]]))


def test_a_seed_of_one_life_is_a_constant() -> None:
    assert iqm_interval([[1.0], [3.0]]) == (2.0, 2.0, 2.0)
    mean, low, high = iqm_interval([[1.0], [2.0, 4.0]])
    assert low < mean < high


def test_the_same_numbers_each_time() -> None:
    values = np.random.default_rng(3).normal(size=30)
    assert iqm_interval([values]) == iqm_interval([values])

"""Measures around a lesion, of walks whose numbers are known, and lives that are kept."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from report_runs import ant

from experiments.protocols.legs.bodies import WEAKENED
from experiments.protocols.lesions.lives import Lesion, lesions_of, ways, zeroing
from experiments.protocols.lesions.numbers import Measures, Pairs, measures
from metahebb.analysis.probe import Conditions
from metahebb.evolution.backends.where import Where
from metahebb.probes import parse_probes

DT, AT, HORIZON = 0.05, 100, 400
ONCE = Lesion("", (), AT)


def walk(*speeds: tuple[int, float], lived: int = HORIZON) -> np.ndarray:
    """Return positions of a life; ``speeds`` are (env steps, m/s) one after the other."""
    each = np.concatenate([np.full(steps, speed) for steps, speed in speeds])
    x = np.concatenate([[0.0], np.cumsum(each * DT)])
    x[lived + 1 :] = np.nan
    return x


STEADY = walk((HORIZON, 1.0))
STOPS_3_S = walk((AT, 1.0), (60, 0.0), (240, 1.0))
STOPS = walk((AT, 1.0), (300, 0.0))
HALF = walk((AT, 1.0), (300, 0.5))
DIES = walk((HORIZON, 1.0), lived=AT + 30)
DEAD_BEFORE = walk((HORIZON, 1.0), lived=AT - 1)
STOOD = walk((AT, 0.05), (300, 1.0))


def one(life: np.ndarray, lesion: Lesion = ONCE) -> dict[str, float]:
    found = measures(life[None, None, None], lesion, DT)
    return {f.name: round(getattr(found, f.name).item(), 9) for f in dataclasses.fields(Measures)}


def test_a_walker_that_stops_for_three_seconds() -> None:
    """A window of 40 steps that begins 52 steps after the lesion stands 8 and walks 32: 80 %."""
    assert one(STOPS_3_S) == {
        "walks": 1,
        "before": 1,
        "after": 1,
        "back": 1,
        "loss": 1,
        "time": 52 * DT,
        "soon": 1,
        "survival": 1,
    }


def test_a_walker_that_stops_for_good() -> None:
    found = one(STOPS)
    assert (found["back"], found["loss"], found["soon"]) == (0, 1, 0)
    assert (found["time"], found["survival"]) == (np.inf, 1)


def test_the_dead_have_no_speed_and_do_not_survive() -> None:
    found = one(DIES)
    assert (found["back"], found["soon"], found["survival"]) == (0, 0, 0)
    assert found["time"] == np.inf


def test_who_died_before_the_lesion_does_not_count() -> None:
    assert all(np.isnan(value) for value in one(DEAD_BEFORE).values())


def test_who_stood_has_nothing_to_get_back_but_can_survive() -> None:
    found = one(STOOD)
    assert (found["walks"], found["before"], found["survival"]) == (0, 0.05, 1)
    assert all(np.isnan(found[name]) for name in ("back", "loss", "time", "soon"))


def test_five_seconds_count_from_the_end_of_a_lesion_that_lasts() -> None:
    """Speed is back 140 steps after the begin of a lesion of 60: too late for one done at once."""
    late = walk((AT, 1.0), (140, 0.0), (160, 1.0))
    lasting = dataclasses.replace(ONCE, steps=60)
    assert (one(late)["back"], one(late)["soon"]) == (0, 0)
    assert (one(late, lasting)["back"], one(late, lasting)["soon"]) == (1, 1)


def test_ways_that_are_too_short_are_refused() -> None:
    with pytest.raises(ValueError, match=f"horizon of {HORIZON}"):
        one(STEADY, dataclasses.replace(ONCE, at=HORIZON - 139))
    one(STEADY, dataclasses.replace(ONCE, at=HORIZON - 140))


def pairs(with_: list[list[list[np.ndarray]]], seeds: tuple[int, ...] = (0, 1)) -> Pairs:
    x = np.array(with_)
    return Pairs("hebbian", ONCE, seeds, DT, x, np.broadcast_to(STEADY, x.shape))


def test_lives_of_all_runs_make_the_figures() -> None:
    found = pairs([[[HALF, HALF, DEAD_BEFORE], [HALF, HALF, STOOD]]])
    assert found.iqm("back").value == pytest.approx(0.5)
    assert found.iqm("back").interval() == pytest.approx((0.5, 0.5))
    assert (found.iqm("back") - found.iqm("back", "without")).value == pytest.approx(-0.5)
    assert found.part("walks").value == 0.8  # four of the five that were alive
    low, high = found.part("walks").interval()
    assert low < 0.8 < high == 1


def test_survival_is_of_those_that_the_lesion_met_alive() -> None:
    found = pairs([[[STEADY, DIES, DEAD_BEFORE], [STEADY, STEADY, DEAD_BEFORE]]])
    assert found.part("survival").value == 0.75
    nobody = pairs([[[DEAD_BEFORE], [DEAD_BEFORE]]])
    assert np.isnan([nobody.iqm("back").value, nobody.part("survival").value]).all()
    assert np.isnan(nobody.iqm("back").interval()).all()


def test_what_varies_between_runs_is_in_the_interval() -> None:
    found = pairs([[[STEADY] * 4, [STOPS] * 4]])
    assert found.iqm("back").value == pytest.approx(0.5)
    # Two runs, 0 and 1: the draws' ends, spread by t(1)/z * sqrt(2) = 9.168 about 0.5.
    assert found.iqm("back").interval() == pytest.approx((-4.084, 5.084), abs=1e-3)


def test_arms_meet_on_the_first_fold_and_common_seeds() -> None:
    found = pairs([[[STOPS], [HALF], [STEADY]], [[STEADY]] * 3], (0, 1, 2))
    assert found.only((1,)).iqm("back").value == pytest.approx(0.5)
    assert found.only().with_.shape == (1, 3, 1, HORIZON + 1)


def test_the_part_that_has_its_speed_back_grows_with_time() -> None:
    found = pairs([[[STOPS_3_S, DIES], [STOPS, STEADY]]])
    _, values, draws = found.recovered_by(np.array([0.0, 2.55, 2.65, 10.0]))
    assert values.tolist() == [0.25, 0.25, 0.5, 0.5]
    assert draws.shape[1] == 4
    assert draws.min() >= 0
    assert draws.max() <= 1


def test_a_speed_curve_has_its_zero_at_the_lesion() -> None:
    seconds, values, _ = pairs([[[STOPS_3_S, DEAD_BEFORE], [DIES, DEAD_BEFORE]]]).speeds("with")
    at = {round(s, 2): round(v, 6) for s, v in zip(seconds, values, strict=True)}
    assert (at[-0.25], at[0.25], at[2.75], at[3.25]) == (1, 0.5, 0, 0.5)
    assert len(at) == HORIZON / 10


def test_each_arm_has_the_lesions_that_mean_something() -> None:
    names = {arm: set(lesions_of(arm, WEAKENED[3], 60)) for arm in ("hebbian", "lstm", "coevolved")}
    assert names["hebbian"] - names["lstm"] == {"zero_freeze", "freeze_zero", "freeze"}
    assert names["hebbian"] - names["coevolved"] == {"randomize"}
    assert "freeze" not in lesions_of("frozen", WEAKENED[3], 60)
    for lesion in lesions_of("hebbian", WEAKENED[3], 60).values():
        assert len(parse_probes(lesion.probes)) == len(lesion.probes)
    whole = lesions_of("hebbian", WEAKENED[3], 60)["zero"].probes
    assert zeroing(1.0, -1, 60).probes == whole
    assert zeroing(0.5, 2, 60).probes == ("zero_weights:fraction=0.5,layer=2,at=60",)


def test_lives_are_lived_once_and_fewer_are_the_first_of_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, here = ant(tmp_path / "run"), Where(threads=1, lanes=2)
    unharmed = ways(run, (), 3, 30, here)
    zeroed = ways(run, ("zero_weights:at=10",), 3, 30, here)
    np.testing.assert_array_equal(zeroed[:, :11], unharmed[:, :11])
    assert (zeroed[:, -1] != unharmed[:, -1]).all()
    lived = []
    live = Conditions.live
    monkeypatch.setattr(Conditions, "live", lambda *told: lived.append(1) or live(*told))
    np.testing.assert_array_equal(ways(run, (), 3, 30, here), unharmed)
    np.testing.assert_array_equal(ways(run, (), 2, 30, here), unharmed[:2])
    assert not lived
    np.testing.assert_array_equal(ways(run, (), 4, 30, here)[:3], unharmed)
    assert ways(run, (), 3, 20, here).shape == (3, 21)
    assert len(lived) == 2

"""Principal components of rates, and mean trajectories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lived_trials import lived_trials

from metahebb.analysis.trajectories import mean_rates, trajectories
from metahebb.errors import InputError


def test_components_are_those_of_all_steps_with_a_fixed_sign() -> None:
    lived = lived_trials(12, 8)
    paths = trajectories(lived, 3)
    rows = lived.rates.reshape(-1, 8).astype(np.float64)
    off = rows - rows.mean(0)
    _, sizes, vectors = np.linalg.svd(off, full_matrices=False)
    np.testing.assert_allclose(paths.center, rows.mean(0))
    np.testing.assert_allclose(paths.explained, (sizes**2 / (sizes**2).sum())[:3])
    np.testing.assert_allclose(np.abs(paths.components), np.abs(vectors[:3]), atol=1e-9)
    largest = np.abs(paths.components).argmax(1)
    assert (paths.components[np.arange(3), largest] > 0).all()


def test_paths_are_the_mean_projections_of_each_kind() -> None:
    lived = lived_trials(10, 8)
    paths = trajectories(lived)
    assert (paths.kinds, paths.n_trials) == ((0, 1, 2, 3), (3, 3, 2, 2))
    of_kind = paths.project(lived.rates[lived.outcomes.kind == 1]).mean(0)
    np.testing.assert_allclose(paths.paths[1], of_kind, atol=1e-6)
    np.testing.assert_allclose(
        mean_rates(lived, 1), lived.rates[lived.outcomes.kind == 1].mean(0), atol=1e-6
    )


def test_a_path_ends_with_the_shortest_trial_of_its_kind() -> None:
    lived = lived_trials(8, 6, delays=(20, 20, 20, 20, 40, 40, 40, 40))
    path = trajectories(lived).paths[0]
    assert np.isfinite(path[:180]).all()
    assert np.isnan(path[180:]).all()


def test_rates_that_never_change_or_are_unknown_are_refused() -> None:
    lived = lived_trials(2, 4)
    with pytest.raises(InputError, match="expected rates that change over time"):
        trajectories(replace(lived, rates=np.ones_like(lived.rates)))
    with pytest.raises(InputError, match="expected trials with finite rates"):
        trajectories(replace(lived, rates=np.full_like(lived.rates, np.nan)))

"""Clusters of synapses: those that were put there, and as many as asked for."""

from __future__ import annotations

import numpy as np
import pytest

from metahebb.analysis.rule_clusters import MOST, find_clusters
from metahebb.errors import InputError

SIZES = (120, 60, 30)


def clouds(spread: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients of three kinds of synapses, shuffled, and the kind of each."""
    kinds = np.repeat([0, 1, 2], SIZES)
    # The second coefficient is a thousandth of the first: it counts as much.
    centers = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 0.003]])
    noise = rng.normal(size=(len(kinds), 2)) * [1.0, 0.001]
    order = rng.permutation(len(kinds))
    return (centers[kinds] + spread * noise)[order].astype(np.float32), kinds[order]


def test_clusters_that_are_there_are_found_and_counted() -> None:
    values, kinds = clouds(0.1, np.random.default_rng(0))
    found = find_clusters(values)
    np.testing.assert_array_equal(found.labels, kinds)  # the largest has number 0
    assert found.sizes == list(SIZES)
    assert set(found.silhouettes) == set(range(2, 9))
    assert found.silhouette == max(found.silhouettes.values())
    assert found.silhouette > 0.7
    assert found.n_distinct == sum(SIZES)


def test_two_odd_synapses_of_thirty_two_are_no_cluster() -> None:
    values = np.random.default_rng(0).normal(size=(32, 4))
    values[:2] += 60
    found = find_clusters(values)
    assert found.silhouette is None or found.silhouette < 0.25
    assert sum(np.array(found.sizes)[found.outliers]) >= 2
    assert not found.outliers[0]
    assert all(found.outliers[label] for label in found.labels[:2])
    asked = find_clusters(values, 2)
    assert asked.sizes == [30, 2]
    assert asked.outliers == [False, True]
    assert asked.silhouette is None


def test_outliers_do_not_hide_the_clusters_that_are_there() -> None:
    values, kinds = clouds(0.1, np.random.default_rng(0))
    values[:3] = [[20, 0], [0, 0.02], [-20, 0]]
    found = find_clusters(values)
    big = [size for size, odd in zip(found.sizes, found.outliers, strict=True) if not odd]
    assert len(big) == 3
    assert found.silhouette > 0.7
    for kind in range(3):
        assert len(np.unique(found.labels[3:][kinds[3:] == kind])) == 1


def test_a_small_part_of_many_synapses_is_no_cluster() -> None:
    values = np.random.default_rng(0).normal(size=(1000, 2))
    values[:15] += 50
    assert find_clusters(values, 2).outliers == [False, True]
    values[15:30] += 50
    assert find_clusters(values, 2).outliers == [False, False]


def test_a_cloud_without_clusters_has_a_low_silhouette() -> None:
    values = np.random.default_rng(0).normal(size=(300, 4))
    assert find_clusters(values).silhouette < 0.25


def test_as_many_as_asked_for() -> None:
    values, kinds = clouds(0.1, np.random.default_rng(1))
    found = find_clusters(values, 2)
    assert len(found.sizes) == 2
    # No kind is cut in two.
    assert [len(np.unique(found.labels[kinds == kind])) for kind in range(3)] == [1, 1, 1]
    assert find_clusters(values, 1).sizes == [sum(SIZES)]
    assert find_clusters(values, 1).silhouette is None


def test_it_is_always_the_same() -> None:
    values = np.random.default_rng(3).normal(size=(300, 4))
    np.testing.assert_array_equal(find_clusters(values).labels, find_clusters(values).labels)


def test_few_distinct_rules_are_the_clusters() -> None:
    rules = np.random.default_rng(0).normal(size=(MOST, 3)).astype(np.float32)
    rules[0] = 0
    which = np.repeat(np.arange(MOST), np.arange(1, MOST + 1))
    values = rules[which]
    values[0] = -0.0
    found = find_clusters(values)
    assert found.n_distinct == MOST
    assert found.sizes == list(range(MOST, 0, -1))
    assert found.silhouettes == {}
    assert not any(found.outliers)  # a rule of one synapse is a rule
    np.testing.assert_array_equal(found.labels, MOST - 1 - which)
    assert find_clusters(rules[:1].repeat(5, 0)).sizes == [5]


@pytest.mark.parametrize(("wanted", "message"), [(0, "1 to 12"), (13, "1 to 12"), (5, "at most 4")])
def test_too_many_or_too_few(wanted: int, message: str) -> None:
    values = np.arange(4.0)[:, None].repeat(3, 0)
    with pytest.raises(InputError, match=message):
        find_clusters(values, wanted)

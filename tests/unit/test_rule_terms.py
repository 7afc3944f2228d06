"""The terms of a rule: found by what it computes, not by how it is written."""

from __future__ import annotations

import numpy as np
import pytest
from toys import bcm, oja, traced

from metahebb.plasticity import Rule, positive, rule
from metahebb.plasticity.rules import RULES
from metahebb.plasticity.terms import Terms, delta


@rule
def nested(pre, post, weight, /, speed, A, B):
    """Δw = speed·pre·(A·post + B·w)."""
    return speed * pre * (A * post + B * weight)


@rule
def squashed(pre, post, /, A, B):
    """Δw = tanh(A·pre + B·post)."""
    return np.tanh(A * pre + B * post)


@rule
def leaky(pre, weight, /, A):
    """Δw = A·pre − w/2."""
    return A * pre - 0.5 * weight


@rule
def decaying(pre, post, weight, /, A, B, C):
    """Δw = A·pre·post − B·w − C²·w, where C is no factor."""
    return A * pre * post - B * weight - C * C * weight


@rule
def thresholded(pre, post, /, A, theta):
    """Δw = A·pre·(post − theta)."""
    return A * pre * (post - theta)


SCALED = ["eta·A·pre·post", "eta·B·pre", "eta·C·post"]


@pytest.mark.parametrize(
    ("studied", "scale", "labels"),
    [
        (RULES["a"], None, ["A·pre·post"]),
        (RULES["abcd"], None, ["A·pre·post", "B·pre", "C·post", "D"]),
        (RULES["abcd_lr"], "eta", [*SCALED, "eta·D"]),
        (RULES["abcd_lr_d_out"], "eta", [*SCALED, "D"]),
        (RULES["abcd_lr_d_in_and_out"], "eta", [*SCALED, "eta·D", "E"]),
        (nested, "speed", ["speed·A·pre·post", "speed·B·pre·weight"]),
        (decaying, None, ["A·pre·post", "−B·weight", "C"]),
        (oja, None, ["eta"]),
        (traced, None, ["A·trace·modulator", "decay"]),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else "",
)
def test_a_sum_has_a_term_per_coefficient_and_a_scale(
    studied: Rule, scale: str | None, labels: list[str]
) -> None:
    terms = Terms.of(studied)
    assert terms.add_up
    assert list(terms.labels) == labels
    assert (studied.coefficients[terms.fold.scale] if terms.fold else None) == scale


def test_a_coefficient_is_named_as_it_acts() -> None:
    assert Terms.of(RULES["abcd_lr_d_out"]).names == ("eta·A", "eta·B", "eta·C", "D")
    assert Terms.of(decaying).names == ("A", "B", "C")
    assert Terms.of(squashed).names == ("A", "B")


@pytest.mark.parametrize("studied", [squashed, leaky, thresholded], ids=lambda r: r.name)
def test_what_is_no_sum_is_known_to_be_none(studied: Rule) -> None:
    assert not Terms.of(studied).add_up


@pytest.mark.parametrize("studied", [RULES["abcd_lr_d_out"], nested, thresholded])
def test_folding_the_scale_in_leaves_the_rule_the_same(studied: Rule) -> None:
    rng = np.random.default_rng(0)
    coefficients = rng.normal(size=(len(studied.coefficients), 6, 5)).astype(np.float32)
    signals = rng.normal(size=(len(studied.signals), 6, 5)).astype(np.float32)
    terms = Terms.of(studied)
    folded = terms.fold_in(coefficients)
    before = delta(studied, *signals, *coefficients)
    np.testing.assert_allclose(delta(studied, *signals, *folded), before, 1e-4, 1e-6)
    assert not np.shares_memory(folded, coefficients)


@rule
def divided(pre, post, trace, /, A, B, tau: positive):
    """Δw = A·trace + B·pre, Δtrace = (pre·post − trace) / tau."""
    return A * trace + B * pre, (pre * post - trace) / tau


def test_a_coefficient_of_the_trace_alone_has_no_term_and_stays_as_it_is() -> None:
    terms = Terms.of(divided)
    assert terms.add_up
    assert terms.labels == ("A·trace", "B·pre", "tau")
    assert terms.of_change == ("A·trace", "B·pre")
    coefficients = np.array([2.0, 3.0, 5.0], np.float32)[:, None, None]
    alone = terms.alone(terms.fold_in(coefficients))
    np.testing.assert_array_equal(alone[:, :, 0, 0], [[2, 0], [0, 3], [5, 5]])
    changes, traces = divided(0.5, -2.0, 0.25, *alone)
    np.testing.assert_allclose(changes.ravel(), [0.5, 1.5])
    assert np.isfinite(traces).all()
    assert Terms.of(bcm).of_change == ("eta·A",)
    assert Terms.of(RULES["abcd_lr"]).of_change == Terms.of(RULES["abcd_lr"]).labels


def test_terms_alone_are_what_they_say_and_add_up() -> None:
    studied = RULES["abcd_lr_d_out"]
    terms = Terms.of(studied)
    coefficients = np.array([2.0, 3.0, 5.0, 7.0, 0.1], np.float32)[:, None, None]
    parts = studied(0.5, -2.0, *terms.alone(terms.fold_in(coefficients)))
    np.testing.assert_allclose(parts.ravel(), [-0.2, 0.15, -1.0, 7.0], rtol=1e-6)

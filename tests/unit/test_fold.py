"""Which coefficient is multiplied into others at birth, decided by numbers, not by spelling."""

from __future__ import annotations

import numpy as np
import pytest
from toys import born, layers_of, oja, traced

from metahebb.compiler.fold import Fold, find_fold
from metahebb.networks import FeedForward
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES

SHIPPED = {
    "a": None,
    "ad": None,
    "abc": None,
    "abcd": None,
    "static": None,
    "reward_abcd": None,
    "node_perturbation": None,
    "gained_perturbation": None,
    "plastic_trace": None,
    "supralinear": None,
    "ad_lr": Fold(2, (0, 1)),
    "abc_lr": Fold(3, (0, 1, 2)),
    "abcd_lr": Fold(4, (0, 1, 2, 3)),
    "abcd_lr_d_out": Fold(4, (0, 1, 2)),
    "abcd_lr_d_in_and_out": Fold(5, (0, 1, 2, 3)),
}


def test_shipped_rules():
    assert {name: find_fold(rule) for name, rule in RULES.items()} == SHIPPED


@pytest.mark.parametrize(
    ("formula", "fold"),
    [
        ("eta * A * pre + eta * B", Fold(2, (0, 1))),
        ("(A * pre + B) / (1 / eta)", Fold(2, (0, 1))),
        ("eta * A * pre + B", Fold(2, (0,))),
        ("eta * A * B * pre", Fold(2, (0,))),  # either would do, one must
        ("eta * A * pre + B * (1 + eta)", None),
        ("eta * pre + A + B", None),  # nothing to multiply it into
        ("np.tanh(eta * A) * pre + B", Fold(2, (0,))),
        ("eta * np.tanh(A) * pre + B", None),
        ("eta ** 2 * A * pre + B", None),
    ],
)
def test_any_way_of_writing(formula, fold):
    rule = rule_from_source(f"def mine(pre, /, A, B, eta):\n    return {formula}", "mine")
    found = find_fold(rule)
    if formula == "eta * A * B * pre":
        assert found in (Fold(2, (0,)), Fold(2, (1,)))
    else:
        assert found == fold


def test_a_traced_rule_folds_only_if_both_its_changes_agree():
    both = "def mine(pre, trace, /, A, B, eta):\n    return eta * A * trace, {} * pre"
    assert find_fold(rule_from_source(both.format("eta * B"), "mine")) == Fold(2, (0, 1))
    assert find_fold(rule_from_source(both.format("eta"), "mine")) is None
    assert find_fold(rule_from_source(both.format("B"), "mine")) == Fold(2, (0,))
    assert find_fold(traced) is None


def test_a_trace_that_changes_by_a_constant():
    source = "def mine(pre, trace, /, A, eta):\n    return eta * A * trace * pre, 1.0"
    assert find_fold(rule_from_source(source, "mine")) == Fold(1, (0,))


def test_a_lone_scale_is_not_folded():
    assert find_fold(oja) is None


def test_birth_multiplies_the_scale_in():
    lanes = born(FeedForward((4,), RULES["abcd_lr_d_out"]), 3, 2, seed=5)
    genes = np.random.default_rng(5).uniform(-1, 1, 5 * (12 + 8)).astype(np.float32)
    shapes = FeedForward((4,)).layers(3, 2, planes=5)
    for layer, shape, block in zip(layers_of(lanes), shapes, np.split(genes, [60]), strict=True):
        A, B, C, D, eta = shape.view(block)
        np.testing.assert_array_equal(layer.coefficients, [eta * A, eta * B, eta * C, D, eta])

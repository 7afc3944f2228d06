"""What every shipped rule keeps: its published formula, its name, and the limits of plasticity."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from toys import born, layers_of, observe, oja, traced

from metahebb.genomes import Genome, GivenGenes
from metahebb.networks import FeedForward
from metahebb.noise import Key, Stream
from metahebb.plasticity import Bounds, load_rule
from metahebb.plasticity.rules import RULES

# Worked out by hand from the published formulas, at these values.
VALUES = {"pre": 2, "post": 3, "A": 5, "B": 7, "C": 11, "D": 13, "E": 17, "eta": 0.5}
PUBLISHED = {
    "A": (("A",), 30),
    "AD": (("A", "D"), 43),
    "AD_lr": (("A", "D", "eta"), 21.5),
    "ABC": (("A", "B", "C"), 77),
    "ABC_lr": (("A", "B", "C", "eta"), 38.5),
    "ABCD": (("A", "B", "C", "D"), 90),
    "ABCD_lr": (("A", "B", "C", "D", "eta"), 45),
    "ABCD_lr_D_out": (("A", "B", "C", "D", "eta"), 51.5),
    "ABCD_lr_D_in_and_out": (("A", "B", "C", "D", "E", "eta"), 62),
}
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


ELSEWHERE = {
    *("static", "reward_abcd", "plastic_trace"),
    *("node_perturbation", "supralinear", "gained_perturbation"),
}
"""Rules whose formulas have tests of their own."""


def test_no_rule_goes_unchecked():
    assert {name.lower() for name in PUBLISHED} | ELSEWHERE == set(RULES)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_formula(name):
    coefficients, change = PUBLISHED[name]
    rule = load_rule(name)
    assert rule.signals == ("pre", "post")
    assert rule.coefficients == coefficients
    assert rule(2, 3, *(VALUES[c] for c in coefficients)) == change


@every_rule
def test_formula_is_documented_and_file_listed_under_its_name(rule):
    assert RULES[rule.name] is rule
    assert rule.formula.startswith("Δw = ")


@every_rule
def test_rule_travels_as_text(rule):
    travelled = pickle.loads(pickle.dumps(rule))
    values = np.random.default_rng(0).normal(size=len(rule.signals + rule.coefficients))
    assert travelled == rule
    assert travelled.function is not rule.function
    assert travelled(*values) == rule(*values)


@pytest.mark.parametrize("rule", [*RULES.values(), oja, traced], ids=lambda rule: rule.name)
def test_newborn_acts_on_its_birth_weights(rule):
    """Nothing is added before the first step: not even D, which needs no activity."""
    check_newborn(FeedForward((6,), rule))


def test_newborn_is_not_clipped():
    network = FeedForward((6,), normalization=Bounds("clip", 0.75), birth="uniform_1")
    assert check_newborn(network) > 0.75


def check_newborn(network):
    """Return the largest weight of a newborn, which its first step must not have changed."""
    lanes = born(network, 4, 3)
    before = [layer.weights for layer in layers_of(lanes)]
    observe(lanes, np.random.default_rng(0))
    for old, new in zip(before, layers_of(lanes), strict=True):
        np.testing.assert_array_equal(old, new.weights)
    return max(np.abs(old).max() for old in before)


@pytest.mark.parametrize("weight", [0.0, 1e-40])
def test_max_abs_leaves_a_layer_of_zeros_alone(weight):
    """Also one whose largest weight has no finite reciprocal in float32."""
    network = FeedForward((3,), birth="coevolved")
    genome = Genome.direct(network.slots(4, 2))
    genes = np.zeros(genome.n_genes, np.float32)
    genes[genome.stretches()["birth"]] = weight
    lanes = network.lanes(4, 2, 2)
    lanes.born(1, genome, GivenGenes(genes), Key(0, Stream.BIRTH))
    for _ in range(3):
        observe(lanes, np.random.default_rng(0))
    for layer in lanes.weights(1):
        np.testing.assert_array_equal(layer, np.float32(weight))
    assert Bounds("max_abs").apply(np.float32([[1e-40]])) == np.float32(1e-40)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (RULES["abcd_lr"], "none"),
        (RULES["abcd_lr"], "clip"),
        (oja, "clip"),
        (traced, "none"),
        (traced, "clip"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_zero_coefficients_are_a_static_network(rule, kind):
    """Bit for bit over a life; the baseline's own kernel may add up inputs in another order."""
    network = FeedForward((70, 33), rule, Bounds(kind, 0.75))
    zeros, frozen = born(network, 27, 8, spread=0.0), born(network, 27, 8)
    static = static_twin(zeros)
    lives = {name: np.random.default_rng(1) for name in ("zeros", "frozen", "static")}
    zeros.modulators[1], frozen.gains[1] = 1, 0
    for _ in range(20):
        outputs = observe(zeros, lives["zeros"])
        np.testing.assert_array_equal(outputs, observe(frozen, lives["frozen"]))
        np.testing.assert_allclose(outputs, observe(static, lives["static"]), rtol=0, atol=1e-6)
    for *plastic, inherited in zip(
        zeros.weights(1), frozen.weights(1), static.weights(1), strict=True
    ):
        np.testing.assert_array_equal(plastic[0], inherited)
        np.testing.assert_array_equal(plastic[1], inherited)


@pytest.mark.parametrize(
    "rule", [r for r in RULES.values() if r.coefficients], ids=lambda r: r.name
)
def test_zero_coefficients_only_normalize_under_max_abs(rule):
    lanes = born(FeedForward((9,), rule), 5, 3, spread=0.0)
    birth = lanes.weights(1)
    rng = np.random.default_rng(1)
    for _ in range(20):
        observe(lanes, rng)
    for now, newborn in zip(lanes.weights(1), birth, strict=True):
        np.testing.assert_allclose(now, newborn / np.abs(newborn).max(), rtol=4 * 2.0**-23)


def static_twin(lanes):
    """Return lanes of the baseline whose lane 1 inherits the weights of ``lanes``."""
    network = FeedForward(lanes.network.hidden, RULES["static"])
    n_in, n_out = lanes.layers[0].n_in, lanes.layers[-1].n_out
    weights = lanes.state["weights"][1].copy()
    twin = network.lanes(n_in, n_out, 2)
    genome = Genome.direct(network.slots(n_in, n_out))
    twin.born(1, genome, GivenGenes(weights), Key(0, Stream.BIRTH))
    return twin

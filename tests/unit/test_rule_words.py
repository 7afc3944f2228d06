"""Words for rules follow from numbers."""

from __future__ import annotations

import numpy as np
import pytest
from toys import bcm, oja, traced

from metahebb.analysis.rule_parts import NONLINEAR, products
from metahebb.analysis.rule_phrases import phrase
from metahebb.analysis.rule_words import TRACE, behavior
from metahebb.plasticity import rule
from metahebb.plasticity.rule import SIGNALS
from metahebb.plasticity.rules import RULES

ABCD = RULES["abcd"]


@rule
def curved(pre, /, A):
    """Δw = A·cos(9·pre), which no product describes."""
    return A * np.cos(9 * pre)


@rule
def bent(pre, /, A):
    """Δw = A·log(1 − 2·pre), which is no number where pre is above 1/2."""
    return A * np.log(1 - 2 * pre)


@rule
def decaying(pre, post, weight, /, A, L):
    """Δw = A·pre·post − L·w."""
    return A * pre * post - L * weight


@rule
def steep(pre, post, weight, trace, /, A):
    """Δw = tanh(3·A·pre·post), Δtrace = 0: it names the weight and the trace without using them."""
    return np.tanh(3 * A * pre * post) + 0 * weight * trace, 0 * trace


@rule
def limited(pre, post, weight, trace, modulator, /, A):
    """Δw = A·pre·post, with steps of at most 1/25, Δtrace = 0; it reads three signals in vain."""
    change = np.minimum(np.maximum(A * pre * post, -0.04), 0.04)
    return change + 0 * weight * modulator, 0 * trace


@rule
def homeostatic(weight, trace, /, A):
    """Δw = A·w·(1/2 − trace), Δtrace = 0: a synapse is scaled until its trace is 1/2."""
    return A * weight * (0.5 - trace), 0 * trace


@rule
def settling(weight, /, A):
    """Δw = A·(1/2 − w)."""
    return A * (0.5 - weight)


def synapses(*rows: tuple[float, ...]) -> np.ndarray:
    """Return coefficients ``(k, n)`` of a synapse per row."""
    return np.array(rows, np.float32).T


@pytest.mark.parametrize(
    ("coefficients", "begins"),
    [
        ((1, 0, 0, 0), "Hebbian: strengthens when pre and post agree (100%)"),
        ((-1, 0, 0, 0), "anti-Hebbian: weakens when pre and post agree (100%)"),
        ((0, 1, 0, 0), "pre-driven: strengthens when pre is positive"),
        ((0, -1, 0, 0), "inversely pre-driven: weakens when pre is positive"),
        ((0, 0, 1, 0), "post-driven: strengthens when post is positive"),
        ((0, 0, -1, 0), "inversely post-driven: weakens when post is positive"),
        ((0, 0, 0, 1), "constant drift up (100%)"),
        ((0, 0, 0, -1), "constant drift down (100%)"),
        ((0, 0, 0, 0), "no change"),
    ],
)
def test_one_term_one_word(coefficients: tuple[float, ...], begins: str) -> None:
    found = behavior(ABCD, synapses(coefficients))
    assert found.words(found.strength).startswith(begins)
    short = begins.split(":")[0].removesuffix(" (100%)")
    assert found.label(found.strength).removesuffix(" (100%)") == short


def test_parts_are_the_coefficients_and_their_fractions_add_up() -> None:
    found = behavior(ABCD, synapses((3, -2, 1, 0.5)))
    known = dict(zip(("pre·post", "pre", "post", "1"), (3, -2, 1, 0.5), strict=True))
    assert {name: part for name, part in found.parts.items() if part} == pytest.approx(known)
    assert sum(found.fractions.values()) == pytest.approx(1)
    assert found.fractions["nonlinear"] == pytest.approx(0, abs=1e-12)
    # On 21 points from -1 to 1 the mean of x² is 11/30, and no longer 1/3.
    squares = np.array([9 * (11 / 30) ** 2, 4 * 11 / 30, 11 / 30, 0.25])
    fractions = [found.fractions[name] for name in ("pre·post", "pre", "post", "1")]
    np.testing.assert_allclose(fractions, squares / squares.sum())
    assert found.strength == pytest.approx(np.sqrt(squares.sum()))
    words = found.words(found.strength)
    assert words.index("inversely pre-driven") < words.index("; Hebbian")  # the larger one first
    assert "post-driven" not in words.replace("inversely pre-driven", "")  # less than a fifth
    assert "drift" not in words


def test_the_plane_is_post_by_pre() -> None:
    plane = behavior(ABCD, synapses((0, 1, 0, 0))).plane
    np.testing.assert_allclose(plane[0], np.linspace(-1, 1, 21))


def test_synapses_that_differ_are_mixed() -> None:
    alike = behavior(ABCD, synapses((1, 0, 0, 0), (3, 0, 0, 0)))
    assert alike.agreement == pytest.approx(4 / 5)
    assert alike.words(3).startswith("Hebbian")
    differ = behavior(ABCD, synapses((3, 0, 0, 0), (-1, 0, 0, 0)))
    assert differ.agreement == pytest.approx(1 / 5)
    assert differ.words(3).startswith("mixed (agreement 0.20); on average Hebbian")
    opposite = behavior(ABCD, synapses((1, 0, 0, 0), (-1, 0, 0, 0)))
    assert opposite.words(1) == "mixed: its synapses cancel out (agreement 0.00)"
    assert opposite.label(1) == "mixed: cancel out"


def test_what_hardly_changes_beside_others_is_nearly_still() -> None:
    found = behavior(ABCD, synapses((0, 0, 0, 0.04)))
    assert found.words(1.0) == "nearly still (4.0% of the strongest); constant drift up (100%)"
    assert found.label(1.0) == "nearly still: constant drift up (100%)"
    assert found.words(0.5).startswith("constant drift up")


def test_rules_of_other_kinds() -> None:
    found = behavior(curved, synapses((1,)))
    assert found.unexplained > 0.5
    assert found.label(1) == "not described by simple products of signals"
    assert found.words(1) == (
        f"{found.label(1)} ({found.unexplained:.0%} of its mean square is left over)"
    )
    assert behavior(ABCD, synapses((np.nan,) * 4)).words(1) == "no finite change"
    partly = behavior(bent, synapses((1,)))
    assert partly.words(partly.strength).endswith("; not finite everywhere")


def lived(
    weight: np.ndarray, trace: float = 0.5, modulator: float = 0.5, activity: float = 1.0
) -> dict[str, np.ndarray]:
    """Return signals that were lived together with ``weight``; activities are from ± activity."""
    rng = np.random.default_rng(1)
    n = len(weight)
    sides = {side: rng.uniform(-activity, activity, n) for side in ("pre", "post")}
    return sides | {
        "weight": weight,
        "trace": rng.normal(0, trace, n),
        "modulator": rng.normal(0, modulator, n),
    }


WEIGHTS = np.random.default_rng(0).normal(0, 0.4, 1000)


@pytest.mark.parametrize(
    "weight",
    [WEIGHTS, np.full(200, 0.9), 0.9 + WEIGHTS / 50],
    ids=["both signs", "all the same", "all positive"],
)
def test_a_rule_that_lives_by_its_decay_decays(weight: np.ndarray) -> None:
    found = behavior(decaying, synapses((0.02, 0.3)), lived(weight))
    assert found.words(1).split("; ")[-1].startswith("decays: moves the weight towards 0 (")
    assert "Hebbian" not in found.label(found.strength)
    assert found.label(found.strength).startswith("decays (")
    assert found.parts["weight"] == pytest.approx(-0.3, rel=1e-3)
    assert sum(found.fractions.values()) == pytest.approx(1)
    grows = behavior(decaying, synapses((0.02, -0.3)), lived(weight))
    assert grows.label(grows.strength).startswith("grows (")


def test_what_is_named_depends_on_the_activities_that_were_lived() -> None:
    kinds = synapses((1.0, 0.1))
    awake = behavior(decaying, kinds, lived(WEIGHTS))
    assert awake.label(awake.strength).startswith("Hebbian (")
    silent = behavior(decaying, kinds, lived(WEIGHTS, activity=0.05))
    assert silent.label(silent.strength).startswith("decays (")
    # What it would do at other activities is on the plane all the same.
    np.testing.assert_allclose(silent.plane[[0, 0, -1], [0, -1, -1]], [1, -1, 1], atol=0.05)


def test_a_small_decay_is_named_beside_what_changes_more() -> None:
    found = behavior(oja, synapses((1,)), lived(0.7 * WEIGHTS))
    label = found.label(found.strength)
    assert label.startswith("Hebbian (")
    assert "bounds by post (" in label
    assert found.parts["weight·post²"] == pytest.approx(-1)
    assert found.fractions["weight·post²"] < 0.2
    at, change = found.curves["weight"]
    assert at[0] == pytest.approx(0.7 * np.quantile(WEIGHTS, 0.05))
    assert change[0] > 0 > change[-1]


def test_a_drift_that_a_decay_balances_is_told_with_the_balance() -> None:
    found = behavior(settling, synapses((0.1,)), lived(0.5 + WEIGHTS / 50))
    assert {name for name, part in found.fractions.items() if part > 0.4} == {"1", "weight"}
    assert found.words(found.strength).endswith("; drift and decay balance at a weight of 0.5")


def test_a_trace_and_a_modulator_have_words_of_their_own() -> None:
    kinds = synapses((0.1, 0.3))
    points = lived(WEIGHTS)
    weight = behavior(traced, kinds, points)
    assert weight.words(weight.strength).startswith(
        "driven by its trace, times the modulator: strengthens when that is positive"
    )
    trace = behavior(traced, kinds, points, of=TRACE)
    assert trace.label(trace.strength).startswith("Hebbian (")
    assert "decays: moves the trace towards 0 (" in trace.words(trace.strength)
    told = behavior(RULES["reward_abcd"], synapses((1, 0, 0, 0, -0.1)), points)
    assert told.label(told.strength) == "anti-Hebbian, times the modulator (100%)"


def test_without_lives_weights_are_taken_from_both_sides_of_0() -> None:
    found = behavior(decaying, synapses((0, 1.0)))
    assert found.label(found.strength) == "decays (100%)"
    assert np.abs(found.plane).max() < 0.5 < found.curves["weight"][1][0]


def as_in_a_network(saturated: bool) -> dict[str, np.ndarray]:
    """Return activities of which pre drives post, and a trace that follows post²."""
    rng = np.random.default_rng(2)
    pre = rng.normal(0, 0.4, 1000)
    post = np.tanh(3 * pre + rng.normal(0, 0.3, 1000))
    if saturated:
        post = np.sign(post)  # post² is 1 wherever it was lived
    trace = np.clip(post**2 + rng.normal(0, 0.05, 1000), 0, 1)
    return {"pre": pre, "post": post, "trace": trace, "weight": rng.normal(0, 0.4, 1000)}


@pytest.mark.parametrize("saturated", [False, True])
def test_a_sliding_threshold_is_told_by_its_own_products(saturated: bool) -> None:
    kinds, points = synapses((1.0, 1.0, 0.1)), as_in_a_network(saturated)
    weight = behavior(bcm, kinds, points)
    factors = {name: part for name, part in weight.parts.items() if part}
    assert factors == pytest.approx({"pre·post²": 0.1, "trace·pre·post": -0.1})
    assert set(weight.label(weight.strength).replace(")", "").split(", ")) == {
        f"driven by pre·post² ({weight.fractions['pre·post²']:.0%}",
        f"driven by −its trace · pre · post ({weight.fractions['trace·pre·post']:.0%}",
    }
    trace = behavior(bcm, kinds, points, of=TRACE)
    factors = {name: part for name, part in trace.parts.items() if part}
    assert factors == pytest.approx({"post²": 1 / 21, "trace": -1 / 21})
    assert "decays: moves the trace towards 0 (" in trace.words(1)
    assert "driven by post²: strengthens while post is active (" in trace.words(1)
    assert "nonlinear" not in trace.words(1)
    assert "pre" not in trace.label(1)


@pytest.mark.parametrize("saturated", [False, True])
def test_no_correlated_product_stands_in_for_another(saturated: bool) -> None:
    points = as_in_a_network(saturated)
    found = behavior(oja, synapses((1,)), points)
    factors = {name: part for name, part in found.parts.items() if part}
    assert factors == pytest.approx({"pre·post": 1, "weight·post²": -1})
    decay = behavior(decaying, synapses((0, 0.1)), points)
    assert decay.label(1) == "nearly still: decays (100%)"
    squashed = behavior(steep, synapses((1,)), points)  # no sum of products
    assert squashed.label(1).startswith("Hebbian (")
    assert "," not in squashed.label(1)
    assert 0 < squashed.unexplained < 0.1
    assert not any("trace" in name or "weight" in name for name, f in squashed.parts.items() if f)


def test_a_step_is_described_where_it_was_lived() -> None:
    """Beyond the lived activities the limit is reached; at them the rule is a product."""
    points = lived(WEIGHTS, activity=0.2)
    found = behavior(limited, synapses((1,)), points)
    assert {name: part for name, part in found.parts.items() if part} == pytest.approx(
        {"pre·post": 1}
    )
    awake = behavior(limited, synapses((1,)), lived(WEIGHTS, activity=3))
    assert awake.unexplained > 0


def test_scaling_by_a_running_mean_has_words() -> None:
    found = behavior(homeostatic, synapses((0.1,)), as_in_a_network(False))
    assert "scales by −its trace: moves the weight towards 0 when its trace is positive" in (
        found.words(found.strength)
    )


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("own", ["weight", "trace"])
def test_every_product_has_a_phrase(own: str, sign: int) -> None:
    names = products({name: np.ones(1) for name in SIGNALS})
    phrases = [phrase(name, sign, own) for name in (*names, NONLINEAR)]
    assert len(set(phrases)) == len(names) + 1
    assert not any("{" in text for text in phrases)

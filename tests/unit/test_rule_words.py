"""Words for rules follow from numbers."""

from __future__ import annotations

import numpy as np
import pytest
from toys import oja

from metahebb.analysis.rule_words import behavior
from metahebb.plasticity import rule
from metahebb.plasticity.rules import RULES

ABCD = RULES["abcd"]


@rule
def curved(pre, /, A):
    """Δw = A·cos(3·pre), of which a third of the mean square is no constant and not linear."""
    return A * np.cos(3 * pre)


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
    np.testing.assert_allclose(list(found.parts.values()), [3, -2, 1, 0.5], rtol=1e-12)
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
    assert found.label(1.0) == "nearly still"
    assert found.words(0.5).startswith("constant drift up")


def test_rules_of_other_kinds() -> None:
    found = behavior(curved, synapses((1,)))
    assert found.fractions["nonlinear"] > 0.5
    assert found.words(1).startswith("nonlinear")
    # At weight 0 Oja's rule is Hebb's.
    assert behavior(oja, synapses((1,))).words(1).startswith("Hebbian")

"""What is said of a candidate that diverged, and of the coefficient that is to blame."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from toys import Toy

from metahebb.evolution.backends.base import Job
from metahebb.evolution.nonfinite import NONFINITE_ADVICE, RULE_ADVICE, reason_of
from metahebb.networks import FeedForward, Recurrent
from metahebb.plasticity import Bounds, Rule
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES
from metahebb.probes import parse_probes
from metahebb.worker import GivenPoint, Plan, Setup

TRACE = "pre, post, trace, /, A, tau{}: A * trace, (pre * post - trace) / tau"
DECAY = "pre, post, weight, /, eta, rate{}: eta * pre * post - rate * weight"
Change = Callable[[np.ndarray], None]


def rule_of(text: str, declared: str = "") -> Rule:
    signature, _, body = text.format(f"|{declared}" if declared else "").partition(":")
    return rule_from_source(f"def mine({signature.replace('|', ': ')}):\n    return {body}", "mine")


def told(rule: Rule, genes: Change, kind: str = "none", steps: int = 400,
         network: type = FeedForward, probes: tuple[str, ...] = ()) -> tuple[str, str]:  # fmt: skip
    described = network((4,), rule, Bounds(kind))
    setup = Setup.build(Toy(mortal=False), described, seed=1, probes=tuple(parse_probes(probes)))
    values = np.random.default_rng(0).normal(0, 0.1, setup.genome.n_genes).astype(np.float32)
    genes(values)
    return reason_of(setup, Job(Plan(0, steps), GivenPoint(values[None]), 1), 0)


def leave(genes: np.ndarray) -> None:
    """Change nothing."""


def at(place: int, value: float, others: float | None = None) -> Change:
    """Return what gives one gene a value, and all of the rule's coefficients ``others``."""

    def change(genes: np.ndarray) -> None:
        if others is not None:
            genes[:] = others
        genes[place] = value

    return change


@pytest.mark.parametrize("kind", ["none", "max_abs"])
def test_a_division_by_nearly_0_is_blamed_on_its_coefficient(kind: str) -> None:
    reason, advice = told(rule_of(TRACE), leave, kind)
    match = re.fullmatch(
        r"the trace of the rule mine is not finite from step (\d+) on \(layer [12], synapse "
        r"\d→\d counted from 0, where tau is (\S+)\)",
        reason,
    )
    assert match is not None, reason
    assert abs(float(match[2])) < 0.01
    assert "'tau: positive' or 'tau: bounded(0, 1)'" in advice
    assert "docs/howto/your-rule.md" in advice


def test_the_step_and_the_synapse_are_those_of_the_gene() -> None:
    """With a tau of 1e-15 and pre·post of about 0.1, a trace is 1e14, 1e29, and then infinite."""
    reason, _ = told(rule_of(TRACE), at(20 + 7, 1e-15, 1.0))
    assert reason.startswith("the trace of the rule mine is not finite from step 3 on")
    assert reason.endswith("(layer 1, synapse 2→1 counted from 0, where tau is 1e-15)")
    reason, _ = told(rule_of(TRACE), at(20 + 7, 0.0, 1.0))
    assert reason == (
        "the trace of the rule mine is not finite from step 1 on (layer 1, synapse 2→1 counted "
        "from 0, where tau is 0)"
    )


@pytest.mark.parametrize("network", [FeedForward, Recurrent])
def test_a_decay_that_explodes_is_blamed_on_its_rate(network: type) -> None:
    reason, advice = told(rule_of(DECAY), at(-1, 2.7), network=network)
    assert re.search(r"synapse 3→2 counted from 0, where rate is 2.7\)", reason), reason
    assert "rate: bounded(0, 1)" in advice


def test_a_range_that_is_too_wide_is_told() -> None:
    reason, advice = told(rule_of(TRACE, "positive"), at(20 + 7, -2.0, 0.0))
    assert "where tau is 0.135" in reason
    assert advice.startswith("declare a narrower range than 'tau: positive', or scale tau in the ")


def test_signals_are_blamed_where_no_coefficient_is() -> None:
    logs = rule_of("pre, post, /, A: A * np.log(1 - np.square(np.sign(post)))")
    reason, advice = told(logs, leave)
    assert re.search(r"Δw of the rule mine is not finite from step \d on .* post is", reason), (
        reason
    )
    assert advice == RULE_ADVICE


def test_genes_that_went_astray_are_told_with_advice_for_the_search() -> None:
    reason, advice = told(RULES["abcd"], at(3, np.nan))
    assert "where A is nan" in reason
    assert advice == NONFINITE_ADVICE
    _, advice = told(rule_of("pre, /, A, B: A * pre + B"), at(25, 1e37))
    assert advice == NONFINITE_ADVICE


def test_what_a_probe_did_at_birth_counts() -> None:
    reason, _ = told(rule_of(TRACE), at(0, 0.0, 1.0), probes=("drop_term:term=tau",))
    assert "where tau is 0)" in reason
    ranged = told(rule_of(TRACE, "positive"), at(0, 0.0, 1.0), probes=("drop_term:term=tau",))
    assert ranged == ("", NONFINITE_ADVICE)  # it has its mean, e


def test_nothing_is_said_of_a_rule_that_is_innocent() -> None:
    assert told(RULES["abcd_lr"], leave, steps=20) == ("", NONFINITE_ADVICE)
    static = told(RULES["static"], at(0, np.nan), steps=20)
    assert static == ("", NONFINITE_ADVICE)


def test_a_life_that_was_finite_is_not_blamed() -> None:
    assert told(rule_of(DECAY, "bounded(0, 1)"), at(-1, 50.0), steps=100) == ("", NONFINITE_ADVICE)

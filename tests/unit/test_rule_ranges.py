"""Ranges in a rule's signature: how they are read, kept, compiled and refused."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from metahebb.compiler import Fold, Range, bounded, fold_of, positive, translated
from metahebb.errors import InputError
from metahebb.genomes import GENOME_MAPS
from metahebb.networks import FeedForward
from metahebb.neurons import load_neuron
from metahebb.neurons.neuron import Neuron
from metahebb.plasticity import Rule, load_rule
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES
from metahebb.runs.serial import from_json, to_json


def of(signature: str, body: str = "A * pre") -> Rule:
    return rule_from_source(f"def mine({signature}):\n    return {body}", "mine")


@pytest.mark.parametrize(
    ("annotation", "wanted"),
    [
        ("positive", positive),
        ("'positive'", positive),
        ("mh.positive", positive),
        ("bounded(0, 1)", Range(0.0, 1.0)),
        ("bounded(-1.5, 2)", Range(-1.5, 2.0)),
        ("plasticity.bounded(0, 1)", Range(0.0, 1.0)),
        ("'bounded(0, 1)'", Range(0.0, 1.0)),
        ("float", None),
        ("np.float32", None),
    ],
)
def test_a_range_is_read_from_the_annotation(annotation: str, wanted: Range | None) -> None:
    mine = of(f"pre: float, /, A: {annotation}, B, *, limit: float = 1.0", "A * pre * B")
    assert mine.ranges == (wanted, None)
    assert mine.has_ranges == (wanted is not None)
    signature = ast.parse(mine.source).body[0].args  # type: ignore[attr-defined]
    kept = [a.annotation for a in (*signature.posonlyargs, *signature.args, *signature.kwonlyargs)]
    assert [each is not None for each in kept] == [False, wanted is not None, False, False]
    assert rule_from_source(mine.source, "mine") == mine


def test_what_is_imported_is_what_is_read() -> None:
    assert (positive, bounded(0, 1)) == of("pre, /, A: positive, B: bounded(0, 1)").ranges
    assert str(of("pre, /, A: bounded(-1, 1e-3)").ranges[0]) == "bounded(-1.0, 0.001)"


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("pre, /, A: postive", "'positive' or .* behind the colon of 'A' .* did you mean 'pos"),
        ("pre, /, A: 'postive'", "got 'postive'; did you mean 'positive'"),
        ("pre, /, A: Rate", "got 'Rate'; leave it out to declare nothing"),
        ("pre, /, A: positive()", "got 'positive"),
        ("pre, /, A: bounded", "two increasing numbers, bounded.* got bounded"),
        ("pre, /, A: bounded(1, 0)", r"got bounded\(1, 0\); write for example A: bounded\(0, 1\)"),
        ("pre, /, A: bounded(0)", "two increasing numbers"),
        ("pre, /, A: bounded(0, inf)", "two increasing numbers"),
        ("pre, /, A: bounded(0, 1e39)", "two increasing numbers"),
        ("pre, /, A: bounded(low=0, high=1)", "two increasing numbers"),
        ("pre: positive, /, A", "a range of what comes from genes only, .* 'pre' .*; leave it out"),
        ("pre, /, A, *, limit: bounded(0, 1) = 0.5", "of what comes from genes only, .* 'limit'"),
    ],
)
def test_what_is_no_range_is_refused(signature: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        of(signature)


def test_state_of_neurons_has_no_range() -> None:
    source = "def mine(drive, /, x: positive):\n    return x, x"
    with pytest.raises(InputError, match="one of 'x' in the signature of neuron 'mine'"):
        Neuron.from_source(source, "mine")
    assert Neuron.from_source(source.replace("positive", "float"), "mine").ranges == (None,)


def test_a_kernel_and_a_constant_know_nothing_of_ranges() -> None:
    free = of("pre, /, A, B, *, c=1.0", "A * pre + B * c")
    ranged = of("pre, /, A: positive, B: bounded(0, 1), *, c=1.0", "A * pre + B * c")
    assert translated(free, "delta") == translated(ranged, "delta")
    assert ranged.with_constants(c=2.0).ranges == ranged.ranges


def test_a_rule_is_checked_where_its_coefficients_can_be() -> None:
    for signature in ("pre, /, A: bounded(-2, -1)", "pre, /, A: bounded(0.1, 0.2)"):
        of(signature, "pre / (A - 0.5)")
    with pytest.raises(InputError, match="to be finite where all signals are zero"):
        of("pre, /, A", "pre / (A - 0.5)")
    assert of("pre, /, A: bounded(2, 4)", "pre * np.log(A - 1)").undefined_at() == ""


def test_a_config_keeps_ranges() -> None:
    network = FeedForward((3,), of("pre, /, A: positive, B: bounded(0, 1)", "A * pre + B"))
    data = json.loads(json.dumps(to_json(network)))
    assert "A: positive, B: bounded(0.0, 1.0)" in data["rule"]["source"]
    assert from_json(FeedForward, data, "network") == network


def test_a_scale_is_folded_where_coefficients_can_be() -> None:
    """With any number in its place, log(A) would have no value, and be no reason not to fold."""
    assert fold_of(of("pre, /, B, A: positive, eta", "eta * B * np.log(A) * pre")) == Fold(2, (0,))
    assert fold_of(of("pre, /, A: positive, eta: positive", "eta * abs(A) * pre".replace(
        "abs", "np.abs"))) is None  # fmt: skip
    # Of a quotient, both sides could be scaled; for an eta of 0 that would be 0 / 0.
    quotient = "eta * A * pre + B / tau"
    assert fold_of(of("pre, /, A, B, tau: positive, eta", quotient)) == Fold(3, (0,))


def test_the_shipped_rules_that_declare_ranges() -> None:
    ranges = {name: rule.ranges for name, rule in RULES.items() if rule.has_ranges}
    part = bounded(0.0, 1.0)
    assert ranges == {"plastic_trace": (None, part), "gained_perturbation": (part,)}


@pytest.mark.parametrize("name", ["reward", "r", "Dopamine"])
def test_a_reward_is_called_modulator(name: str) -> None:
    with pytest.raises(
        InputError, match=f"got '{name}'; did you mean 'modulator'. a reward .* --modulator reward"
    ):
        of(f"pre, {name}, /, A")
    assert of(f"pre, /, {name}", name).coefficients == (name,)


GOOD_AND_BAD = """
from metahebb.neurons import neuron
from metahebb.plasticity import rule

@rule
def good(pre, /, A):
    return A * pre

@rule
def bad(pre, reward, /, A):
    return A * pre

@neuron
def bent(drive, /):
    return drif

LATER = 1
"""


def test_one_bad_rule_does_not_block_the_others(tmp_path: Path) -> None:
    path = tmp_path / "rules.py"
    path.write_text(GOOD_AND_BAD, encoding="utf-8")
    assert load_rule(f"{path}:good").coefficients == ("A",)
    with pytest.raises(InputError, match=r"^expected a signal in rule 'bad' .* mean 'modulator'"):
        load_rule(f"{path}:bad")
    message = (
        r"expected a rule in .* among good, got 'god'; did you mean 'good'\? \(refused there: bad; "
        r"'bad' because of: expected a signal in rule 'bad'"
    )
    with pytest.raises(InputError, match=message):
        load_rule(f"{path}:god")


def test_a_file_of_bad_rules_says_what_is_bad(tmp_path: Path) -> None:
    path = tmp_path / "rules.py"
    path.write_text(GOOD_AND_BAD.replace("A * pre", "A * pro"), encoding="utf-8")
    message = r"expected an @rule in .*, got no valid one \(refused there: good, bad; 'good' becaus"
    with pytest.raises(InputError, match=message):
        load_rule(f"{path}:goods")


def test_a_bad_neuron_is_told_when_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rules.py"
    path.write_text(GOOD_AND_BAD, encoding="utf-8")
    with pytest.raises(InputError, match=r"got the global 'drif' \(line 3 of neuron 'bent'\)"):
        load_neuron(f"{path}:bent")


def test_a_bad_rule_does_not_block_a_class_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "parts.py"
    text = GOOD_AND_BAD + (
        "from dataclasses import dataclass\nfrom metahebb.genomes import Shared\n"
        "@dataclass(frozen=True)\nclass Mine(Shared): pass\n"
    )
    path.write_text(text, encoding="utf-8")
    assert GENOME_MAPS.find(f"{path}:Mine")().rules == 16  # type: ignore[attr-defined]


def test_using_a_refused_rule_raises_its_error(tmp_path: Path) -> None:
    path = tmp_path / "rules.py"
    for use in ("bad.with_constants(x=1)", "bad(1.0, 2.0, 3.0)"):
        path.write_text(GOOD_AND_BAD.replace("LATER = 1", use), encoding="utf-8")
        with pytest.raises(InputError, match="expected a signal in rule 'bad'"):
            load_rule(f"{path}:good")


def test_a_range_that_is_not_imported_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.py"
    path.write_text(GOOD_AND_BAD.replace("pre, /, A", "pre, /, A: positive"), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"to import positive, .* from metahebb.plasticity import p"
    ):
        load_rule(f"{path}:good")
    future = "from __future__ import annotations\n" + path.read_text(encoding="utf-8")
    path.write_text(future, encoding="utf-8")
    assert load_rule(f"{path}:good").ranges == (positive,)

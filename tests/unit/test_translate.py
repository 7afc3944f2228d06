"""From a rule's text to that of its compiled function: float32 throughout, and the same values."""

from __future__ import annotations

import re

import numpy as np
import pytest

from metahebb.compiler import translated
from metahebb.compiler.tanh import LIMIT
from metahebb.plasticity import Bounds, compile_kernel
from metahebb.plasticity.reference import Layer, update
from metahebb.plasticity.rule import rule_from_source

ULP = 2.0**-23
SIGNATURE = "def mine(pre, post, weight, /, A, B):\n"

TRANSLATIONS = {
    "0.5 * pre": "f32(0.5) * pre",
    "2 * pre": "f32(2) * pre",
    "pre ** 2": "pre * pre",
    "pre ** 3": "pre * pre * pre",
    "pre ** 9": "pre ** f32(9)",
    "pre ** 0.5": "pre ** f32(0.5)",
    "np.square(pre + A)": "(pre + A) * (pre + A)",
    "np.pi * numpy.e": "f32(np.pi) * f32(numpy.e)",
    "np.where(pre > 0, A, 1)": "A if pre > f32(0) else f32(1)",
    "np.tanh(pre)": "tanh(pre)",
    "np.sign(pre)": "np.sign(pre)",
}


@pytest.mark.parametrize("formula", TRANSLATIONS)
def test_translation(formula):
    rule = rule_from_source(f"{SIGNATURE}    return {formula}", "mine")
    assert translated(rule, "delta").endswith(f"    return {TRANSLATIONS[formula]}")


def test_docstring_and_name_of_the_rule_leave_no_trace():
    one = rule_from_source("def one(pre, /, A):\n    'Δw = A.'\n    return A * pre", "one")
    two = rule_from_source("def two(pre, /, A):\n    return A * pre", "two")
    assert (
        translated(one, "delta")
        == translated(two, "delta")
        == "def delta(pre, /, A):\n    return A * pre"
    )


def test_folded_coefficient_is_the_constant_one():
    rule = rule_from_source("def mine(pre, /, A, eta):\n    return eta * A * pre", "mine")
    assert (
        translated(rule, "delta", 1)
        == "def delta(pre, /, A):\n    eta = f32(1.0)\n    return eta * A * pre"
    )


def test_constants_are_literals():
    rule = rule_from_source("def mine(pre, /, A, *, k=2):\n    return A * pre * k", "mine")
    wanted = "def delta(pre, /, A):\n    k = f32(2.0)\n    return A * pre * k"
    assert translated(rule, "delta") == wanted


# Everything that may stand in a rule, in two, lest a compilation be slow.
ARITHMETIC = f"""{SIGNATURE}
    bent = 0.5 * pre ** 2 + 2 * np.pi - post ** 3 / 7
    active = (pre > 0.1) & np.logical_not(post > 0)
    gated = np.where(np.logical_or(active, weight < 0), A, 0.25)
    return np.clip(bent * gated, -1, 1) - 0.1 * weight * (post >= 0) + np.e * B % 2
"""
FUNCTIONS = f"""{SIGNATURE}
    smooth = np.tanh(3 * pre) + np.exp(-post) * np.sin(pre) - np.cos(2 * weight)
    rooted = np.sqrt(np.abs(pre)) + np.log(1 + np.square(post)) + np.power(np.abs(A), 1.5)
    bounded = np.maximum(pre, -0.3) - np.minimum(0.4, post)
    return smooth + rooted * np.sign(weight) * np.logical_and(pre > 0, True) + bounded * B ** -1
"""


@pytest.mark.parametrize(
    ("source", "operands"),
    [(ARITHMETIC, r"<\d+ x float>"), (FUNCTIONS, "float")],  # exp and its like stay scalar
    ids=["arithmetic", "functions"],
)
def test_compiled_rule_is_float32_throughout_and_equals_the_reference(
    source, operands, tmp_path, monkeypatch
):
    # Compiled anew, because numba keeps the intermediate code of fresh functions only.
    monkeypatch.setenv("METAHEBB_CACHE", str(tmp_path))
    rule = rule_from_source(source, "mine")
    kernel = compile_kernel(rule, Bounds("none"), "")
    rng = np.random.default_rng(0)
    n_out, n_in = 13, 37  # rows along inputs
    pre, post, inputs = (rng.uniform(-1, 1, n).astype(np.float32) for n in (n_in, n_out, n_in))
    weights = rng.uniform(-1, 1, (n_out, n_in)).astype(np.float32)
    coefficients = rng.uniform(0.5, 1, (2, n_out, n_in)).astype(np.float32)
    layer = Layer(weights.copy(), np.empty(0, np.float32), coefficients)
    expected = update(rule, Bounds("none"), layer, pre, post).weights
    drive = np.zeros(n_out, np.float32)
    one = np.float32(1)
    scale = kernel.sweep(
        weights.ravel(), layer.trace, coefficients.ravel(), pre, post, inputs, drive,
        one, one, np.zeros(n_out, np.float32),
    )  # fmt: skip
    assert scale == 1
    np.testing.assert_allclose(weights, expected, rtol=0, atol=32 * ULP)
    np.testing.assert_allclose(drive, weights @ inputs, rtol=0, atol=n_in * 4 * ULP)
    for function in (kernel.sweep_by_output, kernel.sweep_by_input):
        code = native_code(function)
        assert re.search(f"fmul .*{operands}", code)
        assert not re.findall(r"^.*\bdouble\b.*$", code, re.MULTILINE)


def native_code(function):
    """Return the optimized code of a function, without what unpacks its arguments for Python."""
    (code,) = function.inspect_llvm().values()
    return "".join(part for part in code.split("\ndefine ") if "cpython" not in part.split("(")[0])


def test_tanh_is_within_its_promise(tmp_path, monkeypatch):
    monkeypatch.setenv("METAHEBB_CACHE", str(tmp_path))
    rule = rule_from_source("def mine(pre, /, A):\n    return A * pre", "mine")
    tanh = compile_kernel(rule, Bounds("clip", 3.0), "").tanh
    x = np.concatenate([np.linspace(-LIMIT - 1, LIMIT + 1, 4001), np.geomspace(1e-30, 1, 1000)])
    ours = np.array([tanh(value) for value in x.astype(np.float32)])
    np.testing.assert_allclose(ours, np.tanh(x), rtol=0, atol=5e-7)
    assert np.abs(ours).max() == 1
    assert tanh(np.float32(np.inf)) == 1
    assert tanh(np.float32(0)) == 0
    assert np.isnan(tanh(np.float32(np.nan)))

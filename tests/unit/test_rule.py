"""What may be a rule, and what is said when something may not."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from toys import oja

from metahebb.errors import InputError
from metahebb.plasticity import Bounds, load_rule, rule
from metahebb.plasticity.reference import Layer, update
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES

SCALE = 3.0


def test_signature_is_read_in_order():
    assert (oja.name, oja.signals, oja.coefficients) == ("oja", ("pre", "post", "weight"), ("eta",))
    assert not oja.has_trace
    assert oja(2.0, 3.0, 0.5, 0.1) == pytest.approx(0.1 * 3 * (2 - 3 * 0.5))


def test_formula_without_a_docstring_is_the_returned_expression():
    assert define("return A * pre").formula == "A * pre"


def test_what_runs_is_the_checked_text_alone():
    """Whatever ``np`` means where the rule stands, in the rule it is NumPy."""
    np = None

    @rule
    def mine(pre, /, A):
        return A * np.tanh(pre)

    assert mine(0.0, 2.0) == 0.0


def define(body: str, signature: str = "pre, /, A", name: str = "mine"):
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return rule_from_source(f"def {name}({signature}):\n{lines}", name)


def test_constants_have_the_values_of_their_defaults_or_those_given():
    mine = define("return np.minimum(A * pre, limit)", "pre, /, A, *, limit=2.0, floor=-1")
    assert mine.constants == (("limit", 2.0), ("floor", -1.0))
    assert (mine.coefficients, mine(5.0, 1.0)) == (("A",), 2.0)
    higher = mine.with_constants(limit=3)
    assert (higher(5.0, 1.0), higher.with_constants(floor=-2.5).constants[1][1]) == (3.0, -2.5)
    assert higher != mine
    assert pickle.loads(pickle.dumps(higher)) == higher  # what a worker and a run folder get


def test_a_constant_that_is_not_there_is_refused():
    mine = define("return np.minimum(A * pre, limit)", "pre, /, A, *, limit=2.0")
    with pytest.raises(InputError, match="constant of rule 'mine' among limit, got 'limmit'; did"):
        mine.with_constants(limmit=1)
    with pytest.raises(InputError, match="expected no constants, got 'limit': 'oja' has none"):
        oja.with_constants(limit=1)


REFUSED = {
    "misspelt signal": (
        "pre, pots, /, A",
        "return A * pre",
        "expected a signal in rule 'mine' among .*, got 'pots'; did you mean 'post'",
    ),
    "missing slash": (
        "pre, post, A",
        "return A * pre",
        "expected a slash in rule 'mine' .*, got none; write for example def",
    ),
    "signal after the slash": (
        "pre, /, A, post",
        "return A * pre",
        "expected signal 'post' before the slash .*, got it among the coefficients; move it",
    ),
    "defaults": ("pre, /, A=1", "return A * pre", "expected .* plain arguments, got .*; write def"),
    "varargs": ("pre, /, *A", "return pre", "expected .* plain arguments, got .*; write def"),
    "constant without a value": (
        "pre, /, *, A",
        "return pre",
        "expected a finite number as the default of constant 'A' .*, got none; write for example",
    ),
    "constant that is no number": (
        "pre, /, *, limit='low'",
        "return pre",
        "expected a finite number as the default of constant 'limit' .*, got 'low'; write for",
    ),
    "a name of the kernel": (
        "pre, /, tanh",
        "return tanh * pre",
        "expected a name of your own, got 'tanh' .*; choose another",
    ),
    "if": (
        "pre, /, A",
        "if pre > 0:\n    return A\nreturn pre",
        r"expected np.where, got an 'if' \(line 2 of rule 'mine'\); write np.where",
    ),
    "ternary": (
        "pre, /, A",
        "return A if pre > 0 else pre",
        r"expected np.where, got an 'if' \(line 2 of rule 'mine'\); write np.where",
    ),
    "loop": (
        "pre, /, A",
        "y = 0.0\nfor _ in A:\n    y = y + pre\nreturn y",
        r"expected arithmetic .*, got 'for' \(line 3 of rule 'mine'\); a rule has no loops",
    ),
    "lambda": ("pre, /, A", "return (lambda: A)()", "expected .*, got (another call|'lambda')"),
    "and": ("pre, /, A", "return A * (pre > 0 and A > 0)", "got 'boolop' .*; a rule has no"),
    "not": ("pre, /, A", "return A * (not pre)", "expected arithmetic .*, got 'not'"),
    "matrix product": ("pre, /, A", "return A @ pre", "expected arithmetic .*, got 'matmult'"),
    "chained comparison": (
        "pre, /, A",
        "return A * (0 < pre < 1)",
        "expected one comparison at a time, got a chain .*; write np.logical_and",
    ),
    "global": (
        "pre, /, A",
        "return SCALE * A * pre",
        r"expected only signals.*, got the global 'SCALE' \(line 2 .*; write its value as a number",
    ),
    "name before its value": ("pre, /, A", "y = y + pre\nreturn y", "got the global 'y'"),
    "augmented assignment": (
        "pre, /, A",
        "A *= pre\nreturn A",
        r"expected a line like .*, got 'A \*= pre' .*; write A = A \* pre",
    ),
    "two names at once": ("pre, /, A", "x, y = A, pre\nreturn x * y", "expected .*, got 'tuple'"),
    "assignment to NumPy": (
        "pre, /, A",
        "np.pi = A\nreturn pre",
        "expected lines like 'name = formula' .*, got another .*; give each",
    ),
    "string": (
        "pre, /, A",
        "y = 'x'\nreturn pre",
        "expected a number, got 'x' .*; a rule computes",
    ),
    "other module": ("pre, /, A", "return A.real", r"expected attributes of np only, got .real"),
    "NumPy function that is not allowed": (
        "pre, /, A",
        "return A * np.tan(pre)",
        "expected a NumPy function in line 2 .* among .*, got 'tan'; did you mean 'tanh'",
    ),
    "builtin": ("pre, /, A", "return abs(pre)", r"expected a call like .*, got abs\(…\).*np.abs$"),
    "max": ("pre, /, A", "return max(A, pre)", r"got max\(…\) \(line 2 .*\); write np.maximum$"),
    "unknown call": ("pre, /, A", "return tan(pre)", r"got tan\(…\) .*; use abs, clip, .* of np$"),
    "typo": ("pre, /, A", "return A * prre", "the global 'prre' .*; did you mean 'pre'"),
    "undeclared signal": ("pre, /, A", "return A * post", "add the signal post before the slash$"),
    "keyword argument": ("pre, /, A", "return np.clip(pre, 0, a_max=A)", "got 'keyword'"),
    "too few arguments": (
        "pre, /, A",
        "return A * np.clip(pre, 0)",
        r"expected 3 argument\(s\) for np.clip, got 2 .*; give all",
    ),
    "no return": ("pre, /, A", "y = A * pre", "expected .* to end with a return, got none; write"),
    "docstring alone": ("pre, /, A", "'Δw = 0.'", "expected .* to end with a return, got none"),
    "early return": ("pre, /, A", "return A\nreturn pre", "expected lines like .*, got another"),
    "two values without a trace": (
        "pre, /, A",
        "return A * pre, pre",
        r"to return Δw alone, got 2 value\(s\); declare 'trace'",
    ),
    "one value with a trace": (
        "pre, trace, /, A",
        "return A * pre * trace",
        r"to return \(Δw, Δtrace\), .*, got 1 value\(s\); declare 'trace'",
    ),
    "infinite at rest": (
        "pre, post, /, A",
        "return A * pre / post",
        "expected rule 'mine' to be finite where all signals are zero, got nan; guard divisions",
    ),
    "infinite trace at rest": (
        "pre, trace, /, A",
        "return A * trace, np.log(pre)",
        "expected rule 'mine' to be finite where all signals are zero, got .*; guard divisions",
    ),
    "error at rest": (
        "pre, /, A",
        "return A * pre * (1 / 0)",
        "expected rule 'mine' to compute numbers .*, got ZeroDivisionError.*; mend",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_rules_say_why(case):
    signature, body, message = REFUSED[case]
    with pytest.raises(InputError, match=message) as caught:
        define(body, signature)
    assert "\n" not in str(caught.value)


def test_decorator_refuses_at_definition():
    with pytest.raises(InputError, match="got the global 'SCALE'"):

        @rule
        def mine(pre, /, A):
            return SCALE * A * pre


@pytest.mark.parametrize(
    "source",
    [
        "def mine(pre, /, A):\n    return A * pre\nraise SystemExit",
        "mine = 3",
        "class mine: pass",
        "async def mine(pre, /): return pre",
    ],
)
def test_source_is_one_function(source):
    """A run folder's text must not be able to run anything beside the rule."""
    with pytest.raises(InputError, match="expected a rule to be one function, got something else"):
        rule_from_source(source, "mine")


def test_decorators_and_annotations_of_a_stored_rule_do_not_run():
    source = "@boom()\ndef mine(pre: boom(), /, A) -> boom():\n    return A * pre"
    assert rule_from_source(source, "mine")(3, 2) == 6
    with pytest.raises(
        InputError, match=r"behind the colon of 'A' .* got 'boom\(\)'; leave it out"
    ):
        rule_from_source(source.replace("A)", "A: boom())"), "mine")


def test_source_of_another_rule():
    with pytest.raises(InputError, match="expected the source of rule 'yours', got that of 'oja'"):
        rule_from_source(oja.source, "yours")


def test_source_that_is_not_python():
    with pytest.raises(InputError, match=r"expected a rule in valid Python, got .*; mend it"):
        rule_from_source("def mine(pre, /:", "mine")


def test_rule_without_a_file():
    namespace = {"rule": rule}
    with pytest.raises(
        InputError, match=r"expected rule 'mine' to be defined in a file.*; save it"
    ):
        exec("@rule\ndef mine(pre, /, A):\n    return A * pre", namespace)


FILE = """
import numpy as np
from metahebb.plasticity import rule

@rule
def my_rule(pre, post, /, A):
    'My own.'
    return A * np.tanh(pre) * post
"""


def test_rule_of_a_users_file(tmp_path):
    path = tmp_path / "my_rules.py"
    path.write_text(FILE)
    mine = load_rule(f"{path}:my_rule")
    assert (mine.name, mine.coefficients, mine.formula) == ("my_rule", ("A",), "My own.")
    assert mine(0.5, 2.0, 3.0) == 6 * np.tanh(0.5)


def test_shipped_rules_are_found_in_published_spelling():
    assert load_rule("ABCD_lr_D_out") is RULES["abcd_lr_d_out"]


CONSTANT_FILE = """
from metahebb.plasticity import rule

@rule
def bounded(pre, /, A, *, limit=2.0):
    return A * pre + limit
"""


def test_constants_are_set_behind_the_name_of_a_rule(tmp_path):
    path = tmp_path / "my_rules.py"
    path.write_text(CONSTANT_FILE)
    assert load_rule(f"{path}:bounded:limit=0.5").constants == (("limit", 0.5),)
    with pytest.raises(
        InputError, match="expected each constant once, as NAME=NUMBER, got 'limit=x"
    ):
        load_rule(f"{path}:bounded:limit=x")


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (None, "abcd_rl", "expected a rule among .*, got 'abcd_rl'; did you mean 'abcd_lr'"),
        (None, "gone.py:my_rule", "expected FILE.py:RULE with an existing file, got .*; check"),
        (FILE, "{path}", r"expected FILE.py:RULE, got .*; name a rule in it: .*\.py:my_rule$"),
        (FILE, "{path}:", r"expected FILE.py:RULE, got .*; name a rule in it: .*\.py:my_rule$"),
        (FILE, "{path}:my_rule:", r"expected FILE.py:RULE, got .*; write .*\.py:my_rule$"),
        (
            FILE + "\ndef bare(pre, /, A):\n    return A\n",
            "{path}:bare",
            r"^expected a rule, got the function bare without @rule \(my_rules.py:\d+\); write "
            "@rule above it$",
        ),
        (FILE, "{path}:my_role", "expected a rule in .* among my_rule, got .*mean 'my_rule'"),
        ("x = 1", "{path}:my_rule", "expected an @rule in .*, got none; decorate it"),
        ("1 / 0", "{path}:my_rule", "expected .* to import cleanly, got ZeroDivision.*; mend"),
        ("def", "{path}:my_rule", "expected .* to import cleanly, got SyntaxError.*; mend"),
        ("raise SystemExit(3)", "{path}:my_rule", r"got SystemExit: 3 \(.*:1\); mend"),
        (FILE.replace("post,", "pst,"), "{path}:my_rule", "got 'pst'; did you mean 'post'"),
    ],
)
def test_rules_that_cannot_be_found_say_why(tmp_path, text, name, message):
    path = tmp_path / "my_rules.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_rule(name.format(path=path))


def test_reference_stays_float32():
    """np.where on literals makes float64 in NumPy; the kernel computes in float32."""
    stepper = define("return A * np.where(pre > 0, 1.0, 0.5)")
    ones = np.ones((2, 3), np.float32)
    signals = np.ones(3, np.float32), np.ones(2, np.float32)
    new = update(stepper, Bounds("none"), Layer(ones, ones, ones[None]), *signals)
    assert new.weights.dtype == np.float32
    np.testing.assert_array_equal(new.weights, 2 * ones)


def test_normalizations():
    weights = np.array([[0.5, -2.0], [1.0, 0.0]], np.float32)
    np.testing.assert_array_equal(Bounds("max_abs").apply(weights), weights / 2)
    np.testing.assert_array_equal(Bounds("max_abs").apply(weights / 8), weights / 2)
    np.testing.assert_array_equal(Bounds("clip", 0.75).apply(weights), [[0.5, -0.75], [0.75, 0.0]])
    np.testing.assert_array_equal(Bounds("none").apply(weights), weights)
    np.testing.assert_array_equal(Bounds("max_abs").apply(weights * 0), weights * 0)


@pytest.mark.parametrize("limit", [0.0, -1.0, np.inf, np.nan])
def test_clip_limit_must_be_positive(limit):
    with pytest.raises(InputError, match=r"expected a positive clip limit, got .*; use"):
        Bounds("clip", limit)


def test_unknown_normalization():
    with pytest.raises(InputError, match="got 'maxabs'; did you mean 'max_abs'"):
        Bounds("maxabs")

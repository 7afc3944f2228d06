"""What may stand in a rule: checked on its text, before anything runs."""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass

from metahebb.errors import InputError, unknown_name

SIGNALS = ("pre", "post", "weight", "trace", "modulator")
"""What a synapse can sense: presynaptic and postsynaptic activity, its own weight, its own trace,
and one number per network that says how the life goes (a neuromodulator)."""

FUNCTIONS = {
    **dict.fromkeys(("abs", "cos", "exp", "log", "sign", "sin", "sqrt", "square", "tanh"), 1),
    **dict.fromkeys(("maximum", "minimum", "power", "logical_and", "logical_or"), 2),
    **{"logical_not": 1, "where": 3, "clip": 3},
}
"""NumPy functions that a rule may call, with the number of their arguments."""

CONSTANTS = frozenset({"pi", "e"})

_ALLOWED = (
    ast.FunctionDef,
    ast.arguments,
    ast.arg,
    ast.Assign,
    ast.Return,
    ast.Expr,
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Call,
    ast.Name,
    ast.Constant,
    ast.Attribute,
    ast.expr_context,
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Pow, ast.BitAnd, ast.BitOr),
    *(ast.USub, ast.UAdd),
    *(ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq),
)

_TAKEN = frozenset({"np", "numpy", "f32", "tanh", "delta"})
"""Names that a kernel uses for its own."""


@dataclass(frozen=True)
class ParsedRule:
    """Name, signature and undecorated source of a rule."""

    name: str
    signals: tuple[str, ...]
    coefficients: tuple[str, ...]
    source: str


def check_source(source: str) -> ParsedRule:
    """Parse a rule's text and refuse what cannot become a kernel.

    Raises:
        InputError: with the rule's name, the line within it, and the remedy.
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise InputError(f"expected a rule in valid Python, got {error}; mend it") from None
    if len(statements) != 1 or not isinstance(statements[0], ast.FunctionDef):
        raise InputError("expected a rule to be one function, got something else; write 'def'")
    node = statements[0]
    signals, coefficients = _signature(node)
    node.decorator_list = []
    node.returns = None
    for argument in (*node.args.posonlyargs, *node.args.args):
        argument.annotation = None
    _check_body(node, {*signals, *coefficients})
    return ParsedRule(node.name, signals, coefficients, ast.unparse(node) + "\n")


def _signature(node: ast.FunctionDef) -> tuple[tuple[str, ...], tuple[str, ...]]:
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults:
        raise InputError(
            f"expected rule {node.name!r} to have plain arguments, got *, ** or defaults; "
            "write def name(signals, /, coefficients)"
        )
    signals = tuple(a.arg for a in arguments.posonlyargs)
    coefficients = tuple(a.arg for a in arguments.args)
    if not signals:
        raise InputError(
            f"expected a slash in rule {node.name!r} between signals and coefficients, got none; "
            "write for example def my_rule(pre, post, /, A, B)"
        )
    for name in signals:
        if name not in SIGNALS:
            raise unknown_name(f"signal in rule {node.name!r}", name, SIGNALS)
    for name in coefficients:
        _check_free(name, f"signature of rule {node.name!r}")
        if name in SIGNALS:
            raise InputError(
                f"expected signal {name!r} before the slash of rule {node.name!r}, got it among "
                "the coefficients; move it to the front"
            )
    return signals, coefficients


def _check_body(node: ast.FunctionDef, known: set[str]) -> None:
    known = set(known)
    body = node.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    if not body or not isinstance(body[-1], ast.Return) or body[-1].value is None:
        raise InputError(
            f"expected rule {node.name!r} to end with a return, got none; write return Δw"
        )
    for statement in body[:-1]:
        for child in ast.walk(statement):
            _check_node(node, child, known)
        known.add(_assigned(node, statement))
    changes = _returned(node, body[-1].value)
    for child in itertools.chain.from_iterable(map(ast.walk, changes)):
        _check_node(node, child, known)


def _assigned(rule: ast.FunctionDef, statement: ast.stmt) -> str:
    """Return the name that a line of a rule's body gives a value to."""
    where = f"line {statement.lineno} of rule {rule.name!r}"
    if (
        isinstance(statement, ast.Assign)
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
    ):
        _check_free(statement.targets[0].id, where)
        return statement.targets[0].id
    raise InputError(
        f"expected lines like 'name = formula' before the return, got another ({where}); "
        "give each intermediate value a name of its own"
    )


def _check_free(name: str, where: str) -> None:
    if name in _TAKEN:
        raise InputError(f"expected a name of your own, got {name!r} ({where}); choose another")


def _returned(node: ast.FunctionDef, value: ast.expr) -> list[ast.expr]:
    """Return the expressions of Δw and, where the rule keeps one, of Δtrace."""
    changes = value.elts if isinstance(value, ast.Tuple) else [value]
    has_trace = any(a.arg == "trace" for a in node.args.posonlyargs)
    if len(changes) != 1 + has_trace:
        wanted = "(Δw, Δtrace), since it reads a trace" if has_trace else "Δw alone"
        raise InputError(
            f"expected rule {node.name!r} to return {wanted}, got {len(changes)} value(s); "
            "declare 'trace' among the signals if and only if the rule keeps one"
        )
    return changes


def _check_node(rule: ast.FunctionDef, node: ast.AST, known: set[str]) -> None:
    where = f"line {getattr(node, 'lineno', rule.lineno)} of rule {rule.name!r}"
    if isinstance(node, (ast.If, ast.IfExp)):
        raise InputError(f"expected np.where, got an 'if' ({where}); write np.where(test, a, b)")
    if not isinstance(node, _ALLOWED):
        got = type(node).__name__.lower()
        raise InputError(
            f"expected arithmetic and NumPy scalar functions, got {got!r} ({where}); "
            "a rule has no loops, branches, containers or nested functions"
        )
    if isinstance(node, ast.Attribute):
        _check_attribute(node, where)
    elif isinstance(node, ast.Call):
        _check_call(node, where)
    elif isinstance(node, ast.Compare) and len(node.ops) > 1:
        raise InputError(
            f"expected one comparison at a time, got a chain ({where}); "
            "write np.logical_and(a < b, b < c)"
        )
    elif isinstance(node, ast.Constant) and type(node.value) not in (int, float, bool):
        raise InputError(
            f"expected a number, got {node.value!r} ({where}); a rule computes with float32 only"
        )
    elif (
        isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and node.id not in known | {"np", "numpy"}
    ):
        raise InputError(
            f"expected only signals, coefficients and local names, got the global {node.id!r} "
            f"({where}); write its value as a number or make it a coefficient after the slash"
        )


def _check_attribute(node: ast.Attribute, where: str) -> None:
    if not (isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy")):
        raise InputError(
            f"expected attributes of np only, got .{node.attr} ({where}); write np.{node.attr}"
        )
    if node.attr not in FUNCTIONS.keys() | CONSTANTS:
        raise unknown_name(f"NumPy function in {where}", node.attr, FUNCTIONS.keys() | CONSTANTS)


def _check_call(node: ast.Call, where: str) -> None:
    if not isinstance(node.func, ast.Attribute):
        raise InputError(
            f"expected a call like np.tanh(x), got another call ({where}); use NumPy's functions"
        )
    name, wanted = node.func.attr, FUNCTIONS.get(node.func.attr)
    if wanted is not None and len(node.args) + len(node.keywords) != wanted:
        raise InputError(
            f"expected {wanted} argument(s) for np.{name}, got "
            f"{len(node.args) + len(node.keywords)} ({where}); give all of them"
        )

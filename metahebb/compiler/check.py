"""What may stand in a scalar function: checked on its text, before anything runs."""

from __future__ import annotations

import ast
import difflib
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from metahebb.compiler.ranges import Range, declares_range, read_range
from metahebb.errors import InputError, unknown_name

FUNCTIONS = {
    **dict.fromkeys(("abs", "cos", "exp", "log", "sign", "sin", "sqrt", "square", "tanh"), 1),
    **dict.fromkeys(("maximum", "minimum", "power", "logical_and", "logical_or"), 2),
    **{"logical_not": 1, "where": 3, "clip": 3},
}
"""NumPy functions that a scalar function may call, with the number of their arguments."""

_NUMPYS = {"max": "maximum", "min": "minimum", "pow": "power"}
"""NumPy's names of Python's own functions, where the names differ."""

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

_TAKEN = frozenset({"np", "numpy", "f32", "tanh", "squash", "delta"})
"""Names that a kernel uses for its own."""

Names = tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """What scalar functions of one kind take and return.

    Attributes:
        kind: the word for such a function: ``rule``, ``neuron``.
        input: the word for an argument before the slash, such as ``signal``.
        inputs: the names that an argument before the slash may have.
        parameters: the word for the arguments after the slash, such as ``coefficients``.
        example: a whole signature, for messages.
        returns: gives, from the names before and after the slash, how many values the function
            returns, those values in words, and what to do if they are fewer or more.
    """

    kind: str
    input: str
    inputs: Names
    parameters: str
    example: str
    returns: Callable[[Names, Names], tuple[int, str, str]]
    has_genes: bool = False
    advice: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Parsed:
    """Name, signature and undecorated source of a scalar function.

    The source keeps the declared ranges of parameters, and no other annotation.
    """

    name: str
    inputs: Names
    parameters: Names
    ranges: tuple[Range | None, ...]
    constants: tuple[tuple[str, float], ...]
    source: str


def check_source(source: str, language: Language) -> Parsed:
    """Parse a function's text and refuse what cannot become a kernel.

    Raises:
        InputError: with the function's name, the line within it, and the remedy.
    """
    kind = language.kind
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise InputError(f"expected a {kind} in valid Python, got {error}; mend it") from None
    if len(statements) != 1 or not isinstance(statements[0], ast.FunctionDef):
        raise InputError(f"expected a {kind} to be one function, got something else; write 'def'")
    node = statements[0]
    checker = _Checker(node, language)
    node.decorator_list = []
    node.returns = None
    for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        argument.annotation = None
    for argument, declared in zip(node.args.args, checker.ranges, strict=True):
        if declared is not None:
            argument.annotation = ast.parse(str(declared), mode="eval").body
    checker.check_body()
    return Parsed(
        node.name,
        checker.inputs,
        checker.parameters,
        checker.ranges,
        checker.constants,
        ast.unparse(node) + "\n",
    )


class _Checker:
    """One function under examination; the constructor reads its signature."""

    def __init__(self, node: ast.FunctionDef, language: Language) -> None:
        self.node, self.language = node, language
        self.whose = f"{language.kind} {node.name!r}"
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.defaults:
            raise InputError(
                f"expected {self.whose} to have plain arguments, got *args, ** or a default before "
                f"the star; write {language.example}"
            )
        self.inputs = tuple(a.arg for a in arguments.posonlyargs)
        self.parameters = tuple(a.arg for a in arguments.args)
        self.constants = self._constants()
        self._check_names()
        self.ranges = self._ranges()

    def _constants(self) -> tuple[tuple[str, float], ...]:
        arguments = self.node.args
        pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        return tuple((a.arg, self._number(a.arg, default)) for a, default in pairs)

    def _number(self, name: str, default: ast.expr | None) -> float:
        """Return the number that stands as a constant's default."""
        got = "none" if default is None else ast.unparse(default)
        try:
            value = float(got)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(
                f"expected a finite number as the default of constant {name!r} of {self.whose}, "
                f"got {got}; write for example *, {name}=0.5"
            )
        return value

    def _ranges(self) -> tuple[Range | None, ...]:
        """Return the range that each parameter is declared to have; None: none is declared."""
        arguments, language = self.node.args, self.language
        evolved = arguments.args if language.has_genes else []
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if argument not in evolved and declares_range(argument.annotation):
                raise InputError(
                    f"expected a range of what comes from genes only, the coefficients of a rule, "
                    f"got one of {argument.arg!r} in the signature of {self.whose}; leave it out"
                )
        if not evolved:
            return (None,) * len(self.parameters)
        return tuple(read_range(a.annotation, a.arg, self.whose) for a in evolved)

    def _check_names(self) -> None:
        language = self.language
        if not self.inputs:
            raise InputError(
                f"expected a slash in {self.whose} between {language.input}s and "
                f"{language.parameters}, got none; write for example {language.example}"
            )
        for name in self.inputs:
            if name not in language.inputs:
                raise self._unknown_input(name)
        for name in (*self.parameters, *dict(self.constants)):
            self._check_free(name, f"signature of {self.whose}")
            if name in language.inputs:
                raise InputError(
                    f"expected {language.input} {name!r} before the slash of {self.whose}, got it "
                    f"among the {language.parameters}; move it to the front"
                )

    def _unknown_input(self, name: str) -> InputError:
        kind = f"{self.language.input} in {self.whose}"
        meant, how = self.language.advice.get(name.lower(), ("", ""))
        if not meant:
            return unknown_name(kind, name, self.language.inputs)
        return InputError(
            f"expected a {kind} among {', '.join(sorted(self.language.inputs))}, got {name!r}; did "
            f"you mean {meant!r}? {how}"
        )

    def check_body(self) -> None:
        known = {*self.inputs, *self.parameters, *dict(self.constants)}
        body = self.node.body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        if not body or not isinstance(body[-1], ast.Return) or body[-1].value is None:
            _, wanted, _ = self.language.returns(self.inputs, self.parameters)
            raise InputError(
                f"expected {self.whose} to end with a return, got none; write return {wanted}"
            )
        for statement in body[:-1]:
            for child in ast.walk(statement):
                self._check_node(child, known)
            known.add(self._assigned(statement))
        values = self._returned(body[-1].value)
        for child in itertools.chain.from_iterable(map(ast.walk, values)):
            self._check_node(child, known)

    def _where(self, node: ast.AST) -> str:
        return f"line {getattr(node, 'lineno', self.node.lineno)} of {self.whose}"

    def _assigned(self, statement: ast.stmt) -> str:
        """Return the name that a line of the body gives a value to."""
        where = self._where(statement)
        if (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            self._check_free(statement.targets[0].id, where)
            return statement.targets[0].id
        raise InputError(
            f"expected lines like 'name = formula' before the return, got another ({where}); "
            "give each intermediate value a name of its own"
        )

    def _check_free(self, name: str, where: str) -> None:
        if name in _TAKEN:
            raise InputError(f"expected a name of your own, got {name!r} ({where}); choose another")

    def _returned(self, value: ast.expr) -> list[ast.expr]:
        """Return the expressions of the returned values."""
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        count, words, remedy = self.language.returns(self.inputs, self.parameters)
        if len(values) != count:
            raise InputError(
                f"expected {self.whose} to return {words}, got {len(values)} value(s); {remedy}"
            )
        return values

    def _check_node(self, node: ast.AST, known: set[str]) -> None:
        where = self._where(node)
        if isinstance(node, (ast.If, ast.IfExp)):
            raise InputError(
                f"expected np.where, got an 'if' ({where}); write np.where(test, a, b)"
            )
        if isinstance(node, ast.AugAssign):
            whole = ast.unparse(ast.BinOp(node.target, node.op, node.value))
            raise InputError(
                f"expected a line like 'name = formula', got {ast.unparse(node)!r} ({where}); "
                f"write {ast.unparse(node.target)} = {whole}"
            )
        if not isinstance(node, _ALLOWED):
            got = type(node).__name__.lower()
            raise InputError(
                f"expected arithmetic and NumPy scalar functions, got {got!r} ({where}); "
                f"a {self.language.kind} has no loops, branches, containers or nested functions"
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
                f"expected a number, got {node.value!r} ({where}); a {self.language.kind} computes "
                "with float32 only"
            )
        elif (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and node.id not in known | {"np", "numpy"}
        ):
            raise self._unknown_global(node.id, known, where)

    def _unknown_global(self, name: str, known: set[str], where: str) -> InputError:
        language = self.language
        got = (
            f"expected only {language.input}s, {language.parameters} and local names, got the "
            f"global {name!r} ({where})"
        )
        if name in language.inputs:
            return InputError(f"{got}; add the {language.input} {name} before the slash")
        near = difflib.get_close_matches(name, sorted(known), n=1)
        if near:
            return InputError(
                f"{got}; did you mean {near[0]!r}? A number can be a constant after a star: *, "
                f"{name}=0.5"
            )
        return InputError(
            f"{got}; write its value as a number, or as a constant after a star: *, {name}=0.5"
        )


def _check_attribute(node: ast.Attribute, where: str) -> None:
    if not (isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy")):
        there = node.attr in FUNCTIONS.keys() | CONSTANTS
        advice = f"write np.{node.attr}" if there else f"use {', '.join(sorted(FUNCTIONS))} of np"
        raise InputError(f"expected attributes of np only, got .{node.attr} ({where}); {advice}")
    if node.attr not in FUNCTIONS.keys() | CONSTANTS:
        raise unknown_name(f"NumPy function in {where}", node.attr, FUNCTIONS.keys() | CONSTANTS)


def _check_call(node: ast.Call, where: str) -> None:
    if not isinstance(node.func, ast.Attribute):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        numpys = _NUMPYS.get(name, name)
        there = numpys in FUNCTIONS
        how = f"write np.{numpys}" if there else f"use {', '.join(sorted(FUNCTIONS))} of np"
        got = f"{name}(…)" if name else "another call"
        raise InputError(f"expected a call like np.tanh(x), got {got} ({where}); {how}")
    name, wanted = node.func.attr, FUNCTIONS.get(node.func.attr)
    if wanted is not None and len(node.args) + len(node.keywords) != wanted:
        raise InputError(
            f"expected {wanted} argument(s) for np.{name}, got "
            f"{len(node.args) + len(node.keywords)} ({where}); give all of them"
        )

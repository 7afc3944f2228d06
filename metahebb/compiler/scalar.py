"""A scalar function: what a rule and a neuron are, and all that the compiler knows of either."""

from __future__ import annotations
import __future__

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from metahebb.compiler.check import Language, Names, check_source
from metahebb.compiler.ranges import Range
from metahebb.errors import InputError, unknown_name
from metahebb.own_files import is_importing
from metahebb.user_code import is_of_user


@dataclass(frozen=True)
class ScalarFunction:
    """A function of numbers, written once and compiled from its text.

    The function is callable: ``f(*inputs, *parameters)`` broadcasts NumPy arrays, and is the
    reference that every compiled kernel is tested against.

    Attributes:
        name: the function's name.
        inputs: names of the arguments before the slash, in order.
        parameters: names of the arguments between the slash and the star, in order.
        ranges: the range that each parameter is declared to have; None: it may be any number.
        constants: names and values of the arguments after the star.
        source: the text of the undecorated function, declared ranges included. It is what travels,
            and what gets compiled.
    """

    name: str
    inputs: Names
    parameters: Names
    ranges: tuple[Range | None, ...]
    constants: tuple[tuple[str, float], ...]
    source: str
    function: Callable[..., Any] = field(compare=False, repr=False)

    language: ClassVar[Language]
    """What functions of the kind take and return."""

    @property
    def formula(self) -> str:
        """The first line of the docstring, or the returned expression."""
        doc = inspect.getdoc(self.function)
        return doc.splitlines()[0] if doc else self.source.rsplit("return", 1)[1].strip()

    @property
    def has_ranges(self) -> bool:
        """Whether a parameter is declared to have a range."""
        return any(self.ranges)

    def in_ranges(self, parameters: Sequence[Any]) -> list[Any]:
        """Return parameters as their ranges make them of numbers, which may be any; see `Range`.

        Args:
            parameters: an array of numbers for each parameter, in order.
        """
        pairs = zip(self.ranges, parameters, strict=True)
        return [numbers if each is None else each.values(numbers) for each, numbers in pairs]

    def __call__(self, *arguments: Any) -> Any:
        """Return the function's value or values; arguments broadcast, inputs first."""
        return self.function(*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as text, so that a user's function reaches workers that lack the user's file."""
        return type(self).from_source, (self.source, self.name)

    def with_constants(self, **values: float) -> Self:
        """Return the same function with other values of some of its constants.

        Raises:
            InputError: there is no such constant.
        """
        known = dict(self.constants)
        for name in values:
            if name not in known:
                kind = f"constant of {self.language.kind} {self.name!r}"
                if not known:
                    raise InputError(f"expected no constants, got {name!r}: {self.name!r} has none")
                raise unknown_name(kind, name, known)
        return type(self).from_source(_with_defaults(self.source, values), self.name)

    @classmethod
    def decorated(cls, function: Callable[..., Any]) -> Self:
        """Return what a decorator makes of ``function``; see `of`.

        While a user's file is imported, nothing is raised: what is refused is a `Refused`.
        """
        try:
            return cls.of(function)
        except InputError as error:
            if not is_importing():
                raise
            refused: Any = Refused(cls, error)
            return refused  # type: ignore[no-any-return]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Self:
        """Return the scalar function whose text is the source of ``function``.

        Raises:
            InputError: its source cannot be read, or is not that of such a function.
        """
        try:
            source = textwrap.dedent(inspect.getsource(function))
        except (OSError, TypeError):
            raise InputError(
                f"expected {cls.language.kind} {function.__name__!r} to be defined in a file, got "
                "one whose source cannot be read; save it as a .py file"
            ) from None
        return cls.from_source(source, function.__name__)

    @classmethod
    def from_source(cls, source: str, name: str) -> Self:
        """Build a function from its text, as an author wrote it or a run folder keeps it.

        Only the checked text runs: no decorators, annotations or globals of the place it came from.
        """
        parsed = check_source(source, cls.language)
        kind = cls.language.kind
        if parsed.name != name:
            raise InputError(f"expected the source of {kind} {name!r}, got that of {parsed.name!r}")
        namespace: dict[str, Any] = {"np": np, "numpy": np}
        # The flag leaves annotations unread: nothing but the body is run.
        flags = __future__.annotations.compiler_flag
        code = compile(parsed.source, f"<{kind} {parsed.name}>", "exec", flags, dont_inherit=True)
        exec(code, namespace)
        function = namespace[parsed.name]
        built = cls(
            parsed.name,
            parsed.inputs,
            parsed.parameters,
            parsed.ranges,
            parsed.constants,
            parsed.source,
            function,
        )
        built.check_at_rest()
        return built

    def some_parameters(self) -> list[np.float32]:
        """Return a harmless value of each parameter: 0.5, or that of a gene of 0 in its range."""
        return [np.float32(0.5 if each is None else each.at_zero) for each in self.ranges]

    def check_at_rest(self) -> None:
        """Check that the values are finite numbers where all inputs are zero.

        Raises:
            InputError: they are not, or the function raises an error.
        """
        kind, inputs = self.language.kind, f"{self.language.input}s"
        rest = [np.float32(0.0)] * len(self.inputs)
        try:
            with np.errstate(all="ignore"):
                values = np.asarray(self(*rest, *self.some_parameters()), dtype=np.float64)
        except BaseException as error:
            if not is_of_user(error):
                raise
            raise InputError(
                f"expected {kind} {self.name!r} to compute numbers where all {inputs} are zero, "
                f"got {error!r}; mend its formula"
            ) from None
        if not np.isfinite(values).all():
            raise InputError(
                f"expected {kind} {self.name!r} to be finite where all {inputs} are zero, got "
                f"{values}; guard divisions and logarithms, for example with np.maximum(x, 1e-6)"
            )


class Refused:
    """Stands in a user's file for a function that was refused, so that others can be loaded.

    Whoever uses it in any way gets the error with which it was refused.

    Attributes:
        kind: what the function was to be, a `ScalarFunction`.
        error: why it is none.
    """

    def __init__(self, kind: type[ScalarFunction], error: InputError) -> None:
        """Keep the error for later."""
        self.kind, self.error = kind, error

    def __getattr__(self, name: str) -> Any:
        """Raise the error: nothing else is known of the function."""
        if name.startswith("__") or "error" not in vars(self):  # asked by inspection, and by copies
            raise AttributeError(name)
        raise self.error

    def __call__(self, *arguments: Any) -> Any:
        """Raise the error: there is nothing to call."""
        raise self.error


def _with_defaults(source: str, values: Mapping[str, float]) -> str:
    """Return the text of a function with other defaults of its keyword-only arguments."""
    module = ast.parse(source)
    node = module.body[0]
    assert isinstance(node, ast.FunctionDef)
    arguments = node.args
    for place, argument in enumerate(arguments.kwonlyargs):
        if argument.arg in values:
            # By text, because a negative number is an operator and a number in Python's grammar.
            value = ast.parse(repr(float(values[argument.arg])), mode="eval").body
            arguments.kw_defaults[place] = value
    return ast.unparse(module) + "\n"

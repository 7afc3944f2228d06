"""Turn a scalar function's text into the text of its compiled form."""

from __future__ import annotations

import ast

from metahebb.compiler.scalar import ScalarFunction

MAX_UNROLLED_POWER = 8


class _Float32(ast.NodeTransformer):
    """Make every literal float32: one float64 literal would halve the kernel's speed."""

    def __init__(self, tanh: str) -> None:
        self._tanh = tanh

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            return node
        return _f32(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        power = node.right
        if (
            isinstance(node.op, ast.Pow)
            and isinstance(power, ast.Constant)
            and type(power.value) is int
            and 1 <= power.value <= MAX_UNROLLED_POWER
        ):
            base: ast.expr = self.visit(node.left)
            product = base
            for _ in range(power.value - 1):
                product = ast.BinOp(product, ast.Mult(), base)
            return product
        self.generic_visit(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return _f32(node) if node.attr in ("pi", "e") else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        assert isinstance(node.func, ast.Attribute)
        name = node.func.attr
        arguments = [self.visit(a) for a in node.args]
        if name == "where":
            test, yes, no = arguments
            return ast.IfExp(test, yes, no)
        if name in ("maximum", "minimum"):
            # Selects vectorise; NumPy's NaN-propagating forms do not. A NaN on the left stays.
            left, right = arguments
            worse: ast.cmpop = ast.Lt() if name == "maximum" else ast.Gt()
            return ast.IfExp(ast.Compare(left, [worse], [right]), right, left)
        if name == "clip":
            value, low, high = arguments
            value = ast.IfExp(ast.Compare(value, [ast.Lt()], [low]), low, value)
            return ast.IfExp(ast.Compare(value, [ast.Gt()], [high]), high, value)
        if name == "square":
            return ast.BinOp(arguments[0], ast.Mult(), arguments[0])
        if name == "tanh":
            return ast.Call(ast.Name(self._tanh, ast.Load()), arguments, [])
        return ast.Call(node.func, arguments, [])


def _f32(node: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("f32", ast.Load()), [node], [])


def translated(
    function: ScalarFunction,
    name: str,
    fixed_to_one: int | None = None,
    *,
    tanh: str = "tanh",
    literal: bool = True,
) -> str:
    """Return the source of ``name(*inputs, *parameters)`` for numba.

    Args:
        function: the scalar function to translate.
        name: what the translated function is called.
        fixed_to_one: index of a parameter that is folded away; it becomes the constant 1.
        tanh: what the kernel calls in the place of ``np.tanh``.
        literal: whether constants become numbers in the text; else they are the last arguments, so
            that one compiled function serves all their values.
    """
    module = ast.parse(function.source)
    node = module.body[0]
    assert isinstance(node, ast.FunctionDef)
    node.name = name
    body = node.body
    if isinstance(body[0], ast.Expr):
        body = body[1:]
    for argument in node.args.args:
        argument.annotation = None  # a declared range: it is the genes' way to a parameter
    values = dict(function.constants) if literal else {}
    if fixed_to_one is not None:
        one = function.parameters[fixed_to_one]
        node.args.args = [a for a in node.args.args if a.arg != one]
        values[one] = 1.0
    if not literal:
        node.args.args += node.args.kwonlyargs
    node.args.kwonlyargs, node.args.kw_defaults = [], []
    fixed = ast.parse("\n".join(f"{name} = {value!r}" for name, value in values.items())).body
    node.body = [_Float32(tanh).visit(statement) for statement in (*fixed, *body)]
    return ast.unparse(ast.fix_missing_locations(node))

"""Turn a rule's text into the text of its compiled scalar function."""

from __future__ import annotations

import ast

from metahebb.plasticity.rule import Rule

MAX_UNROLLED_POWER = 8


class _Float32(ast.NodeTransformer):
    """Make every literal float32: one float64 literal would halve the kernel's speed."""

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
            return ast.Call(ast.Name("tanh", ast.Load()), arguments, [])
        return ast.Call(node.func, arguments, [])


def _f32(node: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("f32", ast.Load()), [node], [])


def delta_source(rule: Rule, fixed_to_one: int | None = None) -> str:
    """Return source of ``delta(*signals, *coefficients)`` for numba.

    Args:
        rule: the rule to translate.
        fixed_to_one: index of a coefficient that is folded away; it becomes the constant 1.
    """
    module = ast.parse(rule.source)
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.name = "delta"
    body = function.body
    if isinstance(body[0], ast.Expr):
        body = body[1:]
    if fixed_to_one is not None:
        name = rule.coefficients[fixed_to_one]
        function.args.args = [a for a in function.args.args if a.arg != name]
        body = [*ast.parse(f"{name} = 1.0").body, *body]
    function.body = [_Float32().visit(statement) for statement in body]
    return ast.unparse(ast.fix_missing_locations(function))

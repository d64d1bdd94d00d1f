"""The changes that are made to an expression or a statement, one at a time."""

import ast
from collections.abc import Iterator
from copy import copy

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SMALL = 4
"""Numbers from here on are also halved and doubled."""


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yields what a node is replaced by, each replacement a mutant."""
    if isinstance(node, ast.stmt):
        yield from _changes_of_statement(node)
    match node:
        case ast.Constant():
            yield from (ast.copy_location(ast.Constant(value), node) for value in _other_values(node.value))
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                yield _with(node, ops=[*node.ops[:place], _COMPARISONS[type(operator)](), *node.ops[place + 1 :]])
        case ast.BinOp() | ast.AugAssign() if type(node.op) in _OPERATORS:
            yield _with(node, op=_OPERATORS[type(node.op)]())
        case ast.BoolOp():
            yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.IfExp() | ast.If() | ast.While() if _is_plain(node.test):
            yield _with(node, test=_negated(node.test))
        case ast.comprehension():
            for place, test in enumerate(node.ifs):
                if _is_plain(test):
                    yield _with(node, ifs=[*node.ifs[:place], _negated(test), *node.ifs[place + 1 :]])
        case ast.Call():
            yield from _other_calls(node)


def _changes_of_statement(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield _with(node, value=ast.copy_location(ast.Constant(None), value))
        case ast.Assign() if not _is_none(node.value):
            yield _with(node, value=ast.copy_location(ast.Constant(None), node.value))
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield ast.copy_location(ast.Pass(), node)
        case ast.Continue():
            yield ast.copy_location(ast.Break(), node)
        case ast.Break():
            yield ast.copy_location(ast.Continue(), node)


def _other_values(value: object) -> Iterator[str | bool | int | float]:
    match value:
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1)
            if abs(value) >= _SMALL:
                yield from (value * 2, value // 2)
        case float():
            yield from (value * 1.25, value * 0.8) if value else (1.0,)
        case str():
            yield f"XX{value}"


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        yield _with(node, func=ast.copy_location(ast.Name(_FUNCTIONS[node.func.id], ast.Load()), node.func))
    for place in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:place] + node.keywords[place + 1 :])


def _is_plain(test: ast.expr) -> bool:
    """Whether a condition has no operator that is changed already."""
    return not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp)


def _negated(test: ast.expr) -> ast.expr:
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed

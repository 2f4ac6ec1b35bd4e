"""Every small fault that can be put into a file of gates: one changed node of its syntax tree at a time.

Left alone: what a refusal says (`Missing(...)` and what is put together for it), ids and sources of gates, and asserts.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: Names of values that only say something to a person.
WORDS = frozenset({"have", "need", "who", "text", "said", "pack", "minutes", "GB", "AQ"})
SWAPPED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OTHER_NAME = {"earliest": "latest", "latest": "earliest", "any": "all", "all": "any", "max": "min", "min": "max"}
#: Fields of a gate whose loss changes what it does, and what stands there when they are left out.
FIELDS_OF_GATE = frozenset({"of_act", "blocks", "works", "suspends", "alarm", "packs"})
NOTHING, SOMETHING = "()", '(Missing("mutant"),)'


@dataclass(frozen=True)
class Mutant:
    """One fault. before, after: the changed expression; function: where it stands, "" for the file's own level."""

    file: str
    function: str
    line: int
    before: str
    after: str
    tree: ast.Module

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.file, self.function, self.before, self.after

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}: {self.before}  ->  {self.after}"


@dataclass
class _Site:
    """A node that can be changed: `put` puts another in its place in the tree it stands in."""

    node: ast.AST
    function: str
    returns: str
    put: Callable[[ast.AST | None], None]


def mutants_of(path: Path) -> Iterator[Mutant]:
    """In the order of the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for site in _sites(tree, "", ""):
        before = site.node
        for after, removed in _changes(site):
            site.put(after)
            changed = copy.deepcopy(tree)
            site.put(before)
            said = "(left out)" if removed else ast.unparse(after or ast.Pass())
            line = getattr(before, "lineno", 0)
            yield Mutant(path.name, site.function, line, ast.unparse(before), said, ast.fix_missing_locations(changed))


# ---- where ---------------------------------------------------------------------------------------------------------


def _sites(parent: ast.AST, function: str, returns: str) -> Iterator[_Site]:
    for name, value in ast.iter_fields(parent):
        if name in ("returns", "annotation", "decorator_list"):
            continue
        if isinstance(value, ast.AST):
            yield from _site(value, function, returns, _setter(parent, name))
        elif isinstance(value, list):
            for number, node in enumerate(list(value)):
                if isinstance(node, ast.AST):
                    yield from _site(node, function, returns, _list_setter(value, number, node))


def _setter(parent: ast.AST, name: str) -> Callable[[ast.AST | None], None]:
    return lambda node: setattr(parent, name, node)


def _list_setter(values: list[ast.AST], number: int, original: ast.AST) -> Callable[[ast.AST | None], None]:
    """None takes the element out; the original node puts things back as they were."""
    kept = list(values)

    def put(node: ast.AST | None) -> None:
        values[:] = kept
        if node is None:
            del values[number]
        else:
            values[number] = node

    return put


def _site(node: ast.AST, function: str, returns: str, put: Callable[[ast.AST | None], None]) -> Iterator[_Site]:
    if _is_words(node):
        return
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Gate":
        yield from _site(node.args[2], function, returns, _list_setter(node.args, 2, node.args[2]))
        for number, keyword in enumerate(node.keywords):
            yield from _site(keyword, function, returns, _list_setter(node.keywords, number, keyword))
        return
    if isinstance(node, ast.FunctionDef):
        yield from _sites(node, node.name, ast.unparse(node.returns) if node.returns else "")
        return
    yield _Site(node, function, returns, put)
    yield from _sites(node, function, returns)


def _is_words(node: ast.AST) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Assert, ast.JoinedStr)):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Tuple) and all(ast.unparse(one).startswith("roles.") for one in node.elts):
        return True  # whom a refusal names
    if isinstance(node, ast.Assign):
        names = {one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        return names <= WORDS
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Missing", "_upgrade")


# ---- what ----------------------------------------------------------------------------------------------------------


def _changes(site: _Site) -> Iterator[tuple[ast.AST | None, bool]]:
    """Other nodes for this one; True: it is taken out of its list."""
    node = site.node
    for change in (_of_logic, _of_values, _of_names, _of_loops):
        for other in change(node):
            yield other, False
    if isinstance(node, ast.Return) and node.value is not None:
        yield from ((other, False) for other in _of_return(node, site.returns))
    if isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield ast.Pass(), False
    if isinstance(node, ast.keyword) and node.arg in FIELDS_OF_GATE:
        yield None, True


def _of_logic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for number, op in enumerate(node.ops):
            for swapped in SWAPPED[type(op)]:
                yield ast.Compare(node.left, [*node.ops[:number], swapped(), *node.ops[number + 1 :]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield ast.BoolOp(other, node.values)
        for number in range(len(node.values)):
            rest = node.values[:number] + node.values[number + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.If):
        if not isinstance(node.test, (ast.Compare, ast.UnaryOp)):
            yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)


def _of_values(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Set) or (isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load)):
        if len(node.elts) > 1 or isinstance(node, ast.Set):
            yield from _one_less(node)
    elif isinstance(node, ast.BinOp):
        if isinstance(node.op, (ast.BitOr, ast.BitAnd)):
            yield node.left
            yield node.right
        elif isinstance(node.op, (ast.Add, ast.Sub)):
            yield ast.BinOp(node.left, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add(), node.right)
    elif isinstance(node, ast.Compare):
        for number, right in enumerate(node.comparators):
            if isinstance(right, ast.Constant) and isinstance(right.value, str):
                rights = [*node.comparators[:number], ast.Constant("mutant"), *node.comparators[number + 1 :]]
                yield ast.Compare(node.left, node.ops, rights)


def _one_less(node: ast.Set | ast.Tuple | ast.List) -> Iterator[ast.AST]:
    if any(isinstance(one, ast.Call) and getattr(one.func, "id", "") == "Gate" for one in node.elts):
        return
    for number in range(len(node.elts)):
        rest = node.elts[:number] + node.elts[number + 1 :]
        if isinstance(node, ast.Set):
            yield ast.Set(rest) if rest else ast.Call(ast.Name("set", ast.Load()), [], [])
        else:
            yield type(node)(rest, ast.Load())


def _of_names(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Attribute) and node.attr in OTHER_NAME:
        yield ast.Attribute(node.value, OTHER_NAME[node.attr], node.ctx)
    elif isinstance(node, ast.Name) and node.id in OTHER_NAME:
        yield ast.Name(OTHER_NAME[node.id], node.ctx)


def _of_loops(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.comprehension):
        for number in range(len(node.ifs)):
            yield ast.comprehension(node.target, node.iter, node.ifs[:number] + node.ifs[number + 1 :], node.is_async)


def _of_return(node: ast.Return, returns: str) -> Iterator[ast.AST]:
    said = ast.unparse(node.value) if node.value else ""
    if returns.startswith("tuple[Missing"):
        yield _return(SOMETHING if said == NOTHING else NOTHING)
    elif returns.startswith(("tuple", "list")) and said not in (NOTHING, "[]"):
        yield _return(NOTHING)
    elif returns == "bool":
        yield _return(f"not ({said})")
    elif "None" in returns and said != "None":
        yield _return("None")


def _return(value: str) -> ast.Return:
    return ast.Return(ast.parse(value, mode="eval").body)

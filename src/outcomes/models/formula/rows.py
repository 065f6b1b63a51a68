"""The rows of a frame that a model uses, held by reference and read piece by piece.

The columns are pandas' own copy-on-write copies: they take no memory, and a caller who
edits the frame afterwards edits a copy, so that a result never changes. A formula is read
piece by piece only where each row of its matrix follows from that row of the frame alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.integer[Any]]

# Up to so many rows are read at once: a piece of a few columns stays in a large cache.
TOGETHER = 32_768
# Pieces of large data: more would cost a pass over the clients for each of them.
PIECES = 16
# Functions of numpy that give a number for each number, whatever the other rows are.
BY_ROW = frozenset(
    {
        *("log", "log10", "log2", "log1p", "exp", "expm1", "sqrt", "abs", "square"),
        *("sin", "cos", "maximum", "minimum"),
    }
)


def pieces(n: int) -> list[slice]:
    """Rows 0 to n as a few slices of equal length."""
    size = max(TOGETHER, -(-n // PIECES))
    return [slice(begin, min(begin + size, n)) for begin in range(0, n, size)]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Columns of a frame, whole, and the `places` (n) of the rows used; None for all."""

    columns: dict[str, pd.Series]
    index: pd.Index
    places: IntArray | None
    n: int

    def only(self, names: Sequence[str]) -> Rows:
        """The same rows with fewer columns: one at least, which tells how many rows there are."""
        chosen = names or list(self.columns)[:1]
        return replace(self, columns={name: self.columns[name] for name in chosen})

    def between(self, rows: slice) -> pd.DataFrame:
        """Some of the rows used."""
        return self._at(rows if self.places is None else self.places[rows])

    def all(self) -> pd.DataFrame:
        """All rows used; no copy where that is every row of the frame."""
        return self.between(slice(0, self.n))

    def first_of(self, words: Iterable[str]) -> pd.DataFrame:
        """A few rows that hold every value of the columns of words, in their order."""
        wanted = np.zeros(self.n, dtype=bool)
        wanted[:2] = True
        for name in words:
            wanted |= ~self.only([name]).all()[name].duplicated().to_numpy()
        at = np.flatnonzero(wanted)
        return self._at(at if self.places is None else self.places[at])

    def _at(self, at: slice | IntArray) -> pd.DataFrame:
        made = {name: column.array[at] for name, column in self.columns.items()}
        return pd.DataFrame(made, index=self.index[at], copy=False)


def rows_of(frame: pd.DataFrame, columns: Iterable[str], used: BoolArray) -> Rows:
    """The rows of `frame` in which `used` (n) is true, with some of its columns."""
    chosen = {name: frame[name] for name in dict.fromkeys(columns)}
    if used.all():
        return Rows(chosen, frame.index, None, len(used))
    kind = np.int32 if len(used) < np.iinfo(np.int32).max else np.intp
    places: IntArray = np.flatnonzero(used).astype(kind)
    return Rows(chosen, frame.index, places, len(places))


def names_given(formula: Any) -> set[str]:  # noqa: ANN401 - formulaic's formula has no type
    """Names that the functions of a formula (formulaic's) are given."""
    found: set[str] = set()
    for factor in (factor for term in formula for factor in term.factors):
        if factor.eval_method.value != "python":
            continue
        try:
            nodes = list(ast.walk(ast.parse(factor.expr, mode="eval")))
        except SyntaxError:  # a name in backticks
            continue
        called = [node.func for node in nodes if isinstance(node, ast.Call)]
        found |= {n.id for n in nodes if isinstance(n, ast.Name) and n not in called}
    return found


def by_row(fixed: str) -> bool:
    """Whether each factor of a formula gives a row its value from that row alone.

    Splines, centred columns and anything not known here depend on the other rows.
    """
    from formulaic import Formula

    factors = [factor for term in Formula(fixed) for factor in term.factors]
    return all(
        factor.eval_method.value in ("literal", "lookup") or _by_row(factor.expr)
        for factor in factors
    )


def _by_row(expression: str) -> bool:
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError:
        return False
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "C":
        return not tree.keywords and [type(one) for one in tree.args] == [ast.Name]
    return _arithmetic(tree)


def _arithmetic(tree: ast.AST) -> bool:
    """Whether an expression holds only names, numbers, + - * / ** and functions of BY_ROW."""
    if isinstance(tree, ast.Name):
        return True
    if isinstance(tree, ast.Constant):
        return isinstance(tree.value, int | float)
    if isinstance(tree, ast.UnaryOp):
        return isinstance(tree.op, ast.USub | ast.UAdd) and _arithmetic(tree.operand)
    if isinstance(tree, ast.BinOp):
        return _arithmetic(tree.left) and _arithmetic(tree.right)
    if isinstance(tree, ast.Call) and not tree.keywords:
        return _function_by_row(tree.func) and all(_arithmetic(one) for one in tree.args)
    return False


def _function_by_row(called: ast.AST) -> bool:
    if isinstance(called, ast.Name):
        return called.id == "I"
    return (
        isinstance(called, ast.Attribute)
        and isinstance(called.value, ast.Name)
        and called.value.id == "np"
        and called.attr in BY_ROW
    )

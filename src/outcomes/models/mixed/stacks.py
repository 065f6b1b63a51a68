"""Algebra of many small matrices at once, kept as (rows, columns, blocks).

The block index comes last, so that each entry of a matrix is one long vector and a product of
2 x 2 matrices is a handful of vector operations instead of 100,000 calls.
"""

from __future__ import annotations

import numpy as np

Numbers = np.typing.NDArray[np.float64]
Places = np.typing.NDArray[np.intp]
Codes = np.typing.NDArray[np.int32]


def product(left: Numbers, right: Numbers) -> Numbers:
    """Matrix products, (a, b, n) by (b, c, n) to (a, c, n)."""
    return np.asarray(np.einsum("abn,bcn->acn", left, right))


def outer_sum(left: Numbers, right: Numbers) -> Numbers:
    """Sum over b and n of left (a, b, n) times right (c, b, n): (a, c)."""
    return np.asarray(left.reshape(len(left), -1) @ right.reshape(len(right), -1).T)


def inverse(stack: Numbers) -> tuple[Numbers, float]:
    """Inverses of (q, q, n), not need be symmetric, and the sum of the log determinants."""
    size = len(stack)
    if size == 1:
        return 1.0 / stack, float(np.log(stack).sum())
    if size == 2:
        determinant = stack[0, 0] * stack[1, 1] - stack[0, 1] * stack[1, 0]
        made = np.empty_like(stack)
        np.divide(stack[1, 1], determinant, out=made[0, 0])
        np.divide(stack[0, 0], determinant, out=made[1, 1])
        np.divide(stack[0, 1], -determinant, out=made[0, 1])
        np.divide(stack[1, 0], -determinant, out=made[1, 0])
        return made, float(np.log(determinant).sum())
    turned = np.ascontiguousarray(np.moveaxis(stack, 2, 0))
    sign, logarithm = np.linalg.slogdet(turned)
    total = float(logarithm.sum()) if (sign > 0).all() else float("nan")
    return np.ascontiguousarray(np.moveaxis(np.linalg.inv(turned), 0, 2)), total


def group_sum(values: Numbers, starts: Places | None) -> Numbers:
    """Sum runs of the last axis that begin at `starts`; None keeps every block by itself."""
    return values if starts is None else np.add.reduceat(values, starts, axis=-1)


def spread(values: Numbers, groups: Places | None) -> Numbers:
    """Give every block the value of its group, along the last axis."""
    if groups is None:
        return values
    if values.shape[-1] == 1:  # one group: broadcasting does it without a copy
        return values
    return np.take(values, groups, axis=-1)

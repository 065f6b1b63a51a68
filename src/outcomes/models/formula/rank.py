"""Columns of a matrix that repeat others, found from its triangle: no row is looked at twice."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# A standardised column of which less than this share is its own repeats earlier columns
# (R's lm drops at 1e-7).
ALIASED = 1e-7
BLOCK = 1024  # rows of one small decomposition: it stays in the processor's cache


def triangle_of(parts: Iterable[FloatArray]) -> FloatArray:
    """The R of a matrix that is given in parts."""
    return triangle(np.concatenate([triangle(part) for part in parts]))


def triangle(whole: FloatArray) -> FloatArray:
    """The R of the matrix, made block by block: the same dependences in few rows."""
    if len(whole) <= BLOCK:
        return whole
    blocks = [
        np.linalg.qr(whole[start : start + BLOCK], mode="r")
        for start in range(0, len(whole), BLOCK)
    ]
    return np.asarray(np.linalg.qr(np.concatenate(blocks), mode="r"))


def independent(whole: FloatArray) -> npt.NDArray[np.intp]:
    """Columns that are no combination of earlier ones, in their order."""
    size = np.sqrt((whole**2).sum(axis=0))
    kept: list[int] = []
    basis = np.zeros((len(whole), 0))
    for place in range(whole.shape[1]):
        if size[place] == 0:
            continue
        column = whole[:, place] / size[place]
        for _ in range(2):  # once more against rounding (Björck 1967)
            column = column - basis @ (basis.T @ column)
        own = float(np.sqrt(column @ column))
        if own > ALIASED:
            kept.append(place)
            basis = np.column_stack([basis, column / own])
    return np.array(kept, dtype=np.intp)


def null_space(whole: FloatArray, kept: npt.NDArray[np.intp]) -> FloatArray:
    """Directions of coefficients that the data cannot tell, K × (K − p)."""
    if len(kept) == whole.shape[1]:
        return np.zeros((whole.shape[1], 0))
    rest = np.setdiff1d(np.arange(whole.shape[1]), kept)
    orthogonal, triangle = np.linalg.qr(whole[:, kept])
    weights = np.linalg.solve(triangle, orthogonal.T @ whole[:, rest])
    null = np.zeros((whole.shape[1], len(rest)))
    null[kept] = -weights
    null[rest, np.arange(len(rest))] = 1.0
    return null

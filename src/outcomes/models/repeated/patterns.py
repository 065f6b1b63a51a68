"""Rows reduced to what the likelihood needs: sums by missingness pattern.

Subjects seen at the same occasions share one covariance matrix, so the likelihood needs
only, for each such pattern of k occasions, the sums over its subjects of z_a z_c' for every
pair of occasions a, c, where z = (x, y) is a row of the design with the outcome. They are
kept for a ≤ c and as triangles. X is made orthonormal and y its least-squares residual
first, which changes no likelihood and keeps large numbers from cancelling. A pattern with
few subjects keeps its rows where the sums would take more memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData, UsageError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Numbers held at once while rows are read or derivatives multiplied: 2 million are 16 MB.
CHUNK = 2_000_000
# Sums of all patterns may take this many numbers before patterns with few subjects keep rows.
CROSS_LIMIT = 16_000_000
# Below this share of its length a column repeats the others.
RANK_TOLERANCE = 1e-10
# A column of which this share is its own makes X'X lose 6 of 16 digits: more is left to QR,
# in blocks of rows that stay in the cache.
WELL_CONDITIONED = 1e-3
QR_ROWS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Patterns of one length k: places (B × k), subjects in each (B), and sums or rows.

    `cross` is B × k(k+1)/2 × P(P+1)/2; or `rows` are N × k × P with their pattern `owner`
    (N, ascending), P = p + 1.
    """

    places: IntArray
    counts: FloatArray
    cross: FloatArray | None
    rows: FloatArray | None
    owner: IntArray | None


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """The reduced data, and how to come back from orthonormal to the given columns.

    `triangle` is R of X = Q R; `start` the least-squares coefficients; `masks` (patterns ×
    size) says which occasions each pattern has and `mask_counts` how many subjects show it.
    """

    groups: tuple[Group, ...]
    size: int
    n: int
    n_subjects: int
    triangle: FloatArray
    inverse: FloatArray
    start: FloatArray
    masks: npt.NDArray[np.bool_]
    mask_counts: IntArray
    moments: FloatArray
    pairs: FloatArray

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.start)


def patterns(
    y: FloatArray, X: FloatArray, subject: npt.ArrayLike, position: IntArray, size: int
) -> Patterns:
    """Reduce y (n), X (n × p), subject labels (n) and positions (n, 0 to size - 1).

    Raises UsageError for a subject with two rows at one position, NotEnoughData where X has
    not full rank or there are no more rows than columns.
    """
    position = np.asarray(position, dtype=np.intp)
    codes, n_subjects = _codes(subject)
    _check(y, X, codes, position, size)
    key = codes * size + position
    order = None if bool((np.diff(key) > 0).all()) else np.argsort(key, kind="stable")
    sorted_key = key if order is None else key[order]
    if len(key) > 1 and (np.diff(sorted_key) == 0).any():
        raise UsageError(
            "a subject has more than one row at an occasion",
            where="subject and visit",
            how_many=int((np.diff(sorted_key) == 0).sum()),
            fix="keep one row for each subject and occasion",
        )
    triangle = _triangle(X)
    inverse = np.asarray(np.linalg.inv(triangle), dtype=np.float64)
    start, residual = _least_squares(y, X, inverse)
    mask = np.zeros((n_subjects, size), dtype=bool)
    mask[codes, position] = True
    masks, which, counts = _distinct(mask)
    starts = np.concatenate([[0], np.cumsum(mask.sum(axis=1))[:-1]])
    reader = _Reader(X, residual, inverse, order, starts)
    groups = tuple(_groups(masks, which, counts, reader))
    moments, pairs = _moments(residual, codes, position, mask)
    return Patterns(
        groups, size, len(y), n_subjects, triangle, inverse, start, masks, counts, moments, pairs
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """Gives (Q, residual) of subjects that share a pattern."""

    X: FloatArray
    residual: FloatArray
    inverse: FloatArray
    order: IntArray | None
    starts: IntArray

    def rows(self, subjects: IntArray, k: int) -> FloatArray:
        """Subjects × k × P."""
        rows = self.starts[subjects][:, None] + np.arange(k)
        if self.order is not None:
            rows = self.order[rows]
        flat = rows.ravel()
        p = len(self.inverse)
        out = np.empty((len(flat), p + 1))
        out[:, :p] = self.X[flat] @ self.inverse
        out[:, p] = self.residual[flat]
        return out.reshape(len(subjects), k, p + 1)


def _codes(subject: npt.ArrayLike) -> tuple[IntArray, int]:
    labels = np.asarray(subject)
    if np.issubdtype(labels.dtype, np.integer) and len(labels) and labels.min() >= 0:
        seen = np.bincount(labels) if labels.max() < 4 * len(labels) else None
        if seen is not None:
            place = np.cumsum(seen > 0) - 1
            return place[labels].astype(np.intp), int(place[-1]) + 1
    names, codes = np.unique(labels, return_inverse=True)
    return codes.astype(np.intp), len(names)


def _check(y: FloatArray, X: FloatArray, codes: IntArray, position: IntArray, size: int) -> None:
    n, p = X.shape
    if not len(y) == len(codes) == len(position) == n:
        raise UsageError("y, X, subject and position have different lengths")
    if n <= p:
        raise NotEnoughData(f"{n} rows are too few for {p} coefficients", how_many=n)
    if position.min() < 0 or position.max() >= size:
        raise UsageError("a position lies outside the grid", where="position")
    if not (np.isfinite(y).all() and np.isfinite(X).all()):
        raise UsageError("y and X must be complete and finite", where="y, X")


def _triangle(X: FloatArray) -> FloatArray:
    """An upper triangle R for which X R⁻¹ is well conditioned; raises where rank < p.

    Cholesky of X'X where that is accurate, else QR by blocks of rows, never holding Q.
    """
    p = X.shape[1]
    gram = X.T @ X
    size = np.sqrt(np.diag(gram))
    if (size == 0).any():
        raise _rank_error()
    try:
        triangle = np.linalg.cholesky(gram / np.outer(size, size)).T
    except np.linalg.LinAlgError:
        triangle = np.zeros((p, p))
    if np.diag(triangle).min() < WELL_CONDITIONED:
        step = max(4 * p, QR_ROWS)
        parts = [
            np.linalg.qr(X[first : first + step] / size, mode="r")
            for first in range(0, len(X), step)
        ]
        triangle = np.asarray(np.linalg.qr(np.concatenate(parts), mode="r"))
    pivots = np.abs(np.diag(triangle))
    if len(triangle) < p or pivots.min() <= RANK_TOLERANCE * pivots.max():
        raise _rank_error()
    return np.asarray(triangle * size, dtype=np.float64)


def _rank_error() -> NotEnoughData:
    return NotEnoughData(
        "the columns of the model cannot be told apart in these rows",
        where="formula",
        fix="drop terms that are constant or follow from others",
    )


def _least_squares(
    y: FloatArray, X: FloatArray, inverse: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Coefficients and residuals by the corrected semi-normal equations (Björck 1987)."""
    start = inverse @ (inverse.T @ (X.T @ y))
    residual = y - X @ start
    again = inverse @ (inverse.T @ (X.T @ residual))
    return start + again, residual - X @ again


def _distinct(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], IntArray, IntArray]:
    """The different rows of `mask`, the one of each subject, and how often each occurs."""
    packed = np.ascontiguousarray(np.packbits(mask, axis=1))
    keys = packed.view([("", packed.dtype)] * packed.shape[1]).ravel()
    _, first, which, counts = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    return mask[first], which.astype(np.intp), counts.astype(np.intp)


def _groups(
    masks: npt.NDArray[np.bool_], which: IntArray, counts: IntArray, reader: _Reader
) -> Iterator[Group]:
    lengths = masks.sum(axis=1)
    width = len(reader.inverse) + 1
    halves = lengths * (lengths + 1) // 2 * (width * (width + 1) // 2)
    plain = counts * lengths * width
    as_rows = (plain < halves) if halves.sum() > CROSS_LIMIT else np.zeros(len(masks), dtype=bool)
    by_pattern = np.argsort(which, kind="stable")
    ends = np.cumsum(counts)
    members = [by_pattern[end - count : end] for end, count in zip(ends, counts, strict=True)]
    for k in np.unique(lengths):
        for keep in (False, True):
            chosen = np.flatnonzero((lengths == k) & (as_rows == keep))
            if not len(chosen):
                continue
            places = np.nonzero(masks[chosen])[1].reshape(len(chosen), k)
            own = [members[pattern] for pattern in chosen]
            number = counts[chosen].astype(np.float64)
            if keep:
                rows = reader.rows(np.concatenate(own), int(k))
                owner = np.repeat(np.arange(len(chosen)), counts[chosen])
                yield Group(places, number, None, rows, owner)
            else:
                cross = np.stack([_cross(subjects, int(k), reader) for subjects in own])
                yield Group(places, number, cross, None, None)


@cache
def upper(size: int) -> tuple[IntArray, IntArray]:
    """Rows and columns on and above the diagonal; kept, because small fits ask very often."""
    rows, columns = np.triu_indices(size)
    return rows, columns


@cache
def lower(size: int) -> tuple[IntArray, IntArray]:
    """Rows and columns on and below the diagonal."""
    rows, columns = np.tril_indices(size)
    return rows, columns


def _cross(subjects: IntArray, k: int, reader: _Reader) -> FloatArray:
    """Sums of z_a z_c' + z_c z_a' (once for a = c) over subjects, as triangles: h × t."""
    width = len(reader.inverse) + 1
    total = np.zeros((k * width, k * width))
    step = max(1, CHUNK // (k * width))
    for first in range(0, len(subjects), step):
        flat = reader.rows(subjects[first : first + step], k).reshape(-1, k * width)
        total += flat.T @ flat
    a, c = upper(k)
    blocks = total.reshape(k, width, k, width).transpose(0, 2, 1, 3)[a, c]
    both = blocks + blocks.swapaxes(1, 2)
    both[a == c] /= 2
    i, j = lower(width)
    return np.asarray(both[:, i, j])


def _moments(
    residual: FloatArray,
    codes: IntArray,
    position: IntArray,
    mask: npt.NDArray[np.bool_],
) -> tuple[FloatArray, FloatArray]:
    """Mean products of residuals by pair of occasions, and how many subjects have both."""
    table = np.zeros(mask.shape)
    table[codes, position] = residual
    seen = mask.astype(np.float64)
    pairs = seen.T @ seen
    return (table.T @ table) / np.maximum(pairs, 1), pairs

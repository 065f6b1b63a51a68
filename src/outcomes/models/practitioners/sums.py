"""Everything the random-intercept model needs of the rows, in one pass: sums by practitioner.

Numbers are centred and scaled first, so that sums of squares of scores far from zero lose no
digits; the model's numbers are turned back to the units they came in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.errors import NotEnoughData

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# A centred and scaled column of which less than this is left within practitioners does not
# vary there (an intervention in which each practitioner is nested); rounding leaves 1e-14.
WITHIN = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Couples:
    """Who belongs together below the practitioner: `codes` (n) from 0, alone a code of one's own.

    `ratio` κ is the variance that partners share over the variance of what is their own; their
    correlation, given the practitioner, is κ / (1 + κ).
    """

    codes: IntArray
    ratio: float

    def turned(self, columns: FloatArray) -> tuple[FloatArray, float]:
        """Columns (n × q) of uncorrelated rows, and the log-determinant of what was taken out.

        (I + κJ)^(−1/2) of a couple of m takes 1 − 1/√(1 + κm) of the couple's mean from each.
        """
        m = np.bincount(self.codes).astype(np.float64)
        inside = 1 + self.ratio * m
        part = (1 - 1 / np.sqrt(inside)) / m
        added = [np.bincount(self.codes, weights=c) * part for c in columns.T]
        own = np.column_stack([one[self.codes] for one in added])
        return columns - own, float(np.log(inside).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums by practitioner (k) of a response and p columns, the intercept first.

    `clients` (k) are counted, `n` (k) is what they are worth: fewer where partners are alike
    (`couple_ratio` above 0). `x` (k × p) and `y` (k) means; `within_xx` (p × p), `within_xy` (p)
    and `within_yy` the products of deviations from the practitioner's own mean, over all rows.
    `rank_within` is how many columns vary within practitioners, `sse_within` what they leave
    of `within_yy`. x is centred and scaled by `centre` and `scale` (p), y centred by `level`.
    `sizes` (c) are the values of n that occur; `counts` (c), `xx` (c × p × p), `xy` (c × p) and
    `yy` (c) sum practitioners of a size, since the model treats them alike: 25,000 practitioners
    have some fifty sizes. `logdet` is that of the couples.
    """

    clients: FloatArray
    n: FloatArray
    x: FloatArray
    y: FloatArray
    within_xx: FloatArray
    within_xy: FloatArray
    within_yy: float
    rank_within: int
    sse_within: float
    centre: FloatArray
    scale: FloatArray
    level: float
    sizes: FloatArray
    counts: FloatArray
    xx: FloatArray
    xy: FloatArray
    yy: FloatArray
    couple_ratio: float
    logdet: float

    @property
    def total(self) -> float:
        """All clients."""
        return float(self.clients.sum())

    def ratio(self, share: float) -> float:
        """λ = var(u) / var(own) at a share of the variance of a client at the practitioner."""
        return share / (1 - share) * (1 + self.couple_ratio)

    @property
    def p(self) -> int:
        """Columns, the intercept included."""
        return int(self.x.shape[1])

    @property
    def df_within(self) -> float:
        """Degrees of freedom within practitioners: clients - practitioners - columns varying."""
        return self.total - len(self.n) - self.rank_within

    @property
    def df_between(self) -> int:
        """Degrees of freedom between practitioners that the columns leave."""
        return len(self.n) + self.rank_within - self.p

    def unscaled(self, beta: FloatArray) -> FloatArray:
        """Coefficients in the units of the columns, the intercept first."""
        plain = beta / self.scale
        plain[0] = self.level + beta[0] - float(plain[1:] @ self.centre[1:])
        return np.asarray(plain)


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """What a row holds besides one client.

    `weights` clients of whom y is the mean (then `squares` is the sum of their squared deviations
    from y), or a partner of one of `couples`.
    """

    weights: FloatArray | None = None
    squares: FloatArray | None = None
    couples: Couples | None = None


def sums(y: FloatArray, X: FloatArray, codes: IntArray, inside: Inside | None = None) -> Sums:
    """Sums of y (n) and X (n × q, no intercept, of full rank with it) by `codes` from 0.

    Raises NotEnoughData with fewer than two practitioners, or where nothing is left within or
    between them.
    """
    given = Inside() if inside is None else inside
    w = np.ones(len(y)) if given.weights is None else given.weights
    total = float(w.sum())
    level = float(w @ y) / total
    centre = (w @ X) / total
    spread = np.sqrt(w @ (X - centre) ** 2 / total)
    scale = np.where(spread > 0, spread, 1.0)
    whole = np.column_stack([np.ones(len(y)), (X - centre) / scale, y - level])
    whole, logdet = (whole, 0.0) if given.couples is None else given.couples.turned(whole)
    # What the practitioner's effect is multiplied by: 1, less where a partner says the same.
    effect = w * whole[:, 0]
    n = np.bincount(codes, weights=effect * whole[:, 0]).astype(np.float64)
    means = np.column_stack([np.bincount(codes, weights=effect * c) for c in whole.T]) / n[:, None]
    own = whole - means[codes] * whole[:, :1]
    products = (own * w[:, None]).T @ own
    yy = float(products[-1, -1]) + (0.0 if given.squares is None else float(given.squares.sum()))
    xx, xy = products[:-1, :-1], products[:-1, -1]
    rank, explained = _within(xx / total, xy / total)
    sizes, places = np.unique(n, return_inverse=True)
    found = Sums(
        clients=np.bincount(codes, weights=w).astype(np.float64),
        n=n,
        x=means[:, :-1],
        y=means[:, -1],
        within_xx=xx,
        within_xy=xy,
        within_yy=yy,
        rank_within=rank,
        sse_within=max(yy - explained * total, 0.0),
        centre=np.r_[0.0, centre],
        scale=np.r_[1.0, scale],
        level=level,
        sizes=sizes,
        counts=np.bincount(places).astype(np.float64),
        **_by_size(means, places, len(sizes)),
        couple_ratio=0.0 if given.couples is None else given.couples.ratio,
        logdet=logdet,
    )
    _check(found)
    return found


def _by_size(means: FloatArray, places: IntArray, c: int) -> dict[str, FloatArray]:
    """Sums of products of practitioner means over practitioners of each size."""
    x, y = means[:, :-1], means[:, -1]
    p = x.shape[1]
    xx, xy = np.empty((c, p, p)), np.empty((c, p))
    for a in range(p):
        xy[:, a] = np.bincount(places, weights=x[:, a] * y, minlength=c)
        for b in range(a + 1):
            xx[:, a, b] = xx[:, b, a] = np.bincount(places, weights=x[:, a] * x[:, b], minlength=c)
    return {
        "xx": xx,
        "xy": xy,
        "yy": np.bincount(places, weights=y**2, minlength=c).astype(np.float64),
    }


def _within(xx: FloatArray, xy: FloatArray) -> tuple[int, float]:
    """How many columns vary within practitioners, and what they explain there."""
    values, vectors = np.linalg.eigh(xx)
    kept = values > WITHIN
    turned = vectors[:, kept].T @ xy
    return int(kept.sum()), float((turned**2 / values[kept]).sum())


def _check(found: Sums) -> None:
    if len(found.n) < 2:
        raise NotEnoughData(
            "One practitioner cannot be compared with anybody.",
            where="parameter practitioner",
            how_many=len(found.n),
            fix="Give the rows of at least two practitioners.",
        )
    if found.df_within < 1 or found.df_between < 1 or not found.sse_within > 0:
        raise NotEnoughData(
            "Nothing is left by which practitioners and their clients could be told apart.",
            where="parameters practitioner and case_mix",
            how_many=int(found.total),
            fix="Give practitioners with several clients whose outcomes differ, and fewer columns.",
        )

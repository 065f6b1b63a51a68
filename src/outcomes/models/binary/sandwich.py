"""Robust covariance of GEE with few clusters, and its degrees of freedom.

With D the derivative of a cluster's means, V its working covariance, J = D'V⁻¹D, M = (Σ J)⁻¹ and
H = D M D'V⁻¹, the residuals of a cluster are too small by I − H. Mancl and DeRouen divide by it,
Kauermann and Carroll by its root; the average of their standard errors stands between (Ford &
Westgate 2017). Since D'V⁻¹ f(I − H) = f(I − J M) D'V⁻¹, everything follows from J and the score
s = D'V⁻¹r of each cluster, p × p numbers and p numbers. Satterthwaite's df take the working
covariance as true.

Source: Mancl, L. A. & DeRouen, T. A. (2001), Biometrics 57:126-134; Kauermann, G. & Carroll,
R. J. (2001), JASA 96:1387-1396; Ford, W. P. & Westgate, P. M. (2017), Biom. J. 59:478-495; Pan,
W. & Wall, M. M. (2002), Stat. Med. 21:1429-1441.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

POWERS = {"none": 0.0, "kauermann-carroll": -0.5, "mancl-derouen": -1.0}
CORRECTIONS = (*POWERS, "average")
# An eigenvalue of I − H below this belongs to a direction that the fit absorbs whole.
ABSORBED = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Sandwich:
    """Covariances by correction (p × p), and what Satterthwaite's df need.

    `bread` is M. `own` (G × p × p) is w'Vw and `shared` (G × p × p) D'w of the weights w that
    the residuals of each cluster have in the coefficients under Kauermann and Carroll.
    """

    bread: FloatArray
    covariances: dict[str, FloatArray]
    own: FloatArray
    shared: FloatArray

    def covariance(self, correction: str) -> FloatArray:
        """Covariance (p × p) of the coefficients under one of `CORRECTIONS`."""
        if correction != "average":
            return self.covariances[correction]
        # Standard errors are averaged, and the correlations beside them.
        both = [self.covariances[name] for name in ("kauermann-carroll", "mancl-derouen")]
        errors = [np.sqrt(np.diag(matrix)) for matrix in both]
        correlation = sum(m / np.outer(e, e) for m, e in zip(both, errors, strict=True)) / 2
        se = sum(errors) / 2
        return np.asarray(correlation * np.outer(se, se))

    def satterthwaite(self, rows: FloatArray) -> FloatArray:
        """The df of each row (k × p): 2 E(V)² / Var(V) of its variance V."""
        found = []
        for row in rows:
            own = np.einsum("a,gab,b->g", row, self.own, row)
            shared = np.einsum("gab,b->ga", self.shared, row)
            turned = shared @ self.bread
            inner = (turned * shared).sum(axis=1)
            total = float((own - inner).sum())
            cross = shared.T @ turned
            squares = float((own**2).sum() - 2 * (own * inner).sum() + np.trace(cross @ cross))
            found.append(total**2 / squares if squares > 0 else np.nan)
        return np.array(found)


def sandwich(information: FloatArray, scores: FloatArray) -> Sandwich:
    """All corrections at once from J (G × p × p) and s (G × p) of every cluster."""
    bread = np.linalg.inv(information.sum(axis=0))
    root = np.linalg.cholesky(bread)
    # f(I − J M) = L'⁻¹ f(I − L'JL) L' with M = LL', symmetric in the middle.
    inner = np.einsum("ba,gbc,cd->gad", root, information, root)
    values, vectors = np.linalg.eigh(np.eye(len(bread)) - inner)
    kept = values > ABSORBED
    turn = np.linalg.inv(root.T)
    covariances, left = {}, {}
    for name, power in POWERS.items():
        powers = np.where(kept, np.where(kept, values, 1.0) ** power, 0.0)
        middle = np.einsum("gab,gb,gcb->gac", vectors, powers, vectors)
        left[name] = np.einsum("ab,gbc,dc->gad", turn, middle, root)
        scored = np.einsum("gab,gb->ga", left[name], scores) @ bread
        covariances[name] = scored.T @ scored
    chosen = left["kauermann-carroll"]
    weighed = np.einsum("gab,gcb->gac", information, chosen) @ bread
    own = bread @ np.einsum("gab,gbc->gac", chosen, weighed)
    return Sandwich(bread, covariances, own, weighed)

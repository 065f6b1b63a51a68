"""What M-estimation needs to know about weights that were themselves estimated.

The parameters γ of the weights solve Σ ψ_i(γ) = 0. An outcome model with scores g_i(β, w_i)
is stacked on them (Stefanski and Boos 2002; Lunceford and Davidian 2004, eq. 19): the
estimated weights change the score of row i to g_i + C I⁻¹ ψ_i, with C = Σ ∂g_i/∂γ' and
I = −Σ ∂ψ_i/∂γ'. Every way of weighting here has ψ_i = r_i ⊗ x_i and ∂w_i/∂γ = s_i ⊗ x_i with
the same row x_i of a basis, so only r and s are stored, and no n × k matrix is made
unless it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outcomes.errors import UsageError
from outcomes.models.propensity import leverage
from outcomes.models.weight_model import WeightModel
from outcomes.models.weight_result import WeightResult
from outcomes.models.weighting.entropy import target_rows, weighted_arms
from outcomes.models.weighting.estimands import logit_slopes

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# A direction with less than this share of the largest information is one of separation: its
# coefficient went to infinity, its score is 0, and it adds nothing.
EMPTY = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class WeightScores:
    """Estimating functions and slopes of the weights of n rows, in the order of the used rows.

    `basis` is n × p, `residuals` and `slopes` n × b (b equations for each basis column;
    k = b p parameters, equation by equation), `information` k × k. `chance_slopes` (n × b)
    are the slopes of the propensity itself, None where the weights come from no
    propensity. Columns of the basis are scaled to be orthonormal, so the parameters are
    not the printed coefficients; every correction is the same in any scale.
    """

    basis: FloatArray
    residuals: FloatArray
    slopes: FloatArray
    information: FloatArray
    chance_slopes: FloatArray | None
    way: str

    @property
    def n_parameters(self) -> int:
        """k, how many numbers were estimated to make the weights."""
        return len(self.information)

    def psi(self) -> FloatArray:
        """ψ (n × k), the estimating function of each row; columns sum to 0."""
        return _spread(self.residuals, self.basis)

    def weight_slopes(self) -> FloatArray:
        """∂w/∂γ (n × k)."""
        return _spread(self.slopes, self.basis)

    def influence(self) -> FloatArray:
        """ψ I⁻¹' (n × k): how far each row moved each parameter."""
        return np.asarray(self.psi() @ _inverse(self.information).T)

    def correction(self, by_weight: FloatArray, by_chance: FloatArray | None = None) -> FloatArray:
        """C I⁻¹ ψ (n × q): what estimation of the weights adds to outcome scores n × q.

        `by_weight` (n × q) is the derivative of each row's scores with respect to its own
        weight: x_i (y_i − x_i'β) for weighted least squares. `by_chance` (n × q) is the
        same for the propensity, for estimators in which it stands beside the weights
        (AIPW). Raises UsageError for other shapes, or a propensity that does not exist.
        """
        if by_weight.shape[0] != len(self.basis):
            raise UsageError("scores and weights have different lengths", where="by_weight")
        moved = self._gathered(self.slopes, by_weight)
        if by_chance is not None:
            if self.chance_slopes is None:
                raise UsageError("these weights come from no propensity", where="by_chance")
            moved = moved + self._gathered(self.chance_slopes, by_chance)
        shift = (_inverse(self.information).T @ moved).reshape(
            self.residuals.shape[1], self.basis.shape[1], -1
        )
        return np.asarray(
            sum(
                self.residuals[:, b, None] * (self.basis @ shift[b])
                for b in range(self.residuals.shape[1])
            )
        )

    def _gathered(self, slopes: FloatArray, given: FloatArray) -> FloatArray:
        """Σ_i ∂w_i/∂γ g_i' (k × q), block by block."""
        blocks = [self.basis.T @ (slopes[:, b, None] * given) for b in range(slopes.shape[1])]
        return np.concatenate(blocks)


def weight_scores(result: WeightResult | WeightModel) -> WeightScores:
    """The scores of fitted weights; rows are the used rows of the frame, in its order.

    Bias reduction adds Firth's term h_i (1/2 − e_i) to the residual, with h_i the leverage.
    Which rows were trimmed counts as fixed. Raises UsageError for weights whose fit is not
    kept (weights pooled over imputations).
    """
    model = result.model if isinstance(result, WeightResult) else result
    if model is None:
        raise UsageError(
            "the fit of these weights is not kept",
            where="weight_scores",
            fix="weights pooled over imputations carry their uncertainty between imputations",
        )
    return _entropy(model) if model.way == "entropy" else _logistic(model)


def _logistic(model: WeightModel) -> WeightScores:
    """ψ = (t − e) x, with Firth's term under bias reduction; ∂w/∂γ = w'(e) e (1 − e) x."""
    e, kept = model.probability, model.kept
    spread = np.where(kept, e * (1 - e), 0.0)
    information = (model.basis * spread[:, None]).T @ model.basis
    residuals = model.in_other - e
    if model.way == "bias_reduced":
        residuals[kept] += leverage(model.basis[kept], e[kept]) * (0.5 - e[kept])
    residuals = np.where(kept, residuals, 0.0)
    slopes = np.where(kept, logit_slopes(e, model.in_other, model.estimand), 0.0)
    return WeightScores(
        model.basis,
        residuals[:, None],
        slopes[:, None],
        np.asarray(information),
        spread[:, None],
        model.way,
    )


def _entropy(model: WeightModel) -> WeightScores:
    """ψ = ([in target] − [in arm] w) x for each weighted arm; w = exp(λ'x), so ∂w/∂λ = w x.

    The target's means are estimated too, and stand in ψ.
    """
    width = model.basis.shape[1]
    target = target_rows(model.in_other, model.estimand) & model.kept
    arms = weighted_arms(model.in_other, model.estimand)
    weights = np.zeros(len(model.basis)) if model.weights is None else model.weights
    slopes = np.column_stack([np.where(arm, weights, 0.0) for arm in arms])
    residuals = target[:, None] - slopes
    information = np.zeros((len(arms) * width, len(arms) * width))
    for b in range(len(arms)):
        rows = slice(b * width, (b + 1) * width)
        information[rows, rows] = (model.basis * slopes[:, b : b + 1]).T @ model.basis
    return WeightScores(model.basis, residuals, slopes, information, None, model.way)


def _spread(factors: FloatArray, basis: FloatArray) -> FloatArray:
    return np.column_stack([factors[:, b, None] * basis for b in range(factors.shape[1])])


def _inverse(information: FloatArray) -> FloatArray:
    """Inverse that leaves out directions without information."""
    return np.asarray(np.linalg.pinv(information, rcond=EMPTY))

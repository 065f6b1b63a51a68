"""Degrees of freedom, tables and marginal means, against closed forms."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outcomes.errors import UsageError
from outcomes.models.formula import fixed_design
from outcomes.models.inference import (
    Asymptotic,
    Convergence,
    FixedEffects,
    KenwardRoger,
    Marginal,
    Satterthwaite,
    adjusted_covariance,
    estimate_table,
    joint_test,
)
from outcomes.models.inference.satterthwaite import denominator

EXACT = 1e-10


def _welch(first: np.ndarray, second: np.ndarray) -> FixedEffects:
    """Two means with variances of their own, each estimated from its group."""
    n = np.array([len(first), len(second)])
    variance = np.array([first.var(ddof=1), second.var(ddof=1)])
    gradients = np.zeros((2, 2, 2))
    gradients[0, 0, 0], gradients[1, 1, 1] = 1 / n
    inference = Satterthwaite(np.diag(variance / n), gradients, np.diag(2 * variance**2 / (n - 1)))
    return FixedEffects(("first", "second"), np.array([first.mean(), second.mean()]), inference)


def test_satterthwaite_is_welch_for_two_variances() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.normal(0, 1, 9), rng.normal(1, 4, 14)
    row = np.array([[1.0, -1.0]])
    table = estimate_table(_welch(first, second), row, pd.DataFrame({"contrast": ["a - b"]}))
    expected = stats.ttest_ind(first, second, equal_var=False)
    limits = expected.confidence_interval(0.95)
    found = table.iloc[0]
    assert found["df"] == pytest.approx(expected.df, rel=EXACT)
    assert found["statistic"] == pytest.approx(expected.statistic, rel=EXACT)
    assert found["p"] == pytest.approx(expected.pvalue, rel=EXACT)
    assert (found["low"], found["high"]) == pytest.approx((limits.low, limits.high), rel=EXACT)
    # Each mean alone has the df of its own group.
    assert list(_welch(first, second).table()["df"]) == pytest.approx([8, 13], rel=EXACT)


def _hotelling(scores: np.ndarray) -> FixedEffects:
    """Means of m occasions with an unstructured covariance, all complete."""
    n, m = scores.shape
    sigma = np.cov(scores.T)
    inverse = np.linalg.inv(sigma)
    cells = [(a, b) for a in range(m) for b in range(a + 1)]
    derivative = np.zeros((len(cells), m, m))
    for place, (a, b) in enumerate(cells):
        derivative[place, a, b] = derivative[place, b, a] = 1
    W = np.array(
        [
            [sigma[a, c] * sigma[b, d] + sigma[a, d] * sigma[b, c] for c, d in cells]
            for a, b in cells
        ]
    ) / (n - 1)
    P = np.array([-n * inverse @ E @ inverse for E in derivative])
    Q = np.array(
        [[n * inverse @ E @ inverse @ F @ inverse for F in derivative] for E in derivative]
    )
    plain = sigma / n
    adjusted = adjusted_covariance(plain, P, Q, W)
    names = tuple(f"visit{place}" for place in range(m))
    return FixedEffects(names, scores.mean(axis=0), KenwardRoger(plain, adjusted, P, W))


@pytest.mark.parametrize(("n", "m"), [(8, 2), (12, 3), (20, 4)])
def test_kenward_roger_is_hotelling_for_complete_occasions(n: int, m: int) -> None:
    scores = np.random.default_rng(n).normal(0.5, 1, (n, m)) @ np.triu(np.ones((m, m)))
    effects = _hotelling(scores)
    mean, sigma = scores.mean(axis=0), np.cov(scores.T)
    np.testing.assert_allclose(effects.covariance, sigma / n, rtol=EXACT)
    test = joint_test(effects, np.eye(m))
    square = n * mean @ np.linalg.solve(sigma, mean)
    assert test.statistic == pytest.approx((n - m) / (m * (n - 1)) * square, rel=1e-8)
    assert (test.df1, test.df2) == pytest.approx((m, n - m), rel=1e-8)
    one = joint_test(effects, np.eye(m)[:1])
    expected = stats.ttest_1samp(scores[:, 0], 0)
    assert one.p == pytest.approx(expected.pvalue, rel=1e-8)
    assert effects.table()["p"].iloc[0] == pytest.approx(expected.pvalue, rel=1e-8)


def test_the_test_of_a_set_does_not_depend_on_its_basis() -> None:
    effects = _hotelling(np.random.default_rng(3).normal(0.3, 1, (15, 3)))
    rows = np.array([[1.0, -1, 0], [0, 1, -1]])
    other = np.array([[1.0, 0, -1], [2, -2, 0], [0, 3, -3]])
    first, second = joint_test(effects, rows), joint_test(effects, other)
    assert first.statistic == pytest.approx(second.statistic, rel=1e-8)
    assert first.df1 == second.df1 == 2
    with pytest.raises(UsageError, match="nothing to test"):
        joint_test(effects, np.zeros((2, 3)))


def test_denominator_of_an_f_made_of_several_t() -> None:
    assert denominator(np.array([7.0, 7.0])) == 7
    assert denominator(np.array([1.5, 30.0])) == 2
    assert denominator(np.array([np.inf, np.inf])) == np.inf
    # E = 4/2 + 6/4 = 3.5, df = 2 * 3.5 / (3.5 - 2)
    assert denominator(np.array([4.0, 6.0])) == pytest.approx(14 / 3, rel=EXACT)


FRAME = pd.DataFrame(
    {
        "arm": ["coaching", "therapy", "therapy", "coaching", "therapy", "therapy"],
        "site": ["north", "north", "south", "south", "south", "south"],
        "week": [0.0, 1.0, 2.0, 3.0, 4.0, 2.0],
    }
)


def _marginal(formula: str = "arm * week + site") -> Marginal:
    design = fixed_design(formula, FRAME)
    estimate = np.arange(1.0, len(design.names) + 1)
    effects = FixedEffects(design.names, estimate, Asymptotic(np.eye(len(estimate))))
    return Marginal(design, effects)


def test_means_by_hand() -> None:
    # 1 + 2 therapy + 3 south + 4 week + 5 therapy week, at week 2 and half of each site
    marginal = _marginal()
    order = ["(intercept)", "arm[therapy]", "site[south]", "week", "arm[therapy]:week"]
    value = dict(zip(marginal.effects.names, marginal.effects.estimate, strict=True))
    b0, arm, south, week, both = (value[name] for name in order)
    means = marginal.means("arm").set_index("arm")["estimate"]
    assert means["coaching"] == pytest.approx(b0 + south / 2 + 2 * week)
    assert means["therapy"] == pytest.approx(b0 + arm + south / 2 + 2 * week + 2 * both)
    shared = marginal.means("arm", weights="proportional").set_index("arm")["estimate"]
    assert shared["coaching"] == pytest.approx(b0 + south * 4 / 6 + 2 * week)
    apart = marginal.contrasts("arm", by="week", at={"week": [0, 4]})
    assert list(apart["contrast"]) == ["therapy - coaching"] * 2
    assert list(apart["estimate"]) == pytest.approx([arm, arm + 4 * both])
    slopes = marginal.slopes("week", by="arm")
    assert list(slopes["estimate"]) == pytest.approx([week, week + both])
    difference = marginal.slopes("week", by="arm", contrast="arm")
    assert list(difference["estimate"]) == pytest.approx([both])
    turned = marginal.contrasts("arm", reference="therapy")
    assert list(turned["contrast"]) == ["coaching - therapy"]


def test_slope_of_a_curve_is_taken_where_asked() -> None:
    marginal = _marginal("week + I(week ** 2)")
    found = marginal.slopes("week", at={"week": [3.0]})["estimate"].iloc[0]
    assert found == pytest.approx(2 + 2 * 3 * 3, rel=1e-9)


def test_refuses_what_the_model_does_not_know() -> None:
    marginal = _marginal()
    for call in (
        lambda: marginal.means("age"),
        lambda: marginal.slopes("arm"),
        lambda: marginal.contrasts("arm", reference="both"),
        lambda: marginal.slopes("week", at={"week": [1, 2]}),
    ):
        with pytest.raises(UsageError):
            call()


def test_convergence_says_what_it_ended_with() -> None:
    assert Convergence(True, 1e-9, 0.2, 8).sentence == "The model converged."
    bound = Convergence(True, 1e-9, 0.2, 8, on_bound=("variance of practitioner",))
    assert bound.singular
    assert bound.usable
    assert "variance of practitioner" in bound.sentence
    failed = Convergence(False, 0.3, -1.0, 100, message="the search ran out of steps")
    assert not failed.usable
    assert "did not converge" in failed.sentence

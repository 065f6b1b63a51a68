"""The likelihood of couples: held against the normal density and derivatives at full size."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from dyads_data import full_covariance, full_loglik, kenward_roger_by_hand

from outcomes.errors import NotEnoughData
from outcomes.models.dyads import likelihood
from outcomes.models.dyads.blocks import (
    OneResidual,
    PairResidual,
    SameResidual,
    Triangle,
)
from outcomes.models.dyads.covariance import pair_residual
from outcomes.models.dyads.fitting import fit
from outcomes.models.dyads.growth_covariance import CourseModel, course_covariance
from outcomes.models.dyads.growth_design import GrowthColumns, read_courses
from outcomes.models.dyads.likelihood import Prepared, evaluate
from outcomes.models.dyads.units import Rows, batches
from outcomes.models.repeated import fit_patterns
from outcomes.models.repeated.small_sample import satterthwaite
from outcomes.models.repeated.structures import (
    Image,
    Independent,
    Kronecker,
    Scaled,
    Sum,
    Unstructured,
)

HERE = Path(__file__).resolve().parents[1] / "reference" / "dyads"
EXACT = 1e-9  # the same arithmetic in another order
SLOPE = 2e-6  # central differences
MODELS = [
    CourseModel(apart, slopes, alone)
    for apart in (True, False)
    for slopes in (True, False)
    for alone in (None, "own", *(() if apart else ("shared",)))
]


def named(model: CourseModel) -> str:
    return f"{'apart' if model.distinguishable else 'same'}-{model.slopes}-{model.alone}"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Few couples with gaps, and people seen alone."""
    rows = pd.read_csv(HERE / "growth.csv")
    alone = rows[rows["couple"].gt(34) & rows["role"].eq("wife")]
    alone = alone.assign(role="individual", couple=alone["couple"] + 100)
    return pd.concat([rows[rows["couple"].le(9)], alone])


def courses_of(table: pd.DataFrame, model: CourseModel):
    used = table if model.alone else table[table["role"].ne("individual")]
    columns = GrowthColumns("couple", "role", "score", "time", None, None, (), "individual")
    return read_courses(used, columns, told_apart=model.distinguishable)


class TestBlocks:
    @pytest.mark.parametrize(
        "block",
        [Triangle(1), Triangle(2), Triangle(4), PairResidual(), SameResidual(), OneResidual()],
        ids=lambda block: f"{type(block).__name__}-{block.free}",
    )
    def test_derivatives_are_those_of_the_values(self, block):
        rng = np.random.default_rng(1)
        psi, weights = rng.normal(size=block.free), rng.normal(size=block.given)
        steps = 1e-5 * np.eye(block.free)
        slope = np.array([(block.values(psi + s) - block.values(psi - s)) / 2e-5 for s in steps]).T
        bend = np.array(
            [(block.jacobian(psi + s) - block.jacobian(psi - s)).T @ weights / 2e-5 for s in steps]
        )
        np.testing.assert_allclose(block.jacobian(psi), slope, atol=1e-7)
        np.testing.assert_allclose(block.curvature(psi, weights), bend, atol=1e-7)

    def test_a_correlation_may_be_negative_and_a_variance_zero(self):
        first, second, shared = PairResidual().values(np.array([0.0, 0.0, -1.0]))
        assert shared < 0
        assert shared**2 < first * second
        assert Triangle(2).values(np.array([1.0, 0.5, 0.0]))[2] == 0.25


class TestLikelihood:
    @pytest.mark.parametrize("model", MODELS, ids=named)
    @pytest.mark.parametrize("reml", [True, False], ids=["reml", "ml"])
    def test_equals_the_normal_density_at_full_size(self, table, model, reml):
        courses, structure = courses_of(table, model), course_covariance(model)
        rows = courses.rows(model)
        rng = np.random.default_rng(3)
        psi = structure.start() + 0.2 * rng.normal(size=structure.free)
        t = structure.values(psi)
        found = evaluate(Prepared.of(batches(rows, len(t)), structure), t, reml=reml)
        expected = full_loglik(rows, full_covariance(rows, structure, t), reml=reml)
        assert -found.deviance / 2 == pytest.approx(expected, abs=EXACT * 1e3)

    @pytest.mark.parametrize("model", MODELS, ids=named)
    @pytest.mark.parametrize("reml", [True, False], ids=["reml", "ml"])
    def test_derivatives_are_those_of_the_deviance(self, table, model, reml):
        courses, structure = courses_of(table, model), course_covariance(model)
        prepared = Prepared.of(batches(courses.rows(model), len(structure.names)), structure)
        t = structure.values(structure.start())
        at = evaluate(prepared, t, reml=reml)
        for place, step in enumerate(1e-5 * np.eye(len(t))):
            up, down = (evaluate(prepared, t + sign * step, reml=reml) for sign in (1, -1))
            slope = (up.deviance - down.deviance) / 2e-5
            bend = (up.gradient - down.gradient) / 2e-5
            size = np.abs(at.hessian).max()
            assert at.gradient[place] == pytest.approx(slope, rel=SLOPE, abs=SLOPE * size)
            np.testing.assert_allclose(at.hessian[place], bend, atol=SLOPE * size)

    def test_bases_made_anew_give_the_same(self, table, monkeypatch):
        model = CourseModel(distinguishable=True, slopes=True)
        courses, structure = courses_of(table, model), course_covariance(model)
        parts, t = batches(courses.rows(model), 13), structure.values(structure.start())
        kept = evaluate(Prepared.of(parts, structure), t, reml=True)
        monkeypatch.setattr(likelihood, "_KEPT", 0)
        anew = evaluate(Prepared.of(parts, structure), t, reml=True)
        assert kept.deviance == anew.deviance
        np.testing.assert_array_equal(kept.hessian, anew.hessian)

    def test_no_covariance_has_no_likelihood(self):
        rows = _pair_rows(np.array([1.0, 2.0, 4.0, 3.0]))
        prepared = Prepared.of(batches(rows, 3), pair_residual(distinguishable=True))
        assert evaluate(prepared, np.array([1.0, 1.0, 2.0]), reml=False) is None


class TestFit:
    @pytest.mark.parametrize("model", MODELS, ids=named)
    def test_nothing_near_the_fit_is_more_likely(self, table, model):
        courses, structure = courses_of(table, model), course_covariance(model)
        found = fit(courses.rows(model), structure, courses.scales(model), reml=True)
        rows = courses.rows(model)
        best = full_loglik(rows, full_covariance(rows, structure, found.t), reml=True)
        assert found.loglik == pytest.approx(best, abs=1e-7)
        rng = np.random.default_rng(4)
        factors = structure.scaled(1.0, courses.scales(model))
        for _ in range(10):
            psi = found.psi + 0.05 * rng.normal(size=len(found.psi))
            size = found.t.max() / (structure.values(found.psi) * factors).max()
            near = structure.values(psi) * factors * size
            other = full_loglik(rows, full_covariance(rows, structure, near), reml=True)
            assert other <= best + 1e-9

    def test_kenward_roger_equals_n_by_n_matrices(self, table):
        model = CourseModel(distinguishable=True, slopes=False)
        courses, structure = courses_of(table, model), course_covariance(model)
        found = fit(courses.rows(model), structure, courses.scales(model), reml=True)
        assert found.convergence.usable
        inference = found.inference("kenward-roger")
        adjusted, df = kenward_roger_by_hand(found.rows, structure, found.t)
        np.testing.assert_allclose(inference.covariance, adjusted, rtol=1e-8)
        np.testing.assert_allclose(inference.single(np.eye(len(df))), df, rtol=1e-7)

    def test_scale_and_shift_of_the_outcome_only_scale_and_shift(self, table):
        model = CourseModel(distinguishable=False, slopes=True)
        courses, structure = courses_of(table, model), course_covariance(model)
        rows = courses.rows(model)
        one = fit(rows, structure, courses.scales(model), reml=True)
        other = fit(
            rows.with_outcome(1000 * rows.y + 7), structure, courses.scales(model), reml=True
        )
        np.testing.assert_allclose(other.t, 1e6 * one.t, rtol=1e-5, atol=1e-3)
        assert other.at.beta[0] == pytest.approx(1000 * one.at.beta[0] + 7, rel=1e-7)
        assert other.at.beta[1] == pytest.approx(1000 * one.at.beta[1], rel=1e-6)

    def test_partners_who_repeat_each_other_stop(self):
        with pytest.raises(NotEnoughData):
            fit(
                _pair_rows(np.ones(8)), pair_residual(distinguishable=False), np.zeros(0), reml=True
            )


class TestOtherEngine:
    """The engine of repeated measures knows the same models on a grid of roles and times."""

    def test_dyadic_growth_is_the_same_fit(self):
        table = pd.read_csv(HERE / "growth.csv")
        model = CourseModel(distinguishable=True, slopes=True)
        courses, structure = courses_of(table, model), course_covariance(model)
        rows, times = courses.rows(model), 5
        mine = fit(rows, structure, courses.scales(model), reml=True)
        own = np.column_stack([np.ones(times), np.arange(times)])
        grid = Sum(
            (
                ("courses", Image(np.kron(np.eye(2), own), Unstructured(4), "courses")),
                (
                    "residuals",
                    Kronecker(
                        Unstructured(2),
                        Scaled(Independent(times), heterogeneous=False),
                        "residuals",
                    ),
                ),
            ),
            "dyads",
        )
        place = rows.role * times + courses.time.astype(int)
        theirs = fit_patterns(rows.y, rows.X, rows.unit, place, grid)
        assert theirs.converged
        assert mine.loglik == pytest.approx(theirs.loglik, abs=1e-8)
        np.testing.assert_allclose(mine.at.beta, theirs.coefficients, rtol=1e-6)
        np.testing.assert_allclose(mine.at.covariance, theirs.coefficient_covariance, rtol=1e-5)
        df = mine.inference("satterthwaite").single(np.eye(4))
        np.testing.assert_allclose(df, satterthwaite(theirs).single(np.eye(4)), rtol=1e-4)


def _pair_rows(y: np.ndarray) -> Rows:
    n = len(y)
    unit = np.repeat(np.arange(n // 2), 2)
    role = np.tile([0, 1], n // 2)
    return Rows(unit, role, np.zeros(n, dtype=np.intp), y, np.ones((n, 1)), np.zeros((n, 0)))

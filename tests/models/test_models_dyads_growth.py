"""Dyadic growth: R's numbers, closed forms, people seen alone, and edges."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outcomes as oc
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.dyads.blocks import OneResidual, Triangle
from outcomes.models.dyads.covariance import Covariance, lower
from outcomes.models.dyads.fitting import fit
from outcomes.models.dyads.growth_covariance import CourseModel
from outcomes.models.dyads.growth_design import GrowthColumns, read_courses
from outcomes.schema import Verdict

HERE = Path(__file__).resolve().parents[1] / "reference" / "dyads"
LOGLIK = 1e-6
COEFFICIENT = 1e-6  # relative
# lme's search stopped 4e-9 of the log likelihood short: variances differ by up to 1e-6, and the
# smallest covariance (0.4 % of its variances' size) by 3e-5 points².
VARIANCE = {"rel": 1e-4, "abs": 5e-5}
ERRORS = 1e-5
DF = 1e-3
# lmer's derivative-free search leaves the df of pbkrtest at about 1e-5 relative.
KR = 1e-3
NAMES = {"outcome": "score", "time": "time"}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(HERE / "growth.csv")


@pytest.fixture(scope="module")
def numbers() -> dict[str, float]:
    lines = (HERE / "growth.tsv").read_text(encoding="utf-8").splitlines()
    return {path: float(value) for path, value in (line.split("\t") for line in lines)}


def alone(n: int, times: int = 4, seed: int = 1) -> pd.DataFrame:
    """n people seen alone, complete, with starts and slopes of their own."""
    rng = np.random.default_rng(seed)
    own = rng.multivariate_normal([12, -0.5], [[6, -0.3], [-0.3, 1.0]], n)
    time = np.tile(np.arange(times, dtype=float), n)
    score = np.repeat(own[:, 0], times) + np.repeat(own[:, 1], times) * time
    return pd.DataFrame(
        {
            "couple": np.repeat([f"alone {k}" for k in range(n)], times),
            "role": "individual",
            "time": time,
            "score": score + 1.5 * rng.standard_normal(n * times),
        }
    )


class TestR:
    @pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
    def test_equals_nlme(self, table, numbers, reml):
        entry = "course_REML" if reml else "course_ML"
        found = oc.dyadic_growth(table, **NAMES, reml=reml)
        assert found.converged
        assert found.loglik == pytest.approx(numbers[f"{entry}/logLik"], abs=LOGLIK)
        terms = ("husband", "wife", "husband_time", "wife_time")
        for row, term in zip(found.coefficients.itertuples(), terms, strict=True):
            expected = numbers[f"{entry}/{term}/estimate"]
            assert row.estimate == pytest.approx(expected, rel=COEFFICIENT, abs=1e-6)
            assert row.se == pytest.approx(numbers[f"{entry}/{term}/se"], rel=ERRORS)
        order = ("husband", "husband_time", "wife", "wife_time")
        place = 0
        for a, high in enumerate(order):
            for low in order[: a + 1]:
                name = f"{entry}/G/{high}/{low}"
                # nlme keeps the lower triangle in its own order.
                expected = numbers.get(name, numbers.get(f"{entry}/G/{low}/{high}"))
                assert found.fit.t[place] == pytest.approx(expected, **VARIANCE)
                place += 1
        table_ = found.variances.set_index("name")["estimate"]
        for role in ("husband", "wife"):
            expected = numbers[f"{entry}/sigma/{role}"]
            assert table_[f"SD of residual: {role}"] == pytest.approx(expected, rel=1e-4)
        rho = table_["correlation of partners' residuals at one occasion"]
        assert rho == pytest.approx(numbers[f"{entry}/rho"], rel=1e-4)
        assert rho < 0

    @pytest.mark.parametrize(
        ("ddf", "entry"), [("satterthwaite", "Satterthwaite"), ("kenward-roger", "Kenward-Roger")]
    )
    def test_equal_residuals_give_the_df_of_lmertest_and_pbkrtest(self, table, numbers, ddf, entry):
        columns = GrowthColumns("couple", "role", "score", "time", None, None, (), None)
        courses = read_courses(table, columns, told_apart=True)
        model = CourseModel(distinguishable=True, slopes=True)
        mixing = np.zeros((12, 11))
        mixing[:10, :10] = np.eye(10)
        mixing[10:, 10] = 1.0
        names = tuple(f"t{k}" for k in range(11))
        structure = Covariance(
            lower(0, 4), ((0, 0), (1, 1)), mixing, names, (Triangle(4), OneResidual())
        )
        found = fit(courses.rows(model), structure, courses.scales(model), reml=True)
        assert found.loglik == pytest.approx(numbers["independent/logLik"], abs=LOGLIK)
        mine = found.effects(courses.fixed()[1], ddf, 0.95).table()
        terms = ("husband", "wife", "husband_time", "wife_time")
        for row, term in zip(mine.itertuples(), terms, strict=True):
            base = f"independent/{entry}/{term}"
            # lmer's derivative-free search is off by 1e-6 in variances; all follow from them.
            assert row.estimate == pytest.approx(numbers[f"{base}/estimate"], rel=5e-6)
            assert row.se == pytest.approx(numbers[f"{base}/se"], rel=ERRORS)
            assert row.df == pytest.approx(numbers[f"{base}/df"], rel=KR)


class TestClosedForms:
    @pytest.mark.parametrize("ddf", ["satterthwaite", "kenward-roger"])
    def test_complete_courses_of_people_alone_have_n_minus_one_df(self, table, ddf):
        """Complete and equally spaced: the mean slope is the mean of the people's own slopes."""
        both = pd.concat([table, alone(25)])
        found = oc.dyadic_growth(both, **NAMES, individual="individual", ddf=ddf)
        rows = found.coefficients.set_index("term")
        own = [
            np.polyfit(part["time"], part["score"], 1)
            for _, part in alone(25).groupby("couple", sort=False)
        ]
        for name, values in (("slope", [o[0] for o in own]), ("start", [o[1] for o in own])):
            row = rows.loc[f"{name}: individual"]
            assert row["estimate"] == pytest.approx(np.mean(values), rel=1e-8)
            assert row["se"] == pytest.approx(np.std(values, ddof=1) / 5, rel=1e-6)
            assert row["df"] == pytest.approx(24, rel=1e-5)

    def test_partners_courses_do_not_change_when_people_alone_have_their_own(self, table):
        couples = oc.dyadic_growth(table, **NAMES)
        both = oc.dyadic_growth(pd.concat([table, alone(15)]), **NAMES, individual="individual")
        mine = both.coefficients.set_index("term").loc[couples.coefficients["term"]]
        np.testing.assert_allclose(mine["estimate"], couples.coefficients["estimate"], rtol=1e-6)
        np.testing.assert_allclose(mine["se"], couples.coefficients["se"], rtol=1e-6)

    def test_shared_variances_lie_between_those_of_both(self, table):
        both = pd.concat([table, alone(30)])
        given = dict(**NAMES, individual="individual", distinguishable=False)
        own = oc.dyadic_growth(both, **given).variances.set_index("name")["estimate"]
        shared = oc.dyadic_growth(both, **given, individuals="shared")
        found = shared.variances.set_index("name")["estimate"]
        low, high = sorted((own["SD of residual: partner"], own["SD of residual: individual"]))
        assert low <= found["SD of residual: partner"] <= high
        assert found["SD of residual: partner"] == found["SD of residual: individual"]
        assert "variances of a partner" in shared.explain()

    def test_exchangeable_partners_are_a_special_case(self, table):
        """Swapping who is called what changes nothing, and the free model is likelier."""
        turned = table.copy()
        odd = turned["couple"] % 2 == 1
        words = {"wife": "husband", "husband": "wife"}
        turned.loc[odd, "role"] = turned.loc[odd, "role"].map(words)
        one, two = (oc.dyadic_growth(t, **NAMES, distinguishable=False, reml=False)
                    for t in (table, turned))  # fmt: skip
        assert one.loglik == pytest.approx(two.loglik, abs=1e-9)
        apart = oc.dyadic_growth(table, **NAMES, reml=False)
        assert apart.loglik > one.loglik
        assert apart.n_parameters - one.n_parameters == 7  # start, slope; 10 + 3 against 6 + 2

    def test_the_test_of_roles_has_both_likelihoods(self, table):
        found = oc.dyadic_growth(table, **NAMES, distinguishable="test")
        apart = oc.dyadic_growth(table, **NAMES, reml=False)
        same = oc.dyadic_growth(table, **NAMES, distinguishable=False, reml=False)
        row = found.test.table.iloc[0]
        assert row["statistic"] == pytest.approx(2 * (apart.loglik - same.loglik), abs=1e-7)
        assert row["df"] == 7


class TestContrasts:
    @pytest.fixture
    def arms(self, table):
        arm = np.where(table["couple"] % 2, "coaching", "therapy")
        return oc.dyadic_growth(table.assign(arm=arm), **NAMES, arm="arm")

    def test_they_are_differences_of_the_coefficients(self, arms):
        b = arms.coefficients.set_index("term")["estimate"]
        roles = arms.contrasts("role").set_index("arm")["estimate"]
        for arm in ("coaching", "therapy"):
            expected = b[f"slope: wife, {arm}"] - b[f"slope: husband, {arm}"]
            assert roles[arm] == pytest.approx(expected)
        crossed = arms.contrasts("role x arm")["estimate"].iloc[0]
        assert crossed == pytest.approx(roles["therapy"] - roles["coaching"])
        at = arms.contrasts("arm", what="mean", at=3.0).set_index("role")["estimate"]
        start = arms.contrasts("arm", what="start").set_index("role")["estimate"]
        slope = arms.contrasts("arm").set_index("role")["estimate"]
        assert at["wife"] == pytest.approx(start["wife"] + 3 * slope["wife"])

    def test_means_follow_the_course(self, arms):
        found = arms.means([0, 4])
        assert len(found) == 8
        wide = found.pivot_table(index=["role", "arm"], columns="time", values="estimate")
        slope = arms.slopes().set_index(["role", "arm"])["estimate"]
        np.testing.assert_allclose((wide[4.0] - wide[0.0]) / 4, slope.loc[wide.index], rtol=1e-9)

    def test_what_is_not_there_is_refused(self, arms, table):
        plain = oc.dyadic_growth(table, **NAMES)
        with pytest.raises(UsageError):
            plain.contrasts("arm")
        with pytest.raises(UsageError):
            plain.contrasts("role x arm")
        with pytest.raises(UsageError):
            arms.contrasts("role", what="mean")


class TestCounts:
    def test_partners_who_are_missing_are_counted(self, table):
        found = oc.dyadic_growth(table, **NAMES)
        assert (found.n_couples, found.n_complete, found.n_alone) == (40, 38, 0)
        people = table.groupby(["couple", "time"])["role"].nunique()
        assert found.n_together == int(people.eq(2).sum())

    def test_missing_scores_are_counted_and_change_nobody(self, table):
        gap = table.tail(1).assign(couple=999, score=np.nan)
        one = oc.dyadic_growth(table, **NAMES)
        two = oc.dyadic_growth(pd.concat([table, gap]), **NAMES)
        assert two.dropped == {"score": 1}
        pd.testing.assert_frame_equal(one.coefficients, two.coefficients)

    def test_answers_some_days_apart_are_one_occasion(self, table):
        apart = table.assign(time=table["time"] + 0.1 * table["role"].eq("wife"))
        exact = oc.dyadic_growth(table, **NAMES)
        near = oc.dyadic_growth(apart, **NAMES, within=0.2)
        assert near.n_together == exact.n_together
        assert oc.dyadic_growth(apart, **NAMES, slopes=False).n_together == 0
        named = apart.assign(visit=table["time"])
        assert oc.dyadic_growth(named, **NAMES, occasion="visit").n_together == exact.n_together

    def test_each_answer_belongs_to_one_occasion(self):
        columns = GrowthColumns("couple", "role", "score", "time", None, None, (), None)
        rows = pd.DataFrame(
            {"couple": 1, "role": list("aabb"), "time": [0.0, 0.5, 0.3, 9.0], "score": 1.0}
        )
        found = read_courses(rows, columns, told_apart=True, within=1.0).occasion
        assert len(set(found.tolist())) == 3
        assert found[1] == found[2]


class TestEdges:
    def test_few_couples_get_no_verdict(self, table):
        found = oc.dyadic_growth(table[table["couple"].le(15)], **NAMES, slopes=False)
        assert found.verdict(0) is Verdict.CANNOT_TELL
        assert "cannot be told" in found.sentence
        assert any("no verdict" in text for text in found.warnings)

    def test_two_occasions_cannot_tell_slopes_apart_and_starts_alone_are_taken(self, table):
        found = oc.dyadic_growth(table[table["time"].lt(2)], **NAMES)
        assert not found.model.slopes
        assert found.converged
        assert any("only starts vary" in text for text in found.warnings)
        kept = oc.dyadic_growth(table[table["time"].lt(2)], **NAMES, slopes=True)
        assert not kept.converged or kept.convergence.singular
        if not kept.converged:
            assert repr(kept).startswith("NOT CONVERGED")
            assert kept.sentence.startswith("Cannot tell")

    def test_a_slope_that_does_not_vary_is_an_answer(self):
        rng = np.random.default_rng(5)
        n, times = 40, 5
        start = rng.normal(10, 3, (n, 2))
        rows = [
            (c, role, float(t), start[c, k] - 0.5 * t + rng.normal())
            for c in range(n) for t in range(times) for k, role in enumerate("ab")
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=["couple", "role", "time", "score"])
        found = oc.dyadic_growth(frame, **NAMES, slopes=True)
        assert found.converged
        assert (found.slopes()["df"] > 30).all()
        assert np.isfinite(found.slopes()["se"]).all()

    def test_couples_of_three_and_two_rows_at_one_time_are_refused(self, table):
        third = table[table["couple"].eq(3)].head(1).assign(role="child")
        with pytest.raises(UsageError, match="more than two people"):
            oc.dyadic_growth(pd.concat([table, third]), **NAMES)
        with pytest.raises(UsageError, match="same role twice at one occasion"):
            oc.dyadic_growth(pd.concat([table, table.head(1)]), **NAMES)
        one = alone(3)
        with pytest.raises(UsageError, match="several rows at one time"):
            oc.dyadic_growth(pd.concat([table, one, one.head(1)]), **NAMES, individual="individual")

    def test_shared_variances_need_partners_who_are_not_told_apart(self, table):
        with pytest.raises(UsageError, match="share variances"):
            oc.dyadic_growth(table, **NAMES, individual="individual", individuals="shared")

    def test_nobody_is_a_partner(self):
        with pytest.raises(NotEnoughData, match="Nobody is a partner"):
            oc.dyadic_growth(alone(5), **NAMES, individual="individual")

    def test_words_follow_the_direction(self, table):
        down = oc.dyadic_growth(table, **NAMES, direction="lower").sentence
        assert "gets better" in down
        assert "goes down" in oc.dyadic_growth(table, **NAMES).sentence
        told = oc.dyadic_growth(table, **NAMES).explain()
        assert "whether the help moved the scores" in told


class TestProperties:
    @settings(max_examples=6, deadline=None)
    @given(seed=st.integers(0, 100))
    def test_row_order_and_units_of_time_do_not_matter(self, seed):
        table = pd.read_csv(HERE / "growth.csv")
        mixed = table.sample(frac=1, random_state=seed).assign(days=lambda t: 7 * t["time"])
        one = oc.dyadic_growth(table, **NAMES)
        two = oc.dyadic_growth(mixed, outcome="score", time="days")
        assert one.loglik - two.loglik == pytest.approx(2 * math.log(7), abs=1e-6)
        np.testing.assert_allclose(
            7 * two.slopes()["estimate"], one.slopes()["estimate"], rtol=1e-5
        )
        np.testing.assert_allclose(two.slopes()["p"], one.slopes()["p"], rtol=1e-4)

"""Margins, two one-sided tests and non-inferiority, against R and by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from outcomes.comparison import compare, comparison_policy, equivalence, margin, noninferiority
from outcomes.errors import UsageError
from outcomes.schema.verdicts import Verdict

R_TOL = 1e-10  # closed forms, 15 digits in the JSON


@pytest.fixture(scope="module")
def tests_of_r(shared):
    text = (shared / "reference" / "ancova_es_tost_evalue.json").read_text(encoding="utf-8")
    return json.loads(text)


def two_means(frame, column, *, pooled):
    """TAU − BtheB with standard error and df by the textbook, Welch or Student."""
    sides = [frame.loc[frame["treatment"].eq(name), column].dropna() for name in ("TAU", "BtheB")]
    (n, m), (v, w) = (len(s) for s in sides), (s.var() for s in sides)
    estimate = sides[0].mean() - sides[1].mean()
    if pooled:
        spread = ((n - 1) * v + (m - 1) * w) / (n + m - 2)
        return estimate, math.sqrt(spread * (1 / n + 1 / m)), n + m - 2
    a, b = v / n, w / m
    return estimate, math.sqrt(a + b), (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))


@pytest.mark.parametrize(
    ("name", "column", "pooled"),
    [
        ("tost_BtheB_8m_pm5_welch", "bdi.8m", False),
        ("tost_BtheB_8m_pm5_student", "bdi.8m", True),
        ("tost_BtheB_pre_pm5_welch", "bdi.pre", False),
    ],
)
def test_two_one_sided_tests_equal_r(tests_of_r, shared, name, column, pooled):
    expected = tests_of_r[name]
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB.csv")
    estimate, se, df = two_means(frame, column, pooled=pooled)
    found = equivalence(estimate=estimate, se=se, df=df, margin=expected["high"])
    assert found.p_lower == pytest.approx(expected["p_lower"], rel=R_TOL)
    assert found.p_upper == pytest.approx(expected["p_upper"], rel=R_TOL)
    assert found.p == pytest.approx(expected["p_tost"], rel=R_TOL)
    assert [found.low, found.high] == pytest.approx(expected["ci90"], rel=R_TOL)
    assert found.verdict is Verdict.CANNOT_TELL


def test_paired_tost_equals_r(tests_of_r):
    within, expected = tests_of_r["jacobson_das_within"], tests_of_r["tost_jacobson_paired_pm25"]
    t = within["paired_t"]
    estimate = within["mean_post"] - within["mean_pre"]
    found = equivalence(estimate=estimate, se=estimate / t["t"], df=t["df"], margin=25)
    assert found.p == pytest.approx(expected["p_tost"], rel=1e-9)
    assert [found.low, found.high] == pytest.approx(expected["ci90"], rel=1e-9)
    assert found.verdict is Verdict.EQUIVALENT


def test_noninferiority_of_a_comparison_equals_r(tests_of_r, shared):
    expected = tests_of_r["noninferiority_BtheB_8m_ancova"]
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB.csv")
    effect = compare(
        frame, outcome="bdi.8m", arm="treatment", reference="TAU", covariates=["bdi.pre"],
        method="ancova", direction="lower", policy=comparison_policy().with_limits(ess=0),
    )  # fmt: skip
    found = noninferiority(effect, margin=margin(points=3, source="the trial"))
    assert found.p == pytest.approx(expected["p"], rel=R_TOL)
    assert [found.low, found.high] == pytest.approx(expected["ci95"], rel=R_TOL)
    assert found.verdict is Verdict.SUPPORTED
    assert "not worse than TAU by 3 points or more" in found.sentence
    assert not found.warnings


@pytest.mark.parametrize(
    ("estimate", "verdict"),
    [
        (0.0, Verdict.EQUIVALENT),
        (1.3, Verdict.EQUIVALENT),  # 1.3 + 1.645 < 3
        (1.4, Verdict.CANNOT_TELL),
        (-1.4, Verdict.CANNOT_TELL),
        (4.6, Verdict.CANNOT_TELL),  # 4.6 - 1.645 < 3
        (4.7, Verdict.NOT_SUPPORTED),
    ],
)
def test_verdicts_below_at_and_above_the_margin(estimate, verdict):
    found = equivalence(estimate=estimate, se=1.0, margin=3.0)
    assert found.verdict is verdict
    said = (found.sentence + repr(found) + found.explain()).lower()
    assert "no difference" not in said


@pytest.mark.parametrize(
    ("estimate", "direction", "verdict"),
    [
        (1.0, "lower", Verdict.SUPPORTED),  # 1 + 1.96 < 3
        (1.1, "lower", Verdict.CANNOT_TELL),
        (5.0, "lower", Verdict.NOT_SUPPORTED),
        (5.0, "higher", Verdict.SUPPORTED),
        (-1.1, "higher", Verdict.CANNOT_TELL),
        (-5.0, "higher", Verdict.NOT_SUPPORTED),
    ],
)
def test_noninferiority_looks_at_the_worse_side_only(estimate, direction, verdict):
    found = noninferiority(estimate=estimate, se=1.0, margin=3.0, direction=direction)
    assert found.verdict is verdict


def test_a_comparison_that_may_not_be_shown_stays_so():
    rng = np.random.default_rng(1)
    arm = np.repeat(["coaching", "therapy"], 40)
    pre = rng.normal(size=80) + 6 * (arm == "therapy")
    frame = pd.DataFrame({"pre": pre, "post": pre, "arm": arm})
    effect = compare(frame, covariates=["pre"], direction="lower")
    found = equivalence(effect, margin=2.0)
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert math.isnan(found.estimate) and math.isnan(found.p) and math.isnan(found.p_lower)


def test_size_at_the_margin():
    """Where the difference is the margin itself, 5 % are called equivalent, 2.5 % not worse."""
    rng = np.random.default_rng(3)
    runs, n, m = 4000, 30, 1.0
    samples = rng.normal(m, 1, size=(runs, n))
    equal = worse = 0
    for one in samples:
        numbers = {"estimate": one.mean(), "se": one.std(ddof=1) / np.sqrt(n), "df": n - 1}
        equal += equivalence(margin=m, **numbers).verdict is Verdict.EQUIVALENT
        not_worse = noninferiority(margin=m, direction="lower", **numbers)
        worse += not_worse.verdict is Verdict.SUPPORTED
    assert equal / runs == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / runs))
    assert worse / runs == pytest.approx(0.025, abs=3 * np.sqrt(0.025 * 0.975 / runs))


class TestMargin:
    def test_in_points(self):
        assert margin(points=2.5, source="protocol").points == 2.5

    def test_half_of_the_published_reliable_change(self):
        found = margin("phq9", fraction_of_reliable_change=0.5, source="protocol")
        assert found.points == pytest.approx(3.0)  # published: 6 points
        assert any(text.startswith("threshold: ") for text in found.sources)

    def test_reliable_change_from_sd_and_reliability(self):
        found = margin(fraction_of_reliable_change=0.5, sd=6, reliability=0.8)
        assert found.points == pytest.approx(0.5 * 1.959964 * math.sqrt(2) * 6 * math.sqrt(0.2))

    def test_d_at_a_standard_deviation(self):
        assert margin(d=0.24, sd=5).points == pytest.approx(1.2)

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"points": 1, "d": 0.2},
            {"points": 0},
            {"points": float("nan")},
            {"d": 0.2},
            {"d": 0.2, "sd": 0},
            {"fraction_of_reliable_change": 0.5},
            {"instrument": "phq9", "fraction_of_reliable_change": 0.5, "sd": 5},
        ],
    )
    def test_what_cannot_be_worked_out_is_refused(self, given):
        with pytest.raises(UsageError):
            margin(**given)

    def test_compare_takes_it(self):
        rng = np.random.default_rng(2)
        frame = pd.DataFrame({"pre": rng.normal(size=200), "arm": ["a", "b"] * 100})
        frame["post"] = frame["pre"] + rng.normal(size=200)
        declared = margin(points=1, source="protocol")
        one = compare(frame, covariates=["pre"], direction="lower", margin=declared)
        other = compare(frame, covariates=["pre"], direction="lower", margin=1.0)
        assert one.margin == other.margin == 1.0
        assert one.verdict is other.verdict is Verdict.EQUIVALENT
        assert equivalence(one).verdict is Verdict.EQUIVALENT
        assert equivalence(one).low == pytest.approx(one.equivalence_low)

    def test_nobody_who_decided_is_a_warning(self):
        assert margin(points=1).warnings
        assert not margin(points=1, source="steering group").warnings

"""Families of comparisons: adjusted p against R, intervals and roles by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import outcomes as oc
from outcomes.comparison.family import adjust
from outcomes.errors import UsageError
from outcomes.schema.verdicts import Verdict

R_TOL = 1e-12  # sums and products of numbers with three digits


@dataclass(frozen=True)
class Member:
    estimate: float
    se: float = 1.0
    df: float = float("inf")
    outcome: str = "post"
    other: str = "therapy"
    reference: str = "coaching"
    unit: str = "points"

    @property
    def p(self):
        return float(2 * norm.sf(abs(self.estimate) / self.se))

    @property
    def verdict(self):
        return Verdict.SUPPORTED if self.p < 0.05 else Verdict.CANNOT_TELL


@pytest.mark.parametrize(("method", "named"), [("holm", "holm"), ("bh", "BH")])
def test_adjusted_p_equal_r(shared, method, named):
    text = (shared / "reference" / "misc.json").read_text(encoding="utf-8")
    expected = json.loads(text)["p_adjust"]
    assert adjust(expected["p"], method) == pytest.approx(expected[named], rel=R_TOL)


def test_an_untested_member_counts_in_the_size():
    # R: p.adjust(c(.01, .02), "holm", n = 3) and "BH"
    assert adjust([0.01, np.nan, 0.02], "holm") == pytest.approx([0.03, np.nan, 0.04], nan_ok=True)
    assert adjust([0.01, np.nan, 0.02], "bh") == pytest.approx([0.03, np.nan, 0.03], nan_ok=True)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.sampled_from(["holm", "bh"]))
def test_adjustment_keeps_order_and_never_lowers_p(p, method):
    found = adjust(p, method)
    assert (found >= np.array(p) - 1e-15).all() and (found <= 1).all()
    turned = adjust(p[::-1], method)[::-1]
    assert found == pytest.approx(turned)
    assert (adjust(p, "bh") <= adjust(p, "holm") + 1e-12).all()


def test_roles_and_readings():
    results = {
        "phq9": Member(2.5), "gad7": Member(2.2), "who5": Member(3.0), "rdas": Member(5.0),
    }  # fmt: skip
    found = oc.family(results, primary="phq9", declared=["phq9", "gad7", "who5"])
    table = found.to_frame().set_index("name")
    assert table["role"].to_dict() == {
        "phq9": "primary", "gad7": "family", "who5": "family", "rdas": "exploratory",
    }  # fmt: skip
    assert found.size == 2 and found.n_exploratory == 1
    assert np.isnan(table.loc["phq9", "p_adjusted"])
    assert np.isnan(table.loc["rdas", "p_adjusted"])
    assert table.loc["rdas", "reading"] == "exploratory"
    assert table.loc["gad7", "p_adjusted"] == pytest.approx(2 * norm.sf(2.2))
    assert table.loc["who5", "p_adjusted"] == pytest.approx(2 * 2 * norm.sf(3.0))
    assert "exploratory" in found.sentence and "Family of 2" in found.sentence


def test_found_alone_but_not_in_the_family():
    found = oc.family({"a": Member(2.0), "b": Member(0.1), "c": Member(0.2)})
    assert found.table["reading"].tolist() == ["cannot tell"] * 3
    assert any("not after adjustment: a" in text for text in found.warnings)


def test_intervals_by_hand():
    results = {"a": Member(3.0), "b": Member(2.8), "c": Member(0.1), "d": Member(0.2)}
    holm = oc.family(results).table
    reach = norm.ppf(1 - 0.05 / 8)
    assert holm["low_adjusted"].to_numpy() == pytest.approx(holm["estimate"] - reach)
    bh = oc.family(results, method="bh").table
    reach = norm.ppf(1 - 2 * 0.05 / 8)  # two of four are found
    assert bh["high_adjusted"].tolist()[:2] == pytest.approx([3.0 + reach, 2.8 + reach])
    assert bh["high_adjusted"].isna().tolist() == [False, False, True, True]


def test_a_declared_member_without_a_result_is_said():
    found = oc.family({"a": Member(3.0)}, declared=["a", "b"])
    assert found.size == 2 and found.tested == 1
    assert found.table.loc[0, "p_adjusted"] == pytest.approx(4 * norm.sf(3.0))
    assert any("without a result: b" in text for text in found.warnings)


@pytest.mark.parametrize(
    ("results", "options"),
    [
        ({}, {}),
        ({"a": Member(1.0)}, {"method": "hochberg"}),
        ({"a": Member(1.0)}, {"primary": "b"}),
        ([Member(1.0), Member(2.0)], {}),
        ({"a": 3.0}, {}),
    ],
)
def test_what_makes_no_family_is_refused(results, options):
    with pytest.raises(UsageError):
        oc.family(results, **options)


def test_shows_explains_and_draws_itself():
    found = oc.family({"a": Member(3.0), "b": Member(-1.0)}, primary="a", declared=["a", "b"])
    assert "Holm" in found.explain() and "FamilyResult" in repr(found)
    assert "<table" in found._repr_html_()
    picture = found.plot()
    assert picture.data["name"].tolist() == ["a", "b"]
    assert "Primary" in picture.alt


@pytest.mark.slow
def test_holm_keeps_the_family_wise_error_and_its_intervals_hold_together():
    """Three of five differ in nothing; the others differ by 2 standard errors."""
    rng = np.random.default_rng(5)
    runs = 4000
    truth = np.array([0, 0, 0, 2.0, 2.0])
    shared = rng.normal(size=(runs, 1)) * np.sqrt(0.5)
    draws = truth + shared + rng.normal(size=(runs, 5)) * np.sqrt(0.5)
    p = 2 * norm.sf(np.abs(draws))
    false = np.array([(adjust(row, "holm")[:3] < 0.05).any() for row in p])
    assert false.mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    reach = norm.ppf(1 - 0.05 / 10)
    together = (np.abs(draws - truth) < reach).all(axis=1)
    assert together.mean() >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / runs)


@pytest.mark.slow
def test_bh_keeps_false_discoveries_and_its_intervals_their_coverage():
    """Six of ten differ in nothing; of what is found, at most 5 % is false on average."""
    rng = np.random.default_rng(6)
    runs = 3000
    truth = np.array([0.0] * 6 + [2.0, 2.5, 3.0, 3.5])
    draws = truth + rng.normal(size=(runs, 10))
    p = 2 * norm.sf(np.abs(draws))
    found = np.array([adjust(row, "bh") < 0.05 for row in p])
    count = np.maximum(found.sum(axis=1), 1)
    false = found[:, :6].sum(axis=1) / count
    assert false.mean() <= 0.05 * 6 / 10 + 3 * false.std() / np.sqrt(runs)
    reach = norm.ppf(1 - found.sum(axis=1) * 0.05 / 10 / 2)
    missed = ((np.abs(draws - truth) > reach[:, None]) & found).sum(axis=1) / count
    assert missed.mean() <= 0.05 + 3 * missed.std() / np.sqrt(runs)

"""Figures and tables of what would overturn a comparison: what is drawn, what is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import figures, tables
from outcomes.comparison.overturn import RegressionToMean
from outcomes.errors import UsageError
from outcomes.showing.overturn import drift_said, threats_said, ways_shown

ON, OFF = oc.policy(), oc.policy("off")


def made(gone_in_therapy, **options):
    """300 people; so many without an end score in therapy, twelve in coaching."""
    rng = np.random.default_rng(3)
    pre = rng.normal(15, 4, size=300).clip(0, 27)
    arm = np.repeat(["coaching", "therapy"], 150)
    post = 0.5 * pre - 3.0 * (arm == "therapy") + rng.normal(0, 3, size=300)
    frame = pd.DataFrame(
        {"pre": pre, "post": post.clip(0, 27), "arm": arm, "prior_care": rng.random(300) < 0.5,
         "unrelated": rng.normal(size=300), "who": np.arange(300) % 30}
    )  # fmt: skip
    frame.loc[:11, "post"] = np.nan
    frame.loc[150 : 149 + gone_in_therapy, "post"] = np.nan
    result = oc.compare(
        frame, reference="coaching", covariates=["pre", "prior_care"], direction="lower",
        cluster="who", **options,
    )  # fmt: skip
    return oc.overturn(
        result, frame, instrument="phq9", m=5,
        negative_controls=[{"outcome": "unrelated", "why": "a throw of dice"}],
    )  # fmt: skip


@pytest.fixture(scope="module")
def plain():
    return made(14, margin=4.0)


@pytest.fixture(scope="module")
def small():
    return made(3)


KINDS = ("threats", "evalue", "hidden", "methods", "specifications", "missing", "tipping", "drift")


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_is_drawn(plain, kind):
    drawn = plain.plot(kind=kind)
    assert drawn.svg.startswith("<svg")
    assert drawn.svg_narrow != drawn.svg
    assert drawn.alt
    assert len(drawn.data)


def test_a_part_that_was_not_made_is_refused(plain):
    with pytest.raises(UsageError):
        replace(plain, agreement=None).plot(kind="methods")
    with pytest.raises(UsageError):
        plain.plot(kind="nothing")


def test_the_curve_holds_the_measured_covariates(plain):
    drawn = figures.evalue_curve(plain.evalues, ON)
    assert {"Start score", "Therapy before"} <= set(drawn.data["what"])
    assert f"{plain.evalues.estimate:.2f}" in drawn.alt
    assert "not whether there is one" in drawn.notes[0]


def test_a_covariate_with_few_people_is_left_out(plain):
    few = tuple(replace(one, smallest=3) for one in plain.evalues.benchmarks)
    drawn = figures.evalue_curve(replace(plain.evalues, benchmarks=few), ON)
    assert "Start score" not in set(drawn.data["what"])
    assert any("too few people" in note for note in drawn.notes)
    hidden = replace(plain.hidden, strengths=few)
    assert figures.hidden_contours(hidden, ON).data.empty
    assert len(figures.hidden_contours(hidden, OFF).data) == 2
    cells = [row[1].state for row in tables.strengths_table(hidden, ON).rows]
    assert cells == ["suppressed", "suppressed"]


def test_contours_say_what_is_left(plain):
    drawn = figures.hidden_contours(plain.hidden, ON)
    assert "As strong as 'start score'" in drawn.alt
    assert list(drawn.data["covariate"]) == ["pre", "prior_care"]


def test_methods_are_in_one_panel(plain):
    drawn = figures.effect_panel(plain.agreement, ON)
    assert list(drawn.data["method"]) == [one.method for one in plain.agreement.answers]
    assert "Grey: the margin" in drawn.caption
    table = tables.methods_agreement_table(plain.agreement, ON)
    assert len(table.rows) == len(plain.agreement.answers)


@pytest.mark.parametrize("scale", ["points", pytest.param("shares", marks=pytest.mark.slow)])
def test_every_way_is_in_the_curve(plain, scale):
    drawn = figures.comparison_curve(plain.specifications, ON, scale)
    frame = plain.specifications.frame
    assert len(drawn.data) == frame["scale"].eq(scale).sum()
    made_ = drawn.data["advantage"].dropna()
    assert made_.is_monotonic_increasing
    assert drawn.data["headline"].sum() == (scale == "points")


@pytest.mark.slow
def test_ways_without_an_estimate_are_crosses(plain):
    frame = plain.specifications.frame.copy()
    frame.loc[frame["estimand"].eq("ATE"), ["advantage", "advantage_low", "advantage_high"]] = (
        np.nan
    )
    drawn = figures.comparison_curve(replace(plain.specifications, frame=frame), ON)
    lost = int(drawn.data["advantage"].isna().sum())
    assert lost > 0
    assert any(f"Crosses: {lost}" in note for note in drawn.notes)


class TestSmallNumbers:
    """Three people of therapy have no end score: nothing may give that away."""

    def test_threats_keep_what_hangs_on_them(self, small):
        drawn = figures.overturn_panel(small, ON)
        kept = drawn.data.set_index("threat")
        assert np.isnan(kept.loc["missing outcomes", "needed"])
        assert np.isnan(kept.loc["regression to the mean", "needed"])
        open_ = figures.overturn_panel(small, OFF).data.set_index("threat")
        assert not np.isnan(open_.loc["missing outcomes", "needed"])

    def test_so_does_the_table(self, small):
        rows = {row[0].text: row for row in tables.overturn_table(small, ON).rows}
        assert rows["Missing outcomes"][1].state == "suppressed"
        assert rows["Missing outcomes"][4].state == "suppressed"
        assert rows["Hidden confounding"][1].state == "shown"

    def test_the_sentence_has_no_such_number(self, small):
        turned = replace(small, missing=replace(small.missing, stands="disagree"))
        assert turned.weakest.name == "missing outcomes"
        assert turned.weakest.found not in threats_said(turned, ON)
        assert "is not shown" in threats_said(turned, ON)
        assert threats_said(turned, OFF) == turned.sentence

    def test_ways_that_count_them_as_unchanged_are_left_out(self, small):
        drawn = figures.comparison_curve(small.specifications, ON)
        assert set(drawn.data["missing"]) == {"Left out"}
        assert any("are not drawn" in note for note in drawn.notes)
        assert len(ways_shown(small.specifications, OFF).frame) > len(drawn.data)
        table = tables.specifications_table(small.specifications, ON)
        assert table.rows[0][1].value == len(drawn.data)
        said = {row[0].text: row[4].text for row in tables.overturn_table(small, ON).rows}
        ways = ways_shown(small.specifications, ON)
        assert said["Other choices"] == ways.sentence != small.specifications.sentence

    def test_the_drift_of_that_arm_is_not_drawn(self, small):
        drawn = figures.expected_drift(small.drift, ON)
        assert set(drawn.data["arm"]) == {"coaching"}
        assert "therapy" not in drift_said(small.drift, ON)
        assert "therapy" in drift_said(small.drift, OFF)
        rows = tables.drift_table(small.drift, ON).rows
        assert {row[0].text for row in rows if row[4].state == "suppressed"} == {"Therapy"}


def test_a_poor_measure_has_no_drift(plain):
    untold = replace(plain.drift, told=False)
    assert isinstance(untold, RegressionToMean)
    assert figures.expected_drift(untold, ON).data.empty
    assert all(row[4].state == "suppressed" for row in tables.drift_table(untold, ON).rows)


def test_tables_of_controls_and_ways(plain):
    table = tables.controls_table(plain.controls, ON)
    assert table.rows[0][0].text == "Unrelated"
    assert plain.controls[0].plot().svg.startswith("<svg")
    ways = tables.specifications_table(plain.specifications, ON)
    assert [row[0].text for row in ways.rows] == ["Points", "Percentage points of people"]
    assert ways.rows[0][1].value == plain.specifications.frame["scale"].eq("points").sum()


def test_nothing_to_overturn_is_drawn_as_such(plain):
    gone = replace(plain.comparison, estimate=np.nan, low=np.nan, high=np.nan)
    nothing = replace(plain, comparison=gone)
    assert nothing.threats == ()
    assert "none to overturn" in figures.overturn_panel(nothing, ON).alt

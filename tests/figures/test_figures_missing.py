"""Figures and tables of missing outcomes: what is drawn, and what small numbers hide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import figures, tables
from outcomes.reports.beliefs_words import WITHHELD, leaving, leaving_records

ON, OFF = oc.policy(), oc.policy("off")


def made(missing_in_therapy, **options):
    """120 people; so many without an end score in therapy, ten in coaching."""
    rng = np.random.default_rng(3)
    pre = rng.normal(15, 4, size=120)
    arm = np.repeat(["coaching", "therapy"], 60)
    post = 0.6 * pre - 3.0 * (arm == "therapy") + rng.normal(0, 3, size=120)
    frame = pd.DataFrame({"pre": pre, "post": post.clip(0, 27), "arm": arm})
    frame.loc[:9, "post"] = np.nan
    frame.loc[60 : 59 + missing_in_therapy, "post"] = np.nan
    return oc.missing_answers(
        frame, reference="coaching", covariates=["pre"], direction="lower", scale=(0, 27),
        reliable_change=6.0, m=5, seed=1, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def plain():
    return made(12)


@pytest.fixture(scope="module")
def small():
    return made(4)


class TestFigures:
    def test_the_curve_is_drawn_with_the_turn(self, plain):
        drawn = figures.tipping(plain.main, ON)
        assert drawn.data["delta"].tolist() == plain.main.curve["delta"].tolist()
        assert "becomes cannot tell" in drawn.alt
        assert "12 of 60" in drawn.caption
        assert "A reliable change is 6 points" in drawn.caption

    def test_every_answer_is_drawn(self, plain):
        drawn = figures.beliefs(plain, ON)
        assert list(drawn.data["answer"]) == ["complete cases", "imputed", "worst case"]
        assert not drawn.notes

    def test_a_margin_is_said(self):
        found = made(12, margin=2.0)
        assert "margin" in figures.tipping(found.main, ON).caption
        assert figures.beliefs(found, ON).svg != figures.beliefs(made(12), ON).svg

    def test_higher_may_be_better(self):
        rng = np.random.default_rng(1)
        frame = pd.DataFrame(
            {"pre": rng.normal(size=100), "arm": np.tile(["coaching", "therapy"], 50)}
        )
        frame["post"] = frame["pre"] + 0.8 * frame["arm"].eq("therapy") + rng.normal(size=100)
        frame.loc[:19, "post"] = np.nan
        found = oc.missing_answers(
            frame, reference="coaching", covariates=["pre"], direction="higher", m=5
        )
        assert found.main.shifted == ("therapy",)
        assert found.main.value < 0
        assert "turns at −" in found.main.words
        assert found.main.plot().alt


class TestSmallNumbers:
    def test_neither_curve_nor_bounds_are_drawn(self, small):
        curve = figures.tipping(small.main, ON)
        assert curve.data.empty
        assert "small" in curve.alt
        assert curve.notes
        bars = figures.beliefs(small, ON)
        assert list(bars.data["answer"]) == ["complete cases", "imputed"]
        assert "hidden" in bars.alt

    def test_neither_is_in_a_table(self, small):
        answers = tables.answers_table(small, ON)
        assert [cell.state for cell in answers.rows[2]][2:5] == ["suppressed"] * 3
        # With the people of both rows the difference would be the number missing.
        assert {row[4].state for row in answers.rows} == {"suppressed"}
        turns = tables.tipping_table(small, ON)
        assert {cell.state for row in turns.rows for cell in row[1:4]} == {"suppressed"}
        assert {row[4].text for row in turns.rows} == {"hidden (small)"}

    def test_neither_is_in_words_or_records(self, small):
        assert leaving(small, ON)[-1] == WITHHELD
        records = {one.id: one for one in leaving_records(small, "phq9", ON)}
        worst = records["missing.phq9.worst_case"]
        assert worst.suppressed
        assert (worst.value, worst.low, worst.high) == (None, None, None)
        tipping = [one for name, one in records.items() if ".tipping." in name]
        assert tipping
        assert all(one.suppressed and one.value is None for one in tipping)
        assert not records["missing.phq9.imputed"].suppressed

    def test_named_off_all_is_shown(self, small):
        assert not figures.tipping(small.main, OFF).data.empty
        assert all(row[4].state == "shown" for row in tables.answers_table(small, OFF).rows)

    @pytest.mark.parametrize(("missing", "visible"), [(4, False), (5, True), (0, True)])
    def test_the_limit_itself(self, missing, visible):
        assert figures.tipping(made(missing).main, ON).data.empty is not visible


class TestWords:
    def test_the_turn_and_the_worst_case_are_said(self, plain):
        said = leaving(plain, ON)
        assert "as for those with both scores" in said[0]
        assert "It would turn to 'cannot tell'" in said[1]
        assert "nothing assumed" in said[2]

    def test_nobody_missing_and_not_comparable(self):
        frame = plain_frame()
        nobody = oc.missing_answers(frame, reference="coaching", covariates=["pre"])
        assert leaving(nobody, ON) == (
            "Everybody in the comparison has an end score; nobody is missing.",
        )
        apart = frame.assign(pre=frame["pre"] + 90 * frame["arm"].eq("therapy"))
        apart.loc[:9, "post"] = np.nan
        blocked = oc.missing_answers(apart, reference="coaching", covariates=["pre"])
        assert "not comparable" in leaving(blocked, ON)[0]
        assert list(leaving_records(blocked, "phq9", ON)) == []


def plain_frame():
    rng = np.random.default_rng(3)
    arm = np.repeat(["coaching", "therapy"], 60)
    pre = rng.normal(15, 4, size=120)
    return pd.DataFrame({"pre": pre, "post": pre + rng.normal(size=120), "arm": arm})

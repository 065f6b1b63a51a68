"""Figures and tables of couples' models: what is drawn, what is hidden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import figures, tables
from outcomes.models.inference import Convergence

ROOT = Path(__file__).resolve().parents[1]
ON, OFF = oc.policy(), oc.policy("off")
STOPPED = Convergence(
    converged=False, gradient=1.0, curvature=0.0, evaluations=9, message="it did not arrive"
)


def pairs(n: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    e = rng.multivariate_normal([0, 0], [[1, -0.4], [-0.4, 1]], n)
    y = 10 + 2 * x + 0.05 * x[:, ::-1] + e
    return pd.DataFrame(
        {
            "couple": np.repeat(np.arange(n), 2),
            "role": np.tile(["man", "woman"], n),
            "trust": x.ravel(),
            "closeness": y.ravel(),
        }
    )


@pytest.fixture(scope="module")
def apart():
    return oc.apim(pairs(60), outcome="closeness", actor="trust", distinguishable=True)


@pytest.fixture(scope="module")
def growth():
    table = pd.read_csv(ROOT / "reference" / "dyads" / "growth.csv")
    arm = np.where(table["couple"] % 2, "coaching", "therapy")
    return oc.dyadic_growth(table.assign(arm=arm), outcome="score", time="time", arm="arm")


class TestPaths:
    def test_every_number_is_in_the_data_and_the_words(self, apart):
        drawn = apart.plot(policy=ON)
        assert len(drawn.data) == 5
        np.testing.assert_allclose(drawn.data["estimate"][:4], apart.effects["estimate"])
        for value in apart.effects["estimate"]:
            assert f"{abs(value):.2f}" in drawn.alt
        assert "not an effect" in drawn.caption

    def test_partners_who_are_not_told_apart_say_so(self):
        found = oc.apim(pairs(40), outcome="closeness", actor="trust", distinguishable=False)
        drawn = found.plot()
        assert len(drawn.data) == 3
        assert "one estimate" in drawn.notes[0]

    def test_words_may_stand_for_columns(self, apart):
        drawn = figures.dyad_paths(apart, ON, names={"trust": "confidence"})
        assert "confidence" in drawn.caption
        assert "trust" not in drawn.alt

    def test_a_few_couples_are_hidden(self, apart):
        few = replace(apart, n_complete=4)
        drawn = figures.dyad_paths(few, ON)
        assert drawn.data.empty
        assert "hidden" in drawn.alt
        assert len(figures.dyad_paths(few, OFF).data) == 5
        table = tables.apim_table(few, ON)
        assert not [c for row in table.rows for c in row if c.kind != "text" and c.state == "shown"]

    def test_a_model_that_did_not_arrive_shows_no_number(self, apart):
        stopped = replace(apart, convergence=STOPPED)
        drawn = figures.dyad_paths(stopped, OFF)
        assert drawn.data.empty
        assert "did not converge" in drawn.alt
        assert repr(stopped).startswith("NOT CONVERGED")
        assert "did not converge" in tables.apim_table(stopped, OFF).notes[0]


class TestCourses:
    def test_lines_are_the_means_of_the_model(self, growth):
        drawn = growth.plot(policy=ON)
        last = drawn.data.groupby(["role", "arm"], sort=False)["estimate"].last()
        expected = growth.means([growth.time_most])
        np.testing.assert_allclose(last.to_numpy(), expected["estimate"], rtol=1e-9)
        assert "Wife, therapy" in drawn.alt

    def test_a_cell_of_a_few_people_hides_all(self, growth):
        few = replace(growth, cell_sizes=(20, 3, 20, 20))
        assert figures.partner_courses(few, ON).data.empty
        table = tables.partner_courses_table(few, ON)
        assert {cell.state for row in table.rows for cell in row[2:]} == {"suppressed"}

    def test_the_table_has_means_slopes_differences_and_correlations(self, growth):
        table = tables.partner_courses_table(growth, ON).to_frame()
        assert table["what"].value_counts().to_dict() == {
            "Mean at the start": 4,
            "Change in a week": 4,
            "Difference of change in a week": 4,
            "Correlation": 3,
        }


class TestAgreement:
    def test_marks_are_the_correlations(self):
        frame = pairs(40)
        parts = {name: oc.partner_agreement(frame, name) for name in ("trust", "closeness")}
        drawn = figures.agreement(parts, ON)
        assert drawn.data["icc"].tolist() == [part.icc for part in parts.values()]
        assert parts["trust"].plot().data["icc"].iloc[0] == parts["trust"].icc

    def test_a_few_couples_are_hidden(self):
        part = oc.partner_agreement(pairs(4), "trust")
        assert figures.agreement({"trust": part}, ON).data.empty
        row = tables.agreement_table({"trust": part}, ON).rows[0]
        assert [cell.state for cell in row[1:]] == ["suppressed"] * 3

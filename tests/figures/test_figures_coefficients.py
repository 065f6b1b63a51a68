"""Coefficients of a mixed model as a figure: numbers, words, and what is not shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.models.inference import Convergence


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(4)
    client = np.repeat(np.arange(30), 4)
    week = np.tile(np.arange(4.0), 30)
    own = rng.normal(0, 2, 30)[client]
    score = 12 - week + own + rng.normal(0, 1, 120)
    frame = pd.DataFrame({"client": client, "week": week, "score": score})
    return oc.mixed("score ~ week + (1 | client)", frame)


def test_draws_every_coefficient_but_the_intercept(fit) -> None:
    figure = fit.plot()
    assert list(figure.data["term"]) == ["week"]
    row = fit.coefficients.set_index("term").loc["week"]
    assert figure.data["estimate"].iloc[0] == row["estimate"]
    assert "Association" in figure.caption
    assert f"{abs(row['estimate']):.2f}" in figure.alt
    assert figure.svg == fit.plot().svg


def test_shows_nothing_of_a_failed_fit(fit) -> None:
    lost = replace(fit, convergence=Convergence(False, 1.0, 0.1, 4, message="lost"))
    figure = lost.plot()
    assert figure.data["estimate"].isna().all()
    assert "cannot tell" in figure.alt
    assert "did not converge" in figure.notes[0]


def test_few_people_are_hidden_unless_asked_for(fit) -> None:
    few = replace(fit, n_groups={"client": 6})
    assert few.plot().data["estimate"].isna().all()
    assert few.plot(policy=oc.policy("off")).data["estimate"].notna().all()

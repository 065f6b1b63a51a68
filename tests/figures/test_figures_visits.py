"""The figure of means by visit: what it shows, what it hides, what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.privacy import policy
from outcomes.showing.visits import visible_means


def frame(counts=(30, 25, 20), n=60):
    """`counts` people of each of two arms with a score at visits 1, 2, 3; the rest have left."""
    rng = np.random.default_rng(2)
    people = np.arange(n)
    rows = [
        pd.DataFrame({"client": people, "arm": np.where(people % 2, "therapy", "coaching"),
                      "visit": visit, "score": rng.normal(15 - visit, 4, n) + people % 5}
        )[people // 2 < count]
        for visit, count in enumerate(counts, start=1)
    ]  # fmt: skip
    return pd.concat(rows)


def fit(data, **options):
    return oc.mmrm("score ~ arm * visit", data, subject="client", visit="visit", **options)


def test_means_intervals_and_people_are_in_the_data():
    result = fit(frame())
    figure = result.plot()
    means = result.means()
    assert figure.id == "visit_means"
    assert list(figure.data) == ["group", "visit", "estimate", "low", "high", "n"]
    np.testing.assert_allclose(figure.data["estimate"].astype(float), means["estimate"])
    assert figure.data["n"].tolist() == [30, 25, 20, 30, 25, 20]
    assert "60 people" in figure.caption
    assert "150 scores" in figure.caption
    assert "Coaching, 1:" in figure.alt
    assert figure.svg.startswith("<svg")
    assert oc.plot(result).svg == figure.svg


def test_a_cell_with_few_people_is_neither_drawn_nor_told():
    few = policy("default").minimum_plot - 1
    figure = fit(frame((30, 25, few)), covariance="cs").plot()
    last = figure.data[figure.data["visit"].eq(3)]
    assert last["estimate"].isna().all()
    assert "not shown" in " ".join(figure.notes)
    enough = fit(frame((30, 25, few + 1)), covariance="cs").plot()
    assert enough.data["estimate"].notna().all()


def test_numbers_that_tell_of_few_who_left_are_not_shown():
    table = visible_means(fit(frame((30, 28, 20))), policy("default"), "arm")
    assert table["n_shown"].tolist() == [True, False, True] * 2
    assert table["mean_shown"].all()
    few = policy("default").minimum_count
    apart = visible_means(fit(frame((30, 30 - few, 30 - 2 * few))), policy("default"), "arm")
    assert apart["n_shown"].all()


def test_without_an_arm_there_is_one_line():
    result = oc.mmrm("score ~ visit", frame(), subject="client", visit="visit")
    figure = result.plot()
    assert figure.data["group"].tolist() == ["all"] * 3
    assert "everybody" in figure.alt


def test_a_model_that_did_not_converge_draws_nothing():
    data = frame((30, 30, 30))
    data = data[~(data["visit"].eq(3) & data["client"].lt(30))]
    data = data[~(data["visit"].eq(2) & data["client"].ge(30))]
    result = fit(data, fallback=None)
    assert not result.converged
    figure = result.plot()
    assert figure.data[["estimate", "low", "high", "n"]].isna().all(axis=None)
    assert figure.alt == "Cannot tell: the model did not converge."
    assert figure.notes == (figure.alt,)


@pytest.mark.parametrize("name", ["visit", "nothing"])
def test_a_group_that_is_not_there_is_refused(name):
    with pytest.raises(oc.errors.UsageError):
        fit(frame()).plot(group=name)

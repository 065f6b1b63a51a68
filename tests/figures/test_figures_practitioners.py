"""What the figures of practitioners show, name and keep back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import figures, tables
from outcomes.errors import UsageError
from outcomes.privacy import policy
from outcomes.showing.practitioners import visible_practitioners


def service(sizes, spread=1.5, seed=3, apart=9.0):
    """Clients of practitioners p00, p01, ... with the given numbers of clients."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(len(sizes)), sizes)
    own = rng.normal(0, spread, len(sizes))
    own[1] = apart
    y = own[who] + rng.normal(0, 4, len(who))
    return pd.DataFrame({"who": [f"p{i:02d}" for i in who], "y": y, "hit": y > 2})


SIZES = [40, 60, 35, 80, 50, 45, 3, 4, 90, 30, 70, 55]


@pytest.fixture(scope="module")
def result():
    return oc.practitioners(service(SIZES), outcome="y", practitioner="who", direction="lower")


def test_small_practitioners_are_nowhere(result):
    figure = figures.funnel(result, policy())
    assert len(figure.data) == 10
    assert figure.data["n"].min() >= 5
    assert not figure.data["practitioner"].isin(["p06", "p07"]).any()
    assert "2 of 12 practitioners are not drawn" in " ".join(figure.notes)
    assert len(figures.funnel(result, policy("off")).data) == 12


def test_a_single_small_one_takes_another_with_it():
    sizes = [40, 60, 35, 80, 50, 45, 3, 20, 90, 30, 70, 55]
    found = oc.practitioners(service(sizes), outcome="y", practitioner="who")
    seen = visible_practitioners(found, policy())
    assert list(np.flatnonzero(~seen)) == [6, 7]


@pytest.mark.parametrize(("events", "seen"), [(0, True), (4, False), (5, True), (36, False)])
def test_of_shares_neither_side_may_be_small(events, seen):
    counts = pd.DataFrame(
        {"who": [f"s{i}" for i in range(8)], "n": 40, "hits": [20] * 7 + [events]}
    )
    found = oc.practitioners(counts, outcome="hits", trials="n", practitioner="who")
    assert visible_practitioners(found, policy()).iloc[-1] == seen


def test_only_those_outside_are_named_and_nobody_is_judged(result):
    figure = figures.funnel(result, policy())
    outside = result.table.loc[result.table["finding"].ne("within") & result.table["enough"]]
    assert list(outside["practitioner"]) == ["p01"]
    assert "p01" in figure.alt
    assert "p02" not in figure.alt
    assert "look, do not judge" in " ".join(figure.notes)
    assert "would lie outside" in " ".join(figure.notes)
    assert "Lower is better" in figure.caption


def test_too_few_practitioners_are_not_drawn():
    found = oc.practitioners(service(SIZES[:4]), outcome="y", practitioner="who")
    figure = figures.funnel(found, policy())
    assert not len(figure.data)
    assert figure.alt == "Cannot tell: fewer than 5 practitioners."


def test_one_without_enough_clients_has_no_name():
    found = oc.practitioners(
        service([12] * 6 + [60] * 6, spread=0.9, apart=0.5), outcome="y", practitioner="who"
    )
    figure = figures.funnel(found, policy())
    few = figure.data[~figure.data["enough"]]
    assert len(few)
    assert few["practitioner"].isna().all()


def test_shrunken_estimates_stand_by_pseudonym(result):
    figure = figures.shrunken(result, policy())
    assert list(figure.data["practitioner"]) == sorted(figure.data["practitioner"])
    assert "no ranking" in figure.caption


def test_shrunken_estimates_of_very_many_are_refused():
    found = oc.practitioners(service([30] * 70), outcome="y", practitioner="who")
    with pytest.raises(UsageError, match="too many rows"):
        figures.shrunken(found, policy())


def test_the_same_input_gives_the_same_bytes(result):
    one, two = (figures.funnel(result, policy()).svg for _ in range(2))
    assert one == two


class TestTables:
    def test_shares(self, result):
        table = tables.practitioner_shares_table(result, policy())
        assert table.rows[0][0].text == "Everybody"
        assert len(table.rows) == 2

    def test_practitioners(self, result):
        table = tables.practitioners_table(result, policy())
        texts = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
        assert texts["p06"][0] == "hidden (small)"
        assert texts["p01"][-1] == "Above the inner limit"
        assert list(texts) == sorted(texts)
        assert any("not ranked" in note for note in table.notes)

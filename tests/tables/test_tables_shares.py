"""Couples, services, differences and claims as tables and figures: zero, missing, hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.change.indicators import Indicator
from outcomes.showing.disclosure import visible_rates
from outcomes.showing.questions import visible_questions
from outcomes.showing.share_rows import shown_differences
from outcomes.tables import claim_table, couples_table, differences_table, service_table

HIDDEN = "hidden (small)"
SEED = 3


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(SEED)
    n = 60
    pre = np.clip(np.round(rng.normal(15, 4, 2 * n)), 0, 27)
    post = np.clip(np.round(pre - rng.normal(6, 5, 2 * n)), 0, 27)
    post[rng.random(2 * n) < 0.15] = np.nan
    couple = np.repeat(np.arange(n), 2)
    return pd.DataFrame(
        {
            "client_id": np.arange(2 * n),
            "episode_id": couple,
            "couple_id": couple,
            "arm": np.where(couple % 2, "coaching", "therapy"),
            "pre": pre,
            "post": post,
        }
    )


@pytest.fixture(scope="module")
def results(people) -> dict[str, object]:
    anxiety = people.assign(pre=people["pre"].clip(upper=21), post=people["post"].clip(upper=21))
    return {
        "couples": oc.couples(people, instrument="phq9", by="arm"),
        "service": oc.service_measures(people, anxiety, by="arm", effect=True),
        "differences": oc.rate_differences(
            oc.change(people, instrument="phq9", by="arm", cluster="couple_id")
        ),
        "claim": oc.claim(people, instrument="phq9", couple="couple_id"),
    }


TABLES = {
    "couples": couples_table,
    "service": service_table,
    "differences": differences_table,
    "claim": claim_table,
}


@pytest.mark.parametrize("name", TABLES)
def test_result_table_and_figure_say_what_they_are(results, name):
    result, policy = results[name], oc.policy()
    assert "does not tell" in result.explain()
    assert repr(result)
    assert "<table" in result._repr_html_()
    assert len(result.to_frame())
    table = TABLES[name](result, policy)
    assert table.rows
    assert all(cell.text for row in table.rows for cell in row)
    figure = oc.plot(result)
    assert figure.svg.startswith("<svg")
    assert figure.caption
    assert figure.alt


@pytest.mark.parametrize("name", TABLES)
def test_no_small_count_of_people_is_shown(results, name):
    policy = oc.policy()
    frame = TABLES[name](results[name], policy).to_frame()
    columns = [column for column in frame if column in ("n",)]
    for value in frame[columns].to_numpy().ravel():
        if not isinstance(value, str) and pd.notna(value):
            assert value == 0 or value >= policy.minimum_count


def indicator(hits, base) -> Indicator:
    return Indicator("m", "d", np.array(hits, bool), np.array(base, bool), "")


class TestTogether:
    """Shares of the same rows give each other away."""

    N = 40

    def first(self, n: int) -> np.ndarray:
        return np.arange(self.N) < n

    def test_a_large_share_is_shown_and_a_small_one_not(self):
        every = np.ones(self.N, bool)
        asked = [indicator(self.first(20), every), indicator(self.first(2), every)]
        assert visible_questions(asked, oc.policy()) == [True, False]

    def test_two_shares_that_differ_by_two_people(self):
        every = np.ones(self.N, bool)
        asked = [indicator(self.first(20), every), indicator(self.first(22), every)]
        assert visible_questions(asked, oc.policy()) == [True, False]

    def test_the_last_part_of_a_whole(self):
        every = np.ones(self.N, bool)
        parts = [self.first(20), self.first(38) & ~self.first(20), ~self.first(38)]
        asked = [indicator(part, every) for part in parts]
        # 20 and 18 of 40 leave 2: the second would give the third away.
        assert visible_questions(asked, oc.policy()) == [True, False, False]

    def test_zero_is_shown(self):
        every = np.ones(self.N, bool)
        asked = [indicator(self.first(0), every), indicator(self.first(20), every)]
        assert visible_questions(asked, oc.policy()) == [True, True]

    def test_a_policy_that_hides_nothing_shows_all(self):
        every = np.ones(self.N, bool)
        assert visible_questions([indicator(self.first(1), every)], oc.policy("off")) == [True]


def test_the_cross_table_does_not_give_away_what_the_rates_hide():
    """either - both - (better, unchanged) = discordant: not all of them are shown."""
    kinds = [((20, 8), (20, 8))] * 15 + [((20, 8), (20, 20))] * 28
    kinds += [((20, 8), (10, 20))] + [((20, 20), (20, 20))] * 6
    rows = [(place, *scores) for place, kind in enumerate(kinds) for scores in kind]
    people = pd.DataFrame(rows, columns=["couple_id", "pre", "post"])
    result = oc.couples(people, instrument="phq9")
    cells = oc.plot(result, kind="partners").data.set_index(["better_partner", "worse_partner"])
    rates = couples_table(result, oc.policy()).to_frame()
    better, unchanged = "Reliably better", "No reliable change"
    assert pd.isna(cells.loc[(better, "Reliably worse"), "n"])
    shown = rates[rates["measure"].eq(better) & rates["among"].str.contains("all four")]
    either = shown[shown["unit"].eq("At least one partner")]["n"].iloc[0]
    both = shown[shown["unit"].eq("Both partners")]["n"].iloc[0]
    parts = [either == HIDDEN, both == HIDDEN, pd.isna(cells.loc[(better, unchanged), "n"])]
    assert any(parts)


class TestDifferencesBesideRates:
    """A difference gives one share away once the other is known."""

    @pytest.fixture
    def changes(self):
        cells = {"coaching": (30, 120, 2), "therapy": (60, 57, 0)}
        rows = [
            (arm, 20, end)
            for arm, counts in cells.items()
            for end, n in zip((5, 20, 27), counts, strict=True)
            for _ in range(n)
        ]
        frame = pd.DataFrame(rows, columns=["arm", "pre", "post"])
        return oc.change(frame, instrument="phq9", by="arm")

    def test_subtracting_shown_numbers_finds_nobody(self, changes):
        """Therapy 57 of 117 and a shown difference would give 120 of 152, so 2 got worse."""
        shown = shown_differences(oc.rate_differences(changes), oc.policy())
        rates = changes.rates.join(visible_rates(changes, oc.policy()).add_prefix("show_"))
        told = rates[rates["show_n"] & rates["show_n_total"]]
        known = {(r.group, r.measure, r.denominator): r.rate for r in told.itertuples()}
        totals = rates[rates["show_n_total"]].set_index(["group", "denominator"])["n_total"]
        totals = totals[~totals.index.duplicated()]
        known_counts = {
            arm: dict(zip(part["measure"], part["n"], strict=True))
            for arm, part in told[told["denominator"].eq("paired")].groupby("group")
        }
        for row in shown[shown["shown"]].itertuples():
            for one, other, sign in (
                (row.group, row.reference, 1),
                (row.reference, row.group, -1),
            ):
                start = known.get((other, row.measure, row.denominator))
                if start is None or (one, row.denominator) not in totals.index:
                    continue
                total = totals[one, row.denominator]
                n = round((start + sign * row.difference) * total)
                better = known_counts[one].get("reliable_improvement", 0)
                rest = total - n - better if row.measure == "unchanged" else 0
                for learnt in (n, total - n, rest):
                    assert not 0 < learnt < 5, row.measure
        states = shown.set_index(["measure", "denominator"])["shown"]
        assert states["reliable_improvement", "paired"]
        assert not states["unchanged", "paired"]
        assert not states["reliable_deterioration", "paired"]

    def test_table_and_figure_follow_and_say_why(self, changes):
        result = oc.rate_differences(changes)
        rows = differences_table(result, oc.policy()).to_frame()
        assert rows.loc[rows["measure"].eq("No reliable change"), "difference"].eq(HIDDEN).all()
        figure = oc.plot(result)
        assert set(figure.data["measure"]) == {"reliable_improvement", "recovered",
                                               "reliable_recovery"}  # fmt: skip
        assert any(HIDDEN in note for note in figure.notes)

    def test_a_policy_that_hides_nothing_shows_all(self, changes):
        assert shown_differences(oc.rate_differences(changes), oc.policy("off"))["shown"].all()


def test_the_main_rows_of_couples_are_those_with_all_scores(results):
    whole = couples_table(results["couples"], oc.policy())
    main = couples_table(results["couples"], oc.policy(), main=True)
    frame = main.to_frame()
    assert len(main.rows) < len(whole.rows) / 2
    assert "among" not in frame
    assert "Each partner" not in set(frame["unit"])
    assert frame["measure"].iloc[0] == "Reliably better"
    assert frame["measure"].iloc[-1] == "One reliably better, the other reliably worse"

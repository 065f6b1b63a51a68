"""Figures: determinism, text alternatives, data, and no trace left behind."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pandas as pd
import pytest

from outcomes import figures
from outcomes.change import change
from outcomes.errors import UsageError
from outcomes.figures import Figure
from outcomes.figures.theme import NARROW, WIDE
from outcomes.privacy import policy

ON, OFF = policy(), policy("off")
LARGEST = 300_000  # bytes; a report with six figures stays quick to open on a phone
POINTS_PER_INCH = 72


@pytest.fixture(scope="module")
def build(changes, effects, cohort):
    return {
        "scores": lambda: figures.start_against_end(changes, ON, seed=3),
        "rates": lambda: figures.rates(changes, ON),
        "overlap": lambda: figures.overlap(effects[0], ON),
        "balance": lambda: figures.balance(effects[0].weights, ON),
        "effect": lambda: figures.effect(effects, ON),
        "flow": lambda: figures.flow(cohort, ON),
    }


@pytest.fixture(scope="module")
def drawn(build):
    return {name: make() for name, make in build.items()}


NAMES = ["scores", "rates", "overlap", "balance", "effect", "flow"]


@pytest.mark.parametrize("name", NAMES)
class TestEveryFigure:
    def test_is_the_same_bytes_again(self, build, drawn, name):
        again = build[name]()
        assert (again.svg, again.svg_narrow) == (drawn[name].svg, drawn[name].svg_narrow)

    def test_leaves_no_trace_in_matplotlib(self, build, name):
        import matplotlib.pyplot as plt

        before = dict(mpl.rcParams)
        build[name]()
        assert plt.get_fignums() == []
        assert dict(mpl.rcParams) == before

    def test_is_small_and_names_no_address_or_date(self, drawn, name):
        for svg in (drawn[name].svg, drawn[name].svg_narrow):
            assert len(svg.encode()) < LARGEST
            rest = re.sub(r'xmlns(:xlink)?="[^"]*"', "", svg)
            assert "://" not in rest
            assert "metadata" not in rest
            assert svg.startswith("<svg")

    def test_has_the_two_widths(self, drawn, name):
        for svg, width in ((drawn[name].svg, WIDE), (drawn[name].svg_narrow, NARROW)):
            size = ET.fromstring(svg).get("width")
            assert float(size.removesuffix("pt")) == pytest.approx(width * POINTS_PER_INCH)

    def test_ids_meet_no_other_drawing(self, drawn, name):
        mine = set(re.findall(r'\bid="([^"]+)"', drawn[name].svg + drawn[name].svg_narrow))
        for other in set(NAMES) - {name}:
            assert not mine & set(re.findall(r'\bid="([^"]+)"', drawn[other].svg))
        wide, narrow = (
            set(re.findall(r'\bid="([^"]+)"', svg))
            for svg in (drawn[name].svg, drawn[name].svg_narrow)
        )
        assert not wide & narrow
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', drawn[name].svg)) <= wide

    def test_goes_through_json(self, drawn, name):
        back = Figure.from_dict(json.loads(json.dumps(drawn[name].to_dict())))
        assert back.to_dict() == drawn[name].to_dict()

    def test_shows_itself(self, drawn, name):
        assert 'role="img"' in drawn[name]._repr_html_()
        assert drawn[name]._repr_svg_() == drawn[name].svg
        assert drawn[name].id == name
        assert drawn[name].caption in repr(drawn[name])


class TestAlternativeText:
    def test_scores(self, changes, drawn):
        n = changes.rates.set_index(["group", "measure", "denominator"])["n_total"]
        for arm in ("coaching", "therapy"):
            people = n[arm, "unchanged", "paired"]
            assert f"{arm.capitalize()}, {people} people" in drawn["scores"].alt

    def test_rates(self, changes, drawn):
        row = changes.rates.set_index(["group", "measure", "denominator"]).loc[
            "therapy", "reliable_improvement", "paired"
        ]
        said = f"Reliably better, Therapy: {row['n']} of {row['n_total']}"
        assert said in drawn["rates"].alt

    def test_effect(self, effects, drawn):
        assert f"therapy {effects[0].n['therapy']}" in drawn["effect"].alt
        assert "Lower is better" in drawn["effect"].alt

    def test_balance_overlap_and_flow(self, effects, cohort, drawn):
        n = effects[0].weights.n
        assert f"Coaching {n['coaching']}" in drawn["balance"].alt
        assert f"Coaching, {n['coaching']} people" in drawn["overlap"].alt
        last = cohort.flow.iloc[-1]
        assert f"Therapy {last['persons']}" in drawn["flow"].alt

    def test_markup_in_user_words_is_inert(self, frame):
        named = frame.assign(site="<script>x</script>")
        figure = figures.rates(change(named, instrument="phq9", by="site"), ON)
        assert "<script" not in figure._repr_html_()


class TestData:
    def test_rates_are_those_of_the_result(self, changes):
        data = figures.rates(changes, OFF).data
        merged = data.merge(changes.rates, on=["measure", "group", "n_total"])
        assert len(merged) == len(data) == 8
        assert (merged["n_x"] == merged["n_y"]).all()
        assert (merged["rate_x"] == merged["rate_y"]).all()

    def test_hidden_rates_are_not_in_the_data(self, people):
        frame = people({"coaching": 60, "therapy": 60})
        result = change(frame, instrument="phq9", by="arm")
        figure = figures.rates(result, ON)
        small = result.rates["n"].between(1, 4) & result.rates["denominator"].eq("paired")
        assert small.any()
        assert not figure.data["n"].dropna().between(1, 4).any()
        assert figure.data.loc[figure.data["n"].isna(), "rate"].isna().all()
        assert "hidden (small)" in figure.alt

    def test_effect(self, effects, drawn):
        assert drawn["effect"].data["estimate"].tolist() == [r.estimate for r in effects]

    def test_balance_is_the_worst_level_of_each_characteristic(self, effects, drawn):
        table = effects[0].weights.balance
        gender = table.loc[table["covariate"] == "gender", "smd_before"].abs().max()
        data = drawn["balance"].data.set_index("covariate")
        assert data.loc["gender", "before"] == gender

    def test_overlap_bars_hold_everybody_and_no_small_count(self, effects, drawn):
        bars = drawn["overlap"].data
        assert bars.groupby("arm")["n"].sum().to_dict() == effects[0].weights.n
        assert not bars["n"].between(1, ON.minimum_count - 1).any()
        per_bin = bars["share_per_bin"] * (bars["high"] - bars["low"]) * 20
        assert per_bin.groupby(bars["arm"]).sum().tolist() == pytest.approx([1, 1])

    def test_overlap_without_suppression_has_equal_bins(self, effects):
        bars = figures.overlap(effects[0].weights, OFF).data
        assert len(bars) == 40

    def test_flow_hides_what_differs_by_few(self, drawn):
        data = drawn["flow"].data.set_index(["step", "arm"])["persons"]
        assert pd.isna(data["read", "therapy"])
        assert data["first", "therapy"] == 168
        assert "hidden (small)" in drawn["flow"].alt

    def test_flow_leaves_out_steps_at_which_nothing_changes(self, drawn):
        assert list(dict.fromkeys(drawn["flow"].data["step"])) == ["read", "first", "paired"]


class TestEffect:
    @pytest.mark.parametrize(
        ("direction", "left", "right"),
        [("lower", "therapy", "coaching"), ("higher", "coaching", "therapy")],
    )
    def test_the_ends_follow_the_direction(self, effects, direction, left, right):
        from dataclasses import replace

        from outcomes.figures.effect import _ends

        ends = dict(_ends(replace(effects[0], direction=direction)))
        assert ends == {-1: f"{left}\nended better", 1: f"{right}\nended better"}

    def test_a_comparison_that_may_not_be_shown_has_its_verdict(self, incomparable):
        figure = figures.effect([incomparable], ON)
        assert "no difference shown, not comparable" in figure.alt
        assert not figure.data["drawn"].any()
        assert figure.notes


class TestPlot:
    def test_each_result_has_its_figure(self, changes, effects, cohort):
        assert figures.plot(changes).id == "rates"
        assert figures.plot(changes, kind="scores", seed=1).id == "scores"
        assert figures.plot(effects[0]).id == "effect"
        assert figures.plot(effects[0], kind="overlap").id == "overlap"
        assert figures.plot(effects[0].weights).id == "balance"
        assert figures.plot(cohort).id == "flow"

    def test_anything_else_is_refused(self, changes):
        with pytest.raises(UsageError, match="int"):
            figures.plot(3)
        with pytest.raises(UsageError, match="rates, scores"):
            figures.plot(changes, kind="pie")

"""The report on data quality: the bundled example once, and what small practices hide."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pandas as pd
import pytest

from outcomes.cli import main
from outcomes.derive.completeness import ATOMS, COUNT_COLUMNS
from outcomes.figures.response import response
from outcomes.privacy import policy
from outcomes.reports import quality_words as words
from outcomes.reports.quality_numbers import quality_policy
from outcomes.showing.responses import PARTS, responses
from outcomes.sources import read
from outcomes.tables.quality import response_table, spread_table, waits_table

ON, OFF = policy(), policy("off")
SECTIONS = [
    "May this be reported?",
    "What was read",
    "What was not used and why",
    "How complete the tables are",
    "Response rates",
    "When scores were given",
    "What to do next quarter",
    "How it was made",
]


def counts(groups: dict[str, dict[str, int]], dimension: str = "practice") -> pd.DataFrame:
    """Counts of the PHQ-9 for some groups, with everybody as their sum."""
    rows = [
        {"instrument": "phq9", "dimension": dimension, "group": name, **dict.fromkeys(ATOMS, 0)}
        | atoms
        for name, atoms in groups.items()
    ]
    frame = pd.DataFrame(rows)
    everybody = frame[list(ATOMS)].sum().to_dict()
    total = {"instrument": "phq9", "dimension": "all", "group": "all", **everybody}
    return pd.concat([pd.DataFrame([total]), frame], ignore_index=True)[COUNT_COLUMNS]


BIG = {"ended_both": 40, "ended_start_only": 10, "open_started": 20}


class TestHiding:
    def test_a_practice_of_three_shows_nothing_and_takes_another_with_it(self):
        shown = responses(
            counts({"large": BIG, "medium": {**BIG, "ended_both": 30}, "tiny": {"ended_both": 3}}),
            ON,
        ).set_index("group")
        assert shown.loc["tiny", list(PARTS)].isna().all()
        assert shown.loc["medium", ["ended", "with_end"]].isna().all(), "the rest would be 3"
        assert shown.loc["large", "ended"] == 50
        assert shown.loc["all", "end_rate"] == pytest.approx(73 / 93)

    def test_a_small_rest_hides_the_share_but_not_the_denominator(self):
        shown = responses(counts({"one": {"ended_both": 40, "ended_start_only": 2}}), ON)
        assert shown["ended"].tolist() == [42, 42]
        assert shown["with_end"].isna().all()
        assert shown["end_rate"].isna().all()

    def test_the_policy_off_shows_all(self):
        shown = responses(counts({"a": {"ended_both": 3}, "b": {"ended_none": 1}}), OFF)
        assert shown["with_end"].tolist() == [3, 3, 0]
        assert shown["end_rate"].tolist() == [0.75, 1.0, 0.0]

    def test_individuals_do_not_follow_from_couples(self):
        """Everybody is known from the other measures: 3 who came alone would be the difference."""
        shown = responses(counts({"a": {"outside_ended": 3, "ended_both": 40}}), ON)
        assert shown["ended"].isna().all()

    def test_the_figure_and_the_table_name_what_is_hidden_and_hold_no_number(self):
        shown = responses(counts({"large": BIG, "tiny": {"ended_both": 3}}), ON)
        table = response_table(shown, ON, id="t", caption="c")
        figure = response(shown, ON, id="f", caption="c", limit=0.8)
        assert [cell.state for cell in table.rows[2][1:]] == ["suppressed"] * 4
        assert figure.data.loc[2, ["n", "n_total"]].isna().all()
        assert "tiny: hidden (small)" in figure.alt
        assert figure.notes

    @pytest.mark.parametrize("n", [0, 4, 5])
    def test_practitioners_only_where_there_are_enough(self, n):
        table = spread_table({"phq9": pd.Series([0.5] * n, dtype="float64")}, ON)
        expected = "shown" if n == ON.minimum_count else "suppressed"
        assert {cell.state for cell in table.rows[0][1:]} == {expected}

    @pytest.mark.parametrize("n", [9, 10])
    def test_days_only_of_enough_people(self, n):
        row = {"instrument": "phq9", "measure": "end", "n": n, "q1": 0, "median": 1, "q3": 20}
        table = waits_table(pd.DataFrame([row]), ON)
        assert {cell.state for cell in table.rows[0][1:]} == {
            "shown" if n >= ON.minimum_plot else "suppressed"
        }


class TestAdvice:
    def numbers(self, shown: pd.DataFrame, waits: pd.DataFrame | None = None) -> SimpleNamespace:
        return SimpleNamespace(
            shown=shown,
            rows=lambda dimension: shown[shown["dimension"] == dimension],
            instruments=["phq9"],
            waits=pd.DataFrame() if waits is None else waits,
            filled=pd.DataFrame(columns=["table", "column", "filled", "rows"]),
            policy=ON,
        )

    def test_follows_from_the_limits(self):
        low = responses(counts({"a": BIG, "b": {"ended_both": 20, "ended_none": 30}}), ON)
        wait = {"instrument": "phq9", "measure": "end", "n": 99, "q1": 0, "median": 1, "q3": 20}
        said = words.advice(self.numbers(low, pd.DataFrame([wait])))
        assert [line.split()[0] for line in said] == ["Ask", "Ask", "Find", "Give"]
        assert "PHQ-9 60 %" in said[0]

    def test_nothing_to_do_is_said(self):
        good = responses(counts({"a": {"ended_both": 50}, "b": {"ended_both": 50}}), ON)
        assert words.advice(self.numbers(good)) == ("Keep on as now: no limit was passed.",)

    @pytest.mark.parametrize(
        ("both", "without", "verdict"),
        [(95, 5, "supported"), (50, 50, "not supported"), (40, 10, "cannot tell")],
    )
    def test_the_verdict_is_the_interval_against_the_limit(self, both, without, verdict):
        shown = responses(counts({"a": {"ended_both": both, "ended_none": without}}), ON)
        assert words.measured(self.numbers(shown), "phq9")[0] == verdict

    def test_every_limit_has_its_reason(self):
        assert all(rule["reason"] for rule in quality_policy().values())


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("quality")
    source = str(root / "data" / "example")
    assert main(["report", source, "--notebook", "data_quality", "--out", str(out)]) == 0
    (page,) = out.glob("data_quality/*/report.html")
    return page.parent


@pytest.mark.slow
class TestExample:
    def test_the_sections_come_in_order(self, run):
        html = (run / "report.html").read_text(encoding="utf-8")
        titles = [re.sub("<[^>]+>", "", t).strip() for t in re.findall(r"<h2.*?</h2>", html, re.S)]
        assert titles == SECTIONS

    def test_no_id_of_the_study_is_in_it(self, run, root):
        study = read(root / "data" / "example")
        html = (run / "report.html").read_text(encoding="utf-8")
        results = (run / "results.json").read_text(encoding="utf-8")
        words_there = set(re.findall(r"[A-Za-z0-9_-]+", re.sub(r"<svg.*?</svg>", "", html)))
        words_there |= set(re.findall(r"[A-Za-z0-9_-]+", results))
        keys = (study.clients, study.couples, study.practitioners, study.episodes, study.sessions)
        ids = {str(key) for table in keys for key in table.iloc[:, 0]}
        assert not ids & words_there

    def test_results_have_stable_ids_and_no_small_number(self, run):
        records = json.loads((run / "results.json").read_text(encoding="utf-8"))["results"]
        ids = [record["id"] for record in records]
        assert len(ids) == len(set(ids))
        assert {"quality.phq9.end_score", "quality.phq9.north.end_score"} <= set(ids)
        sizes = [record[n] for record in records for n in ("n", "n_total") if record[n]]
        assert min(sizes) >= ON.minimum_count

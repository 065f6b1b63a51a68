"""Service measures against the published figures of England, and the definitions' edges."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from outcomes.change.service import service_measures
from outcomes.errors import InstrumentError, NotEnoughData, RangeError, UsageError

PUBLISHED = 0.05 + 1e-9  # percentage points: published with one decimal
SEED = 3
YEARS = [f"20{y}-{y + 1}" for y in range(17, 25)]
# first and last PHQ-9, first and last GAD-7 of one person of each kind.
KINDS = {
    "reliably recovered": (18, 5, 15, 4),
    "recovered": (11, 9, 6, 5),
    "improved": (20, 12, 15, 14),
    "deteriorated": (12, 19, 10, 10),
    "unchanged": (15, 14, 12, 12),
    "never a case": (6, 5, 4, 4),
    "one last score missing": (14, 5, 12, np.nan),
    "first scores missing": (np.nan, 5, np.nan, 4),
}


def courses(counts: dict[str, int], **more) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames of pairs with so many people of each kind."""
    rows = np.repeat(np.array([KINDS[name] for name in counts]), list(counts.values()), axis=0)
    keys = {"client_id": np.arange(len(rows)), "episode_id": np.arange(len(rows))}
    first = pd.DataFrame({**keys, "pre": rows[:, 0], "post": rows[:, 1], **more})
    return first, pd.DataFrame({**keys, "pre": rows[:, 2], "post": rows[:, 3], **more})


def one(first: float, last: float, first_anxiety: float, last_anxiety: float, **options):
    """Flags of one course, with a plain one beside it."""
    keys = {"client_id": ["a"], "episode_id": ["e"]}
    depression = pd.DataFrame({**keys, "pre": [first], "post": [last]})
    anxiety = pd.DataFrame({**keys, "pre": [first_anxiety], "post": [last_anxiety]})
    return service_measures(depression, anxiety, **options).frame.iloc[0]


@pytest.fixture(scope="module")
def england(shared):
    table = pd.read_csv(shared / "data" / "nhs_talking_therapies" / "nhs_tt_england_measures.csv")
    table = table[table["variable_type"].eq("Total")]
    return table.set_index(["reporting_period", "measure_name", "measure_statistic"])["value"]


@pytest.mark.slow
@pytest.mark.parametrize("year", YEARS)
def test_england_as_published(england, year):
    """Person-level rows whose counts are the published ones give the published percentages."""

    def count(name):
        return int(england[year, name, "count"])

    finished, below = count("finished_course_treatment"), count("not_at_caseness")
    sure = count("reliable_recovery")
    crossed = count("recovery") - sure
    moved = ("improvement", "deterioration", "no_reliable_change")
    unpaired = finished - sum(count(name) for name in moved)
    unknown = finished - count("at_caseness") - below
    depression, anxiety = courses(
        {
            "reliably recovered": sure,
            "recovered": crossed,
            "improved": count("improvement") - sure,
            "deteriorated": count("deterioration"),
            "never a case": below,
            "unchanged": count("no_reliable_change") - crossed - below,
            "first scores missing": unknown,
            "one last score missing": unpaired - unknown,
        }
    )
    order = np.random.default_rng(SEED).permutation(finished)
    found = service_measures(depression.iloc[order], anxiety)
    assert found.n_finished == finished
    names = {
        "improvement": "reliable_improvement",
        "deterioration": "reliable_deterioration",
        "no_reliable_change": "no_reliable_change",
        "recovery": "recovery",
        "reliable_recovery": "reliable_recovery",
    }
    for published, ours in names.items():
        row = found.rate(ours)
        assert int(row["n"]) == count(published)
        assert 100 * row["rate"] == pytest.approx(
            england[year, published, "percentage"], abs=PUBLISHED
        )
        assert row["low"] < row["rate"] < row["high"]
    assert int(found.rate("caseness")["n"]) == count("at_caseness")
    assert int(found.rate("unknown_caseness")["n"]) == unknown
    assert int(found.rate("recovery")["n_total"]) == finished - below
    assert int(found.rate("unpaired")["n"]) == unpaired


def test_the_figures_of_2024_25_as_printed(england):
    assert [
        england["2024-25", name, "percentage"]
        for name in (
            "improvement",
            "deterioration",
            "no_reliable_change",
            "recovery",
            "reliable_recovery",
        )
    ] == [67.5, 5.8, 25.4, 50.5, 47.5]


def test_couples_against_cbt_equals_r(shared):
    """R's risk difference and log ratio are Wald's; with a thousand cases they agree to .002."""
    text = (shared / "reference" / "nhs.json").read_text(encoding="utf-8")
    want = json.loads(text)["nhs_2425_depression_couples_vs"][0]
    frames = []
    for arm, n, rate in zip(
        ("couples", "cbt"),
        want["n_case"],
        (want["recovery_couples"], want["recovery_other"]),
        strict=True,
    ):
        recovered = round(n * rate)
        counts = {"reliably recovered": recovered, "unchanged": n - recovered}
        frames.append([frame.assign(arm=arm) for frame in courses(counts)])
    frames[1] = [frame.assign(client_id=frame["client_id"] + 10**6) for frame in frames[1]]
    depression, anxiety = (pd.concat(pair) for pair in zip(*frames, strict=True))
    table = service_measures(depression, anxiety, by="arm").differences("cbt")
    row = table[table["measure"].eq("recovery")].iloc[0]
    assert row["difference"] == pytest.approx(want["RD"][0], abs=1e-12)
    assert (row["low"], row["high"]) == pytest.approx(want["RD"][1:], abs=2e-3)
    log_ratio, error = want["logRR"]
    assert np.log(row["ratio"]) == pytest.approx(log_ratio, abs=1e-12)
    ends = [log_ratio - 1.959964 * error, log_ratio + 1.959964 * error]
    assert np.log([row["ratio_low"], row["ratio_high"]]) == pytest.approx(ends, abs=2e-3)


class TestDefinitions:
    @pytest.mark.parametrize(("first", "case"), [(9, "not a case"), (10, "case"), (11, "case")])
    def test_caseness_of_depression(self, first, case):
        assert one(first, 3, 7, 3)["caseness"] == case

    @pytest.mark.parametrize(("first", "case"), [(7, "not a case"), (8, "case"), (9, "case")])
    def test_caseness_of_anxiety(self, first, case):
        assert one(9, 3, first, 3)["caseness"] == case

    @pytest.mark.parametrize(
        ("last", "last_anxiety", "recovered"),
        [(9, 7, True), (10, 7, False), (9, 8, False), (11, 3, False)],
    )
    def test_recovery_needs_both_below(self, last, last_anxiety, recovered):
        assert one(20, last, 15, last_anxiety)["recovery"] == recovered

    @pytest.mark.parametrize(
        ("gain", "outcome"),
        [
            (5, "no reliable change"),
            (6, "improved"),
            (7, "improved"),
            (-5, "no reliable change"),
            (-6, "deteriorated"),
        ],
    )
    def test_reliable_change_of_depression(self, gain, outcome):
        assert one(14, 14 - gain, 10, 10)["reliable_change"] == outcome

    @pytest.mark.parametrize(
        ("gain", "outcome"),
        [
            (3, "no reliable change"),
            (4, "improved"),
            (5, "improved"),
            (-3, "no reliable change"),
            (-4, "deteriorated"),
        ],
    )
    def test_reliable_change_of_anxiety(self, gain, outcome):
        assert one(14, 14, 10, 10 - gain)["reliable_change"] == outcome

    def test_one_better_and_the_other_worse_is_neither(self):
        row = one(20, 9, 5, 12)
        assert row["reliable_change"] == "no reliable change"
        assert not row["reliable_recovery"]

    def test_recovery_without_reliable_change_is_not_reliable_recovery(self):
        row = one(11, 9, 7, 6)
        assert row["recovery"]
        assert not row["reliable_recovery"]

    def test_nobody_below_caseness_recovers(self):
        row = one(9, 0, 7, 0)
        assert not row["recovery"]
        assert row["reliable_change"] == "improved"

    def test_a_known_case_counts_although_the_other_score_is_missing(self):
        assert one(12, 5, np.nan, 4)["caseness"] == "case"
        assert one(8, 5, np.nan, 4)["caseness"] == "not known"
        assert one(12, 5, np.nan, 4)["reliable_change"] == "not paired"


class TestDenominators:
    def test_unpaired_stay_and_zero_is_zero(self):
        depression, anxiety = courses({"unchanged": 8, "one last score missing": 2})
        found = service_measures(depression, anxiety)
        assert tuple(found.rate("reliable_improvement")[["n", "n_total", "rate"]]) == (0, 10, 0.0)
        assert found.rate("no_reliable_change")["rate"] == 0.8

    def test_nobody_entitled_to_recover_is_missing_not_zero(self):
        row = service_measures(*courses({"never a case": 5})).rate("recovery")
        assert (row["n"], row["n_total"]) == (0, 0)
        assert np.isnan(row["rate"])

    def test_only_finished_courses_count(self):
        depression, anxiety = courses({"unchanged": 4})
        ended = pd.to_datetime(["2026-01-01", "2026-01-01", None, "2026-01-01"])
        facts = {"ended_on": ended, "sessions_attended": [1, 2, 9, 3]}
        found = service_measures(depression.assign(**facts), anxiety.assign(**facts))
        assert (found.n_finished, found.n_in) == (2, 4)
        assert not found.warnings

    def test_not_knowing_who_finished_is_said(self):
        assert "finished" in service_measures(*courses({"unchanged": 3})).warnings[0]

    def test_a_course_with_one_measure_only_is_kept(self):
        depression, anxiety = courses({"unchanged": 3})
        found = service_measures(depression, anxiety.iloc[:2])
        assert found.n_finished == 3
        assert found.rate("unpaired")["n"] == 1

    def test_an_empty_course_changes_nobody(self):
        depression, anxiety = courses({"improved": 3, "unchanged": 2})
        more, other = courses({"first scores missing": 1})
        more, other = (f.assign(client_id=99, pre=np.nan, post=np.nan) for f in (more, other))
        one_, two = (
            service_measures(*frames)
            for frames in (
                (depression, anxiety),
                (pd.concat([more, depression]), pd.concat([other, anxiety])),
            )
        )
        assert two.rate("reliable_improvement")["n"] == one_.rate("reliable_improvement")["n"]
        assert two.rate("reliable_improvement")["n_total"] == 6


class TestAnxietyMeasures:
    def test_the_disorders_own_measure_comes_first(self):
        depression, gad = courses({"unchanged": 2})
        spin = gad.iloc[:1].assign(pre=40.0, post=10.0, instrument="spin")
        found = service_measures(depression, [spin, gad], allow_unverified=True)
        assert found.frame["anxiety_measure"].tolist() == ["spin", "gad7"]
        assert found.frame["reliable_change"].tolist() == ["improved", "no reliable change"]
        assert "not verified" in found.warnings[-1]

    def test_unverified_thresholds_are_not_used_unasked(self):
        depression, gad = courses({"unchanged": 2})
        with pytest.raises(InstrumentError, match="not verified"):
            service_measures(depression, gad.assign(instrument="spin"))

    def test_unknown_measures_are_refused(self):
        depression, gad = courses({"unchanged": 2})
        with pytest.raises(InstrumentError, match="no NHS thresholds"):
            service_measures(depression, gad.assign(instrument="core10"))


class TestEffects:
    def test_england_sd_and_not_the_own(self):
        depression, anxiety = courses({"reliably recovered": 2, "unchanged": 2})
        table = service_measures(depression, anxiety, effect=True).effects
        row = table[table["measure"].eq("phq9") & table["among"].eq("finished")].iloc[0]
        # Means 16.5 and 9.5 by hand; gains 13, 13, 1, 1 have SD sqrt(48), t(3) = 3.1824.
        assert row["effect_size"] == pytest.approx(7 / 6.1)
        half = 3.182446 * np.sqrt(48 / 4) / 6.1
        assert (row["low"], row["high"]) == pytest.approx((7 / 6.1 - half, 7 / 6.1 + half))


class TestRefusals:
    def test_repeated_courses(self):
        depression, anxiety = courses({"unchanged": 2})
        with pytest.raises(UsageError, match="several rows"):
            service_measures(depression, pd.concat([anxiety, anxiety]))

    def test_impossible_scores(self):
        depression, anxiety = courses({"unchanged": 2})
        with pytest.raises(RangeError):
            service_measures(depression.assign(pre=30.0), anxiety)

    def test_no_finished_course(self):
        depression, anxiety = courses({"unchanged": 2}, done=False)
        with pytest.raises(NotEnoughData):
            service_measures(depression, anxiety, finished="done")

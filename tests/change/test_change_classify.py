"""`change`: where thresholds and cut-offs come from, what is refused, what is said."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from outcomes.change import change
from outcomes.errors import InstrumentError, NotEnoughData, RangeError, UsageError


@pytest.fixture
def frame():
    rng = np.random.default_rng(11)
    pre = rng.integers(4, 25, 40).astype(float)
    post = np.clip(pre - rng.integers(-6, 14, 40), 0, 27)
    post[:5] = np.nan
    return pd.DataFrame({"pre": pre, "post": post, "arm": ["a", "b"] * 20})


class TestThreshold:
    def test_published_is_used_as_it_is(self, frame, make_instrument):
        result = change(frame, instrument=make_instrument(cutoff=10, threshold=6))
        assert (result.threshold, result.threshold_rule) == (6, "at_least")
        assert (result.cutoff, result.cutoff_rule) == (10, "at_or_above")
        assert result.basis == "published"
        assert result.s_diff is None
        assert result.frame["index"].isna().all()
        assert result.warnings == ()
        assert result.sources == ("threshold: book", "cut-off: caseness; book")

    def test_another_confidence_than_published_is_said(self, frame, make_instrument):
        result = change(frame, instrument=make_instrument(threshold=6, cutoff=10), confidence=0.9)
        assert "95 % confidence, not 90 %" in result.warnings[0]

    def test_own_sample_with_published_reliability(self, frame, make_instrument):
        result = change(frame, instrument=make_instrument(reliability=0.9, cutoff=10))
        expected = 1.959963984540054 * np.sqrt(2 * 0.1) * frame["pre"].std(ddof=1)
        assert result.threshold == pytest.approx(expected)
        assert result.threshold_rule == "exceeds"
        assert result.basis == "own sample, published reliability"
        assert "reliability (alpha): book" in result.sources

    def test_all_start_scores_count_for_the_own_sd_also_of_people_without_an_end(self, frame):
        result = change(frame, direction="lower", reliability=0.9)
        assert result.sd == pytest.approx(frame["pre"].std(ddof=1))
        assert (result.n_in, result.n_used) == (40, 35)

    @pytest.mark.parametrize(
        ("given", "basis"),
        [
            ({"reliability": 0.8, "sd": 5.0}, "given"),
            ({"reliability": 0.8}, "own sample, given reliability"),
            ({"sd": 5.0}, "given SD, published reliability"),
        ],
    )
    def test_what_is_given_comes_before_what_is_published(
        self, frame, make_instrument, given, basis
    ):
        instrument = make_instrument(threshold=6, reliability=0.9, cutoff=10)
        assert change(frame, instrument=instrument, **given).basis == basis

    def test_unverified_facts_are_used_only_when_asked_for(self, frame, make_instrument):
        instrument = make_instrument(threshold=6, reliability=0.9, cutoff=10, verified=False)
        with pytest.raises(InstrumentError, match="reliability="):
            change(frame, instrument=instrument)
        result = change(frame, instrument=instrument, allow_unverified=True)
        assert result.threshold == 6
        assert sum("not verified" in text for text in result.warnings) == 2

    def test_without_an_instrument_the_reliability_is_asked_for(self, frame):
        with pytest.raises(UsageError, match="reliability="):
            change(frame, direction="lower")

    def test_a_small_own_sample_is_said(self, frame):
        result = change(frame.iloc[3:9], direction="lower", reliability=0.9)
        assert "only 6 start scores" in result.warnings[0]

    def test_start_scores_without_spread_are_refused(self, frame):
        with pytest.raises(NotEnoughData, match="no spread"):
            change(frame.assign(pre=10.0), direction="lower", reliability=0.9)

    def test_an_unknown_method_is_refused(self, frame):
        with pytest.raises(UsageError, match="jt"):
            change(frame, direction="lower", reliability=0.9, method="xyz")


class TestDirection:
    def test_there_is_no_silent_default(self, frame):
        with pytest.raises(UsageError, match="lower or a higher"):
            change(frame, reliability=0.9)

    def test_a_contradiction_is_refused(self, frame, make_instrument):
        with pytest.raises(UsageError, match="contradicts"):
            change(frame, instrument=make_instrument(threshold=6), direction="higher")

    def test_agreement_is_fine(self, frame, make_instrument):
        result = change(frame, instrument=make_instrument(threshold=6), direction="lower")
        assert result.direction == "lower"

    def test_an_unknown_word_is_refused(self, frame):
        with pytest.raises(UsageError, match="direction"):
            change(frame, reliability=0.9, direction="down")

    def test_norms_that_contradict_the_direction_are_refused(self, frame):
        norms = {"clinical_mean": 5, "clinical_sd": 2, "functional_mean": 15, "functional_sd": 4}
        with pytest.raises(UsageError, match="opposite"):
            change(frame, direction="lower", reliability=0.9, criterion="c", **norms)


class TestCutoff:
    def test_without_one_a_warning_says_so(self, frame, make_instrument):
        result = change(frame, instrument=make_instrument(threshold=6))
        assert result.cutoff is None
        assert "nobody is called recovered" in result.warnings[0]
        assert set(result.frame["category"]) <= {"improved", "unchanged", "deteriorated", "missing"}

    def test_a_criterion_replaces_the_published_one(self, frame, make_instrument):
        instrument = make_instrument(threshold=6, cutoff=10)
        norms = {"functional_mean": 4, "functional_sd": 3}
        result = change(frame, instrument=instrument, criterion="b", **norms)
        assert (result.cutoff, result.cutoff_rule) == (10, "at_or_above")
        assert result.criterion == "b"
        assert change(frame, instrument=instrument, criterion="a").cutoff == pytest.approx(
            frame["pre"].mean() - 2 * frame["pre"].std(ddof=1)
        )

    def test_functional_norms_of_the_instrument(self, frame, make_instrument):
        norm = SimpleNamespace(
            population="general population",
            role="functional",
            mean=4.0,
            sd=3.0,
            source="book",
            verified=True,
        )
        other = SimpleNamespace(**{**vars(norm), "role": "clinical", "mean": 20.0})
        result = change(
            frame, instrument=make_instrument(threshold=6, norms=(other, norm)), criterion="b"
        )
        assert result.cutoff == 10
        assert "functional norms: general population, book" in result.sources

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"criterion": "c"}, "functional_sd"),
            ({"criterion": "d"}, "'a', 'b' or 'c'"),
            ({"functional_mean": 4, "functional_sd": 3}, "criterion="),
            ({"criterion": "c", "functional_mean": 4}, "together"),
            ({"criterion": "c", "functional_mean": 4, "functional_sd": 0}, "above zero"),
            ({"criterion": "a", "clinical_sd": 4}, "together"),
        ],
    )
    def test_incomplete_norms_are_refused(self, frame, given, words):
        with pytest.raises(UsageError, match=words):
            change(frame, direction="lower", reliability=0.9, **given)

    def test_a_healthy_sample_is_warned_of(self, frame):
        norms = {"functional_mean": 25, "functional_sd": 3}
        result = change(frame, direction="lower", reliability=0.9, criterion="c", **norms)
        assert "no worse than the functional norm" in result.warnings[0]


class TestInput:
    def test_nobody_with_both_scores_is_refused(self, frame):
        with pytest.raises(NotEnoughData, match="both at the start and at the end"):
            change(frame.assign(post=np.nan), direction="lower", reliability=0.9)
        with pytest.raises(NotEnoughData):
            change(frame.iloc[:0], direction="lower", reliability=0.9)

    def test_unknown_columns_are_named(self, frame):
        with pytest.raises(UsageError, match="'centre'"):
            change(frame, direction="lower", reliability=0.9, by="centre")

    def test_a_taken_column_is_not_overwritten(self, frame):
        once = change(frame, direction="lower", reliability=0.9).to_frame()
        with pytest.raises(UsageError, match="already has a column"):
            change(once, direction="lower", reliability=0.9)

    def test_scores_of_another_instrument_are_refused(self, frame, make_instrument):
        instrument = make_instrument(threshold=6)
        assert change(frame.assign(instrument="scale"), instrument=instrument).n_used == 35
        with pytest.raises(UsageError, match="core10"):
            change(frame.assign(instrument="core10"), instrument=instrument)

    def test_impossible_scores_are_counted_and_not_shown(self, frame, make_instrument):
        wrong = frame.assign(pre=frame["pre"].where(frame.index > 2, 99.0))
        with pytest.raises(RangeError) as caught:
            change(wrong, instrument=make_instrument(threshold=6))
        assert caught.value.how_many == 3
        assert "99" not in str(caught.value)
        with pytest.raises(RangeError, match="finite"):
            change(frame.replace({"pre": {frame["pre"][9]: np.inf}}), direction="lower", sd=5.0)

    def test_words_are_no_scores(self, frame):
        with pytest.raises(UsageError, match="not numbers"):
            change(frame.assign(pre="high"), direction="lower", reliability=0.9)

    def test_nullable_numbers_are_scores(self, frame):
        plain = change(frame, direction="lower", reliability=0.9)
        typed = change(frame.convert_dtypes(), direction="lower", reliability=0.9)
        assert typed.frame["category"].tolist() == plain.frame["category"].tolist()

    def test_the_frame_is_not_edited(self, frame):
        before = frame.copy()
        change(frame, direction="lower", reliability=0.9, by="arm")
        pd.testing.assert_frame_equal(frame, before)

    def test_a_repeated_index_does_no_harm(self, frame):
        twice = frame.set_index(np.zeros(40, int))
        plain = change(frame, direction="lower", reliability=0.9)
        same = change(twice, direction="lower", reliability=0.9, by="arm", cluster="arm")
        assert same.frame["category"].tolist() == plain.frame["category"].tolist()


class TestShowing:
    def test_says_what_decided_the_numbers(self, frame):
        norms = {"functional_mean": 4, "functional_sd": 3}
        result = change(frame, direction="lower", reliability=0.9, criterion="c", by="arm", **norms)
        text = result.explain()
        for words in (
            "35 of 40 people",
            "SEM = SD * sqrt(1 - r)",
            "all groups together",
            "c = (SD_clinical",
            "start scores of the whole frame",
            "Wilson 1927",
            "What this does not tell",
            "Jacobson & Truax 1991",
        ):
            assert words in text

    def test_clusters_are_explained(self, frame):
        result = change(frame, direction="lower", reliability=0.9, cluster="arm")
        assert "with the same arm" in result.explain()

    def test_repr_is_plain_and_names_warnings(self, frame, make_instrument):
        text = repr(change(frame, instrument=make_instrument(threshold=6), by="arm"))
        assert "at least 6 points (published)" in text
        assert "warning: There is no verified published cut-off" in text
        assert "not known" in text

    def test_html_is_escaped(self, frame):
        names = frame.assign(arm=np.where(frame["arm"] == "a", "<b>a</b>", "b"))
        shown = change(names, direction="lower", reliability=0.9, by="arm")._repr_html_()
        assert "<b>" not in shown
        assert "&lt;b&gt;" in shown

    def test_counts_have_every_category_and_everybody(self, frame, make_instrument):
        result = change(frame, instrument=make_instrument(threshold=6, cutoff=10), by="arm")
        assert result.counts().sum(axis=1).tolist() == [20, 20]
        assert result.counts()["missing"].sum() == 5

"""The words of a comparison follow from what is stored, over every verdict."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from outcomes.comparison import compare, comparison_policy, not_measurable
from outcomes.comparison.estimators import Options
from outcomes.comparison.sentence import causal
from outcomes.errors import UsageError
from outcomes.models.weighting import Recipe
from outcomes.schema.verdicts import Verdict

CAUSAL = ("instead of", "holds on the assumption")
ASSUMED = "assumed: nothing but the start score led to both the choice and the end"
ASKED = {"reference": "coaching", "covariates": ["pre"], "cluster": "practitioner"}
OPEN = comparison_policy().with_limits(
    overlap=0, outside_support=1, worst_smd=99, ess=0, separation=9
)


def practice(n=240, practitioners=24, effect=-2.0, seed=1):
    rng = np.random.default_rng(seed)
    who = np.arange(n) % practitioners
    pre = rng.normal(15, 5, size=n)
    arm = rng.uniform(size=n) < 1 / (1 + np.exp(-0.6 * (pre - 15) / 5))
    post = 3 + 0.7 * pre + effect * arm + rng.normal(size=practitioners)[who] + rng.normal(0, 4, n)
    words = np.where(arm, "therapy", "coaching")
    frame = pd.DataFrame({"pre": pre, "post": post, "arm": words, "practitioner": who})
    return frame.assign(reliable_improvement=frame["pre"] - frame["post"] > 5)


@pytest.fixture(scope="module")
def found():
    return compare(practice(), **ASKED, direction="lower", margin=1.0, identification=ASSUMED)


class TestVerdicts:
    @pytest.mark.parametrize("verdict", list(Verdict))
    @pytest.mark.parametrize("identification", [None, ASSUMED])
    @pytest.mark.parametrize("effect", ["difference", "ratio"])
    def test_words_follow_the_verdict(self, found, verdict, identification, effect):
        number = 1.77 if effect == "ratio" else -2.3
        one = replace(
            found, verdict=verdict, identification=identification, effect=effect, estimate=number,
            binary=effect == "ratio", margin=1.25, equivalence_low=0.9, equivalence_high=1.1,
        )  # fmt: skip
        text = one.sentence
        start = "the data cannot tell" if verdict is Verdict.CANNOT_TELL else str(verdict)
        assert text.lower().startswith(start)
        speaks = any(word in text for word in CAUSAL)
        assert speaks == (verdict is Verdict.SUPPORTED and identification is not None)
        assert speaks == causal(one)
        told = f"{number:.2f}" if effect == "ratio" else "2.3"
        hidden = (Verdict.NOT_COMPARABLE, Verdict.NOT_MEASURABLE, Verdict.SUPPRESSED)
        if verdict in hidden:
            assert not re.search(r"\d", text)
        elif verdict is not Verdict.EQUIVALENT:
            assert told in text
        if verdict is Verdict.SUPPORTED and identification is None:
            assert "association" in text
        if verdict is Verdict.CANNOT_TELL:
            assert "does not show that they are the same" in text

    def test_who_what_how_much_how_sure_and_how_many(self, found):
        text = replace(found, identification=None).sentence
        size = f"{abs(found.estimate):.1f} points lower"
        parts = ["people who could have had either", "post", size, "95 % interval", "better", "pre"]
        parts += [f"{found.n[arm]} people in {arm}" for arm in ("therapy", "coaching")]
        assert all(part in text for part in parts)

    def test_causal_words_need_every_check(self, found):
        assert causal(found)
        for rule in ("smd", "separation", "max_share", "variance_ratio_high"):
            checks = replace(found.diagnostics, cautions=((rule, 1.0, 0.0),))
            assert not causal(replace(found, diagnostics=checks))
        for part in ("failed", "few"):
            checks = replace(found.diagnostics, **{part: (("ess", 1.0, 30.0),)})
            assert not causal(replace(found, diagnostics=checks))
        assert not causal(replace(found, converged=False))

    def test_shares_are_told_in_percentage_points_and_ratios_as_times(self):
        asked = {**ASKED, "outcome": "reliable_improvement", "direction": "higher"}
        difference = compare(practice(), **asked)
        assert f"{100 * abs(difference.estimate):.1f} percentage points more" in difference.sentence
        ratio = compare(practice(), **asked, effect="ratio")
        assert f"{ratio.estimate:.2f} times as frequent in therapy as" in ratio.sentence

    def test_a_trimmed_population_is_named(self):
        one = compare(practice(), **ASKED, recipe=Recipe(trim=0.3))
        assert "with a chance of therapy from 30% to 70%" in one.sentence.replace("\u00a0", "")
        assert one.n["therapy"] + one.n["coaching"] == one.n_used < one.n_in
        assert "set aside" in " ".join(one.left_out)
        assert "set aside" in one.explain()

    def test_no_shared_measure_and_nothing_estimated(self):
        text = not_measurable(reference="coaching", other="therapy", outcome="phq9").sentence
        assert text.startswith("Not measurable")
        few = compare(practice().groupby("arm").head(6), **ASKED)
        assert few.sentence.endswith("Nothing is shown.")
        assert "too few people" in few.sentence


class TestDiagnosticsDecide:
    @pytest.mark.parametrize(
        ("method", "outcome", "how"),
        [
            ("weighting", "post", {}),
            ("ancova", "post", {}),
            ("ancova_interactions", "post", {}),
            ("g_computation", "post", {}),
            ("aipw", "post", {"cross_fit": 3}),
            ("weighting", "reliable_improvement", {"effect": "ratio"}),
            ("g_computation", "reliable_improvement", {"effect": "ratio"}),
        ],
    )
    def test_no_number_of_an_effect_anywhere(self, method, outcome, how):
        frame = practice()
        frame["pre"] += 40 * frame["arm"].eq("therapy")
        asked = {**ASKED, "outcome": outcome, "method": method, "margin": 1.5, **how}
        one = compare(frame, **asked, identification=ASSUMED)
        assert one.verdict is Verdict.NOT_COMPARABLE
        names = ("estimate", "se", "df", "low", "high", "p", "equivalence_low", "equivalence_high")
        assert all(math.isnan(getattr(one, name)) for name in names)
        assert one.means == {}
        assert one.uncertainty == ""
        row = one.to_frame().iloc[0]
        assert row[["estimate", "se", "df", "low", "high", "p"]].isna().all()
        # What an open policy would have shown stands nowhere.
        open_one = compare(frame, **asked, policy=OPEN)
        pages = "".join((repr(one), one._repr_html_(), one.sentence, one.explain()))
        for name in names:
            value = getattr(open_one, name)
            if math.isfinite(value):
                assert f"{value:.3f}" not in pages
        assert not re.search(r"\d", one.sentence)

    def test_a_full_end_of_the_scale_is_said(self):
        frame = practice()
        rng = np.random.default_rng(0)
        frame["satisfaction"] = np.minimum(5, np.round(4.5 + rng.normal(size=len(frame))))
        one = compare(frame, **ASKED, outcome="satisfaction")
        assert "ends" in [rule for rule, _, _ in one.diagnostics.cautions]
        assert any("ceiling" in text for text in one.warnings)
        assert not any("ceiling" in text for text in compare(frame, **ASKED).warnings)

    def test_few_people_with_the_outcome_are_said(self):
        frame = practice().assign(recovered=False)
        frame.loc[frame.groupby("arm").head(3).index, "recovered"] = True
        one = compare(frame, **ASKED, outcome="recovered")
        assert any("interval is rough" in text for text in one.warnings)


class TestOptions:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"effect": "ratio"},
            {"effect": "odds"},
            {"uncertainty": "none"},
            {"cross_fit": 5},
            {"method": "ancova", "outcome": "reliable_improvement", "effect": "ratio"},
            {"outcome": "reliable_improvement", "effect": "ratio", "margin": 0.5},
            {"recipe": Recipe(missing="impute")},
            {"recipe": Recipe(way="entropy"), "estimand": "ATE", "method": "aipw", "cross_fit": 3},
        ],
    )
    def test_misuse_is_one_clear_error(self, wrong):
        with pytest.raises(UsageError):
            compare(practice(), **{**ASKED, **wrong})

    def test_the_default_includes_the_estimation_of_the_weights(self):
        assert Options().uncertainty == "stacked"
        stacked = compare(practice(), **ASKED, estimand="ATE")
        fixed = compare(practice(), **ASKED, estimand="ATE", uncertainty="fixed")
        assert stacked.estimate == fixed.estimate
        assert stacked.se < fixed.se
        assert "estimation of the weights" in stacked.uncertainty
        assert "Lunceford and Davidian 2004" in stacked.sources
        assert "estimation" not in fixed.uncertainty
        assert stacked.to_frame().loc[0, "uncertainty"] == stacked.uncertainty

    def test_swapping_the_arms_turns_every_method(self):
        for method, effect in itertools.product(
            ("weighting", "g_computation", "aipw"), ("difference", "ratio")
        ):
            asked = {**ASKED, "outcome": "reliable_improvement", "method": method, "effect": effect}
            one = compare(practice(), **asked)
            two = compare(practice(), **{**asked, "reference": "therapy"})
            turned = 1 / two.estimate if effect == "ratio" else -two.estimate
            assert one.estimate == pytest.approx(turned, rel=1e-8)
            assert one.se == pytest.approx(two.se, rel=1e-8)

    def test_a_ratio_is_equivalent_within_its_margin(self):
        asked = {**ASKED, "outcome": "reliable_improvement", "effect": "ratio"}
        one = compare(practice(), **asked, margin=50.0)
        assert one.verdict is Verdict.EQUIVALENT
        assert 1 / 50 < one.equivalence_low < one.equivalence_high < 50
        assert one.null == 1.0

    def test_row_order_and_empty_clients_change_nothing(self):
        frame = practice(n=120, practitioners=12)
        empty = frame.head(4).assign(pre=np.nan, post=np.nan)
        mixed = pd.concat([frame, empty], ignore_index=True).sample(frac=1, random_state=3)
        for method in ("g_computation", "aipw", "ancova_interactions"):
            one, two = (compare(it, **ASKED, method=method) for it in (frame, mixed))
            assert (one.estimate, one.se, one.df) == pytest.approx(
                (two.estimate, two.se, two.df), rel=1e-8
            )

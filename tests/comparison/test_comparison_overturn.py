"""What would overturn a comparison: one order, one sentence, and what is flagged."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from overturn_data import ASKED, practice

import outcomes as oc
from outcomes.comparison.overturn import Strength
from outcomes.comparison.overturn.threats import state_of
from outcomes.errors import UsageError
from outcomes.schema.verdicts import Verdict

FACTS = {"reliability": 0.85, "reliable_change": 6.0, "scale": (0.0, 40.0)}


@pytest.fixture(scope="module")
def finding():
    frame = practice()
    result = oc.compare(frame, **ASKED, cluster="practitioner")
    control = {"outcome": "unrelated", "why": "has nothing to do with it"}
    return oc.overturn(result, frame, **FACTS, negative_controls=[control], m=5)


def test_every_part_is_there(finding):
    assert finding.comparison.verdict is Verdict.SUPPORTED
    assert {one.name for one in finding.threats} == {
        "negative controls", "another method", "missing outcomes", "other choices",
        "hidden confounding", "regression to the mean",
    }  # fmt: skip
    assert not finding.absent
    assert finding.evalues.benchmarks == finding.hidden.strengths
    assert finding.settled


def test_the_easiest_comes_first_and_is_the_sentence(finding):
    needed = [one.needed for one in finding.threats if not math.isnan(one.needed)]
    assert needed == sorted(needed)
    assert finding.weakest is finding.threats[0] or finding.weakest.name == finding.threats[0].name
    assert finding.weakest.words in finding.sentence or finding.weakest.found in finding.sentence
    assert finding.to_frame()["threat"].tolist() == [one.name for one in finding.threats]


@pytest.mark.parametrize(
    ("needed", "state"),
    [
        (0.0, "overturns it"),
        (0.99, "easily"),
        (1.0, "easily"),
        (1.01, "with more"),
        (math.inf, "holds"),
        (math.nan, "not known"),
    ],
)
def test_states_at_below_and_above_one_unit(needed, state):
    assert state_of(needed, 1.0) == state


def test_the_drift_threatens_one_way_only(finding):
    drift = next(one for one in finding.threats if one.name == "regression to the mean")
    # Therapy started higher and did better; adjusting can have taken out too much only where
    # that made therapy look better than it is.
    gap = finding.drift.between("therapy", "coaching")
    assert gap < 0
    assert math.isinf(drift.needed)
    unadjusted = replace(finding, adjusted_for_start=False)
    other = next(one for one in unadjusted.threats if one.name == "regression to the mean")
    assert other.needed == pytest.approx(-finding.comparison.high / abs(gap))


def test_a_suspicious_control_is_the_weakest_and_flags():
    frame = practice(n=600, hidden=1.5, pull=1.0, effect=0.0)
    result = oc.compare(frame, **ASKED)
    found = oc.overturn(
        result, frame, **FACTS, parts=["controls"], negative_controls=[{"outcome": "tied"}]
    )
    assert result.verdict is Verdict.SUPPORTED
    assert found.weakest.name == "negative controls"
    assert found.flags_hidden_confounding
    assert "in doubt already" in found.sentence


def test_what_was_adjusted_for_is_no_control(finding):
    with pytest.raises(UsageError, match="adjusted for"):
        oc.overturn(finding.comparison, practice(), negative_controls=[{"outcome": "pre"}])


def test_no_difference_shown_is_none_to_overturn():
    frame = practice(pull=30.0)
    found = oc.overturn(oc.compare(frame, **ASKED), frame, **FACTS)
    assert found.threats == ()
    assert not found.flags_hidden_confounding
    assert "none to overturn" in found.sentence
    assert set(found.absent) >= {"missing", "agreement", "specifications"}


def test_cannot_tell_is_no_answer_to_flag():
    frame = practice(n=60, effect=-0.3, gone=0)
    result = oc.compare(frame, **ASKED)
    assert result.verdict is Verdict.CANNOT_TELL
    found = oc.overturn(result, frame, parts=["agreement"])
    assert found.flags == ()
    assert "cannot tell" in found.sentence


def test_nothing_searched_is_not_nothing_at_all():
    frame = practice(n=400, effect=-12.0, gone=0, pull=0.1)
    found = oc.overturn(oc.compare(frame, **ASKED), frame, parts=["agreement"])
    hidden = replace(found.hidden, bounds=())
    assert "does not show that nothing could" in replace(found, hidden=hidden).sentence


def test_a_part_that_cannot_be_made_is_named():
    frame = practice()
    found = oc.overturn(oc.compare(frame, **ASKED), frame, parts=["drift"])
    assert "reliability" in found.absent["drift"]
    assert any("drift" in text for text in found.warnings)


def test_a_cohort_brings_its_instrument(example_study):
    cohort = oc.cohort(example_study, "core10", interventions=["coaching", "therapy"])
    result = oc.compare(**oc.contrast(cohort))
    found = oc.overturn(result, cohort, parts=["drift", "missing"], m=5)
    assert found.drift.reliability == 0.9
    assert found.missing.scale == (0.0, 40.0)


def test_yes_or_no_and_ratios():
    frame = practice(n=400)
    frame["better"] = (frame["post"] < 10).where(frame["post"].notna()).astype("boolean")
    asked = {**ASKED, "outcome": "better", "direction": "higher"}
    share = oc.overturn(oc.compare(frame, **asked), frame)
    assert set(share.absent) == {"missing", "drift", "specifications"}
    assert share.agreement.unit == "percentage points"
    ratio = oc.overturn(oc.compare(frame, **asked, effect="ratio"), frame)
    assert [one.name for one in ratio.threats] == ["hidden confounding"]
    assert ratio.threats[0].needed == pytest.approx(ratio.evalues.times)
    assert ratio.flags_hidden_confounding is (ratio.evalues.times <= 1)


def test_of_a_ratio_what_the_strongest_covariate_could_do():
    found = oc.evalue(0.5, 0.3, 0.8).beside(
        (Strength("pre", 2.0, 2.0, 0.1, 0.1, 50), Strength("age", 1.1, 1.1, 0, 0, 50))
    )
    assert found.strongest.covariate == "pre"
    assert found.nearer == pytest.approx(1.25)
    assert found.times == pytest.approx(math.log(1.25) / math.log(4 / 3))
    assert oc.evalue(1.2, 0.9, 1.6).nearer == 1


def test_unknown_part():
    frame = practice()
    with pytest.raises(UsageError, match="unknown part"):
        oc.overturn(oc.compare(frame, **ASKED), frame, parts=["bias"])


def test_every_choice_of_the_policy_has_a_reason(root):
    import tomllib

    place = root / "src" / "outcomes" / "comparison" / "overturn" / "policy.toml"
    for name, section in tomllib.loads(place.read_text(encoding="utf-8")).items():
        assert any(key.endswith("reason") for key in section), name


def shares(runs, **how):
    """Shares of runs with a supported verdict, and of those with a flag."""
    supported = flagged = 0
    for seed in range(runs):
        frame = practice(seed=seed, gone=0, **how)
        result = oc.compare(frame, reference="coaching", covariates=["pre"], direction="lower")
        if result.verdict is not Verdict.SUPPORTED:
            continue
        supported += 1
        flagged += oc.hidden_confounding(result, frame).flagged
    return supported / runs, flagged / max(supported, 1)


@pytest.mark.slow
def test_hidden_confounding_as_strong_as_the_start_score_is_flagged():
    # No effect at all: nearly every finding is false, and as strong a hidden variable made it.
    false, flagged = shares(200, n=400, effect=0.0, hidden=1.0, pull=0.8)
    assert false > 0.8
    assert flagged > 0.85  # 93 % in 60 runs; the sampling error of the estimate is in it


@pytest.mark.slow
def test_a_large_effect_without_hidden_confounding_is_seldom_flagged():
    true, flagged = shares(100, n=400, effect=-4.0, hidden=0.0, pull=0.8)
    assert true == 1.0
    assert flagged < 0.05


def test_flags_hold_for_one_of_each():
    options = {"seed": 1, "n": 400, "gone": 0, "pull": 0.8}
    for effect, hidden, flagged in ((0.0, 0.8, True), (-4.0, 0.0, False)):
        frame = practice(effect=effect, hidden=hidden, **options)
        result = oc.compare(frame, reference="coaching", covariates=["pre"], direction="lower")
        assert oc.overturn(result, frame, parts=[]).flags_hidden_confounding is flagged
    assert np.isfinite(result.estimate)


@pytest.mark.slow
def test_the_page_runs_and_its_numbers_are_right(root, monkeypatch):
    monkeypatch.chdir(root)
    text = (root / "docs" / "comparison" / "overturn.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    made = {}
    exec(compile(code, "overturn.md", "exec"), made)
    assert len(made["found"].specifications.frame) == 144
    assert made["found"].threats
    assert f"{oc.evalue(1.5).estimate:.2f}" in text

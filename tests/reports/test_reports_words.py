"""Sentences say what the results hold: level, verdict and hidden numbers included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.change import change
from outcomes.comparison import within_arms
from outcomes.instruments import get
from outcomes.privacy import policy
from outcomes.reports import words
from outcomes.reports.shares import Shares


def people(n: int, worse: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    pre = np.clip(np.round(rng.normal(14, 3, n)), 8, 20)
    post = pre - 4
    post[:worse] = pre[:worse] + 7
    return pd.DataFrame({"arm": "therapy", "pre": pre, "post": post})


def said(frame, rules, confidence):
    changes = change(frame, instrument="phq9", by="arm", confidence=confidence)
    shares = Shares.of(changes, rules)
    (part,) = within_arms(frame, direction="lower", confidence=confidence)
    rate = words.reliable_rate(shares, changes, "therapy", "reliable_deterioration")
    return words.mean_change(part, get("phq9"), shares), rate


def test_the_level_is_that_of_the_result():
    for confidence, level in ((0.9, "90 % interval"), (0.95, "95 % interval")):
        sentences = said(people(60, worse=10), policy(), confidence)
        assert all(level in sentence for sentence in sentences)


def test_a_small_number_is_said_only_without_suppression():
    _, hidden = said(people(60, worse=2), policy(), 0.95)
    assert "hidden" in hidden
    _, shown = said(people(60, worse=2), replace(policy("off")), 0.95)
    assert "2 of 60" in shown


def test_worse_is_not_called_better():
    frame = people(60).assign(post=lambda f: f["pre"] + 4 + np.arange(60) % 3)
    sentence, _ = said(frame, policy(), 0.95)
    assert "ended worse" in sentence
    assert "rose by" in sentence

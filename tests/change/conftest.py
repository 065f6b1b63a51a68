"""Instruments of the test's own, so that the library's facts are not what is tested."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pandas as pd
import pytest


@dataclass(frozen=True)
class Stand:
    """What `change` reads of an instrument."""

    id: str = "scale"
    name: str = "Some Scale"
    direction: str = "lower"
    unit: str = "points"
    total_min: float = 0
    total_max: float = 27
    norms: tuple = ()
    facts: dict = field(default_factory=dict)

    def _fact(self, kind, allow_unverified):
        fact = self.facts.get(kind)
        return fact if fact is not None and (fact.verified or allow_unverified) else None

    def cutoff(self, id=None, *, allow_unverified=False):
        return self._fact("cutoff", allow_unverified)

    def threshold(self, *, allow_unverified=False):
        return self._fact("threshold", allow_unverified)

    def reliability_value(self, *, allow_unverified=False):
        return self._fact("reliability", allow_unverified)


@pytest.fixture
def make_instrument():
    """Build an instrument from few words; every fact is verified unless it says not."""

    def make(cutoff=None, threshold=None, reliability=None, verified=True, **more):
        facts = {}
        if cutoff is not None:
            side = "at_or_above" if more.get("direction", "lower") == "lower" else "at_or_below"
            facts["cutoff"] = SimpleNamespace(
                value=cutoff, clinical=side, meaning="caseness", source="book", verified=verified
            )
        if threshold is not None:
            facts["threshold"] = SimpleNamespace(
                value=threshold, confidence=0.95, rule="at_least", source="book", verified=verified
            )
        if reliability is not None:
            facts["reliability"] = SimpleNamespace(
                value=reliability, kind="alpha", source="book", verified=verified
            )
        return Stand(facts=facts, **more)

    return make


@pytest.fixture(scope="session")
def das(shared) -> pd.DataFrame:
    """DAS before and after marital therapy, 30 people, Jacobson & Truax 1991, Table 2."""
    return pd.read_csv(shared / "data" / "jacobson_truax_das" / "rciplot_sample_data.csv")

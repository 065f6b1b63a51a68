"""The claim card: 33, 53 and 67 % of the same couples, verdicts at their edges, missing rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.change.claims import claim
from outcomes.change.claims.definitions import claim_policy
from outcomes.change.claims.verdict import ClaimVerdict, cases_to_tell, claimed_range, judge
from outcomes.errors import UsageError
from outcomes.proportions import wilson

BAND = (0.70, 0.75)
MARGIN = 0.10
DAS = {
    "pre": "pre_data",
    "post": "post_data",
    "direction": "higher",
    "functional_mean": 114.8,
    "functional_sd": 17.8,
}


def pick(result, **wanted):
    table = result.specifications
    for name, value in wanted.items():
        table = table[table[name].eq(value)]
    assert len(table) == 1
    return table.iloc[0]


class TestTheSameThirtyCouples:
    """Jacobson's couples: domain.md §0.1, the counts also in R's clinicalsignificance."""

    @pytest.fixture
    def card(self, das):
        return claim(das, BAND, reliability=(0.80, 0.95), criterion=("a", "c"), mic=8, **DAS)

    @pytest.mark.parametrize(
        ("definition", "detail", "n"),
        [
            ("recovered", "reliability 0.8, criterion a", 10),
            ("reliable", "reliability 0.8", 16),
            ("reliable", "reliability 0.95", 20),
        ],
    )
    def test_a_third_a_half_or_two_thirds(self, card, definition, detail, n):
        row = pick(card, definition=definition, detail=detail, denominator="started")
        assert (row["n"], row["n_total"]) == (n, 30)
        assert (row["low"], row["high"]) == pytest.approx(wilson(n, 30), abs=1e-12)

    # reference/individual_change_das.json: anchor 8 points 20 of 30, percentage 20 % 14 of 30.
    @pytest.mark.parametrize(
        ("definition", "detail", "n"), [("mic", "by 8 points", 20), ("percentage", "by 20 %", 14)]
    )
    def test_anchor_and_percentage_equal_r(self, card, definition, detail, n):
        assert pick(card, definition=definition, detail=detail, denominator="started")["n"] == n

    # individual_change_das.json, jacobson_das_stat_JT: 10 by criterion a, 16 by c, of all 30.
    @pytest.mark.parametrize(("criterion", "n"), [("a", 10), ("c", 16)])
    def test_crossing_equals_r(self, card, criterion, n):
        detail = f"criterion {criterion}"
        row = pick(card, definition="crossed", detail=detail, denominator="started")
        assert (row["n"], row["n_total"]) == (n, 30)

    def test_any_change_by_hand(self):
        frame = pd.DataFrame({"pre": [10.0, 10, 10, 10], "post": [9.0, 10, 11, 9]})
        row = pick(claim(frame, instrument="phq9"), definition="any", denominator="started")
        assert (row["n"], row["n_total"]) == (2, 4)

    def test_the_headline_is_below_and_the_card_says_what_it_depends_on(self, card):
        assert card.verdict is ClaimVerdict.BELOW
        assert int(card.headline["n"]) == 16
        assert card.verdicts.sum() == len(card.specifications)
        said = card.sentence()
        assert "70 to 75 %" in said
        assert "16 of 30 people" in said

    def test_r_at_reliability_88(self, das):
        found = claim(das, BAND, reliability=0.88, criterion=("a", "b"), **DAS)
        assert pick(found, definition="reliable", denominator="started")["n"] == 19
        row = pick(found, definition="recovered", detail="reliability 0.88, criterion a")
        assert row["n"] == 10

    def test_no_definition_is_without_a_source(self, card):
        assert all(one.source for one in claim_policy().definitions.values())
        assert set(card.specifications["definition"]) == set(claim_policy().definitions)
        assert all(one.source in card.explain() for one in claim_policy().definitions.values())


class TestVerdicts:
    @pytest.mark.parametrize(
        ("low", "high", "verdict"),
        [
            (0.50, 0.699, "below"),
            (0.50, 0.70, "cannot tell"),
            (0.60, 0.70, "compatible"),
            (0.599, 0.80, "cannot tell"),
            (0.60, 0.85, "compatible"),
            (0.60, 0.851, "cannot tell"),
            (0.75, 0.80, "compatible"),
            (0.751, 0.80, "above"),
            (0.10, 0.95, "cannot tell"),
            (float("nan"), float("nan"), "cannot tell"),
        ],
    )
    def test_at_the_edges(self, low, high, verdict):
        assert judge(low, high, BAND, MARGIN) == verdict

    @pytest.mark.parametrize("rate", [0.0, 0.3, 0.55, 0.65, 0.72, 0.8, 1.0])
    def test_cases_to_tell_is_the_fewest(self, rate):
        n = cases_to_tell(rate, BAND, MARGIN)
        inside = BAND[0] <= rate <= BAND[1]
        wanted = {ClaimVerdict.COMPATIBLE} if inside else {ClaimVerdict.BELOW, ClaimVerdict.ABOVE}
        assert judge(*wilson(rate * n, n), BAND, MARGIN) in wanted
        assert judge(*wilson(rate * (n - 1), n - 1), BAND, MARGIN) not in wanted

    def test_closed_form_where_nobody_improves(self):
        # Wilson's upper limit of 0 of n is z^2 / (n + z^2); below .70 from n = z^2 * 3 / 7 on.
        assert cases_to_tell(0.0, BAND, MARGIN) == int(np.ceil(1.959964**2 * 3 / 7))

    def test_clusters_need_more(self):
        alone = cases_to_tell(0.6, BAND, MARGIN)
        assert cases_to_tell(0.6, BAND, MARGIN, effect=2.0) == 2 * alone

    def test_at_the_edge_no_number_would_do(self):
        assert cases_to_tell(0.70 - 1e-9, BAND, MARGIN) is None

    @pytest.mark.parametrize("wrong", [(0.8, 0.7), (70, 75), -0.1])
    def test_impossible_claims(self, wrong):
        with pytest.raises(UsageError):
            claimed_range(wrong)

    def test_a_single_number(self):
        assert claimed_range(0.7) == (0.7, 0.7)


class TestMissing:
    @pytest.fixture
    def card(self):
        frame = pd.DataFrame({"pre": [20.0] * 10, "post": [5.0] * 6 + [20.0] * 2 + [np.nan] * 2})
        return claim(frame, BAND, instrument="phq9", percentages=())

    @pytest.mark.parametrize(
        ("denominator", "missing", "n", "total"),
        [
            ("paired", "left out", 6, 8),
            ("started", "counted as not improved", 6, 10),
            ("started", "counted as improved", 8, 10),
        ],
    )
    def test_rules(self, card, denominator, missing, n, total):
        row = pick(card, definition="reliable", denominator=denominator, missing=missing)
        assert (row["n"], row["n_total"]) == (n, total)

    def test_the_headline_keeps_everybody(self, card):
        assert card.headline["missing"] == "counted as not improved"

    def test_another_headline_can_be_asked_for(self):
        frame = pd.DataFrame({"pre": [20.0] * 4, "post": [5.0, 5.0, 20.0, np.nan]})
        chosen = {"definition": "recovered", "denominator": "paired"}
        assert claim(frame, instrument="phq9", headline=chosen).headline["n_total"] == 3
        with pytest.raises(UsageError, match="headline"):
            claim(frame, instrument="phq9", headline={"definition": "thrive"})


class TestCouples:
    @pytest.fixture
    def card(self):
        rows = [
            ("a", 20, 8),
            ("a", 18, 6),  # both better
            ("b", 20, 8),
            ("b", 12, 12),  # one better
            ("c", 20, 20),
            ("c", 15, np.nan),  # one known, not better
            ("d", 20, 8),
            ("d", 15, np.nan),  # one known, better
        ]
        frame = pd.DataFrame(rows, columns=["couple_id", "pre", "post"])
        return claim(frame, BAND, instrument="phq9", couple="couple_id", percentages=())

    @pytest.mark.parametrize(
        ("unit", "denominator", "missing", "n", "total"),
        [
            ("partner", "paired", "left out", 4, 6),
            ("partner", "started", "counted as not improved", 4, 8),
            # One partner who did not improve decides "both"; one who did decides "either".
            ("both", "paired", "left out", 1, 3),
            ("both", "started", "counted as improved", 2, 4),
            ("either", "paired", "left out", 3, 3),
            ("either", "started", "counted as not improved", 3, 4),
            ("couple_mean", "paired", "left out", 2, 2),
            ("couple_mean", "started", "counted as not improved", 2, 4),
        ],
    )
    def test_units(self, card, unit, denominator, missing, n, total):
        row = pick(card, definition="reliable", unit=unit, denominator=denominator, missing=missing)
        assert (row["n"], row["n_total"]) == (n, total)

    def test_swapping_partners_changes_nothing(self, card):
        rng = np.random.default_rng(2)
        frame = pd.DataFrame(
            {"couple_id": np.repeat(np.arange(12), 2), "pre": rng.integers(5, 25, 24)}
        )
        frame["post"] = np.where(rng.random(24) < 0.2, np.nan, rng.integers(0, 20, 24))
        one, other = (
            claim(f, instrument="phq9", couple="couple_id") for f in (frame, frame.iloc[::-1])
        )
        pd.testing.assert_frame_equal(one.specifications, other.specifications)

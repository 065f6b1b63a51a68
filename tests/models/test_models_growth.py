"""The course of scores over time: R's numbers through `growth`, closed forms, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import NotEnoughData, UsageError
from outcomes.models.growth import growth, shape
from outcomes.models.inference import Convergence
from outcomes.tables import growth_table

# R's numbers: lme4's optimiser stops at a relative 1e-6 of the standard error.
COEFFICIENT = 1e-5


def people(n: int = 40, seed: int = 1, slope: float = -1.0) -> pd.DataFrame:
    """Scores at 0, 4, 8 and 12 weeks of two arms; some leave."""
    rng = np.random.default_rng(seed)
    client = np.repeat(np.arange(n), 4)
    week = np.tile([0.0, 4, 8, 12], n)
    arm = np.where(client % 2 == 0, "coaching", "therapy")
    own = rng.normal(0, 3, n)[client] + rng.normal(0, 0.3, n)[client] * week
    score = 15 + slope * week * (arm == "therapy") + own + rng.normal(0, 1, 4 * n)
    frame = pd.DataFrame(
        {
            "client_id": client,
            "practitioner_id": client % 6,
            "couple_id": pd.NA,
            "arm": arm,
            "day": 7 * week,
            "number": week / 4,
            "score": score,
        }
    )
    return frame[(week == 0) | (rng.uniform(size=4 * n) > 0.15)].reset_index(drop=True)


def test_equals_lme4_on_bth_e_b(shared) -> None:
    frame = pd.read_csv(shared / "data" / "BtheB" / "BtheB_long_all.csv")
    stored = json.loads((shared / "reference" / "growth_mixed.json").read_text())
    fixed = {row["term"]: row for row in stored["BtheB_gxt_rs_REML"]["fixef"]}
    # Months told as weeks: a unit of time is a month here.
    found = growth(
        frame.assign(day=7 * frame["month"], arm=frame["treatment"]), by="arm", score="bdi",
        client="subject", shape_of_time="linear", horizon=1,
    )  # fmt: skip
    # Words sort BtheB before TAU, so that the reference of R is the other group here.
    change = found.change.set_index("group")
    assert change.loc["TAU", "estimate"] == pytest.approx(
        fixed["month"]["estimate"], rel=COEFFICIENT
    )
    assert change.loc["TAU", "se"] == pytest.approx(fixed["month"]["se"], rel=1e-4)
    both = fixed["treatmentBtheB:month"]
    difference = found.differences.iloc[0]
    assert difference["contrast"] == "TAU - BtheB"
    assert difference["estimate"] == pytest.approx(-both["estimate"], rel=1e-4)
    assert difference["df"] == pytest.approx(both["df_satterthwaite"], rel=1e-3)
    assert found.fit.loglik == pytest.approx(stored["BtheB_gxt_rs_REML"]["logLik"], abs=1e-6)


def test_complete_balanced_scores_have_a_closed_form() -> None:
    frame = people(30)
    complete = frame.groupby("client_id")["day"].transform("size") == 4
    # With everybody complete the difference in change is that of people's own slopes.
    whole = frame[complete].drop(columns="practitioner_id")
    found = growth(whole, shape_of_time="linear", horizon=12)
    slopes = whole.groupby(["arm", "client_id"])[["day", "score"]].apply(
        lambda rows: np.polyfit(rows["day"] / 7, rows["score"], 1)[0], include_groups=False
    )
    means = slopes.groupby("arm").mean()
    expected = 12 * (means["therapy"] - means["coaching"])
    assert found.differences["estimate"].iloc[0] == pytest.approx(expected, rel=1e-6)
    n = slopes.groupby("arm").size()
    pooled = ((n - 1) * slopes.groupby("arm").var()).sum() / (n.sum() - 2)
    se = 12 * np.sqrt(pooled * (1 / n).sum())
    assert found.differences["se"].iloc[0] == pytest.approx(se, rel=1e-4)
    assert found.differences["df"].iloc[0] == pytest.approx(n.sum() - 2, rel=1e-2)


@pytest.mark.parametrize(
    ("name", "knot", "time", "expected"),
    [
        ("linear", None, 5.0, [5.0]),
        ("log", None, np.e - 1, [1.0]),
        ("piecewise", 4.0, 3.0, [3.0, 0.0]),
        ("piecewise", 4.0, 4.0, [4.0, 0.0]),
        ("piecewise", 4.0, 6.0, [6.0, 2.0]),
    ],
)
def test_shapes_start_at_zero(name: str, knot: float | None, time: float, expected) -> None:
    form = shape(name, knot)
    assert form.values([time])[0] == pytest.approx(expected)
    assert form.values([0.0])[0] == pytest.approx([0.0] * len(expected))


def test_a_piecewise_curve_bends_where_it_is_told_to() -> None:
    found = growth(people(), shape_of_time="piecewise", knot=6, horizon=12)
    curve = found.curve[found.curve["group"] == "therapy"]
    steps = np.diff(curve["estimate"]) / np.diff(curve["time"])
    assert np.ptp(steps[:11]) == pytest.approx(0, abs=1e-8)
    assert np.ptp(steps[13:]) == pytest.approx(0, abs=1e-8)


def test_says_which_shape_fits_better() -> None:
    found = growth(people(120, slope=-1.5), shape_of_time="log")
    assert any("'linear' fits the scores better" in text for text in found.warnings)
    assert not growth(people(120, slope=-1.5), shape_of_time="linear").left_out


def test_few_practitioners_stay_out_and_it_says_so() -> None:
    frame = people().assign(practitioner_id=lambda rows: rows["client_id"] % 4)
    found = growth(frame)
    assert "practitioner_id" not in found.formula
    assert any("practitioners" in text for text in found.left_out)
    assert "(1 | practitioner_id)" in growth(people()).formula


def test_people_without_a_couple_are_independent() -> None:
    frame = people(40)
    pairs = frame["client_id"].where(frame["client_id"] < 20) // 2
    found = growth(frame.assign(couple_id=pairs.astype("Int64")))
    assert found.fit.n_groups["couple_id"] == 10 + 20


def test_without_groups_there_is_one_curve_and_no_difference() -> None:
    found = growth(people(), by=None)
    assert set(found.curve["group"]) == {"everybody"}
    assert found.differences.empty
    assert found.n_people == {"everybody": 40}


def test_row_order_does_not_matter() -> None:
    frame = people()
    turned = growth(frame.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(growth(frame).change, turned.change, rtol=1e-6)


def test_refuses_what_it_cannot_do() -> None:
    frame = people()
    for options in ({"time": "years"}, {"shape_of_time": "cubic"}, {"shape_of_time": "piecewise"}):
        with pytest.raises(UsageError):
            growth(frame, **options)
    with pytest.raises(UsageError, match="missing"):
        growth(frame.drop(columns="score"))
    with pytest.raises(NotEnoughData, match="second score"):
        growth(frame[frame["day"] == 0])


def test_a_fit_that_did_not_arrive_shows_no_estimate() -> None:
    found = growth(people())
    lost = replace(
        found, fit=replace(found.fit, convergence=Convergence(False, 1.0, 0.1, 9, message="lost"))
    )
    assert "NOT CONVERGED" in repr(lost)
    number = f"{found.change['estimate'].iloc[0]:.3f}"
    for text in (repr(lost), lost._repr_html_(), str(lost.plot().to_dict())):
        assert number not in text
    table = growth_table(lost, oc.policy())
    assert all(cell.state != "shown" for row in table.rows for cell in row[1:])


def test_small_groups_are_neither_drawn_nor_told() -> None:
    frame = people(60)
    few = frame[(frame["arm"] == "coaching") | (frame["client_id"] < 8)]
    found = growth(few)
    figure = found.plot()
    assert set(figure.data["group"]) <= {"coaching"}
    table = growth_table(found, oc.policy())
    hidden = next(row for row in table.rows if row[0].text == "Therapy")
    assert all(cell.state == "suppressed" for cell in hidden[1:])
    assert not any("minus" in row[0].text for row in table.rows)
    assert "therapy" in set(growth(few).plot(policy=oc.policy("off")).data["group"])

"""Every method on the 30 people of Jacobson & Truax 1991 equals R, or the argument why not."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from outcomes.change import change
from outcomes.change.categories import is_clinical
from outcomes.change.decide import crossed
from outcomes.change.methods import METHODS

REFERENCE_TOL = 1e-9  # the same closed form in R; twelve digits are stored
# What R was given.
R, M_FUNC, SD_FUNC = 0.88, 114.8, 17.8
DAS = {"pre": "pre_data", "post": "post_data", "direction": "higher", "reliability": R}
FUNCTIONAL = {"functional_mean": M_FUNC, "functional_sd": SD_FUNC}
LINES = ["jt", "gln", "hll", "en", "nk", "ha"]
DIRECTIONS = ["higher", "lower"]


@pytest.fixture(scope="module")
def reference(shared):
    text = (shared / "reference" / "individual_change_das.json").read_text(encoding="utf-8")
    return json.loads(text)


def run(das, direction, **more):
    """The method, and the same with every sign turned: the answer must be the same."""
    if direction == "higher":
        return change(das, **{**DAS, **more})
    turned = das.assign(pre_data=-das["pre_data"], post_data=-das["post_data"])
    settings = {**DAS, **more, "direction": "lower"}
    if "functional_mean" in settings:
        settings["functional_mean"] = -M_FUNC
    return change(turned, **settings)


def counts(result) -> dict[str, int]:
    row = result.counts().iloc[0].dropna()
    return {name: int(n) for name, n in row.items() if n}


def stored(entry) -> dict[str, int]:
    return {row["category"].lower(): row["n"] for row in entry["summary"] if row["n"]}


def by_hand(method: str, das) -> np.ndarray:
    """Index of each person, written out from definitions.md §4.1, apart from the program."""
    x, y = das["pre_data"].to_numpy(float), das["post_data"].to_numpy(float)
    s, s2, m, m2 = x.std(ddof=1), y.std(ddof=1), x.mean(), y.mean()
    sem = s * math.sqrt(1 - R)
    if method == "jt":
        return (y - x) / (math.sqrt(2) * sem)
    if method == "gln":
        return ((y - m) - R * (x - m)) / (s * math.sqrt(1 - R**2))
    if method == "hll":
        return ((y - m2) - R * (x - m)) / (s * math.sqrt(1 - R**2))
    if method == "en":
        return (y - (R * (x - m) + m)) / sem
    if method == "nk":
        return (y - (R * (x - m) + m)) / math.sqrt(R**2 * s**2 * (1 - R) + s**2 * (1 - R))
    r12 = np.corrcoef(x, y)[0, 1]
    r1, r2 = (s**2 - sem**2) / s**2, (s2**2 - sem**2) / s2**2
    both = 2 * s * s2 * r12
    r_dd = (s**2 * r1 + s2**2 * r2 - both) / (s**2 + s2**2 - both)
    return ((y - x) * r_dd + (m2 - m) * (1 - r_dd)) / (math.sqrt(r_dd) * math.sqrt(2) * sem)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("method", LINES)
def test_reliable_change_equals_r(das, reference, method, direction):
    result = run(das, direction, method=method)
    entry = reference[f"jacobson_das_dist_{method.upper()}"]
    assert counts(result) == stored(entry)
    turn = 1 if direction == "higher" else -1
    index = turn * result.frame["index"].to_numpy()
    assert np.allclose(index, by_hand(method, das), rtol=0, atol=REFERENCE_TOL)
    assert result.line.critical == pytest.approx(entry["critical_value"], abs=REFERENCE_TOL)


@pytest.mark.parametrize(
    ("method", "key", "factor"),
    [
        ("jt", "s_diff", 1.0),
        ("gln", "se_prediction", 1.0),
        ("hll", "se_prediction", 1.0),
        ("en", "se_measurement", 1.0),
    ],
)
def test_error_of_the_line_equals_r(das, reference, method, key, factor):
    entry = reference[f"jacobson_das_dist_{method.upper()}"]
    found = run(das, "higher", method=method).line.error
    assert found == pytest.approx(factor * entry[key], abs=REFERENCE_TOL)


def test_reliability_of_change_scores_equals_r(das, reference):
    line = run(das, "higher", method="ha").line
    entry = reference["jacobson_das_dist_HA"]
    r_dd = (math.sqrt(2) * entry["se_measurement"] / line.error) ** 2
    assert r_dd == pytest.approx(entry["r_dd"], abs=REFERENCE_TOL)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("criterion", ["a", "c"])
@pytest.mark.parametrize("method", LINES)
def test_categories_equal_r(das, reference, method, criterion, direction):
    result = run(das, direction, method=method, criterion=criterion, **FUNCTIONAL)
    entry = reference[f"jacobson_das_comb_{method.upper()}_{criterion}"]
    turn = 1 if direction == "higher" else -1
    assert turn * result.cutoff == pytest.approx(entry["cutoff_info"]["value"], abs=REFERENCE_TOL)
    assert counts(result) == stored(entry)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("method", LINES)
def test_criterion_b_equals_r_once_r_is_given_the_right_sd(das, reference, method, direction):
    """R takes the clinical SD in b. With that SD given as the functional one we equal it."""
    entry = reference[f"jacobson_das_comb_{method.upper()}_b"]
    info = entry["cutoff_info"]
    wrong = {"functional_mean": M_FUNC, "functional_sd": info["sd_clinical"]}
    theirs = run(das, direction, method=method, criterion="b", **wrong)
    turn = 1 if direction == "higher" else -1
    assert turn * theirs.cutoff == pytest.approx(info["value"], abs=REFERENCE_TOL)
    assert counts(theirs) == stored(entry)
    ours = run(das, direction, method=method, criterion="b", **FUNCTIONAL)
    sem = info["sd_clinical"] * math.sqrt(1 - R)
    spread = math.sqrt(SD_FUNC**2 - sem**2) if method == "ha" else SD_FUNC
    assert turn * ours.cutoff == pytest.approx(M_FUNC - 2 * spread, abs=REFERENCE_TOL)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("criterion", ["a", "b", "c"])
def test_cutoff_only_equals_r(das, reference, criterion, direction):
    entry = reference[f"jacobson_das_stat_JT_{criterion}"]
    spread = entry["cutoff_info"]["sd_clinical"] if criterion == "b" else SD_FUNC
    result = run(
        das,
        direction,
        method="stat",
        criterion=criterion,
        functional_mean=M_FUNC,
        functional_sd=spread,
    )
    assert counts(result) == stored(entry)
    assert "recovered" not in set(result.rates["measure"])


@pytest.mark.parametrize("criterion", ["a", "b", "c"])
def test_true_cutoff_only_equals_r(das, reference, criterion):
    entry = reference[f"jacobson_das_stat_HA_{criterion}"]
    spread = entry["cutoff_info"]["sd_clinical"] if criterion == "b" else SD_FUNC
    result = run(
        das,
        "higher",
        method="ha",
        criterion=criterion,
        functional_mean=M_FUNC,
        functional_sd=spread,
    )
    used = result.clinical_range
    post = das["post_data"].to_numpy(float)
    flags = [
        is_clinical(das[name].to_numpy(float), used.value, used.rule)
        for name in ("pre_data", "post_data")
    ]
    better, _ = crossed(*flags, used.beyond(post, "higher"))
    # R counts nobody as deteriorated here; we count whoever starts beyond the true cut-off and
    # ends short of it, so that only those who improved can be compared.
    assert better.sum() == stored(entry)["improved"]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("method", "key", "amount"),
    [("anchor", "anchor_8", {"important_change": 8}), ("percentage", "pct_20", {"percentage": 20})],
)
def test_amounts_equal_r(das, reference, method, key, amount, direction):
    turned = (
        das
        if direction == "higher"
        else das.assign(pre_data=-das["pre_data"], post_data=-das["post_data"])
    )
    result = change(
        turned, pre="pre_data", post="post_data", direction=direction, method=method, **amount
    )
    assert counts(result) == stored(reference[f"jacobson_das_{key}"])


def test_every_line_method_of_the_registry_is_here():
    assert set(LINES) | {"hlm", "anchor", "percentage", "stat"} == set(METHODS)


def test_group_level_needs_nobody_classified(das):
    shares = run(das, "higher", method="ha", criterion="c", **FUNCTIONAL).group_level()
    x, y = das["pre_data"].to_numpy(float), das["post_data"].to_numpy(float)
    # Closed form: mean change over the SD of true change, var(D) - 2 SEM^2.
    sem2 = x.var(ddof=1) * (1 - R)
    true = math.sqrt((y - x).var(ddof=1) - 2 * sem2)
    expected = 0.5 * math.erfc(-(y - x).mean() / true / math.sqrt(2))
    assert shares.better == pytest.approx(expected, abs=REFERENCE_TOL)
    assert shares.better + shares.worse == pytest.approx(1)
    beyond = (y.mean() - 94.551101630286) / math.sqrt(y.var(ddof=1) - sem2)
    assert shares.beyond == pytest.approx(0.5 * math.erfc(-beyond / math.sqrt(2)), abs=1e-9)

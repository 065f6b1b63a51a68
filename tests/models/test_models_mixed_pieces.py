"""Rows read piece by piece: the same numbers, little memory, and frames edited afterwards."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import UsageError
from outcomes.models.formula import design_of, fixed_design, rows, rows_of
from outcomes.models.formula import fixed as fixed_module
from outcomes.models.formula.rows import by_row, pieces
from outcomes.models.mixed import leaf, mixed

# Sums in another order differ by rounding; df follow from differences of rounded numbers.
EXACT = 1e-10
DF = 1e-6
RANDOM = "+ (t | client) + (1 | practitioner)"


def sessions(clients: int = 60) -> pd.DataFrame:
    """Clients of practitioners with five sessions; columns of every kind."""
    draw = np.random.default_rng(5)
    client = np.repeat(np.arange(clients), 5)
    n = len(client)
    t = np.tile(np.arange(5.0), clients)
    practitioner = client % max(clients // 8, 3)
    u = draw.standard_normal((clients, 2)) @ np.diag([3, 0.6])
    v = 1.5 * draw.standard_normal(practitioner.max() + 1)
    arm = np.array(["b", "a", "c"])[client % 3]
    y = 20 - t - 0.5 * t * (arm == "a") + u[client, 0] + u[client, 1] * t + v[practitioner]
    late = ((client > clients // 2) & (np.arange(n) % 2 == 0)).astype(float)
    return pd.DataFrame(
        {
            "client": client,
            "practitioner": practitioner,
            "t": t,
            "arm": pd.Categorical(arm, ["b", "c", "never", "a"]),
            "word": pd.array(arm, dtype="str"),
            "agreed": draw.random(n) < 0.4,
            "kind": draw.integers(2, 5, n),
            "late": late,
            "moved": late * (1 + draw.random(n)),
            "same": 2 * t + 1,
            "age": pd.array(draw.integers(20, 60, clients)[client], dtype="Int64"),
            "y": y + 2 * draw.standard_normal(n),
        }
    )


def gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """A tenth of the times and a few scores are missing."""
    draw = np.random.default_rng(6)
    made = frame.copy()
    made.loc[draw.random(len(made)) < 0.1, "t"] = np.nan
    made.loc[draw.random(len(made)) < 0.05, "y"] = np.nan
    return made


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 32 rows and of 7 clients, so that small data take the road of large ones."""
    monkeypatch.setattr(rows, "TOGETHER", 32)
    monkeypatch.setattr(fixed_module, "TOGETHER", 32)
    monkeypatch.setattr(leaf, "TOGETHER", 7)


def numbers(fit) -> dict[str, np.ndarray]:
    """What a fit says, its degrees of freedom and what follows from them apart."""
    table = fit.coefficients
    return {
        "estimates": table[["estimate", "se"]].to_numpy(),
        "variances": fit.variances["estimate"].to_numpy(),
        "loglik": np.array([fit.loglik, fit.residual_sd]),
        "fitted": fit.fitted().to_numpy(),
        "drawn": np.asarray(fit.simulate(seed=3)).ravel(),
        "df": table["df"].to_numpy(),
    }


CASES = {
    "plain": (f"y ~ arm * t {RANDOM}", lambda d: d),
    "any order of rows": (f"y ~ arm * t {RANDOM}", lambda d: d.sample(frac=1, random_state=2)),
    "rows with gaps": (f"y ~ arm * t + age {RANDOM}", gaps),
    "words, truth and numbers as words": (
        f"y ~ word * t + agreed + C(kind) {RANDOM}",
        lambda d: d,
    ),
    "varies only later": (f"y ~ t + late + moved + arm {RANDOM}", lambda d: d),
    "repeats another": (f"y ~ t + same + arm {RANDOM}", lambda d: d),
    "functions of a row": (
        "np.log(y + 60) ~ arm * np.log1p(t) + (np.log1p(t) || client)",
        lambda d: d,
    ),
    "functions of all rows": (
        "y ~ arm * poly(t, 2) + (1 | client)",
        lambda d: d,
    ),
    "no intercept": ("y ~ 0 + arm + t + (t | client)", lambda d: d),
    "no fixed column": ("y ~ 1 + (1 | practitioner)", lambda d: d),
    "crossed": ("y ~ arm * t + (t | client) + (1 | kind)", lambda d: d),
}


@pytest.mark.parametrize("name", CASES)
def test_pieces_give_the_numbers_of_the_whole(name: str, request: pytest.FixtureRequest) -> None:
    formula, change = CASES[name]
    frame = change(sessions())
    whole = mixed(formula, frame)
    expected = numbers(whole)
    request.getfixturevalue("in_pieces")
    fit = mixed(formula, frame)
    for what, values in numbers(fit).items():
        tolerance = DF if what == "df" else EXACT
        np.testing.assert_allclose(values, expected[what], rtol=tolerance, atol=1e-9, err_msg=what)
    assert fit.coefficients.index.equals(whole.coefficients.index)
    assert (fit.dropped, fit.n_used, fit.warnings) == (whole.dropped, whole.n_used, whole.warnings)
    assert fit.data.fixed.dropped == whole.data.fixed.dropped


@pytest.mark.usefixtures("in_pieces")
def test_columns_that_vary_only_later_are_found_without_a_wider_base() -> None:
    fit = mixed(f"y ~ arm * t + late {RANDOM}", sessions())
    # intercept, time, the column that varies within later clients, and the outcome
    assert fit.fit.prepared.leaf.products.shape[:2] == (4, 4)


@pytest.mark.parametrize(
    "formula", ["1", "arm * t", "word:t + agreed", "0 + C(kind) * age", "t + same + np.sqrt(t)"]
)
def test_a_design_of_pieces_is_that_of_the_whole(
    formula: str, request: pytest.FixtureRequest
) -> None:
    frame = sessions()
    used = np.random.default_rng(1).random(len(frame)) < 0.9
    whole = fixed_design(formula, frame[used])
    request.getfixturevalue("in_pieces")
    design = design_of(formula, rows_of(frame, frame.columns, used))
    assert design.held is None
    np.testing.assert_array_equal(design.matrix, whole.matrix)
    np.testing.assert_allclose(design.null, whole.null, atol=EXACT)
    for told in ("names", "term_of", "dropped", "levels", "means", "ranges", "shares"):
        assert getattr(design, told) == getattr(whole, told)
    np.testing.assert_array_equal(design.rows(frame.head(9)), whole.rows(frame.head(9)))


@pytest.mark.usefixtures("in_pieces")
def test_a_value_that_a_function_does_not_have_is_told() -> None:
    frame = sessions()
    with np.errstate(all="ignore"), pytest.raises(UsageError, match="cannot be read"):
        mixed("y ~ np.log(t - 1) + (1 | client)", frame)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("arm * t", True),
        ("0 + C(kind) + np.log1p(t)", True),
        ("I(t ** 2) + np.maximum(t - 2, 0)", True),
        ("C(kind, Treatment(3))", False),
        ("poly(t, 2)", False),
        ("center(t)", False),
        ("bs(t, df=4)", False),
        ("I(t - t.mean())", False),
        ("I(t - np.mean(t))", False),
        ("np.cumsum(t)", False),
        ("I(t > 2)", False),
    ],
)
def test_only_functions_of_one_row_are_read_in_pieces(formula: str, expected: bool) -> None:
    assert by_row(formula) is expected


@pytest.mark.parametrize("n", [0, 1, 32_767, 32_768, 32_769, 1_000_003])
def test_pieces_hold_every_row_once(n: int) -> None:
    found = [np.arange(n)[part] for part in pieces(n)]
    np.testing.assert_array_equal(np.concatenate([np.zeros(0, int), *found]), np.arange(n))
    assert len(found) <= rows.PIECES or n < rows.PIECES * rows.TOGETHER


@pytest.mark.parametrize("whole", [True, False])
def test_a_frame_edited_after_the_fit_changes_no_result(
    whole: bool, request: pytest.FixtureRequest
) -> None:
    frame = sessions()
    if not whole:
        request.getfixturevalue("in_pieces")
    fit = mixed(f"y ~ arm * t {RANDOM}", frame)
    before, outcome = numbers(fit), fit.data.outcome.copy()
    frame.loc[:, "y"] = 0.0
    frame.loc[frame.index[:100], "t"] = -5.0
    frame.iloc[3, frame.columns.get_loc("arm")] = "b"
    frame["client"] = 1
    frame.index = frame.index + 7
    np.testing.assert_array_equal(fit.data.outcome, outcome)
    for what, values in numbers(fit).items():
        np.testing.assert_array_equal(values, before[what], err_msg=what)
    assert fit.fitted().index[0] == 0
    assert fit.refit(reml=False).converged


def test_a_fit_takes_less_than_three_times_the_frame() -> None:
    """Eight sessions a client and forty clients a practitioner, as in benchmarks/models.py."""
    draw = np.random.default_rng(8)
    client = np.repeat(np.arange(25_000), 8)
    practitioner, t = client % 625, np.tile(np.arange(8.0), 25_000)
    y = 20 - t + 4 * draw.standard_normal(len(t)) + 3 * draw.standard_normal(25_000)[client]
    y += 0.5 * draw.standard_normal(25_000)[client] * t
    y += 2 * draw.standard_normal(625)[practitioner]
    arm = pd.Categorical.from_codes(client % 3, ["a", "b", "c"])
    frame = pd.DataFrame({"client": client, "practitioner": practitioner, "t": t, "arm": arm})
    frame["y"] = y
    formula = f"y ~ arm * t {RANDOM}"
    mixed(formula, frame.head(1000), ddf="none")
    tracemalloc.start()
    try:
        fit = mixed(formula, frame)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fit.n_used == len(frame) == 200_000
    assert peak < 3 * frame.memory_usage(deep=True).sum()

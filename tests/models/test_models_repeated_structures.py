"""Covariance structures: derivatives, definiteness, start values, natural scale."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.errors import UsageError
from outcomes.models.repeated import STRUCTURES, structure
from outcomes.models.repeated.structures import (
    Autoregressive,
    ContinuousAutoregressive,
    Image,
    Kronecker,
    Scaled,
    Sum,
    Toeplitz,
    Unstructured,
    continuous_ar1,
    intercept_and,
    natural_values,
)

# Central differences of a smooth function with a step of 1e-5.
NUMERIC = 1e-8
EXACT = 1e-12

TIMES = np.array([0.0, 2.0, 3.0, 5.0, 8.0, 9.0])
SLOPES = np.column_stack([np.ones(6), TIMES])
COMBINED = {
    "car1": continuous_ar1(TIMES),
    "random slopes and ar1": Sum(
        (
            ("person", Image(SLOPES, Unstructured(2), "slopes")),
            ("residual", Scaled(Autoregressive(6), heterogeneous=False)),
        ),
        "slopes",
    ),
    "partners": Kronecker(
        Unstructured(2), Scaled(Autoregressive(3), heterogeneous=False), "partners"
    ),
    "ri_toep": intercept_and(Scaled(Toeplitz(6), heterogeneous=True), "ri_toep"),
    "ri_car1": intercept_and(Scaled(ContinuousAutoregressive(TIMES), False), "ri_car1"),
}
ALL = {name: structure(name, 6) for name in STRUCTURES} | COMBINED


def moments(size: int) -> np.ndarray:
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    sd = 1 + 0.2 * np.arange(size)
    return (0.3 + 0.7 * 0.6**distance) * np.outer(sd, sd)


def near_start(kind, seed: int = 3) -> np.ndarray:
    start = kind.start(moments(kind.size))
    return start + np.random.default_rng(seed).normal(0, 0.1, len(start))


@pytest.mark.parametrize("name", ALL)
def test_derivatives_are_those_of_the_matrix(name):
    kind = ALL[name]
    theta = near_start(kind)
    step = 1e-5
    first, second = kind.derivative(theta), kind.second(theta)
    r, m = len(kind.names), kind.size
    assert first.shape == (r, m, m)
    assert second.shape == (r, r, m, m)
    for j, move in enumerate(np.eye(r) * step):
        slope = (kind.matrix(theta + move) - kind.matrix(theta - move)) / (2 * step)
        np.testing.assert_allclose(first[j], slope, atol=NUMERIC, rtol=NUMERIC)
        bend = (kind.derivative(theta + move) - kind.derivative(theta - move)) / (2 * step)
        np.testing.assert_allclose(second[j], bend, atol=NUMERIC, rtol=NUMERIC)


@pytest.mark.parametrize("name", ALL)
def test_natural_values_and_their_slopes(name):
    kind = ALL[name]
    theta = near_start(kind)
    values, slopes = natural_values(kind, theta)
    assert len(values) == len(kind.natural()) == len(slopes)
    for j, move in enumerate(np.eye(len(theta)) * 1e-5):
        numeric = (natural_values(kind, theta + move)[0] - natural_values(kind, theta - move)[0]) / 2e-5  # noqa: E501 # fmt: skip
        np.testing.assert_allclose(slopes[:, j], numeric, atol=NUMERIC, rtol=NUMERIC)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("rho", [-0.15, 0.0, 0.5, 0.99])
def test_the_start_is_positive_definite(name, rho):
    kind = ALL[name]
    size = kind.size
    given = (np.eye(size) + rho * (1 - np.eye(size))) * np.outer(
        1 + np.arange(size), 1 + np.arange(size)
    )
    start = kind.start(given)
    assert len(start) == len(kind.names)
    assert np.isfinite(start).all()
    assert np.linalg.eigvalsh(kind.matrix(start))[0] > 0


@pytest.mark.parametrize("name", ["us", "csh", "cs"])
def test_the_start_is_the_moments_where_they_fit(name):
    size = 4
    sd = np.ones(size) if name == "cs" else np.array([1.0, 2, 3, 4])
    given = (0.4 + 0.6 * np.eye(size)) * np.outer(sd, sd)
    kind = structure(name, size)
    np.testing.assert_allclose(kind.matrix(kind.start(given)), given, rtol=EXACT)


def test_matrices_by_hand():
    x = np.array([0.75])  # rho = .75 / 1.25 = .6
    ar1 = structure("ar1", 3).matrix(np.concatenate([[np.log(2)], x]))
    np.testing.assert_allclose(ar1, 4 * np.array([[1, 0.6, 0.36], [0.6, 1, 0.6], [0.36, 0.6, 1]]))
    alternating = structure("ar1", 3).matrix(np.concatenate([[0.0], -x]))
    np.testing.assert_allclose(alternating[0], [1, -0.6, 0.36])
    # Half way between -1/2 and 1 is 1/4.
    np.testing.assert_allclose(structure("cs", 3).matrix(np.zeros(2))[0], [1, 0.25, 0.25])
    toep = structure("toeph", 3).matrix(np.array([0.0, np.log(2), np.log(3), 0.75, 0.0]))
    np.testing.assert_allclose(toep, [[1, 1.2, 0], [1.2, 4, 3.6], [0, 3.6, 9]], atol=EXACT)
    us = structure("us", 2).matrix(np.array([np.log(2), np.log(3), 0.5]))
    np.testing.assert_allclose(us, [[4, 3], [3, 9 * 1.25]])
    both = structure("ri_ar1", 2).matrix(np.array([np.log(3), np.log(2), 0.75]))
    np.testing.assert_allclose(both, [[13, 9 + 2.4], [9 + 2.4, 13]])


def test_compound_symmetry_may_be_negative():
    kind = structure("cs", 4)
    low = kind.matrix(np.array([0.0, -30.0]))
    assert low[0, 1] == pytest.approx(-1 / 3, abs=1e-9)
    assert np.linalg.eigvalsh(kind.matrix(np.array([0.0, -3.0])))[0] > 0


def test_one_occasion_needs_no_correlation():
    for name in ("us", "cs", "csh", "ar1", "toep", "toeph", "id"):
        kind = structure(name, 1)
        np.testing.assert_allclose(kind.matrix(kind.start(np.array([[4.0]]))), [[4.0]])


def test_a_sum_names_its_parts():
    kind = COMBINED["random slopes and ar1"]
    assert kind.names[0].startswith("person: ")
    values, _ = natural_values(kind, kind.start(moments(6)))
    described = [(item.part, item.kind) for item in kind.natural()]
    assert described == [
        ("person", "sd"), ("person", "sd"), ("person", "correlation"),
        ("residual", "sd"), ("residual", "correlation"),
    ]  # fmt: skip
    assert (values[[0, 1, 3]] > 0).all()


def test_an_unknown_name_is_refused():
    with pytest.raises(UsageError, match="unknown covariance"):
        structure("unstructured", 3)

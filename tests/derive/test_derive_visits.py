"""Scores at planned visits: nearest within the window, edges, nothing lost."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.derive import visits
from outcomes.errors import UsageError


def _scores(days: list[float], person: str = "a") -> pd.DataFrame:
    return pd.DataFrame(
        {"client_id": person, "episode_id": "e", "day": days, "score": range(len(days))}
    )


def test_the_nearest_score_stands_for_the_visit() -> None:
    found = visits(_scores([0, 26, 27, 30, 57, 99]), (4, 8))
    assert list(found.frame["visit"]) == ["week 4", "week 8"]
    assert list(found.frame["day"]) == [27, 57]
    assert list(found.frame["week"]) == [4, 8]
    assert (found.n_scores, found.n_placed, found.n_outside, found.n_further) == (5, 2, 1, 2)


def test_of_two_equally_near_the_earlier() -> None:
    assert list(visits(_scores([27, 29]), (4,)).frame["day"]) == [27]


@pytest.mark.parametrize(
    ("day", "visit"),
    [(13, None), (14, "week 4"), (41, "week 4"), (42, "week 8"), (69, "week 8"), (70, None)],
)
def test_windows_below_at_and_above_their_edges(day: float, visit: str | None) -> None:
    found = visits(_scores([0, day]), (4, 8))
    assert list(found.frame["visit"]) == ([visit] if visit else [])


def test_windows_may_be_narrower_but_not_overlap() -> None:
    assert visits(_scores([0, 40]), (4, 8), half_width=1).n_outside == 1
    for width in (0, 2.5):
        with pytest.raises(UsageError, match="overlap"):
            visits(_scores([0, 40]), (4, 8), half_width=width)


@pytest.mark.parametrize("weeks", [(), (0, 4), (4, 4)])
def test_refuses_visits_that_are_none(weeks: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="different weeks"):
        visits(_scores([0, 40]), weeks)
    with pytest.raises(UsageError, match="missing"):
        visits(_scores([0, 40]).drop(columns="day"), (4,))


def test_nobody_after_the_start_gives_no_visit() -> None:
    assert visits(_scores([0])).n_placed == 0


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 120)), min_size=1, max_size=40, unique=True
    ),
    st.randoms(use_true_random=False),
)
def test_every_score_is_accounted_for_in_any_order(rows: list[tuple[str, int]], random) -> None:
    frame = pd.concat([_scores([day], person) for person, day in rows], ignore_index=True)
    found = visits(frame)
    assert found.n_placed + found.n_outside + found.n_further == found.n_scores
    order = list(frame.index)
    random.shuffle(order)
    turned = visits(frame.loc[order])
    keys = ["client_id", "visit", "day"]
    pd.testing.assert_frame_equal(found.frame[keys], turned.frame[keys])

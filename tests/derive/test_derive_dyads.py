"""Partners of couples with their role, from rows of people."""

from __future__ import annotations

import pytest

import outcomes as oc
from outcomes.errors import UsageError


@pytest.fixture(scope="module")
def rows(example_study):
    return oc.pairs(example_study, "rdas")


def test_each_couple_has_its_two_partners_once(example_study, rows):
    found = oc.dyads(example_study, rows)
    sizes = found.frame.groupby("couple").size()
    assert sizes.eq(2).all()
    assert len(sizes) == found.n_couples
    assert found.n_left_out == 0
    assert found.roles is None
    assert found.frame.groupby("couple")["role"].nunique().eq(2).all()


def test_partners_who_are_not_told_apart_are_not_tested(example_study, rows):
    frame = oc.dyads(example_study, rows).frame
    assert oc.apim(frame, outcome="post", actor="pre").test is None


def test_people_alone_are_left_out(example_study, rows):
    found = oc.dyads(example_study, rows).frame
    assert found["unit"].eq("couple").all()
    assert len(found) == int(rows["couple_id"].notna().sum())


def test_by_gender_couples_of_one_gender_are_left_out_and_counted(example_study, rows):
    found = oc.dyads(example_study, rows, tell_apart="gender")
    everybody = oc.dyads(example_study, rows)
    assert found.roles == ("man", "woman")
    assert (found.frame["role"].astype(str) == found.frame["gender"].astype(str)).all()
    assert found.n_couples + found.n_left_out == everybody.n_couples
    assert found.n_left_out > 0


def test_row_order_does_not_matter(example_study, rows):
    keys = ["client_id", "episode_id"]
    one, two = (
        oc.dyads(example_study, table).frame.sort_values(keys)[[*keys, "couple", "role"]]
        for table in (rows, rows.sample(frac=1, random_state=1))
    )
    assert one.to_numpy().tolist() == two.to_numpy().tolist()


def test_another_word_is_refused(example_study, rows):
    with pytest.raises(UsageError, match="told apart"):
        oc.dyads(example_study, rows, tell_apart="age")

"""Ids are replaced the same way everywhere, once, and only with the right key."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import InputError, UsageError
from outcomes.privacy import (
    holds_pseudonyms,
    key_id,
    pseudonymise,
    pseudonyms,
    withheld_text,
    without_text,
)
from outcomes.privacy.pseudonyms import PREFIXES, kinds
from outcomes.schema import TABLES, Sensitivity
from outcomes.schema.study import empty_table

KEY, OTHER = bytes(range(32)), bytes(32)


def ids(*values):
    return pd.Series(values, dtype="string", name="client_id")


def table(name, **columns):
    rows = pd.DataFrame(columns)
    return rows.reindex(columns=TABLES[name].names).astype(empty_table(name).dtypes.to_dict())


def test_a_pseudonym_has_a_readable_prefix_and_is_fixed_for_ever():
    made = pseudonyms(ids("Jane Doe", None, "Jane Doe"), KEY, "clients")
    assert made.name == "client_id"
    assert made.iloc[0] == made.iloc[2]
    assert pd.isna(made.iloc[1])
    assert made.str.fullmatch("C[a-z2-7]{20}").sum() == 2
    # Whoever changes this line parts people from their earlier quarters.
    assert made.iloc[0] == "C3crqjzqrvywdml4vsdbk"


def test_key_and_kind_matter():
    one = pseudonyms(ids("1"), KEY, "clients").iloc[0]
    assert one != pseudonyms(ids("1"), OTHER, "clients").iloc[0]
    assert one[1:] != pseudonyms(ids("1"), KEY, "couples").iloc[0][1:]
    assert key_id(KEY) != key_id(OTHER)
    assert KEY.hex() not in key_id(KEY)
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    with pytest.raises(UsageError, match="no pseudonyms for"):
        pseudonyms(ids("1"), KEY, "people")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), max_size=20))
def test_twice_is_once_and_the_row_order_does_not_matter(values):
    once = pseudonyms(ids(*values), KEY, "clients")
    pd.testing.assert_series_equal(pseudonyms(once, KEY, "clients"), once)
    assert once.nunique() == len(set(values))
    back = pseudonyms(ids(*values[::-1]), KEY, "clients")
    assert back.tolist() == once.tolist()[::-1]


def test_pseudonyms_of_another_key_are_refused_and_not_shown():
    old = pseudonyms(ids("a", "b"), OTHER, "clients")
    with pytest.raises(InputError, match="lost or changed") as error:
        pseudonyms(old, KEY, "clients")
    assert error.value.how_many == 2
    assert "name the old key file" in str(error.value)
    assert old.iloc[0] not in str(error.value)


def test_an_id_beside_its_own_pseudonym_is_refused():
    made = pseudonyms(ids("a"), KEY, "clients").iloc[0]
    with pytest.raises(InputError, match="two ids have one pseudonym"):
        pseudonyms(ids("a", made), KEY, "clients")


def test_every_id_column_has_a_kind():
    for declared in TABLES.values():
        found = kinds(declared)
        wanted = [c.name for c in declared.columns if c.sensitivity is Sensitivity.PSEUDONYM]
        assert list(found) == wanted
        assert set(found.values()) <= set(PREFIXES)
    assert kinds(TABLES["couples"]) == {
        "couple_id": "couples",
        "client_a": "clients",
        "client_b": "clients",
    }


def test_a_person_is_the_same_in_all_tables_and_nothing_given_is_edited():
    tables = {
        "clients": table("clients", client_id=["c1", "c2"], practice_id=["north", "north"]),
        "couples": table("couples", couple_id=["k1"], client_a=["c1"], client_b=["c2"]),
        "episodes": table("episodes", episode_id=["e1"], couple_id=["k1"], approach=["Jane's"]),
    }
    before = {name: frame.copy() for name, frame in tables.items()}
    made = pseudonymise(tables, KEY)
    couple = made["couples"].iloc[0]
    assert {couple["client_a"], couple["client_b"]} == set(made["clients"]["client_id"])
    assert made["episodes"].loc[0, "couple_id"] == couple["couple_id"]
    assert pd.isna(made["episodes"].loc[0, "client_id"])
    assert made["clients"]["client_id"].is_monotonic_increasing, "not the order of the old ids"
    assert made["clients"]["practice_id"].tolist() == ["north", "north"]
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, before[name])
        pd.testing.assert_frame_equal(pseudonymise(made, KEY)[name], made[name])
    assert holds_pseudonyms(made)
    assert not holds_pseudonyms(tables)


def test_free_text_is_held_back_unless_named():
    assert withheld_text(()) == ("episodes.approach", "episodes.domain")
    assert withheld_text(["approach", "episodes.domain"]) == ()
    with pytest.raises(UsageError, match=r"called gender") as error:
        withheld_text(["gender"])
    assert "episodes.approach" in str(error.value)
    episodes = table("episodes", episode_id=["e1"], approach=["Jane's"], domain=["work"])
    made = without_text({"episodes": episodes}, withheld_text(["domain"]))["episodes"]
    assert made["approach"].isna().all()
    assert made["domain"].tolist() == ["work"]
    assert made.dtypes.equals(episodes.dtypes)

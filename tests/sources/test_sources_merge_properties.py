"""What holds for any exports that are merged: order, repetition and corrections."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_quarters import write_export

from outcomes.schema import TABLES
from outcomes.sources import merge, open_store

pytestmark = pytest.mark.slow
# Each example merges two or three small exports, at a third of a second each.
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SMALL = ("clients", "episodes", "sessions", "responses")

person = st.tuples(
    st.sampled_from(["north", "south", ""]),
    st.sampled_from(["woman", "man", "other"]),
    st.integers(1, 3),
    st.integers(0, 3),
)
people = st.lists(person, min_size=1, max_size=4)


def quarter(name: str, month: int, drawn) -> dict[str, list[str]]:
    """Clients with an episode each, `n` sessions and an answer, all of one month."""
    tables: dict[str, list[str]] = {table: [] for table in SMALL}
    for number, (practice, gender, n, answer) in enumerate(drawn):
        who = f"{name}{number}"
        day = f"2026-{month:02}-{number + 1:02}"
        tables["clients"].append(f"c{who},{practice},{gender}")
        tables["episodes"].append(f"e{who},{practice},c{who},,individual,therapy,,,{day},")
        tables["sessions"] += [
            f"s{who}-{k},e{who},2026-{month:02}-{number + 10 + k},attended,{50 + k}"
            for k in range(n)
        ]
        tables["responses"].append(f"c{who},e{who},phq9,1,{answer},{day},client")
    return tables


def merged(folder: Path, *exports: tuple[dict[str, list[str]], str]):
    """The store of these exports, in this order."""
    place = Path(tempfile.mkdtemp(dir=folder))
    for n, (tables, day) in enumerate(exports):
        merge(write_export(place / f"in{n}", tables, day), place / "store", key=folder / "key")
    return open_store(place / "store")


def same(left, right) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(left.table(name), right.table(name))


@FEW
@given(people)
def test_the_same_export_twice_changes_nothing(drawn):
    with tempfile.TemporaryDirectory() as folder:
        tables = quarter("a", 1, drawn)
        once = merged(Path(folder), (tables, "2026-03-31"))
        twice = merged(Path(folder), (tables, "2026-03-31"), (tables, "2026-03-31"))
        assert twice.state.version == 1
        assert [f.sha256 for f in twice.state.files()] == [f.sha256 for f in once.state.files()]


@FEW
@given(people, people)
def test_the_order_of_two_disjoint_quarters_does_not_matter(first, second):
    """Neither shares a row with the other; the tables are those of both read at once."""
    with tempfile.TemporaryDirectory() as folder:
        a = (quarter("a", 1, first), "2026-03-31")
        b = (quarter("b", 4, second), "2026-06-30")
        both = {name: a[0][name] + b[0][name] for name in SMALL}
        one, other = merged(Path(folder), a, b), merged(Path(folder), b, a)
        same(one, other)
        same(one, merged(Path(folder), (both, "2026-06-30")))
        assert all(one.history(name).empty and other.history(name).empty for name in TABLES)


@FEW
@given(people, st.data())
def test_the_order_of_rows_does_not_matter(drawn, data):
    with tempfile.TemporaryDirectory() as folder:
        tables = quarter("a", 1, drawn)
        mixed = {name: data.draw(st.permutations(lines)) for name, lines in tables.items()}
        fixed = {n: [line.replace(",50", ",90") for line in lines] for n, lines in tables.items()}
        shuffled = {name: list(reversed(lines)) for name, lines in fixed.items()}
        left = merged(Path(folder), (tables, "2026-03-31"), (fixed, "2026-06-30"))
        right = merged(Path(folder), (mixed, "2026-03-31"), (shuffled, "2026-06-30"))
        same(left, right)
        for name, table in TABLES.items():
            key = [*table.key, "_since"]
            a, b = (d.history(name).sort_values(key, ignore_index=True) for d in (left, right))
            pd.testing.assert_frame_equal(a, b)


@FEW
@given(people, st.data())
def test_a_corrected_row_updates_and_leaves_a_version_behind(drawn, data):
    with tempfile.TemporaryDirectory() as folder:
        tables = quarter("a", 1, drawn)
        chosen = data.draw(st.integers(0, len(tables["sessions"]) - 1))
        lines = list(tables["sessions"])
        lines[chosen] = lines[chosen].rsplit(",", 1)[0] + ",99"
        fixed = tables | {"sessions": lines}
        before = merged(Path(folder), (tables, "2026-03-31"))
        after = merged(Path(folder), (tables, "2026-03-31"), (fixed, "2026-06-30"))
        same(after, merged(Path(folder), (fixed, "2026-06-30")))
        changes = after.changes().set_index(["merge", "table"]).loc[2]
        assert changes.loc["sessions", "changed"] == 1
        assert changes["changed"].sum() == 1
        assert changes["added"].sum() == 0
        (old,) = after.history("sessions")["minutes"]
        assert old == 50 + int(tables["sessions"][chosen].split(",")[0].rsplit("-", 1)[1])
        for name in TABLES:
            pd.testing.assert_frame_equal(after.as_of(1)[name], before.table(name))

"""What the layout leaves open is decided by the file, or refused with the evidence."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from outcomes.errors import InputError, LayoutError
from outcomes.sources import parse_layout, read
from outcomes.sources.detection import decimal_evidence, detect_encoding, separators

LAYOUT = """
schema = 1
name = "Small"
exported_on = 2026-10-05
{top}
[[files]]
file = "all.{suffix}"
table = "clients"
{reading}
[files.columns]
client_id = "Kürzel"
[[files]]
file = "all.{suffix}"
table = "episodes"
[files.columns]
client_id = "Kürzel"
episode_id = "Kürzel"
started_on = "Start"
[files.constants]
unit = "individual"
intervention = "therapy"
[[files]]
file = "all.{suffix}"
table = "responses"
total = "Sum, raw"
[files.columns]
client_id = "Kürzel"
episode_id = "Kürzel"
taken_on = "Start"
[files.constants]
instrument = "srs"
"""
HEADER = ["Kürzel", "Start", "Sum, raw"]
ORDERS = {"ymd": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "name": "%d %b %Y"}


def text(rows, separator):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([HEADER, *rows])
    return out.getvalue()


def practice(folder, content, *, reading="", top="", suffix="csv"):
    folder = Path(folder)
    layout = LAYOUT.format(reading=reading, top=top, suffix=suffix)
    (folder / "layout.toml").write_text(layout, encoding="utf-8")
    whole = content if isinstance(content, bytes) else content.encode()
    (folder / f"all.{suffix}").write_bytes(whole)
    return read(folder)


def started(study):
    return [f"{day:%Y-%m-%d}" for day in study.episodes["started_on"]]


def reasons(study):
    return study.ledger.to_frame()["reason"].tolist()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a,b", ("utf-8", False)),
        ("é".encode(), ("utf-8", False)),
        ("é".encode("utf-8-sig"), ("utf-8-sig", False)),
        (b"\xff\xfe" + "é".encode("utf-16-le"), ("utf-16", False)),
        (b"\xfe\xff" + "é".encode("utf-16-be"), ("utf-16", False)),
        ("é".encode("cp1252"), ("cp1252", True)),
        (b"\x00\xff", ("utf-8", False)),
    ],
)
def test_encodings(content, found):
    assert detect_encoding(content) == found


@pytest.mark.parametrize(
    ("content", "wanted", "found"),
    [
        ("a,b\n1,2\n", (), (",",)),
        ("a;b\n1,5;2,5\n", (), (";",)),
        ("a\tb\n1\t2\n", (), ("\t",)),
        ("a|b\n1|2\n", (), ("|",)),
        ('"a;c",b\n1,2\n', (), (",",)),
        ("a,x;b\n1;2\n3;4\n", (), (";",)),
        ("a\n1\n", (), ()),
        ("a,b;c,d\n1,2;3,4\n", (), (",", ";")),
        ("a,b;c,d\n1,2;3,4\n", ("c,d",), (";",)),
        ("a,b;c,d\n1,2;3,4\n", ("a",), (",",)),
        ("a;b, raw;c\n1;2,5;3\n", ("a", "c"), (";",)),
    ],
)
def test_separators(content, wanted, found):
    assert separators(content, wanted) == found


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["1", "2"], "."),
        (["1,5", "2"], ","),
        (["1.5", "2"], "."),
        (["0,125"], ","),
        (["1,5", "1,234"], ","),
        (["1,5", "1.5"], "mixed"),
        (["1,234", "1.5"], "mixed"),
        (["1,234", "12"], "undecided"),
    ],
)
def test_decimal_signs(cells, sign):
    found = decimal_evidence([(cell, 2) for cell in cells])
    said = "mixed" if found.mixed else "undecided" if found.undecided else found.sign
    assert said == sign


rows_of_a_practice = st.lists(
    st.tuples(
        st.dates(date(2020, 1, 1), date(2026, 9, 30)),
        st.decimals(0, 40, places=1),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(
    rows_of_a_practice,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([".", ","]),
    st.sampled_from(list(ORDERS)),
)
@pytest.mark.slow
def test_a_practice_reads_alike_however_it_is_written(rows, encoding, separator, decimal, order):
    # One date that proves the order, one number that proves the sign.
    rows = [(date(2026, 1, 13), Decimal("10.5")), *rows]
    # Within commas a decimal comma has to be said.
    reading = 'decimal = ","' if (separator, decimal) == (",", ",") else ""
    written = [
        [f"Ä{n}", day.strftime(ORDERS[order]), str(value).replace(".", decimal)]
        for n, (day, value) in enumerate(rows)
    ]
    plain = [[f"Ä{n}", day.isoformat(), str(value)] for n, (day, value) in enumerate(rows)]
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        study = practice(one, mark + text(written, separator).encode(encoding), reading=reading)
        same = practice(other, text(plain, ","))
    for name, frame in same.tables().items():
        pd.testing.assert_frame_equal(study.tables()[name], frame)
    assert len(study.responses) == len(rows)
    assert reasons(study) == (["guessed_encoding"] if encoding == "cp1252" else [])


def refused(folder, rows, separator=";", **options):
    with pytest.raises(LayoutError) as error:
        practice(folder, text(rows, separator), **options)
    assert error.value.where.startswith("all.csv")
    return error.value


def test_an_open_date_order_is_refused_until_it_is_said(tmp_path):
    rows = [["A", "03/07/2026", "1"], ["B", "05/05/2026", "2"]]
    error = refused(tmp_path, rows)
    assert "cannot be decided" in error.what
    assert "line 2" in error.what
    assert 'date_order = "dmy"' in error.fix
    assert error.how_many == 1  # the column counts once, though two tables use it
    for order, month in (("dmy", "07"), ("mdy", "03")):
        said = practice(tmp_path, text(rows, ";"), reading=f'date_order = "{order}"')
        assert started(said)[0][5:7] == month
        top = practice(tmp_path, text(rows, ";"), top=f'date_order = "{order}"')
        assert started(top) == started(said)


def test_contradictory_dates_are_refused_with_counts_and_lines(tmp_path):
    rows = [["A", "13/07/2026", "1"], ["B", "14/07/2026", "1"], ["C", "07/15/2026", "2"]]
    error = refused(tmp_path, rows)
    assert "2 can only be day-month-year (lines 2, 3), 1 only month-day-year (line 4)" in error.what
    study = practice(tmp_path, text(rows, ";"), reading='date_order = "dmy"')
    assert set(reasons(study)) == {"bad_date"}
    assert len(study.episodes) == 2


def test_what_depends_on_no_order_needs_none(tmp_path):
    days = ["05/05/2026", "2026-01-02", "2026/01/03", "20260104", "Jan 5, 2026", "05-Jan-2026"]
    rows = [[f"A{n}", day, "1"] for n, day in enumerate(days)]
    assert started(practice(tmp_path, text(rows, ";"))) == [
        "2026-05-05", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05", "2026-01-05",
    ]  # fmt: skip


def test_two_digit_years_stay_a_reason(tmp_path):
    study = practice(tmp_path, text([["A", "13/01/26", "1"]], ","))
    assert set(reasons(study)) == {"two_digit_year"}


def test_mixed_and_open_decimals_are_refused(tmp_path):
    error = refused(tmp_path, [["A", "2026-01-02", "1,5"], ["B", "2026-01-02", "1.5"]])
    assert "1 numbers of the file use a comma (line 2), 1 a point (line 3)" in error.what
    assert "group thousands" in refused(tmp_path, [["A", "2026-01-02", "1,234"]]).what


def test_an_open_separator_is_refused_with_the_candidates(tmp_path):
    with pytest.raises(LayoutError, match="comma and semicolon"):
        practice(tmp_path, "a,b;c,d\n1,2;3,4\n")


def test_a_file_of_one_column(tmp_path):
    (tmp_path / "clients.csv").write_text("client_id\nC1\nC2\n")
    assert len(read(tmp_path).clients) == 2


@pytest.mark.parametrize(
    ("top", "day"),
    [("", "2026-01-13"), ('timezone = "Europe/Berlin"', "2026-01-14")],
)
def test_offsets_count_as_written_or_in_the_zone(tmp_path, top, day):
    rows = [["A", "2026-01-13T23:30:00Z", "1"], ["B", "13/01/2026 23:30", "1"]]
    assert started(practice(tmp_path, text(rows, ";"), top=top)) == [day, "2026-01-13"]


@pytest.mark.parametrize("zone", ["Europe/Berlim", "../etc", ""])
def test_unknown_zones_are_refused(zone):
    with pytest.raises(LayoutError, match="timezone"):
        parse_layout(f'schema = 1\ntimezone = "{zone}"', "layout.toml")


def test_tables_as_tsv_and_parquet(tmp_path):
    (tmp_path / "clients.tsv").write_text("client_id\tgender\nC1\twoman\n")
    episodes = {
        "episode_id": [1, 2],
        "client_id": ["C1", "C9"],
        "unit": ["individual"] * 2,
        "intervention": ["therapy"] * 2,
        "started_on": [date(2026, 1, 5), None],
    }
    parquet.write_table(pa.table(episodes), tmp_path / "episodes.parquet")
    study = read(tmp_path)
    assert study.episodes["episode_id"].tolist() == ["1"]
    assert started(study) == ["2026-01-05"]
    log = study.ledger.to_frame()
    assert log["line"].tolist() == [3]
    (tmp_path / "clients.csv").write_text("client_id\nC1\n")
    with pytest.raises(InputError, match="more than once"):
        read(tmp_path)


def test_parquet_values_are_exact(tmp_path):
    table = pa.table(
        {
            "Kürzel": pa.array(["A", "B", "C"]).dictionary_encode(),
            "Start": pa.array([datetime(2026, 1, 5), datetime(2026, 1, 6, 9), None]),
            "Sum, raw": pa.array([0.1, 12.0, None], type=pa.float32()),
        }
    )
    out = io.BytesIO()
    parquet.write_table(table, out)
    study = practice(tmp_path, out.getvalue(), suffix="parquet")
    assert study.responses["value"].tolist() == [0.1, 12.0]
    assert started(study) == ["2026-01-05", "2026-01-06"]


def test_broken_parquet(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        practice(tmp_path, b"PAR1 broken", suffix="parquet")
    out = io.BytesIO()
    parquet.write_table(pa.table({"Kürzel": [["A"]]}), out)
    with pytest.raises(InputError, match="not one value"):
        practice(tmp_path, out.getvalue(), suffix="parquet")

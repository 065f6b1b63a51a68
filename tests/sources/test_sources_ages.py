"""A birth date becomes an age band on reading, and is kept nowhere."""

from __future__ import annotations

import pytest

import outcomes as oc
from outcomes.errors import LayoutError

LAYOUT = """
schema = 1
exported_on = 2026-07-01
[[files]]
file = "c.csv"
table = "clients"
[files.columns]
client_id = "id"
[files.age_band]
born = "DOB"
"""
BANDS = {
    "1990-01-31": ("35-44", None),
    "2008-07-02": ("under 18", None),
    "2008-07-01": ("18-24", None),
    "1961": ("65 and over", None),
    "": (None, None),
    "12/04/61": (None, "bad_date"),
    "61": (None, "bad_date"),
    "2027-01-01": (None, "impossible_age"),
    "1901-01-01": (None, "impossible_age"),
}


def read(folder, layout: str, *lines: str):
    (folder / "layout.toml").write_text(layout, encoding="utf-8")
    (folder / "c.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return oc.read(folder)


@pytest.mark.parametrize("born", BANDS, ids=range(len(BANDS)))
def test_the_age_on_the_day_of_the_export(tmp_path, born):
    study = read(tmp_path, LAYOUT, "id,DOB", f"C1,{born}")
    band, reason = BANDS[born]
    cell = study.clients["age_band"].astype("object").where(study.clients["age_band"].notna(), None)
    assert cell.tolist() == [band]
    log = study.ledger.to_frame()
    emptied = log[log["action"] == "emptied"]
    assert emptied[["reason", "column"]].to_numpy().tolist() == (
        [[reason, "age_band"]] if reason else []
    )
    assert study.ledger.balanced()


def test_the_age_on_the_day_of_another_column_and_no_birth_date_is_left(tmp_path):
    study = read(
        tmp_path,
        LAYOUT + 'at = "Intake"\n',
        "id,DOB,Intake",
        "C1,01/02/1990,31/01/2025",
        "C2,13/02/1990,",
    )
    assert study.clients["age_band"].tolist() == ["25-34", "35-44"]
    everything = study.clients.to_csv() + study.ledger.to_csv()
    assert "1990" not in everything
    assert "DOB" not in everything, "the column is used, so nothing is said of it"


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        (LAYOUT.replace("born", "borm"), "born"),
        (LAYOUT.replace('client_id = "id"', 'client_id = "id"\nage_band = "a"'), "mapped as well"),
        (LAYOUT.replace('"DOB"', '"Birth"'), "no column 'Birth'"),
    ],
    ids=["a key is misspelt", "said twice", "no such column"],
)
def test_refusals(tmp_path, layout, said):
    with pytest.raises(LayoutError, match=said):
        read(tmp_path, layout, "id,DOB,a", "C1,1990-01-01,x")

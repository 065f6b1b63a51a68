"""The committed example through the front door: everything planted in it is found."""

from __future__ import annotations

import csv

import pytest

from outcomes.schema import TABLES
from outcomes.sources.reading import read

ITEMWISE = ("responses", "satisfaction")


@pytest.fixture(scope="module")
def folder(root):
    return root / "data" / "example"


@pytest.fixture(scope="module")
def study(folder):
    return read(folder)


@pytest.fixture(scope="module")
def faults(folder):
    with (folder / "faults.csv").open(encoding="utf-8", newline="") as file:
        return [(row["file"], int(row["line"]), row["reason"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def ledger(study):
    frame = study.ledger.to_frame()
    return frame[~frame["reason"].isin(["unread_file", "no_answer"])]


def test_every_table_is_read(study):
    assert all(len(frame) for frame in study.tables().values()), repr(study)


def test_the_ledger_balances(study):
    balance = study.ledger.balance().set_index("table")
    assert set(balance.index) == set(TABLES)
    assert (balance["rows_read"] == balance["rows_kept"] + balance["rows_dropped"]).all()
    for table, frame in study.tables().items():
        assert balance.loc[table, "rows_kept"] == len(frame)


def test_every_planted_fault_is_found_where_it_is(faults, ledger):
    found = set(zip(ledger["file"], ledger["line"].astype(int), ledger["reason"], strict=True))
    assert len(faults) > 50
    assert [fault for fault in faults if fault not in found] == []


def test_nothing_else_is_found(faults, ledger):
    planted = {(file, line) for file, line, _ in faults}
    other = ledger[
        [
            place not in planted
            for place in zip(ledger["file"], ledger["line"].astype(int), strict=True)
        ]
    ]
    assert other.empty, other.groupby(["table", "reason"]).size().to_string()


def test_clients_are_those_of_the_practice(study):
    assert len(study.clients) == 400
    assert study.couples["client_a"].isin(study.clients["client_id"]).all()
    assert set(study.episodes["intervention"]) == {"coaching", "therapy"}
    for table in ITEMWISE:
        assert getattr(study, table)["value"].notna().all()

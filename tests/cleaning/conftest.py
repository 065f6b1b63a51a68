"""A small practice as raw tables, which a test changes in one place."""

from __future__ import annotations

import copy

import pandas as pd
import pytest
from cleaning_practice import EXPORTED_ON, SOUND, frames

from outcomes.cleaning import clean


@pytest.fixture
def rows():
    return copy.deepcopy(SOUND)


@pytest.fixture
def cleaned():
    """Clean rows; keyword arguments are those of `clean`."""

    def run(rows, **options):
        raw = frames(rows)
        lines = {f"{table}.csv": len(frame) for table, frame in raw.items()}
        return clean(raw, **{"exported_on": EXPORTED_ON, "lines": lines, **options})

    return run


@pytest.fixture
def found():
    """(table, action, reason, line, column) of every ledger entry of a study."""

    def read(study):
        log = study.ledger.to_frame()
        columns = [log[c] for c in ("table", "action", "reason", "line", "column")]
        return [
            (table, action, reason, int(line), None if pd.isna(column) else column)
            for table, action, reason, line, column in zip(*columns, strict=True)
        ]

    return read

"""Puts one version of a supplier's export into a folder of its own, with the practice's layout."""

from __future__ import annotations

import shutil
from pathlib import Path

import outcomes as oc

EXPORTS = Path(__file__).resolve().parents[1] / "fixtures" / "exports"


def export_folder(folder, supplier, version, beside=(), layout=lambda text: text):
    """Copy `version` and the files `beside` it; the layout calls the version EXPORT."""
    for name in (version, *beside):
        shutil.copy(EXPORTS / supplier / name, folder / name)
    text = (EXPORTS / supplier / "layout.toml").read_text(encoding="utf-8")
    text = layout(text.replace('"EXPORT"', f'"{version}"'))
    (folder / "layout.toml").write_text(text, encoding="utf-8")
    return folder


def everything(study):
    """All text that a study holds, tables and ledger."""
    tables = [getattr(study, name) for name in oc.schema.TABLES]
    return "\n".join([*(table.to_csv() for table in tables), study.ledger.to_csv()])


def reasons(study):
    """Action and reason with the number of entries."""
    log = study.ledger.to_frame()
    return log.groupby(["action", "reason"]).size().to_dict()


def scores(study, instrument):
    """Client and day with the score of one questionnaire; None where it has none."""
    found = oc.score(study)
    rows = found[found["instrument"] == instrument].sort_values(["client_id", "taken_on"])
    return {
        (row.client_id, f"{row.taken_on:%Y-%m-%d}"): None if row.score != row.score else row.score
        for row in rows.itertuples()
    }

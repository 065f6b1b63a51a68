"""What every finished report must hold, asked of its folder and of its pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import outcomes as oc
from outcomes.privacy import scan
from outcomes.reports.document import Document, Meta
from outcomes.schema import Study

FILES = {"report.html", "report.ipynb", "results.json", "ledger.csv", "manifest.json"}


def records(folder: Path) -> list[dict]:
    """The results of a run."""
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))["results"]


def whole(folder: Path, sections: list[str]) -> None:
    """Every file is there, and the sections come in this order."""
    assert {path.name for path in folder.iterdir()} == FILES
    html = (folder / "report.html").read_text(encoding="utf-8")
    titles = [re.sub("<[^>]+>", "", t).strip() for t in re.findall(r"<h2.*?</h2>", html, re.S)]
    assert titles == sections


def readable_ids(folder: Path) -> list[str]:
    """Ids of the results: unique, and words joined by dots."""
    ids = [record["id"] for record in records(folder)]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", name) for name in ids)
    return ids


def nobody(folder: Path, study: Study) -> None:
    """No small count in the results, no hidden value, and no id of a person in any file."""
    for record in records(folder):
        for count in (record["n"], record["n_total"]):
            assert not count or count >= oc.policy().minimum_count
        assert not (record["suppressed"] and record["value"] is not None)
    ids = [
        *study.clients["client_id"],
        *study.couples["couple_id"],
        *study.episodes["episode_id"],
    ]
    for name in FILES - {"report.ipynb"}:
        text = (folder / name).read_text(encoding="utf-8")
        # A drawing or digest in base64 can hold anything; words cannot.
        assert scan(" ".join(w for w in text.split() if len(w) < 200), ids) == []


def document(pages: Any, names: Iterable[str]) -> Document:
    """The pages of these names as one document."""
    blocks = [block for name in names for block in getattr(pages, name)().blocks]
    return Document(Meta("x"), tuple(b for b in blocks if not isinstance(b, Meta)))

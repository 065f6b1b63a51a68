"""What is kept of a run that failed: enough to mend it, and nothing that tells who somebody is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from outcomes.errors import InputError
from outcomes.privacy import Policy, masked, scan
from outcomes.reports.catalogue import read_notebook
from outcomes.reports.executed import public_notebook
from outcomes.sources import scan_file, without_homes

WITHHELD = "(line withheld: it tells who somebody is)"
_NO_OUTPUT = "what its cells put out was left out: it told who somebody is"
_NO_NOTEBOOK = "the notebook was left out: it tells who somebody is"


def keep_notebook(
    place: Path, parameters: Mapping[str, Any], policy: Policy, known_ids: Iterable[str]
) -> str | None:
    """Write the notebook of a failed run anew, as far as it may be kept.

    Prints, traces and outputs that are no block go, as from a report; texts are masked. Where
    something is still found, all outputs go, and then the notebook. Returns what to say of that.
    """
    if not place.exists():
        return None
    known = list(known_ids)
    try:
        public, _ = public_notebook(read_notebook(place), parameters, policy)
    except (InputError, KeyError):  # papermill was stopped while it wrote
        place.unlink()
        return "the notebook was left out: it was not written to its end"
    body = _masked(public)
    if _clean(place, body, known):
        return None
    for cell in body["cells"]:
        cell.pop("outputs", None)
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    if _clean(place, body, known):
        return _NO_OUTPUT
    place.unlink()
    return _NO_NOTEBOOK


def safe_text(text: str, known_ids: Iterable[str] = ()) -> str:
    """The text, masked, without the lines that still tell who somebody is."""
    known = list(known_ids)
    lines = [
        WITHHELD if scan(line, known) else line for line in without_homes(masked(text)).splitlines()
    ]
    return "\n".join(lines)


def remove_telling(folder: Path, known_ids: Iterable[str]) -> None:
    """Remove the files that do not pass the scan after all: nothing telling is published."""
    known = list(known_ids)
    for path in [path for path in sorted(folder.rglob("*")) if path.is_file()]:
        if scan_file(path.name, path.read_bytes(), known):
            path.unlink()


def _clean(place: Path, body: dict[str, Any], known: list[str]) -> bool:
    text = json.dumps(body, indent=1, ensure_ascii=False) + "\n"
    place.write_text(text, encoding="utf-8", newline="\n")
    return not scan_file(place.name, text.encode("utf-8"), known)


def _masked(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return without_homes(masked(value))
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    if isinstance(value, dict):
        # Pictures in base64 are no words.
        return {
            name: inner if str(name).startswith("image/p") else _masked(inner)
            for name, inner in value.items()
        }
    return value

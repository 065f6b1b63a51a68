"""Looks into every file of a folder that is about to leave, whatever its kind."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from outcomes.errors import ReleaseError
from outcomes.privacy import Finding, kinds, name_tells, scan, scan_frame
from outcomes.schema import TABLES

Reader = Callable[[bytes], str | pd.DataFrame]

UNREADABLE = "a file whose words cannot be read"
FILE_NAME = "name of a person in a file name"
# Marks of XML are no words, but two cells beside each other are not one word either.
_MARKS = re.compile(r"<[^<>]{0,100000}>")
# The home folder in a path names the person whose machine it was.
_HOME = re.compile(r"(?<![\w.])(?:/home|/Users|[A-Za-z]:\\{1,2}Users)[/\\]{1,2}[^/\\\s\"'<>]{1,64}")
HOME = "home folder of a person"
# Files of a store are called after their content; among its digits a name is chance.
_DIGEST = re.compile(r"-[0-9a-f]{16,64}(?=\.parquet$)")


@dataclass(frozen=True, slots=True)
class OutgoingFinding:
    """What speaks against one file: its name inside the folder, the kind, how often."""

    file: str
    kind: str
    count: int


def _text(content: bytes) -> str:
    return content.decode("utf-8")


def _table(content: bytes) -> pd.DataFrame:
    """The cells of a CSV file: side by side, as text, they would say what none of them says."""
    if not content.strip():
        return pd.DataFrame()
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return pd.read_csv(text, dtype="string", keep_default_na=False, na_values=[""])


def _json(content: bytes) -> str:
    """The words of JSON and of notebooks: each value behind its key, lines of one text joined."""
    return "\n".join(_words(json.loads(content)))


def _words(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            # Pictures in base64 are no words.
            if not str(name).startswith("image/p") and name != "image/jpeg":
                yield from _words(inner, str(name))
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        # A notebook keeps a text as the list of its lines.
        yield f"{key}: {''.join(value) if _is_lines(value) else chr(10).join(value)}"
    elif isinstance(value, list):
        for item in value:
            yield from _words(item, key)
    else:
        yield f"{key}: {value}"


def _is_lines(texts: list[str]) -> bool:
    return all(text.endswith("\n") for text in texts[:-1])


def _office(content: bytes) -> str:
    """The words of a Word or Excel file: its XML parts without their marks."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = [name for name in book.namelist() if name.endswith((".xml", ".rels"))]
        found = [book.read(name).decode("utf-8") for name in parts]
    return "\n".join(_MARKS.sub(" ", part) for part in found)


def _parquet(content: bytes) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(content))


READERS: dict[str, Reader] = {
    **dict.fromkeys(
        (".html", ".tsv", ".txt", ".md", ".toml", ".svg", ".xml", ""),
        _text,
    ),
    **dict.fromkeys((".docx", ".xlsx"), _office),
    **dict.fromkeys((".json", ".ipynb"), _json),
    ".csv": _table,
    ".parquet": _parquet,
}


def register_reader(suffix: str, reader: Reader) -> None:
    """Say how the words of another kind of file are read (text, or a table).

    A file of a kind nobody registered does not pass the scan.
    """
    READERS[suffix.lower()] = reader


def scan_folder(
    folder: str | Path, known_ids: Iterable[str] = (), *, leave_out: Iterable[str] = ()
) -> tuple[OutgoingFinding, ...]:
    """Everything in the files of a folder, and in their names, that tells who somebody is.

    Parameters
    ----------
    folder
        Every file in it is read, those in folders inside it too.
    known_ids
        Ids of the study as they came.
    leave_out
        Names inside the folder that are not looked into.

    Returns
    -------
    One finding for each file and kind; never what was found. A file whose words cannot be read
    is one.
    """
    known, passed = list(known_ids), set(leave_out)
    found = []
    for path in sorted(Path(folder).rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name in passed:
            continue
        shown = name
        if name_tells(_DIGEST.sub("", name)):
            shown = f"{FILE_NAME}, {path.suffix}"
            found.append(OutgoingFinding(shown, FILE_NAME, 1))
        for finding in scan_file(name, path.read_bytes(), known):
            found.append(OutgoingFinding(shown, finding.kind, finding.count))
    return tuple(found)


def scan_file(name: str, content: bytes, known_ids: Iterable[str] = ()) -> list[Finding]:
    """What tells who somebody is in the content of a file of this name."""
    reader = READERS.get(Path(name).suffix.lower())
    known = list(known_ids)
    if reader is None:
        return [Finding(UNREADABLE, 1)]
    try:
        words = reader(content)
    except (ValueError, KeyError, zipfile.BadZipFile):
        return [Finding(UNREADABLE, 1)]
    if isinstance(words, pd.DataFrame):
        return scan_frame(words, known)
    homes = sum(1 for _ in _HOME.finditer(words))
    return [*scan(words, known), *([Finding(HOME, homes)] if homes else [])]


def without_homes(text: str) -> str:
    """The text with home folders, which name the person whose machine it was, as ~."""
    return _HOME.sub("~", text)


def require_clean_texts(files: Mapping[str, str], known_ids: Iterable[str] = ()) -> None:
    """Raise ReleaseError where a text about to be written tells who somebody is."""
    known = list(known_ids)
    _refuse(
        OutgoingFinding(name, f.kind, f.count)
        for name, text in files.items()
        for f in scan_file(name, text.encode("utf-8"), known)
    )


def require_clean_tables(
    tables: Mapping[str, pd.DataFrame], known_ids: Iterable[str] = (), *, keep_ids: bool = False
) -> None:
    """Raise ReleaseError where a clean table tells who somebody is.

    With `keep_ids` the columns of ids are not looked at: somebody asked for them.
    """
    known = [] if keep_ids else list(known_ids)
    _refuse(
        OutgoingFinding(name, f.kind, f.count)
        for name, frame in tables.items()
        for f in scan_frame(frame, known, leave_out=[*kinds(TABLES[name])] if keep_ids else [])
    )


def require_clean_folder(
    folder: str | Path, known_ids: Iterable[str] = (), *, leave_out: Iterable[str] = ()
) -> None:
    """Raise ReleaseError where a file of the folder tells who somebody is; see `scan_folder`."""
    _refuse(scan_folder(folder, known_ids, leave_out=leave_out))


def _refuse(findings: Iterable[OutgoingFinding]) -> None:
    found = list(findings)
    if found:
        raise ReleaseError(
            "nothing was written: a file holds what tells who somebody is",
            where="; ".join(f"{f.file}: {f.kind}" for f in found),
            how_many=sum(f.count for f in found),
            fix="remove it from the export, or from the notebook or layout that brings it in",
        )

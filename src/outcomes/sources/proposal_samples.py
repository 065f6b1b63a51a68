"""What there is to describe: every file, sheet or table of a source, read as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from outcomes.cleaning import cleaning_policy, tidy
from outcomes.errors import InputError, LayoutError, OutcomesError
from outcomes.ledger import FILE, LINE
from outcomes.privacy import shown_files
from outcomes.sources.address import file_address, is_address, parse_address
from outcomes.sources.database import Database, open_database
from outcomes.sources.detection import NAMES, detect_encoding
from outcomes.sources.files import SUFFIXES, TEXT_SUFFIXES, WORKBOOK_SUFFIXES, RawFile, read_file
from outcomes.sources.folder import LEDGER, database_advice, databases, present_files
from outcomes.sources.limits import source_policy
from outcomes.sources.opening import read_bytes
from outcomes.sources.proposal_toml import one_line
from outcomes.sources.proposal_words import proposal_words
from outcomes.sources.redcap import load_project
from outcomes.sources.redcap_dictionary import Dictionary, is_dictionary, shared_columns
from outcomes.sources.redcap_labels import raw_cells, raw_names
from outcomes.sources.spreadsheets.facts import VISIBLE
from outcomes.sources.workbook import workbook_sheets

# A title and an empty line or two may stand above the column names.
_HEADER_LINES = 6


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One file, sheet or table.

    `cells` has the columns by header, tidied, with NA for every known word for missing; `words`
    counts those words; `told` says how the file was read; `problem` why it could not be. `project`
    names the data dictionary of a REDCap export, whose cells are then raw.
    """

    file: str
    sheet: str | None = None
    headers: tuple[str, ...] = ()
    header_line: int = 1
    cells: pd.DataFrame | None = None
    words: dict[str, int] | None = None
    told: tuple[str, ...] = ()
    separator: str | None = None
    problem: str | None = None
    project: tuple[str, Dictionary] | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """The cells; without a row where the file could not be read."""
        return pd.DataFrame() if self.cells is None else self.cells


def source_name(source: str | Path) -> str:
    """What the study may be called."""
    if is_address(source):
        return parse_address(str(source)).database
    return Path(source).resolve().stem


def samples(source: str | Path) -> list[Sample]:
    """Read everything a source holds.

    Raises InputError where it holds nothing, or cannot be opened at all.
    """
    if is_address(source):
        with open_database(parse_address(str(source))) as database:
            return _tables(database)
    path = Path(source)
    if path.is_dir():
        present = present_files(path)
        names = [n for n in present if Path(n).suffix.lower() in SUFFIXES and n != LEDGER]
        stores = {} if names else databases(path, present)
        if not names:
            raise InputError(
                "the folder holds no file that can be read",
                where=str(path),
                fix=database_advice(path, stores)
                if stores
                else f"put exports into it: {', '.join(SUFFIXES)}",
            )
        found = [sample for name in names for sample in _file(path / name, name)]
        return _of_projects(path, found)
    address = file_address(path)
    if address is not None:
        with open_database(address) as database:
            return _tables(database)
    return list(_file(path, path.name))


def beside(source: str | Path) -> list[str]:
    """Comments on databases that lie in a folder of exports and are not described with it."""
    path = Path(source)
    if is_address(source) or not path.is_dir():
        return []
    names = [n for n in present_files(path) if Path(n).suffix.lower() not in SUFFIXES]
    found = databases(path, names)
    shown = shown_files(found)
    return [
        f"# {one_line(shown[name])}: {database_advice(path, {name: address})}"
        for name, address in found.items()
    ]


def _of_projects(folder: Path, found: Sequence[Sample]) -> list[Sample]:
    """The samples, with exports of a REDCap project in raw codes and without its dictionary."""
    projects: dict[str, Dictionary] = {}
    for sample in found:
        if is_dictionary(sample.headers):
            project = load_project(folder, sample.file, sample.file)
            projects |= {} if project is None else {sample.file: project}
    return [
        _of_project(folder, sample, projects) for sample in found if sample.file not in projects
    ]


def _of_project(folder: Path, sample: Sample, projects: Mapping[str, Dictionary]) -> Sample:
    headers = [header for header in sample.headers if header]
    for name, project in projects.items():
        named = raw_names(project)
        share = shared_columns(named(headers), project) / max(len(headers), 1)
        if sample.sheet is not None or share < proposal_words().limits["words_share"]:
            continue
        raw = raw_cells(read_file(folder / sample.file, sample.file, rename=named), project)
        return replace(_sample(raw, sample.file, None, sample.told), project=(name, project))
    return sample


def _tables(database: Database) -> list[Sample]:
    found = []
    for name in database.tables():
        try:
            raw = database.sample(name)
        except OutcomesError as error:
            found.append(Sample(name, problem=error.what))
        else:
            found.append(_sample(raw, name, None, ()))
    if not found:
        raise InputError(
            "the database shows this user no table",
            where=database.address.name,
            fix="ask for the right to read: GRANT SELECT ON ... TO ...",
        )
    return found


def _file(path: Path, name: str) -> Iterator[Sample]:
    for sheet, seen in _sheets(path, name):
        try:
            raw, told = _headed(path, name, sheet)
        except (InputError, LayoutError) as error:
            yield Sample(name, sheet, problem=error.what)
        else:
            yield _sample(raw, name, sheet, (*seen, *_reading(path, raw), *told))


def _sheets(path: Path, name: str) -> list[tuple[str | None, tuple[str, ...]]]:
    """Sheets of a workbook that hold anything, with a word on hidden ones; else one None.

    Those that nobody sees come last: they may be lists that the workbook itself uses.
    """
    if path.suffix.lower() not in WORKBOOK_SUFFIXES:
        return [(None, ())]
    try:
        sheets = workbook_sheets(read_bytes(path, name, source_policy().workbook_bytes), name)
    except InputError:  # reading the file says why
        return [(None, ())]
    there = sorted((s for s in sheets if s.filled), key=lambda sheet: sheet.visible != VISIBLE)
    found = [(s.name, () if s.visible == VISIBLE else ("a hidden sheet",)) for s in there]
    return [*found] or [(None, ())]


def _headed(path: Path, name: str, sheet: str | None) -> tuple[RawFile, tuple[str, ...]]:
    """Read with the first of a few lines that names the most columns as the header."""
    best: RawFile | None = None
    refused: OutcomesError | None = None
    for line in range(1, _HEADER_LINES + 1):
        try:
            raw = read_file(path, name, sheet=sheet, header_line=line)
        except (InputError, LayoutError) as error:
            refused = refused or error
            continue
        if best is None or _named(raw) > _named(best) + 1:
            best = raw
        if line == 1 and _named(raw) == len(raw.headers) > 1:
            break
    if best is None:
        raise refused or InputError("the file cannot be read", where=name)
    told = (f"the column names stand in line {best.header_line}",) if best.header_line > 1 else ()
    return best, told


def _named(raw: RawFile) -> int:
    return sum(bool(h) and not h.startswith("(column ") and not _number(h) for h in raw.headers)


def _number(text: str) -> bool:
    return text.replace(".", "", 1).replace(",", "", 1).isdigit()


def _reading(path: Path, raw: RawFile) -> tuple[str, ...]:
    if path.suffix.lower() not in TEXT_SUFFIXES or raw.separator is None:
        return ()
    encoding, guessed = detect_encoding(path.read_bytes())
    said = f"{encoding} (a guess: no file can prove it)" if guessed else encoding
    return (f"encoding {said}, separated by {NAMES.get(raw.separator, 'one character')}",)


def _sample(raw: RawFile, file: str, sheet: str | None, told: tuple[str, ...]) -> Sample:
    headers = [header for header in dict.fromkeys(raw.headers) if header]
    policy = cleaning_policy().missing
    known = {word.casefold() for word in proposal_words().missing} - {w.casefold() for w in policy}
    counts: dict[str, int] = {}
    columns = {}
    for header in headers:
        cells = tidy(raw.cells[header], policy)
        there = cells[cells.str.casefold().isin(known)]
        for word, count in there.value_counts().items():
            counts[str(word)] = counts.get(str(word), 0) + int(count)
        columns[header] = cells.mask(cells.index.isin(there.index))
    frame = pd.DataFrame(columns, index=raw.cells.index)
    return Sample(
        file,
        sheet,
        raw.headers,
        raw.header_line,
        cells=frame.drop(columns=[FILE, LINE], errors="ignore"),
        words=counts,
        told=told,
        separator=raw.separator,
    )

"""The column names a layout gives, fitted to those a file has."""

from __future__ import annotations

from dataclasses import replace

from outcomes.errors import LayoutError
from outcomes.schema import TABLES
from outcomes.sources.entry import FileLayout, Visit
from outcomes.sources.files import RawFile
from outcomes.sources.section import near


def fit_columns(raw: RawFile, entry: FileLayout) -> FileLayout | None:
    """Return the entry with the file's own spelling of every source column.

    A name that differs only in case or space is the same name. Columns the entry calls
    optional may be absent; what is made from them alone then goes too, and an entry left
    without its answers is None. Raises LayoutError for a column that is absent or stands twice.
    """
    names = {name: _spelling(raw, entry, name) for name in sorted(entry.needed())}
    columns = {c: found for c, name in entry.columns.items() if (found := names[name])}
    joined = {
        column: there
        for column, parts in entry.joined.items()
        if (there := tuple(found for name in parts if (found := names[name])))
    }
    _check_required(raw, entry, {*columns, *joined})
    visits = [
        replace(visit, items=items) for visit in entry.visits if (items := _items(visit, names))
    ]
    if entry.visits and not visits:
        return None
    return replace(
        entry,
        columns=columns,
        joined=joined,
        visits=tuple(visits),
        partners=names[entry.partners] if entry.partners is not None else None,
        only={found: words for name, words in entry.only.items() if (found := names[name])},
        leave_out=tuple(
            replace(rule, column=found) for rule in entry.leave_out if (found := names[rule.column])
        ),
        ignore=tuple(_loose(raw, name) or name.strip() for name in entry.ignore),
    )


def _items(visit: Visit, names: dict[str, str | None]) -> dict[str, str]:
    return {item: found for item, name in visit.items.items() if (found := names[name])}


def _spelling(raw: RawFile, entry: FileLayout, name: str) -> str | None:
    count = raw.headers.count(name.strip())
    if count == 1:
        return name.strip()
    found = _loose(raw, name) if count == 0 else None
    if found is not None:
        return found
    if count == 0 and name in entry.optional:
        return None
    known = [header for header in raw.headers if header]
    fix = near(name, known) if count == 0 else "rename one of the two columns"
    if count == 0 and len(raw.headers) == 1:
        fix = "the file reads as a single column: is another separator needed in the layout?"
    raise LayoutError(
        f"the file has no column {name!r}"
        if count == 0
        else f"the file has {count} columns called {name!r}",
        where=f"{entry.where}, line {raw.header_line} of {raw.name}",
        fix=fix,
    )


def _loose(raw: RawFile, name: str) -> str | None:
    """Return the one header that is this name but for case and space, None where none or two."""
    same = [header for header in raw.headers if header and _folded(header) == _folded(name)]
    return same[0] if len(same) == 1 else None


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _check_required(raw: RawFile, entry: FileLayout, there: set[str]) -> None:
    for name in {*entry.columns, *entry.joined} - there:
        declared = {column.name: column for column in TABLES[entry.table].columns}
        if name not in declared or not declared[name].nullable or name == "value":
            lacking = entry.columns.get(name) or " and ".join(entry.joined[name])
            raise LayoutError(
                f"the file has no column {lacking!r}, which {entry.table}.{name} needs",
                where=f"{entry.where}, line {raw.header_line} of {raw.name}",
                fix=f"say under columns which column it is; known: {', '.join(raw.headers)}",
            )

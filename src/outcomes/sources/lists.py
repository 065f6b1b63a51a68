"""The lists of a practice that a layout looks people up in, read from their files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from outcomes.errors import LayoutError
from outcomes.sources.database import Database
from outcomes.sources.files import read_file
from outcomes.sources.folder import file_in
from outcomes.sources.look_ups import Listed, LookUp, listed


def read_lists(
    folder: Path | Database, look_ups: Iterable[LookUp], missing: Sequence[str]
) -> dict[str, Listed]:
    """Read the lists of a layout. Raises LayoutError where they cannot be files of a folder."""
    found = {}
    for look_up in look_ups:
        if isinstance(folder, Database):
            raise LayoutError(
                "a list to look up is a file, and the source is a database",
                where=look_up.where,
                fix="join the tables in a query = ... of the entry",
            )
        raw = read_file(
            file_in(folder, look_up.file, look_up.where),
            Path(look_up.file).as_posix(),
            sheet=look_up.sheet,
            header_line=look_up.header_line,
            header_rows=look_up.header_rows,
            wanted={*look_up.known, look_up.target},
        )
        found[look_up.name] = listed(raw, look_up, missing)
    return found

"""Lines that were put together into one row share the fate of that row."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.cleaning.traced import Tables
from outcomes.ledger import FILE, LINE, Action, entries

# The place of the row that a line went into; beside `_file` and `_line` of the line itself.
TABLE, INTO_FILE, INTO_LINE = "_table", "_into_file", "_into_line"
GATHERED_COLUMNS = [TABLE, INTO_FILE, INTO_LINE, FILE, LINE]
_LOST = [str(Action.DROPPED), str(Action.QUARANTINED)]


def follow(
    gathered: Sequence[pd.DataFrame], tables: Tables, log: Sequence[pd.DataFrame]
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """Say what became of lines whose row was made from several.

    `gathered` have `GATHERED_COLUMNS`. Returns the lines of rows that were kept (`_file`,
    `_line`), and ledger entries for the lines of rows that were not, with the row's reason.
    """
    used, lost = [], []
    for links in gathered:
        for name, part in links.groupby(TABLE, sort=False):
            place = part.rename(columns={FILE: "file", LINE: "line"})
            place = place.rename(columns={INTO_FILE: FILE, INTO_LINE: LINE})
            kept = tables[str(name)][[FILE, LINE]].drop_duplicates()
            there = place.merge(kept, on=[FILE, LINE])
            used.append(there[["file", "line"]].rename(columns={"file": FILE, "line": LINE}))
            lost += _entries(str(name), place, log)
    return used, lost


def _entries(table: str, place: pd.DataFrame, log: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    gone = [part[(part["table"] == table) & part["action"].isin(_LOST)] for part in log]
    gone = [part for part in gone if len(part)]
    if not gone:
        return []
    rows = pd.concat(gone, ignore_index=True)[["file", "line", "action", "step", "reason"]]
    rows = rows.rename(columns={"file": FILE, "line": LINE}).astype({FILE: "string"})
    lines = place.astype({FILE: "string"}).merge(rows, on=[FILE, LINE])
    lines = lines[(lines[FILE] != lines["file"]) | (lines[LINE] != lines["line"])]
    lines = lines.drop(columns=[FILE, LINE]).rename(columns={"file": FILE, "line": LINE})
    return [
        entries(part, table=table, action=Action(str(action)), step=str(step),
                reason=str(reason), scope="file")
        for (action, step, reason), part in lines.groupby(["action", "step", "reason"])
    ]  # fmt: skip

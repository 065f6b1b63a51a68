"""Lines of a file that share one row with others, such as all appointments of one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from outcomes.ledger import FILE, LINE, Action, entries

# The row's own line, in a frame of lines (`_file`, `_line`) that went into the same row.
OF_FILE, OF_LINE = "_of_file", "_of_line"
_LOST = (Action.DROPPED, Action.QUARANTINED)


def lines_behind(
    shared: Mapping[str, pd.DataFrame],
    tables: Mapping[str, pd.DataFrame],
    log: Sequence[pd.DataFrame],
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """What became of the lines behind gathered rows.

    `shared` has, by table, the lines (`_file`, `_line`) of each gathered row beside the row's
    own (`_of_file`, `_of_line`); `tables` are the rows kept, `log` the entries so far.
    Returns the lines of rows that are kept, and entries for those that went with a lost row.
    """
    if not shared:
        return [], []
    whole = pd.concat([part for part in log if len(part)] or [_none()], ignore_index=True)
    used, lost = [], []
    for table, lines in shared.items():
        own = lines.rename(columns={OF_FILE: "file", OF_LINE: "line"})
        kept = tables[table].rename(columns={FILE: "file", LINE: "line"})[["file", "line"]]
        kept = kept.astype({"file": "object"}).drop_duplicates()
        there = own.merge(kept, on=["file", "line"])
        used.append(there[[FILE, LINE]])
        gone = whole[(whole["table"] == table) & whole["action"].isin([str(a) for a in _LOST])]
        gone = gone.drop_duplicates(["file", "line"])
        behind = own.merge(gone, on=["file", "line"], how="inner")
        behind = behind[behind[LINE].ne(behind["line"]) | behind[FILE].ne(behind["file"])]
        for (action, step, reason), rows in behind.groupby(["action", "step", "reason"]):
            lost.append(
                entries(
                    rows[[FILE, LINE]],
                    table="",
                    action=Action(str(action)),
                    step=str(step),
                    reason=str(reason),
                    scope="file",
                )
            )
    return used, lost


def _none() -> pd.DataFrame:
    names = ["table", "action", "step", "reason", "file", "line"]
    return pd.DataFrame({name: pd.Series([], dtype="object") for name in names})

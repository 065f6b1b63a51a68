"""What `outcomes check` says of a read."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from outcomes.ledger import Action, Ledger, entries
from outcomes.reports.intake import intake
from outcomes.reports.policy import report_policy


def study(logs, read, kept):
    ledger = Ledger.build(logs, read=read, kept=kept, lines={})
    return SimpleNamespace(name="north", ledger=ledger)


def log(n: int, reason: str, action: Action = Action.DROPPED, column: str | None = None):
    rows = pd.DataFrame({"_file": "clients.csv", "_line": range(2, 2 + n)})
    return entries(rows, table="clients", action=action, step="s", reason=reason, column=column)


def test_a_read_without_losses_may_be_reported():
    account = intake(study([], {"clients": 10}, {"clients": 10}))
    assert account.may_be_reported
    text = "\n".join(account.lines())
    assert "Every row was used" in text
    assert "May be reported" in text


@pytest.mark.parametrize("above", [False, True])
def test_the_limit_is_on_the_share_of_rows_dropped_by_errors(above):
    n = int(100 * report_policy().max_share_dropped) + int(above)
    account = intake(study([log(n, "orphan")], {"clients": 100}, {"clients": 100 - n}))
    assert account.may_be_reported is not above
    assert account.over == ({"clients": n / 100} if above else {})


def test_a_dropped_duplicate_loses_nothing():
    account = intake(study([log(30, "duplicate_row")], {"clients": 100}, {"clients": 70}))
    assert account.may_be_reported


def test_reasons_come_with_titles_places_and_advice_the_gravest_first():
    logs = [
        log(9, "sentinel", Action.EMPTIED, "age"),
        log(2, "orphan"),
        log(4, "bad_date"),
        log(50, "before_episode", Action.FLAGGED),
    ]
    account = intake(study(logs, {"clients": 1200}, {"clients": 1194}))
    assert [issue.reason for issue in account.issues] == [
        "bad_date",
        "orphan",
        "sentinel",
        "before_episode",
    ]
    text = "\n".join(account.lines())
    assert "clients: 4 rows dropped." in text
    assert "clients.csv line 2; clients.csv line 3; clients.csv line 4; and 1 more place" in text
    assert "clients.csv line 2 column age" in text
    assert "1,194" in text
    assert text.count("what to do:") == 4

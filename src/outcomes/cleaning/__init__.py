"""Raw tables to `Study` and ledger: every row is kept, or has a reason not to be."""

from outcomes.cleaning.dates import (
    DATE_ORDERS,
    OrderEvidence,
    are_plain_days,
    order_evidence,
    parse_date,
    parse_dates,
)
from outcomes.cleaning.forgotten import rows_of, widened
from outcomes.cleaning.pipeline import (
    STEPS,
    clean,
    finish_table,
    run_steps,
    settle_rules,
    slid_lines,
)
from outcomes.cleaning.policy import CleaningPolicy, Forgotten, Settings, cleaning_policy
from outcomes.cleaning.presence import is_required
from outcomes.cleaning.reasons import Reason, reasons
from outcomes.cleaning.text import missing_words, no_text, tidied, tidy
from outcomes.cleaning.traced import CELL, FIND_EPISODE, LOOK_UP, Tables, Traced, Tracing
from outcomes.cleaning.words import is_withheld

__all__ = [
    "CELL",
    "DATE_ORDERS",
    "FIND_EPISODE",
    "LOOK_UP",
    "STEPS",
    "CleaningPolicy",
    "Forgotten",
    "OrderEvidence",
    "Reason",
    "Settings",
    "Tables",
    "Traced",
    "Tracing",
    "are_plain_days",
    "clean",
    "cleaning_policy",
    "finish_table",
    "is_required",
    "is_withheld",
    "missing_words",
    "no_text",
    "order_evidence",
    "parse_date",
    "parse_dates",
    "reasons",
    "rows_of",
    "run_steps",
    "settle_rules",
    "slid_lines",
    "tidied",
    "tidy",
    "widened",
]

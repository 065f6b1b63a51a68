"""Raw tables to `Study` and ledger: every row is kept, or has a reason not to be."""

from outcomes.cleaning.dates import (
    DATE_ORDERS,
    OrderEvidence,
    order_evidence,
    parse_date,
    parse_dates,
)
from outcomes.cleaning.pipeline import (
    STEPS,
    clean,
    finish_table,
    run_steps,
    settle_rules,
    slid_lines,
)
from outcomes.cleaning.policy import CleaningPolicy, Settings, cleaning_policy
from outcomes.cleaning.presence import is_required
from outcomes.cleaning.reasons import Reason, reasons
from outcomes.cleaning.text import missing_words, tidy
from outcomes.cleaning.traced import CELL, FIND_EPISODE, LOOK_UP, Tables, Traced, Tracing

__all__ = [
    "CELL",
    "DATE_ORDERS",
    "FIND_EPISODE",
    "LOOK_UP",
    "STEPS",
    "CleaningPolicy",
    "OrderEvidence",
    "Reason",
    "Settings",
    "Tables",
    "Traced",
    "Tracing",
    "clean",
    "cleaning_policy",
    "finish_table",
    "is_required",
    "missing_words",
    "order_evidence",
    "parse_date",
    "parse_dates",
    "reasons",
    "run_steps",
    "settle_rules",
    "slid_lines",
    "tidy",
]

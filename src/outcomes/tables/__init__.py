"""Results as tables: cells with value, wording and state, with small numbers hidden."""

from outcomes.tables.baseline import baseline_table
from outcomes.tables.comparison import balance_table, comparison_table, diagnostics_table
from outcomes.tables.flow import flow_table
from outcomes.tables.instruments import instrument_table
from outcomes.tables.methods import methods_table
from outcomes.tables.missing import ledger_table, missing_table
from outcomes.tables.process import (
    benefits_table,
    goals_table,
    losses_table,
    satisfaction_table,
    shares_table,
)
from outcomes.tables.rates import rates_table
from outcomes.tables.sessions import sessions_table
from outcomes.tables.shares import claim_table, couples_table, differences_table, service_table
from outcomes.tables.table import Cell, Table, TableColumn
from outcomes.tables.zones import zones_table

__all__ = [
    "Cell",
    "Table",
    "TableColumn",
    "balance_table",
    "baseline_table",
    "benefits_table",
    "claim_table",
    "comparison_table",
    "couples_table",
    "diagnostics_table",
    "differences_table",
    "flow_table",
    "goals_table",
    "instrument_table",
    "ledger_table",
    "losses_table",
    "methods_table",
    "missing_table",
    "rates_table",
    "satisfaction_table",
    "service_table",
    "sessions_table",
    "shares_table",
    "zones_table",
]

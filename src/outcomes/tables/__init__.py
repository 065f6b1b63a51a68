"""Results as tables: cells with value, wording and state, with small numbers hidden."""

from outcomes.tables.baseline import baseline_table
from outcomes.tables.comparison import balance_table, comparison_table, diagnostics_table
from outcomes.tables.flow import flow_table
from outcomes.tables.instruments import instrument_table
from outcomes.tables.missing import ledger_table, missing_table
from outcomes.tables.rates import rates_table
from outcomes.tables.table import Cell, Table, TableColumn

__all__ = [
    "Cell",
    "Table",
    "TableColumn",
    "balance_table",
    "baseline_table",
    "comparison_table",
    "diagnostics_table",
    "flow_table",
    "instrument_table",
    "ledger_table",
    "missing_table",
    "rates_table",
]

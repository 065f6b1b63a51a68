"""Results as tables: cells with value, wording and state, with small numbers hidden."""

from outcomes.tables.baseline import baseline_table
from outcomes.tables.beliefs import answers_table, tipping_table
from outcomes.tables.benchmarks import benchmarks_table, standardised_table
from outcomes.tables.comparison import balance_table, comparison_table, diagnostics_table
from outcomes.tables.dose import dose_table
from outcomes.tables.dyads import (
    agreement_table,
    apim_table,
    couples_who_table,
    partner_courses_table,
)
from outcomes.tables.family import family_table
from outcomes.tables.flow import flow_table
from outcomes.tables.growth import growth_differences_table, growth_table
from outcomes.tables.instruments import instrument_table
from outcomes.tables.leaving import dropout_definitions_table, leaving_table
from outcomes.tables.methods import methods_table
from outcomes.tables.missing import ledger_table, missing_table
from outcomes.tables.modification import modifiers_table, subgroups_table
from outcomes.tables.overturn import (
    controls_table,
    drift_table,
    methods_agreement_table,
    overturn_table,
    specifications_table,
    strengths_table,
)
from outcomes.tables.practitioners import practitioner_shares_table, practitioners_table
from outcomes.tables.process import (
    benefits_table,
    goals_table,
    losses_table,
    satisfaction_table,
    shares_table,
)
from outcomes.tables.question import checklist_table, question_table
from outcomes.tables.rates import rates_table
from outcomes.tables.sessions import sessions_table
from outcomes.tables.shares import claim_table, couples_table, differences_table, service_table
from outcomes.tables.table import Cell, Table, TableColumn
from outcomes.tables.visits import visits_table
from outcomes.tables.zones import zones_table

__all__ = [
    "Cell",
    "Table",
    "TableColumn",
    "agreement_table",
    "answers_table",
    "apim_table",
    "balance_table",
    "baseline_table",
    "benchmarks_table",
    "benefits_table",
    "checklist_table",
    "claim_table",
    "comparison_table",
    "controls_table",
    "couples_table",
    "couples_who_table",
    "diagnostics_table",
    "differences_table",
    "dose_table",
    "drift_table",
    "dropout_definitions_table",
    "family_table",
    "flow_table",
    "goals_table",
    "growth_differences_table",
    "growth_table",
    "instrument_table",
    "leaving_table",
    "ledger_table",
    "losses_table",
    "methods_agreement_table",
    "methods_table",
    "missing_table",
    "modifiers_table",
    "overturn_table",
    "partner_courses_table",
    "practitioner_shares_table",
    "practitioners_table",
    "question_table",
    "rates_table",
    "satisfaction_table",
    "service_table",
    "sessions_table",
    "shares_table",
    "specifications_table",
    "standardised_table",
    "strengths_table",
    "subgroups_table",
    "tipping_table",
    "visits_table",
    "zones_table",
]

"""Tables, columns and vocabularies: one declaration that validates, documents and generates."""

from outcomes.schema.column import Column, Kind, Reference, Sensitivity, Table
from outcomes.schema.study import RowAccount, SourceFile, Study, empty_table
from outcomes.schema.tables import EARLIEST, TABLES
from outcomes.schema.validation import dangling, failures
from outcomes.schema.verdicts import Verdict
from outcomes.schema.vocabulary import Vocabulary, label, vocabularies

__all__ = [
    "EARLIEST",
    "TABLES",
    "Column",
    "Kind",
    "Reference",
    "RowAccount",
    "Sensitivity",
    "SourceFile",
    "Study",
    "Table",
    "Verdict",
    "Vocabulary",
    "dangling",
    "empty_table",
    "failures",
    "label",
    "vocabularies",
]

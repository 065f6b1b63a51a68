"""The door in: files to `Study`, and tables back to files."""

from outcomes.sources.bundled import example_folder
from outcomes.sources.dataset import Dataset, open_store
from outcomes.sources.erased import Erased
from outcomes.sources.forgetting import forget
from outcomes.sources.keys import key_file, load_key, refuse_lost
from outcomes.sources.layout import Layout, parse_layout
from outcomes.sources.merge import merge
from outcomes.sources.merged import Merged, store_lines
from outcomes.sources.outgoing import (
    OutgoingFinding,
    register_reader,
    require_clean_folder,
    scan_file,
    scan_folder,
    without_homes,
)
from outcomes.sources.questions import read_question
from outcomes.sources.reading import read, source_ids
from outcomes.sources.state import is_store
from outcomes.sources.store import write_tables, write_text_files

__all__ = [
    "Dataset",
    "Erased",
    "Layout",
    "Merged",
    "OutgoingFinding",
    "example_folder",
    "forget",
    "is_store",
    "key_file",
    "load_key",
    "merge",
    "open_store",
    "parse_layout",
    "read",
    "read_question",
    "refuse_lost",
    "register_reader",
    "require_clean_folder",
    "scan_file",
    "scan_folder",
    "source_ids",
    "store_lines",
    "without_homes",
    "write_tables",
    "write_text_files",
]

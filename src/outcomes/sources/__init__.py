"""The door in: files to `Study`, and tables back to files."""

from outcomes.sources.bundled import example_folder
from outcomes.sources.dataset import Dataset, open_store
from outcomes.sources.keys import key_file, load_key
from outcomes.sources.layout import Layout, parse_layout
from outcomes.sources.merge import merge
from outcomes.sources.merged import Merged, store_lines
from outcomes.sources.reading import read
from outcomes.sources.state import is_store
from outcomes.sources.store import write_tables, write_text_files

__all__ = [
    "Dataset",
    "Layout",
    "Merged",
    "example_folder",
    "is_store",
    "key_file",
    "load_key",
    "merge",
    "open_store",
    "parse_layout",
    "read",
    "store_lines",
    "write_tables",
    "write_text_files",
]

"""The door in: files to `Study`, and tables back to files."""

from outcomes.sources.bundled import example_folder
from outcomes.sources.keys import key_file, load_key
from outcomes.sources.layout import Layout, parse_layout
from outcomes.sources.reading import read
from outcomes.sources.store import write_tables, write_text_files

__all__ = [
    "Layout",
    "example_folder",
    "key_file",
    "load_key",
    "parse_layout",
    "read",
    "write_tables",
    "write_text_files",
]

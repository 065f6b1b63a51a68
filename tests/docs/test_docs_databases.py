"""The page on databases shows a layout that parses, and names what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from outcomes.sources import parse_layout
from outcomes.sources.address import PASSWORD, is_address
from outcomes.sources.database_limits import database_limits

PAGES = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PAGE = (PAGES / "databases.md").read_text(encoding="utf-8")
HELPER = (PAGES / "layout-helper.md").read_text(encoding="utf-8")


def test_the_layout_parses():
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    table, query = parse_layout(block, "layout.toml").files
    assert (table.file, query.file) == ("clients", None)
    assert query.query is not None


def test_the_addresses_are_addresses():
    found = re.findall(r"[a-z+]+://[\w@./:-]+", PAGE)
    assert len(found) > 6
    assert all(is_address(address) for address in found)


def test_the_numbers_and_names_are_those_of_the_code():
    limits = database_limits()
    assert PASSWORD in PAGE
    assert f"within {limits.connect_seconds} seconds" in PAGE
    assert f"{limits.rows_at_once:,} at a time" in PAGE


def test_the_commands_are_known():
    from outcomes.cli import parser

    for page in (PAGE, HELPER):
        for block in re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL):
            for line in block.splitlines():
                words = [word.strip('"') for word in line.split("#")[0].split()]
                if words and words[0] == "outcomes":
                    parser().parse_args(words[1:])

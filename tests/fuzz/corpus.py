"""Malformed exports, made anew from a seed: hostile ones by hand, the rest by spoiling good ones.

Every case is a folder with a layout. The names and client numbers in it are planted: none of
them may be seen in a message.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

NAME, NUMBER, NOTE = "Zebedee Quillfeather", "CLNT-90417", "weeps at night"
CANARIES = (NAME, "Quillfeather", NUMBER, "90417", NOTE)
HERE = Path(__file__).resolve().parent

LAYOUT = """schema = 1
name = "Fuzzed practice"
exported_on = 2026-06-30
date_order = "dmy"

[[files]]
file = "{file}"
table = "clients"
ignore = ["Name", "Note"]
[files.columns]
client_id = "Client"
gender = "Gender"
[files.codes.gender]
w = "woman"
m = "man"

[[files]]
file = "{file}"
table = "episodes"
[files.columns]
client_id = "Client"
episode_id = "Case"
started_on = "Start"
[files.constants]
unit = "individual"
intervention = "coaching"

[[files]]
file = "{file}"
table = "responses"
items = "Q{{item}}"
[files.columns]
client_id = "Client"
episode_id = "Case"
taken_on = "Start"
[files.constants]
instrument = "phq9"
occasion = "intake"
"""
HEADER = ["Client", "Case", "Start", "Gender", *(f"Q{n}" for n in range(1, 10)), "Note", "Name"]


@dataclass(frozen=True, slots=True)
class Case:
    """One folder to read. `special` makes what bytes alone cannot: links, pipes, folders."""

    id: str
    files: dict[str, bytes]
    special: Callable[[Path], None] | None = None
    source: str | None = None
    extra: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        if self.special is not None:
            self.special(folder)


def rows(count: int = 6) -> list[list[str]]:
    """Good data with a planted person in every line."""
    return [
        [f"{NUMBER}{n}", f"K{n}", f"{13 + n:02d}/01/2026", "wm"[n % 2],
         *(str((n + item) % 4) for item in range(9)), f"{NOTE} {n}", f"{NAME} {n}"]
        for n in range(count)
    ]  # fmt: skip


def text(separator: str = ",", ending: str = "\r\n") -> str:
    return ending.join(separator.join(row) for row in [HEADER, *rows()]) + ending


def layout(file: str) -> bytes:
    return LAYOUT.format(file=file).encode()


def with_layout(id: str, name: str, content: bytes) -> Case:
    return Case(id, {"layout.toml": layout(name), name: content})


@cache
def good_xlsx() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    for row in [HEADER, *rows()]:
        page.append([int(cell) if cell.isdigit() else cell for cell in row])
    page["E3"] = "=1+1"
    page["F3"] = "#N/A"
    page.merge_cells("D3:D4")
    out = io.BytesIO()
    book.save(out)
    # Without the day and time of writing, so that the corpus is the same every day.
    still = {name: content for name, content in members(out.getvalue()).items()
             if not name.startswith("docProps/core")}  # fmt: skip
    return zipped(still)


@cache
def good_ods() -> bytes:
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p>'
            "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in [HEADER, *rows()]
    )
    return ods(f'<table:table table:name="A">{cells}</table:table>')


ODS_START = (
    '<?xml version="1.0"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    "<office:body><office:spreadsheet>"
)
ODS_END = "</office:spreadsheet></office:body></office:document-content>"


def ods(body: str, start: str = ODS_START, end: str = ODS_END) -> bytes:
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": b"<manifest/>",
            "content.xml": (start + body + end).encode(),
        }
    )


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, method)
    return out.getvalue()


@cache
def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def swapped(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A zip with one of its members changed."""
    found = dict(members(content))
    found[part] = change(found[part])
    return zipped(found)


@cache
def good_xls() -> bytes:
    """`good_xlsx`, saved once by LibreOffice as the binary format, which nothing here writes."""
    return (HERE / "clients.xls").read_bytes()


@cache
def good_parquet() -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    columns = list(zip(*rows(), strict=True))
    table = pa.table(dict(zip(HEADER, map(list, columns), strict=True)))
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


# --- spoiling --------------------------------------------------------------------------


def spoilt(content: bytes, rng: random.Random) -> bytes:
    """Spoil bytes in one of the ways in which files break."""
    body = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        if not body:
            break
        at = rng.randrange(len(body))
        kind = rng.randrange(8)
        if kind == 0:
            del body[at:]
        elif kind == 1:
            body[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            body[at : at + rng.randrange(1, 9)] = rng.randbytes(rng.randrange(9))
        elif kind == 3:
            end = at + rng.randrange(1, 200)
            body[at:at] = body[at:end] * rng.choice((1, 2, 50))
        elif kind == 4:
            del body[at : at + rng.randrange(1, 200)]
        elif kind == 5:
            body[at : at + 1] = rng.choice(
                (b"\0", b'"', b"\n", b"\r", b",", b";", b"\xff", b"\xc3", b"'", b"<", b"&", b"\t")
            )
        elif kind == 6:
            body[at : at + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", struct.pack("<i", -1), b"\xff\xff\xff\x7f")
            )
        else:
            other = rng.randrange(len(body))
            body[at : at + 20], body[other : other + 20] = (
                body[other : other + 20], body[at : at + 20],
            )  # fmt: skip
    return bytes(body)


def random_case(number: int, rng: random.Random) -> Case:
    """One spoilt file of a family drawn at random."""
    families = (
        spoilt_text, spoilt_text, spoilt_layout, spoilt_xlsx, spoilt_xlsx_part, spoilt_xls,
        spoilt_xls, spoilt_ods_part, spoilt_parquet, spoilt_parquet,
    )  # fmt: skip
    return families[number % len(families)](number, rng)


def spoilt_text(number: int, rng: random.Random) -> Case:
    separator = rng.choice(",;\t|")
    encoding = rng.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"))
    content = text(separator, rng.choice(("\n", "\r\n", "\r"))).encode(encoding)
    name = rng.choice(("t.csv", "t.tsv", "t.txt"))
    return with_layout(f"text-{number}", name, spoilt(content, rng))


def spoilt_layout(number: int, rng: random.Random) -> Case:
    return Case(
        f"layout-{number}",
        {"layout.toml": spoilt(layout("t.csv"), rng), "t.csv": text().encode()},
    )


def spoilt_xlsx(number: int, rng: random.Random) -> Case:
    return with_layout(f"xlsx-{number}", "t.xlsx", spoilt(good_xlsx(), rng))


def spoilt_xlsx_part(number: int, rng: random.Random) -> Case:
    part = rng.choice(
        ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml",
         "xl/_rels/workbook.xml.rels")
    )  # fmt: skip
    content = swapped(good_xlsx(), part, lambda xml: spoilt(xml, rng))
    return with_layout(f"xlsx-part-{number}", "t.xlsx", content)


def spoilt_xls(number: int, rng: random.Random) -> Case:
    return with_layout(f"xls-{number}", "t.xls", spoilt(good_xls(), rng))


def spoilt_ods_part(number: int, rng: random.Random) -> Case:
    content = swapped(good_ods(), "content.xml", lambda xml: spoilt(xml, rng))
    return with_layout(f"ods-part-{number}", "t.ods", content)


def spoilt_parquet(number: int, rng: random.Random) -> Case:
    return with_layout(f"parquet-{number}", "t.parquet", spoilt(good_parquet(), rng))


def corpus(count: int = 500, seed: int = 20261124) -> Iterator[Case]:
    """The hostile cases, and as many spoilt ones as make `count` together."""
    from hostile import hostile  # it builds on this module

    made = 0
    for case in hostile():
        made += 1
        yield case
    for number in range(max(0, count - made)):
        # A string as seed is the same on every machine and every version.
        yield random_case(number, random.Random(f"{seed}-{number}"))


__all__ = ["CANARIES", "Case", "corpus", "random_case"]

"""Hostile and broken files made by hand, each for one way in which readers have come to harm."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from corpus import (
    HEADER,
    LAYOUT,
    ODS_START,
    Case,
    good_ods,
    good_parquet,
    good_xls,
    good_xlsx,
    layout,
    ods,
    rows,
    swapped,
    text,
    with_layout,
    zipped,
)

SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10)
)
DOCTYPE = f"<!DOCTYPE x [{LAUGHS}]>".encode()


def hostile() -> Iterator[Case]:
    yield from texts()
    yield from archives()
    yield from sheets()
    yield from binaries()
    yield from parquets()
    yield from layouts()
    yield from places()


def texts() -> Iterator[Case]:
    good = text()
    first, rest = good.split("\r\n", 1)
    for case, content in {
        "good": good,
        "empty": "",
        "one-byte": "\0",
        "only-blank": "\r\n" * 5000,
        "only-header": first,
        "no-header": rest,
        "header-twice": f"{first}\r\n{good}",
        "header-in-the-middle": good + good,
        "one-column": "Client\r\n" + "\r\n".join(row[0] for row in rows()),
        "one-row-cut": good[: len(first) + 30],
        "cut-in-the-middle": good[: len(good) // 2],
        "null-bytes": good.replace("weeps", "we\0eps"),
        "all-null": "\0" * 10_000,
        "ragged-short": good.replace(",2,", ","),
        "ragged-long": good.replace(",2,", ",2,2,2,"),
        "name-in-the-wrong-column": good.replace(",w,", ",").replace(",m,", ",Zebedee,"),
        "duplicate-headers": good.replace("Case", "Client", 1),
        "all-headers-alike": ",".join(["Client"] * len(HEADER)) + "\r\n" + rest,
        "empty-headers": "," * 14 + "\r\n" + rest,
        "ten-thousand-columns": ",".join([first, *(f"X{n}" for n in range(10_000))])
        + "\r\n"
        + rest,
        "ten-thousand-columns-filled": "\r\n".join(
            ",".join([line, *(["7"] * 10_000)]) for line in good.splitlines()
        ),
        "twenty-thousand-columns": ",".join([first, *(f"X{n}" for n in range(20_000))]),
        "million-commas": first + "\r\n" + "," * 1_000_000,
        "huge-field": good.replace("weeps", "w" * 3_000_000, 1),
        "huge-quoted-field": good.replace("weeps at night 1", '"' + "w\n" * 500_000 + '"', 1),
        "huge-header": good.replace("Note", "N" * 1_000_000, 1),
        "open-quote": good.replace("weeps", '"weeps', 1),
        "quotes-everywhere": good.replace(",", '","'),
        "million-quotes": first + "\r\n" + '"' * 1_000_001,
        "formula-cells": good.replace(",w,", ",=cmd|' /C calc'!A0,"),
        "huge-number": good.replace(",2,", "," + "9" * 5000 + ","),
        "huge-exponent": good.replace(",2,", ",1e999999999,"),
        "nan-and-infinity": good.replace(",2,", ",nan,").replace(",3,", ",-inf,"),
        "dates-without-end": good.replace("/2026", "/" + "9" * 500),
        "dates-of-other-worlds": good.replace("13/01/2026", "00/00/0000"),
        "arabic-digits": good.replace("2026", "٢٠٢٦").replace(",2,", ",٢,"),
        "control-characters": good.replace("weeps", "\x1b[2J\x07\x08"),
        "line-separators": good.replace("weeps", "a\u2028b\u2029c\x85d\x0be\x0cf"),
        "right-to-left": good.replace("Client", "\u202etneilC"),
        "many-lines": first + "\r\n" + (rest * 300),
        "serials": good.replace("/01/2026", "").replace("13,", "46035,").replace("14,", "46036,"),
        "html": f"<!DOCTYPE html><html><body><table><tr><td>{rows()[0][14]}</td></tr></table>",
        "json": '{"name": "' + rows()[0][14] + '"}',
        "nested-json": "[" * 100_000,
    }.items():
        yield with_layout(f"text-{case}", "t.csv", content.encode())
    for encoding in ("utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "cp037", "utf-7"):
        yield with_layout(f"encoding-{encoding}", "t.csv", good.encode(encoding))
    yield with_layout("encoding-broken", "t.csv", good.encode()[:-3] + b"\xe9\xff\xfe")
    yield with_layout("encoding-overlong", "t.csv", good.encode().replace(b"w", b"\xc0\x80", 3))
    yield with_layout("encoding-surrogates", "t.csv", good.encode().replace(b"w", b"\xed\xa0\x80"))
    yield with_layout("encoding-half-utf-16", "t.csv", good.encode("utf-16")[:-1])
    yield with_layout("encoding-only-a-mark", "t.csv", b"\xef\xbb\xbf")
    yield with_layout("encoding-two-marks", "t.csv", b"\xef\xbb\xbf\xef\xbb\xbf" + good.encode())
    yield with_layout("random-bytes", "t.csv", bytes((n * 7919) % 251 + 1 for n in range(50_000)))
    for case, content in {
        "xlsx": good_xlsx(),
        "xls": good_xls(),
        "parquet": good_parquet(),
    }.items():
        yield with_layout(f"text-that-is-{case}", "t.csv", content)


def archives() -> Iterator[Case]:
    good = good_xlsx()
    big = b"0" * 30_000_000
    yield with_layout("xlsx-good", "t.xlsx", good)
    yield with_layout("ods-good", "t.ods", good_ods())
    for name in ("t.xlsx", "t.ods"):
        kind = name[2:]
        whole = good if kind == "xlsx" else good_ods()
        part = SHEET if kind == "xlsx" else "content.xml"
        yield with_layout(f"{kind}-bomb", name, swapped(whole, part, lambda x: x + big))
        yield with_layout(f"{kind}-bomb-inside", name, swapped(whole, part, blown))
        yield with_layout(f"{kind}-entities", name, swapped(whole, part, with_doctype))
        yield with_layout(f"{kind}-external-entity", name, swapped(whole, part, outside))
        yield with_layout(f"{kind}-utf-16", name, swapped(whole, part, utf_16))
        yield with_layout(f"{kind}-no-xml", name, swapped(whole, part, lambda x: b"no xml"))
        yield with_layout(f"{kind}-empty-part", name, swapped(whole, part, lambda x: b""))
        yield with_layout(f"{kind}-lying-size", name, lying(whole))
        yield with_layout(
            f"{kind}-nested-deep", name, swapped(whole, part, lambda x: b"<a>" * 200_000)
        )
        yield with_layout(f"{kind}-cut", name, whole[: len(whole) // 2])
        yield with_layout(f"{kind}-tail-only", name, whole[-200:])
        yield with_layout(f"{kind}-prefixed", name, b"x" * 1000 + whole)
        yield with_layout(f"{kind}-of-text", name, text().encode())
        yield with_layout(f"{kind}-of-tabs", name, text("\t").encode("utf-16"))
        yield with_layout(f"{kind}-of-html", name, b"<html><table><tr><td>1</td></tr></table>")
        yield with_layout(f"{kind}-wrong-zip", name, zipped({"a.txt": b"hello"}))
        yield with_layout(f"{kind}-empty-zip", name, zipped({}))
        yield with_layout(f"{kind}-encrypted-flag", name, flagged(whole))
    many = {f"xl/media/{n}.png": b"" for n in range(12_000)}
    yield with_layout("xlsx-many-parts", "t.xlsx", zipped(many))
    yield with_layout("xlsx-paths", "t.xlsx", zipped({"../../evil": b"x", "/etc/evil": b"x"}))
    yield with_layout("xlsx-twice-the-part", "t.xlsx", twice(good))
    strings = b"<sst>" + b"<si><t>a</t></si>" * 200_000 + b"</sst>"
    yield with_layout(
        "xlsx-many-strings", "t.xlsx", zipped({**parts(good), "xl/sharedStrings.xml": strings})
    )
    yield with_layout(
        "xlsx-huge-string",
        "t.xlsx",
        swapped(good, SHEET, lambda x: x.replace(b"weeps", b"w" * 5_000_000, 1)),
    )


def sheets() -> Iterator[Case]:
    good = good_xlsx()
    changes: dict[str, Callable[[bytes], bytes]] = {
        "far-cell": lambda x: x.replace(b'r="A2"', b'r="XFD1048576"', 1),
        "beyond-the-last": lambda x: x.replace(b'r="A2"', b'r="ZZZZ99999999"', 1),
        "endless-reference": lambda x: x.replace(b'r="A2"', b'r="' + b"A" * 100_000 + b'1"', 1),
        "row-zero": lambda x: x.replace(b'r="A2"', b'r="A0"', 1),
        "negative-row": lambda x: x.replace(b'<row r="2"', b'<row r="-2"', 1),
        "no-references": lambda x: x.replace(b' r="', b' q="'),
        "string-out-of-range": lambda x: x.replace(b't="inlineStr"', b't="s"'),
        "string-negative": lambda x: x.replace(b"<is><t>Client</t></is>", b"<v>-1</v>"),
        "style-out-of-range": lambda x: x.replace(b'<c r="E2"', b'<c s="99999" r="E2"', 1),
        "unknown-type": lambda x: x.replace(b't="n"', b't="zz"'),
        "date-type": lambda x: x.replace(b't="n"', b't="d"'),
        "not-a-number": lambda x: x.replace(b"<v>1</v>", b"<v>one</v>"),
        "huge-number": lambda x: x.replace(b"<v>1</v>", b"<v>1e400</v>"),
        "merge-everything": lambda x: x.replace(b'"D3:D4"', b'"A1:XFD1048576"'),
        "merge-backwards": lambda x: x.replace(b'"D3:D4"', b'"D4:D3"'),
        "merge-nonsense": lambda x: x.replace(b'"D3:D4"', b'"?:!"'),
        "unclosed-cells": lambda x: b"<worksheet><sheetData>" + b'<row><c r="A1">' * 100_000,
        "huge-dimension": lambda x: x.replace(b'ref="A1:O7"', b'ref="A1:XFD1048576"'),
    }
    for case, change in changes.items():
        yield with_layout(f"sheet-{case}", "t.xlsx", swapped(good, SHEET, change))
    book = "xl/workbook.xml"
    for case, change in {
        "no-sheets": lambda x: x.replace(b"<sheet ", b"<shoot "),
        "sheet-names": lambda x: x.replace(b'name="Sheet"', b'name="' + b"S" * 100_000 + b'"'),
        "unknown-relation": lambda x: x.replace(b'r:id="rId1"', b'r:id="rId99"'),
        "all-hidden": lambda x: x.replace(b'state="visible"', b'state="veryHidden"'),
    }.items():
        yield with_layout(f"workbook-{case}", "t.xlsx", swapped(good, book, change))
    cell = (
        '<table:table-cell{} office:value-type="string"><text:p>Zebedee</text:p></table:table-cell>'
    )
    for case, body in {
        "columns-repeated": cell.format(' table:number-columns-repeated="999999999"'),
        "rows-repeated": cell.format(""),
        "spaces": cell.format("").replace("Zebedee", '<text:s text:c="999999999"/>'),
        "spans": cell.format(' table:number-rows-spanned="99999999"'),
        "negative": cell.format(' table:number-columns-repeated="-5"'),
        "many-columns": cell.format("") * 20_000,
    }.items():
        repeat = ' table:number-rows-repeated="999999999"' if case == "rows-repeated" else ""
        row = f"<table:table-row{repeat}>{body}</table:table-row>"
        yield with_layout(
            f"ods-{case}", "t.ods", ods(f'<table:table table:name="A">{row}</table:table>')
        )
    nested = '<table:table table:name="A"><table:table-row><table:table-cell>' * 5000
    yield with_layout("ods-tables-in-tables", "t.ods", ods(nested, end=""))
    yield with_layout("ods-no-table", "t.ods", ods(""))


def binaries() -> Iterator[Case]:
    good = good_xls()
    yield with_layout("xls-good", "t.xls", good)
    changes = {
        "cut": good[:600],
        "header-only": good[:512],
        "magic-only": good[:8],
        "ring-of-sectors": good[:512] + struct.pack("<128I", *([0] * 128)) + good[1024:],
        "far-directory": good[:48] + b"\xf0\xff\xff\x7f" + good[52:],
        "sector-size": good[:30] + b"\x1f\x00" + good[32:],
        "many-fat": good[:44] + b"\xff\xff\xff\x7f" + good[48:],
        "difat-ring": good[:68] + struct.pack("<II", 0, 0x7FFFFFFF) + good[76:],
        "no-stream": good.replace("Workbook".encode("utf-16-le"), "Workbonk".encode("utf-16-le")),
        "encrypted": encrypted(good),
        "protected": good.replace(b"\x22\x00\x02\x00", b"\x2f\x00\x02\x00", 1),
        "many-strings": strings(good, 0x7FFFFFFF),
        "no-strings": strings(good, 0),
        "html": b"<html><body><table><tr><td>Zebedee Quillfeather</td></tr></table></body></html>",
        "csv": text().encode(),
        "tsv": text("\t").encode(),
        "xml-2003": b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook'
        b' xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>',
        "xlsx": good_xlsx(),
    }
    for case, content in changes.items():
        yield with_layout(f"xls-{case}", "t.xls", content)


def parquets() -> Iterator[Case]:
    import pyarrow as pa
    from pyarrow import parquet

    def stored(table: pa.Table, **options: object) -> bytes:
        out = io.BytesIO()
        parquet.write_table(table, out, **options)
        return out.getvalue()

    good = good_parquet()
    yield with_layout("parquet-good", "t.parquet", good)
    lists = pa.table({"Client": [[1, 2]], "Name": ["Zebedee Quillfeather"]})
    values = pa.array([7], pa.int8()).take(pa.array([0] * 40_000_000, pa.int8()))
    wide = pa.table({f"X{n}": [1] for n in range(3000)})
    changes = {
        "lists": stored(lists),
        "bytes": stored(pa.table({"Client": [b"\xff\x00"]})),
        "no-columns": stored(pa.table({})),
        "no-rows": stored(pa.table({"Client": pa.array([], pa.string())})),
        "constant-bomb": stored(pa.table({f"X{n}": values for n in range(6)})),
        "wide": stored(wide),
        "same-names": stored(
            pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["Client", "Client"])
        ),
        "dates-out-of-range": stored(pa.table({"Client": pa.array([2**62], pa.timestamp("us"))})),
        "times": stored(pa.table({"Client": pa.array([2**40], pa.duration("s"))})),
        "magic-only": b"PAR1PAR1",
        "cut": good[:-10],
        "footer-length": good[:-8] + b"\xff\xff\xff\x7f" + good[-4:],
        "text": text().encode(),
    }
    for case, content in changes.items():
        yield with_layout(f"parquet-{case}", "t.parquet", content)


def layouts() -> Iterator[Case]:
    good = LAYOUT.format(file="t.csv")
    csv = text().encode()
    changes = {
        "absolute": good.replace('"t.csv"', '"/etc/passwd"'),
        "absolute-windows": good.replace('"t.csv"', "'C:\\\\t.csv'"),
        "parent": good.replace('"t.csv"', '"../t.csv"'),
        "parent-in-the-middle": good.replace('"t.csv"', '"a/../../t.csv"'),
        "home": good.replace('"t.csv"', '"~/t.csv"'),
        "null-in-name": good.replace('"t.csv"', '"t\\u0000.csv"'),
        "long-name": good.replace('"t.csv"', '"' + "t" * 5000 + '.csv"'),
        "empty-name": good.replace('"t.csv"', '""'),
        "dot": good.replace('"t.csv"', '"."'),
        "folder-name": good.replace('"t.csv"', '"t.csv/"'),
        "reserved-name": good.replace('"t.csv"', '"CON.csv"'),
        "line-in-name": good.replace('"t.csv"', '"t\\n.csv"'),
        "huge-header-line": good.replace('table = "cl', f'header_line = {10**15}\ntable = "cl'),
        "endless-header-line": good.replace(
            'table = "cl', f'header_line = {"9" * 5000}\ntable = "cl'
        ),
        "negative-header-line": good.replace('table = "cl', 'header_line = -1\ntable = "cl'),
        "huge-header-rows": good.replace('table = "cl', 'header_rows = 999999999\ntable = "cl'),
        "odd-encoding": good.replace('table = "cl', 'encoding = "rot13"\ntable = "cl'),
        "idna-encoding": good.replace('table = "cl', 'encoding = "idna"\ntable = "cl'),
        "mbcs-encoding": good.replace('table = "cl', 'encoding = "unicode_escape"\ntable = "cl'),
        "punycode": good.replace('table = "cl', 'encoding = "punycode"\ntable = "cl'),
        "utf-7": good.replace('table = "cl', 'encoding = "utf-7"\ntable = "cl'),
        "odd-separator": good.replace('table = "cl', 'separator = "\\u0000"\ntable = "cl'),
        "letter-separator": good.replace('table = "cl', 'separator = "l"\ntable = "cl'),
        "space-separator": good.replace('table = "cl', 'separator = " "\ntable = "cl'),
        "nested-brackets": "a = " + "[" * 50_000,
        "nested-tables": ".".join(["a"] * 50_000) + " = 1",
        "many-entries": "schema = 1\n" + '[[files]]\nfile="t.csv"\ntable="clients"\n' * 3000,
        "huge-number": "schema = 1\nsentinels = [" + "9" * 400_000 + "]",
        "infinite-sentinel": good.replace("schema = 1", "schema = 1\nsentinels = [inf, nan, -inf]"),
        "no-sentinel": good.replace("schema = 1", "schema = 1\nsentinels = []\nmissing = []"),
        "huge-offset": good
        + "\n[[files.visits]]\ntotal = 'Q1'\noffset_days = 99999999999999999999\n",
        "no-schema": good.replace("schema = 1", ""),
        "future-schema": good.replace("schema = 1", "schema = 99"),
        "wrong-types": good.replace('table = "clients"', "table = 3"),
        "odd-zone": good.replace("schema = 1", 'schema = 1\ntimezone = "../../etc/passwd"'),
        "long-zone": good.replace("schema = 1", f'schema = 1\ntimezone = "{"Z" * 9000}"'),
        "not-utf-8": good.encode("utf-16").decode("latin-1"),
        "huge": good + "# " + "x" * 2_000_000,
        "empty": "",
        "pattern-of-items": good.replace('"Q{item}"', '"' + "{item:09}" * 2000 + '"'),
        "bare-braces": good.replace('"Q{item}"', '"Q{item.__class__}{item}"'),
    }
    for case, body in changes.items():
        content = body.encode("latin-1") if case == "not-utf-8" else body.encode()
        yield Case(f"layout-{case}", {"layout.toml": content, "t.csv": csv})


def places() -> Iterator[Case]:
    def linked(target: str) -> Callable[[Path], None]:
        return lambda folder: (folder / "t.csv").symlink_to(target)

    only = {"layout.toml": layout("t.csv")}
    for case, target in {
        "outside": "/etc/passwd",
        "device": "/dev/zero",
        "itself": "t.csv",
        "nowhere": "no-such-file",
        "parent": "..",
        "terminal": "/dev/tty",
    }.items():
        yield Case(f"link-{case}", only, linked(target))
    yield Case("link-inside", {**only, "real.csv": text().encode()}, linked("real.csv"))
    yield Case("pipe", only, lambda folder: os.mkfifo(folder / "t.csv"))
    yield Case("folder-as-file", only, lambda folder: (folder / "t.csv").mkdir())
    yield Case(
        "layout-as-folder", {"t.csv": text().encode()}, lambda f: (f / "layout.toml").mkdir()
    )
    yield Case("layout-as-pipe", {"t.csv": text().encode()}, lambda f: os.mkfifo(f / "layout.toml"))
    yield Case("layout-link-out", {"t.csv": text().encode()},
               lambda f: (f / "layout.toml").symlink_to("/etc/hostname"))  # fmt: skip
    yield Case("unreadable", {**only, "t.csv": text().encode()}, lambda f: (f / "t.csv").chmod(0))
    odd = os.fsdecode(b"caf\xe9 \xff.csv")
    yield Case("odd-name-beside", {**only, "t.csv": text().encode(), odd: b"a,b\n1,2\n"})
    yield Case("line-in-name-beside", {**only, "t.csv": text().encode(), "a\nb.csv": b"a\n1\n"})
    yield Case("only-a-pipe", {}, lambda folder: os.mkfifo(folder / "clients.csv"))
    yield Case("canonical-folder", {}, lambda folder: (folder / "clients.csv").mkdir())
    wide = ",".join(["client_id", *(f"c{n}" for n in range(10_000))]) + "\nZebedee,1"
    yield Case("canonical-many-columns", {"clients.csv": wide.encode()})
    yield Case("canonical-null", {"clients.csv": b"client_id\nZebedee\0Quillfeather\n"})
    yield Case("source-is-a-pipe", only, lambda f: os.mkfifo(f / "t.csv"), source="t.csv")
    yield Case("source-is-a-workbook-of-text", {**only, "t.xls": text().encode()}, source="t.xls")


# --- ways to spoil an archive ----------------------------------------------------------


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def blown(xml: bytes) -> bytes:
    """The same text, with thirty million blanks where blanks do no harm."""
    return xml.replace(b"><", b">" + b" " * 30_000_000 + b"<", 1)


def with_doctype(xml: bytes) -> bytes:
    head, mark, tail = xml.partition(b"?>")
    body = tail if mark else head
    return DOCTYPE + body.replace(b"weeps", b"&l9;")


def outside(xml: bytes) -> bytes:
    head, mark, tail = xml.partition(b"?>")
    body = tail if mark else head
    return b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + body.replace(
        b"weeps", b"&e;"
    )


def utf_16(xml: bytes) -> bytes:
    return with_doctype(xml).decode().encode("utf-16")


def lying(content: bytes) -> bytes:
    """Every member states that it is ten bytes long."""
    out = bytearray(content)
    for magic, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = out.find(magic)
        while place >= 0:
            out[place + at : place + at + 4] = struct.pack("<I", 10)
            place = out.find(magic, place + 4)
    return bytes(out)


def flagged(content: bytes) -> bytes:
    """Every member states that it is encrypted."""
    out = bytearray(content)
    for magic, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = out.find(magic)
        while place >= 0:
            out[place + at] |= 1
            place = out.find(magic, place + 4)
    return bytes(out)


def encrypted(content: bytes) -> bytes:
    """The one stream has the name that Excel gives to an encrypted workbook."""
    name = "EncryptedPackage".encode("utf-16-le")
    at = content.find("Workbook".encode("utf-16-le"))
    length = struct.pack("<H", len(name) + 2)
    return content[:at] + name.ljust(64, b"\0") + length + content[at + 66 :]


def twice(content: bytes) -> bytes:
    out = io.BytesIO(content)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(out, "a") as archive:
            archive.writestr(zipfile.ZipInfo(SHEET, (2026, 1, 1, 0, 0, 0)), b"<worksheet/>")
    return out.getvalue()


def strings(content: bytes, count: int) -> bytes:
    """The table of texts states another count."""
    at = content.find(b"\xfc\x00")
    while at >= 0 and content[at + 4 : at + 8] == b"\0\0\0\0":
        at = content.find(b"\xfc\x00", at + 2)
    return content[: at + 8] + struct.pack("<I", count) + content[at + 12 :]


__all__ = ["ODS_START", "hostile"]

"""What calamine does not say about an .xls: its epoch, its error cells, a password."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from outcomes.sources.spreadsheets.facts import Bounds, Refused

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LARGEST_SECTOR = 0xFFFFFFFA
# Records of the binary format: [MS-XLS] 2.3.
_BOF, _EOF, _FILEPASS, _DATEMODE, _BOUNDSHEET, _SST = 0x809, 0x0A, 0x2F, 0x22, 0x85, 0xFC
_FORMULA, _BOOLERR = 0x06, 0x205
_ONE_CELL = {0x203, 0x27E, 0xFD, 0x204, 0xD6, _FORMULA, _BOOLERR}
_MULRK = 0xBD


@dataclass(slots=True)
class BiffFacts:
    """The epoch, and by position of the sheet: error cells, and whether it holds values."""

    epoch: str = "excel"
    errors: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    filled: dict[int, bool] = field(default_factory=dict)


def examine(content: bytes, bounds: Bounds) -> BiffFacts:
    """Walk the records of the workbook once. Raises Refused."""
    try:
        streams = _streams(content)
        if "EncryptedPackage" in streams:
            raise Refused("password")
        book = streams.get("Workbook") or streams.get("Book")
        if book is None:
            raise Refused("no workbook")
        return _facts(book, bounds)
    except (struct.error, IndexError, KeyError, ValueError, OverflowError):
        raise Refused("damaged") from None


def _facts(book: bytes, bounds: Bounds) -> BiffFacts:
    found, starts = BiffFacts(), []
    for kind, data in _records(book, 0):
        if kind == _FILEPASS:
            raise Refused("password")
        if kind == _DATEMODE and data[:2] == b"\x01\x00":
            found.epoch = "excel1904"
        elif kind == _BOUNDSHEET:
            starts.append(struct.unpack_from("<I", data)[0])
        elif kind == _SST and struct.unpack_from("<I", data, 4)[0] > len(book):
            # More texts than bytes: room for them must not be made.
            raise Refused("damaged")
    for number, start in enumerate(starts):
        found.errors[number], found.filled[number] = _cells(book, start, bounds)
    return found


def _cells(book: bytes, start: int, bounds: Bounds) -> tuple[list[tuple[int, int]], bool]:
    """Error cells of one sheet, and whether any cell holds a value."""
    errors, rows, columns = [], 0, 0
    for kind, data in _records(book, start):
        if kind not in _ONE_CELL and kind != _MULRK:
            continue
        row, column = struct.unpack_from("<HH", data)
        last = struct.unpack_from("<H", data, len(data) - 2)[0] if kind == _MULRK else column
        rows, columns = max(rows, row + 1), max(columns, last + 1)
        if (kind == _BOOLERR and data[7] == 1) or (kind == _FORMULA and _fails(data)):
            errors.append((row, column))
    bounds.check_extent(rows, columns)
    return errors, rows > 0


def _fails(data: bytes) -> bool:
    """Whether the stored result of a formula is an error."""
    return data[12:14] == b"\xff\xff" and data[6] == 2


def _records(book: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Records of one part of the stream up to its end; parts inside it, as of charts, too."""
    place, depth = start, 0
    while place + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, place)
        data = book[place + 4 : place + 4 + length]
        if len(data) < length:
            raise Refused("damaged")
        place += 4 + length
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 1:
            yield kind, data
        if depth <= 0:
            return
    raise Refused("damaged")


def _streams(content: bytes) -> dict[str, bytes]:
    """The streams of a compound file by name ([MS-CFB])."""
    if content[:8] != MAGIC:
        raise Refused("damaged")
    shift, small_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or small_shift != 6:
        raise Refused("damaged")
    size = 1 << shift
    cutoff, small_start = struct.unpack_from("<II", content, 56)
    table = _allocation(content, size)
    entries = _chain(content, table, struct.unpack_from("<I", content, 48)[0], size, size)
    small_table = _chain(content, table, small_start, size, size)
    small = list(struct.unpack(f"<{len(small_table) // 4}I", small_table))
    streams, root = {}, b""
    for at in range(0, len(entries) - 127, 128):
        entry = entries[at : at + 128]
        name = entry[: max(0, struct.unpack_from("<H", entry, 64)[0] - 2)].decode("utf-16-le")
        start, length = struct.unpack_from("<II", entry, 116)
        if entry[66] == 5:
            root = _chain(content, table, start, size, size)
        elif entry[66] == 2 and length >= cutoff:
            streams[name] = _chain(content, table, start, size, size)[:length]
        elif entry[66] == 2:
            streams[name] = _chain(root, small, start, 64, 0)[:length]
    return streams


def _allocation(content: bytes, size: int) -> list[int]:
    """The table that says which sector follows which."""
    sectors = list(struct.unpack_from("<109I", content, 76))
    following, listed = struct.unpack_from("<II", content, 68)
    for _ in range(min(listed, len(content) // size)):
        if following > _LARGEST_SECTOR:
            break
        more = struct.unpack_from(f"<{size // 4}I", content, (following + 1) * size)
        sectors, following = sectors + list(more[:-1]), more[-1]
    table: list[int] = []
    for sector in sectors:
        if sector <= _LARGEST_SECTOR:
            table += struct.unpack_from(f"<{size // 4}I", content, (sector + 1) * size)
    return table


def _chain(content: bytes, table: list[int], start: int, size: int, offset: int) -> bytes:
    """Join the sectors of one stream; a ring of sectors is refused."""
    parts: list[bytes] = []
    sector = start
    while sector <= _LARGEST_SECTOR:
        if len(parts) > len(table):
            raise Refused("damaged")
        at = sector * size + offset
        parts.append(content[at : at + size])
        sector = table[sector]
    return b"".join(parts)

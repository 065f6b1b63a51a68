"""Bounds what a zipped workbook grows to before anything of it is used."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from outcomes.sources.spreadsheets.facts import Bounds, Refused

_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def open_archive(content: bytes, bounds: Bounds) -> zipfile.ZipFile:
    """Open a zip after unpacking every member once, counting and keeping nothing.

    The sizes a zip states can be lies, so they are not believed. Raises Refused.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Refused("damaged") from None
    if len(members) > bounds.members:
        raise Refused("members")
    stated = sum(member.file_size for member in members)
    _check(stated, len(content), bounds)
    total = 0
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise Refused("password")
        if member.compress_type not in _METHODS:
            raise Refused("damaged")
        for size in _sizes(archive, member):
            total += size
            _check(total, len(content), bounds)
    return archive


def _sizes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[int]:
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                yield len(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        raise Refused("damaged") from None


def _check(expanded: int, packed: int, bounds: Bounds) -> None:
    if expanded > bounds.expanded_bytes:
        raise Refused("expanded")
    if expanded > max(bounds.ratio_from_bytes, packed * bounds.expansion_ratio):
        raise Refused("expanded")


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return one member. Raises Refused where it is absent or declares a document type.

    A workbook has no use for a document type; what uses one is an attempt to blow up.
    """
    try:
        found = archive.read(name)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        raise Refused("damaged") from None
    if found[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in found or b"<!ENTITY" in found:
        raise Refused("document type")
    return found

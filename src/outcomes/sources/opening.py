"""Opens files of unknown origin: only regular ones, whole, within a limit, and as they say."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from outcomes.errors import InputError

ZIP, OLE, PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1"
# What a page of the web or of Excel's own XML begins with, after a mark and blanks.
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)?"
    rb"<(?:!doctype\s+html|html|head|meta|body|table|div|style)\b",
    re.IGNORECASE | re.DOTALL,
)
_SHEET_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
_LOOKED_AT = 4096


def shown_name(name: str) -> str:
    """Return a file name that can be printed and stored, also where its bytes are no text."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def read_bytes(path: Path, name: str, limit: int) -> bytes:
    """Read a regular file whole.

    Never waits for a pipe or a device. Raises InputError where it is no regular file, cannot
    be opened, is larger than `limit` bytes, is empty, or changes while it is read.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        handle = os.open(path, flags)
    except (FileNotFoundError, ValueError):
        raise InputError("there is no such file", where=name, fix="check the name") from None
    except OSError as error:
        raise InputError(
            f"the file cannot be opened: {error.strerror}", where=name, fix="check its rights"
        ) from None
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        os.close(handle)
        raise InputError(
            "this is a folder, a pipe or a device, and no file",
            where=name,
            fix="name the file that holds the export",
        )
    with os.fdopen(handle, "rb") as stream:
        if before.st_size > limit:
            raise too_large(name, before.st_size, limit)
        try:
            content = stream.read(before.st_size + 1)
        except OSError as error:
            raise InputError(
                f"the file cannot be read: {error.strerror}", where=name, fix="copy it anew"
            ) from None
        after = os.fstat(handle)
    if len(content) != before.st_size or after.st_mtime_ns != before.st_mtime_ns:
        raise InputError(
            "the file changed while it was read",
            where=name,
            fix="wait until the export or the copy is finished, and read it again",
        )
    if not content.strip():
        raise InputError("the file is empty", where=name, fix="export it again")
    return content


def too_large(name: str, size: int, limit: int) -> InputError:
    """Build the error for a file above its limit."""
    return InputError(
        f"the file has {size / 1e6:,.0f} MB, and more than {limit / 1e6:,.0f} MB are not read",
        where=name,
        fix="export fewer columns or a shorter period",
    )


def check_text(content: bytes, name: str) -> None:
    """Refuse, with an InputError, a text file that is really something else."""
    kind = next(
        (
            kind
            for magic, kind in (
                (ZIP, "a workbook or a zip archive"),
                (OLE, "an old Excel workbook"),
                (PARQUET, "a Parquet file"),
            )
            if content.startswith(magic)
        ),
        None,
    )
    if kind is not None:
        raise InputError(
            f"the file is not text: it is {kind} under another name",
            where=name,
            fix="give it the ending it had (.xlsx, .xls, .ods or .parquet), or export it as CSV",
        )
    _check_page(content, name)


def check_workbook(content: bytes, name: str) -> None:
    """Refuse, with an InputError, what many programs export under a workbook's name."""
    if content.startswith((ZIP, OLE)):
        return
    _check_page(content, name)
    start = content[:_LOOKED_AT]
    if b"\0" not in start or start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(
            "the file has the name of a workbook but is a text file, which Excel opens all the "
            "same",
            where=name,
            fix="change its ending to .csv (or .tsv, where tabs separate the columns)",
        )
    raise InputError(
        "the workbook cannot be read: the file is of another kind than its name says",
        where=name,
        fix="open it in the program it came from and save it as .xlsx, or export CSV",
    )


def _check_page(content: bytes, name: str) -> None:
    start = content[:_LOOKED_AT]
    if _SHEET_XML in start:
        what = "the file is an XML spreadsheet of 2003, which is neither a workbook nor text"
    elif _PAGE.match(start):
        what = "the file is a web page and not the export that its name promises"
    else:
        return
    raise InputError(
        what,
        where=name,
        fix="open it in Excel or LibreOffice and save it as .xlsx; if it shows a sign-in or an "
        "error page, export it again",
    )

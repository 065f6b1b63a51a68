"""Plain codes, which most ids of an export are: found among many texts at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcomes.schema.texts import text_array, text_bytes

# Up to three letters and up to eight digits, such as C0001 or AB-12: one word, so no name;
# too few digits for any number that is looked for, and no sign of an address.
_PLAIN = r"\A[A-Za-z]{0,3}[-_]?[0-9]{1,8}\z"
_AFTER_LETTERS = r"[-_]?[0-9]+\z"


# Kinds of signs, by which codes of one system are alike: letters, digits, the signs between.
_KINDS = bytes(
    1 if chr(n).isalpha() and n < 128 else 2 if chr(n) in "0123456789" else 3 if chr(n) in "-_"
    else 0 for n in range(256)
)  # fmt: skip


def plain_codes(texts: Iterable[object]) -> np.ndarray:
    """Which texts are plain codes: no pattern and no rule for full names finds anything in them."""
    codes = text_array(texts)
    # Where every text is built as the first one is, that one speaks for all.
    judged = codes[:1] if _are_alike(codes) else codes
    found = pc.match_substring_regex(judged, _PLAIN).to_numpy(zero_copy_only=False)
    plain = np.asarray(found, dtype=bool)
    return plain if len(plain) == len(codes) else np.full(len(codes), plain[0])


def code_letters(texts: Iterable[object]) -> pa.Array:
    """The letters in front of each plain code, which alone may be a given name (Ama12)."""
    codes = text_array(texts)
    if not _are_alike(codes):
        return pc.replace_substring_regex(codes, _AFTER_LETTERS, "")
    letters = pc.replace_substring_regex(codes[:1], _AFTER_LETTERS, "")[0].as_py()
    return pc.utf8_slice_codeunits(codes, 0, len(letters))


def _are_alike(codes: pa.Array) -> bool:
    """Whether all texts have the same kinds of signs, all of ASCII, in the same places."""
    letters, starts = text_bytes(codes)
    lengths = np.diff(starts)
    if len(codes) < 2 or codes.null_count or not lengths[0] or (lengths != lengths[0]).any():
        return False
    signs = letters[starts[0] : starts[-1]].tobytes()
    kinds = np.frombuffer(signs.translate(_KINDS), dtype=np.uint8).reshape(len(codes), -1)
    return bool(kinds[0].all() and (kinds == kinds[0]).all())

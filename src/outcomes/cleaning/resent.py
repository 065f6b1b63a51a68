"""Lines of a wide questionnaire that give one day's form again, judged line by line.

What `forms.remove_resubmitted` does answer by answer, for the plain case alone: sound lines of one
person, episode, day, occasion and rater that answer the same items, and no other form of theirs in
the window. The last of them is used; of those that say the same as it, the first stands for all.
Everything else is left to the steps. Pure functions of codes and numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Resent:
    """Masks of lines: of those `settled` here, `repeats` and `replaced` are not used.

    `repeats` only repeat the line that is used (duplicate_row), `replaced` say something else
    (resubmitted).
    """

    settled: np.ndarray
    repeats: np.ndarray
    replaced: np.ndarray


def judge_resent(
    who: np.ndarray,
    day: np.ndarray,
    words: Sequence[np.ndarray],
    values: np.ndarray,
    sound: np.ndarray,
    *,
    days: int,
) -> Resent:
    """Judge lines that have another one of the same person and episode within some days.

    n lines in the order of the source: `who` (n) numbers person and episode, `day` (n) counts
    days, `words` are codes (n) of occasion and rater, `values` (n, k) are answers with NaN for
    none, and `sound` (n) lines have nothing else wrong.
    """
    n = len(who)
    if not n:
        none = np.zeros(0, dtype=bool)
        return Resent(none, none, none)
    order = np.lexsort((day, who))
    who, day, values, sound = who[order], day[order], values[order], sound[order]
    begins = np.append(True, (np.diff(who) != 0) | (np.diff(day) > days))
    group = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    last = np.append(first[1:], n) - 1
    answered = ~np.isnan(values)
    # The steps compare answers as numbers and, for whole forms, as bits: -0 is left to them.
    plain = sound & answered.any(axis=1) & ~(np.signbit(values) & (values == 0)).any(axis=1)
    begun = first[group]
    plain &= (day == day[begun]) & (answered == answered[begun]).all(axis=1)
    for codes in words:
        plain &= codes[order] == codes[order][begun]
    # What is near on another day may be judged only because of a form sent again on this one.
    settled = ~np.isin(who, who[~plain])
    same = ((values == values[last[group]]) | ~answered).all(axis=1)
    place = np.where(same, np.arange(n), n)
    used = np.minimum.reduceat(place, first)[group] == np.arange(n)
    back = np.empty(n, dtype=np.int64)
    back[order] = np.arange(n)
    lost = settled & ~used
    return Resent(settled[back], (lost & same)[back], (lost & ~same)[back])

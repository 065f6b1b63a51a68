"""From answers to scores: direction, reversal, missing items, range checks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from outcomes.errors import InstrumentError, RangeError
from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import get
from outcomes.instruments.subscales import scaled
from outcomes.schema import Study

TOTAL = "total"
ADMINISTRATION = ["client_id", "episode_id", "instrument", "taken_on", "occasion", "rater"]
SCORE_COLUMNS = [*ADMINISTRATION, "score", "n_answered", "n_items", "prorated"]


# Steps of 0.1 are not exact in floating point; answers are checked against them up to this.
STEP_TOLERANCE = 1e-6


def score(
    study: Study,
    *,
    own: Mapping[str, Instrument] | None = None,
    allow_unverified: bool = False,
) -> pd.DataFrame:
    """Score every questionnaire of a study.

    One row for each administration (person, episode, instrument, date, occasion, rater),
    columns `SCORE_COLUMNS`: `score` in the instrument's points, missing when too few items
    are answered; `n_answered` is missing where only a ready total was exported. A complete
    set of items goes before a total. Unanswered items are replaced only by the instrument's
    own rule, and only by a verified one unless `allow_unverified`; then a column `unverified`
    marks the scores that rest on a rule or key nobody verified. `own` are a project's
    instruments beside the library (`own_instruments`).

    Raises RangeError when answers lie outside the declared range or between its codes,
    InstrumentError for an unknown instrument, an item it does not have, single answers
    where it takes totals only, and an item answered twice in one administration.
    """
    answers = study.responses
    parts = [
        _score_instrument(get(str(name), own), rows, allow_unverified)
        for name, rows in answers.groupby("instrument", sort=True)
    ]
    if not parts:
        return _no_scores()
    order = ["client_id", "episode_id", "instrument", "taken_on", "rater", "occasion"]
    found = pd.concat(parts, ignore_index=True).sort_values(order, ignore_index=True)
    return found if allow_unverified else found[SCORE_COLUMNS]


def score_items(
    instrument: Instrument, answers: pd.DataFrame, *, allow_unverified: bool = False
) -> pd.DataFrame:
    """Score a wide frame of answers, one column for each item number, one row for each form.

    Returns score, n_answered, prorated with the index of `answers`. Missing columns count
    as unanswered. Reversal is highest + lowest code minus the answer. Raises RangeError as
    `score` does, and InstrumentError where the instrument takes totals only.
    """
    values = oriented(instrument, answers, allow_unverified=allow_unverified)
    n_answered = (~np.isnan(values)).sum(axis=1)
    total = np.nansum(values, axis=1)
    found = scored(instrument, n_answered, total, allow_unverified=allow_unverified)
    return found.set_axis(answers.index)


def scored(
    instrument: Instrument,
    n_answered: np.ndarray,
    total: np.ndarray,
    *,
    allow_unverified: bool = False,
) -> pd.DataFrame:
    """Score forms by how many items are answered and the sum of the answers after reversal.

    Returns what `score_items` returns, without an index of its own.
    """
    allowed = _missing_allowed(instrument, allow_unverified)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n_answered
    usable = (n_answered >= instrument.n_items - allowed) & (n_answered > 0)
    return pd.DataFrame(
        {
            "score": np.where(usable, _total(instrument, mean), np.nan),
            "n_answered": n_answered,
            "prorated": usable & (n_answered < instrument.n_items),
        }
    )


def oriented(
    instrument: Instrument, answers: pd.DataFrame, *, allow_unverified: bool = False
) -> np.ndarray:
    """Answers as a matrix (forms, items) after reversal; NaN where there is none.

    Raises as `score_items`; InstrumentError too where items are reversed by a key that
    nobody verified, without `allow_unverified`.
    """
    there = int(answers.notna().to_numpy().sum())
    if instrument.item_min is None and there:
        raise InstrumentError(
            f"{instrument.name} is not scored from single answers: its items' ranges are not kept",
            where=f"instrument {instrument.id}",
            how_many=there,
            fix="map the ready total in the layout (item 'total')",
        )
    if (
        there
        and instrument.reversed_items
        and not (instrument.reversed_verified or allow_unverified)
    ):
        raise InstrumentError(
            f"nobody has verified which items of {instrument.name} are reversed",
            where=f"instrument {instrument.id}",
            how_many=there,
            fix="map the ready total in the layout, describe the instrument in a TOML of your own, "
            "or ask for the unverified key by name with allow_unverified=True and say so",
        )
    items = range(1, instrument.n_items + 1)
    values: np.ndarray = answers.reindex(columns=items).to_numpy(
        "float64", copy=True, na_value=np.nan
    )
    check_range(instrument, values)
    for item in instrument.reversed_items:
        top = instrument.maximum_of(item)
        values[:, item - 1] = (top or 0) + (instrument.item_min or 0) - values[:, item - 1]
    return values


def check_range(instrument: Instrument, values: np.ndarray) -> None:
    """Raise RangeError when an answer is no code of its item, naming a likely recoding.

    `values` has one column for each item, in order, as exported (before reversal).
    """
    low = instrument.item_min
    if low is None:
        return
    tops = np.array([instrument.maximum_of(i) for i in range(1, instrument.n_items + 1)], float)
    if all(
        _plainly_codes(v, low, t, instrument.item_step) for v, t in zip(values.T, tops, strict=True)
    ):
        return
    with np.errstate(invalid="ignore"):
        wrong = (values < low) | (values > tops)
        steps = (values - low) / instrument.item_step
        wrong |= np.abs(steps - np.round(steps)) > STEP_TOLERANCE
    if not wrong.any():
        return
    seen = values[~np.isnan(values)]
    raise RangeError(
        f"answers to {instrument.name} are not codes from {low:g} to {tops.max():g} "
        f"in steps of {instrument.item_step:g}",
        where=f"instrument {instrument.id}",
        how_many=int(wrong.sum()),
        fix=likely_recoding(instrument, float(seen.min()), float(seen.max())),
    )


def _plainly_codes(values: np.ndarray, low: float, top: float, step: float) -> bool:
    """Whether all answers to one item are codes, judged without any tolerance."""
    steps = (values - low) / step
    exact = (steps == np.rint(steps)) & (values >= low) & (values <= top)
    return bool((exact | np.isnan(values)).all())


def likely_recoding(instrument: Instrument, lowest: float, highest: float) -> str:
    """What an export probably did, from the lowest and highest answer seen."""
    low, top = instrument.item_min or 0, instrument.item_max or 0
    if lowest >= low + 1 and highest == top + 1:
        return (
            f"the export seems to count positions, {low + 1:g} to {top + 1:g}: subtract 1 in the "
            "layout if the form says so; nothing was shifted"
        )
    if low >= 1 and lowest == low - 1 and highest <= top - 1:
        return (
            f"the export seems to start at {low - 1:g} instead of {low:g}: add 1 in the layout "
            "if the form says so; nothing was shifted"
        )
    return "correct the answers or declare them as codes for 'no answer' (sentinels) in the layout"


def _score_instrument(
    instrument: Instrument, rows: pd.DataFrame, allow_unverified: bool
) -> pd.DataFrame:
    forms, frame, totals = laid_out(instrument, rows)
    part = score_items(instrument, frame, allow_unverified=allow_unverified)
    _check_totals(instrument, totals)
    take_total = np.isnan(part["score"].to_numpy()) & ~np.isnan(totals)
    n_answered = part["n_answered"].astype("Int64").mask(take_total)
    return forms.assign(
        score=np.where(take_total, totals, part["score"]),
        n_answered=n_answered.to_numpy(),
        n_items=instrument.n_items,
        prorated=part["prorated"].to_numpy() & ~take_total,
        unverified=_rests_on_unverified(instrument, part) & ~take_total,
    ).astype({"n_answered": "Int64"})[[*SCORE_COLUMNS, "unverified"]]


def _rests_on_unverified(instrument: Instrument, part: pd.DataFrame) -> np.ndarray:
    """Which scores used a reversal key, a table or a rule for missing items nobody verified."""
    rule, table = instrument.missing, instrument.conversion
    always = bool(instrument.reversed_items) and not instrument.reversed_verified
    always |= table is not None and not table.verified
    prorated = part["prorated"].to_numpy(dtype=bool)
    used = prorated if rule is not None and not rule.verified else np.zeros_like(prorated)
    there = part["score"].notna().to_numpy()
    marked: np.ndarray = there & (used | always)
    return marked


def laid_out(
    instrument: Instrument, rows: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """The administrations, a column of answers for each item, and the ready totals."""
    forms, codes = _forms(rows)
    value = rows["value"].to_numpy(dtype="float64", na_value=np.nan)
    item = rows["item"].astype("string")
    is_total = item.eq(TOTAL).to_numpy(dtype=bool)
    number = _item_numbers(instrument, item)
    _refuse_twice(instrument, codes, number)
    matrix = np.full((len(forms), instrument.n_items), np.nan)
    matrix[codes[~is_total], number[~is_total] - 1] = value[~is_total]
    totals = np.full(len(forms), np.nan)
    totals[codes[is_total]] = value[is_total]
    return forms, pd.DataFrame(matrix, columns=range(1, instrument.n_items + 1)), totals


def _item_numbers(instrument: Instrument, items: pd.Series) -> np.ndarray:
    """1 to n for an item, 0 for a total."""
    # An item the questionnaire lacks is refused, not skipped: the tenth question on PHQ-9
    # forms must not be added, and 'Q1' must not count as unanswered.
    known = {str(i): i for i in range(1, instrument.n_items + 1)} | {TOTAL: 0}
    number: np.ndarray = items.map(known).to_numpy(dtype="float64", na_value=np.nan)
    unknown = np.isnan(number)
    if unknown.any():
        raise InstrumentError(
            f"{instrument.name} has items 1 to {instrument.n_items} and 'total'; others are named",
            where=f"responses.item, instrument {instrument.id}",
            how_many=int(unknown.sum()),
            fix="name items by number in the layout and leave other questions out",
        )
    return number.astype("int64")


def _refuse_twice(instrument: Instrument, codes: np.ndarray, number: np.ndarray) -> None:
    # Which of two answers came first is a matter of row order, which must not matter.
    cells = codes * (instrument.n_items + 1) + number
    twice = len(cells) - len(np.unique(cells))
    if twice:
        raise InstrumentError(
            f"items of {instrument.name} are answered more than once in one administration",
            where=f"responses, instrument {instrument.id}",
            how_many=twice,
            fix="read the source with outcomes.read, which resolves resubmitted forms",
        )


def _forms(rows: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The administrations, one row each, and for each answer the number of its administration."""
    grouped = rows.groupby(ADMINISTRATION, sort=True, dropna=False)
    codes = grouped.ngroup().to_numpy()
    first = rows.assign(_form=codes).drop_duplicates("_form").sort_values("_form")
    return first[ADMINISTRATION].reset_index(drop=True), codes


def _check_totals(instrument: Instrument, totals: np.ndarray) -> None:
    with np.errstate(invalid="ignore"):
        wrong = (totals < instrument.total_min) | (totals > instrument.total_max)
    if wrong.any():
        raise RangeError(
            f"totals of {instrument.name} lie outside "
            f"{instrument.total_min:g} to {instrument.total_max:g}",
            where=f"instrument {instrument.id}",
            how_many=int(wrong.sum()),
            fix="check which scale the export uses, or map the items instead of the total",
        )


def _missing_allowed(instrument: Instrument, allow_unverified: bool) -> int:
    rule = instrument.missing
    return rule.most if rule is not None and (rule.verified or allow_unverified) else 0


def _total(instrument: Instrument, means: np.ndarray) -> np.ndarray:
    """The score of the whole from the mean of its items; NaN where there is no such score."""
    if instrument.conversion is not None:
        return instrument.conversion.convert(means * instrument.n_items)
    return scaled(instrument.scoring, means, instrument.n_items)


def _no_scores() -> pd.DataFrame:
    types = {
        "taken_on": "datetime64[s]",
        "score": "float64",
        "n_answered": "Int64",
        "n_items": "int64",
        "prorated": "bool",
    }
    return pd.DataFrame({c: pd.Series([], dtype=types.get(c, "string")) for c in SCORE_COLUMNS})

"""Scores into answers: items whose sum is exactly the score, in the instrument's codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from outcomes.errors import InstrumentError
from outcomes.instruments.registry import get
from outcomes.synthetic.settings import Array

ITEM_SPREAD = 0.5  # how much items differ in how readily they are endorsed
PERSON_SPREAD = 0.9  # how much one person's items differ beyond that
ANSWER_WORDS = {"sum": 1.0, "mean_x10": 10.0, "percent_x4": 4.0}


@dataclass(frozen=True, slots=True)
class Shape:
    """What is needed of an instrument to make answers: items, their codes, the score's grid."""

    n_items: int
    item_min: int
    item_max: tuple[int, ...]
    reversed_items: tuple[int, ...]
    step: float
    total_min: float
    total_max: float
    direction: str


@cache
def shape(name: str) -> Shape:
    """The shape of an instrument of the registry; `step` is the score of one answer step."""
    facts = get(name)
    n = int(facts.n_items)
    if facts.item_min is None or facts.item_max is None:
        raise InstrumentError("an instrument without items has no answers to make", where=name)
    top = [int(facts.item_max_overrides.get(item, facts.item_max)) for item in range(1, n + 1)]
    per_answer = ANSWER_WORDS[facts.scoring]
    return Shape(
        n_items=n,
        item_min=int(facts.item_min),
        item_max=tuple(top),
        reversed_items=tuple(int(item) for item in facts.reversed_items),
        step=per_answer / n if facts.scoring == "mean_x10" else per_answer,
        total_min=float(facts.total_min),
        total_max=float(facts.total_max),
        direction=str(facts.direction),
    )


def on_grid(latent: Array, form: Shape) -> Array:
    """The score a questionnaire can show: cut at its ends, rounded to its steps."""
    inside = np.clip(latent, form.total_min, form.total_max)
    steps = np.rint((inside - form.total_min) / form.step)
    return np.asarray(form.total_min + form.step * steps)


def answers(scores: Array, form: Shape, rng: np.random.Generator) -> Array:
    """Answers (persons x items) that give `scores`, which lie on the grid.

    Each answer step of each item gets a rank that rises within the item; a score of k
    takes the k lowest. So items go with the score, and differ between persons.
    """
    wanted = np.rint((scores - form.total_min) / form.step).astype(int)
    tops = np.array(form.item_max) - form.item_min
    levels = int(tops.max())
    ease = rng.normal(0.0, ITEM_SPREAD, form.n_items)
    own = rng.normal(0.0, PERSON_SPREAD, (len(scores), form.n_items))
    ranks = (ease + own)[:, :, None] + np.arange(levels)[None, None, :]
    ranks = np.where(np.arange(levels)[None, :] < tops[:, None], ranks, np.inf)
    ordered = np.sort(ranks.reshape(len(scores), -1), axis=1)
    limit = ordered[np.arange(len(scores)), np.maximum(wanted - 1, 0)]
    limit = np.where(wanted == 0, -np.inf, limit)
    values = form.item_min + (ranks <= limit[:, None, None]).sum(axis=2)
    for item in form.reversed_items:
        values[:, item - 1] = form.item_min + form.item_max[item - 1] - values[:, item - 1]
    return np.asarray(values)


def answer_frame(
    scores: Array, form: Shape, rng: np.random.Generator, skipped: float = 0.0
) -> pd.DataFrame:
    """Columns "1" to n of answers as Int64; a share `skipped` of the rows lacks one answer."""
    values = answers(scores, form, rng)
    frame = pd.DataFrame(values, columns=[str(i) for i in range(1, form.n_items + 1)])
    frame = frame.astype("Int64")
    rows = np.flatnonzero(rng.random(len(scores)) < skipped)
    items = rng.integers(0, form.n_items, len(rows))
    holes = np.zeros(values.shape, dtype=bool)
    holes[rows, items] = True
    return frame.mask(pd.DataFrame(holes, columns=frame.columns))

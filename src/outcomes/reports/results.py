"""The report's numbers as records: results.json, compared in CI and read by other programs."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from outcomes.errors import RunError
from outcomes.schema import Verdict

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Result:
    """One number with its interval, unit, denominators, verdict, method and source.

    `id` is stable and readable, such as `change.phq9.therapy.reliable_improvement`. A number
    that was suppressed has `suppressed=True` and no value.
    """

    id: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    n: int | None = None
    n_total: int | None = None
    verdict: Verdict | None = None
    suppressed: bool = False
    method: str = ""
    source: str = ""

    @classmethod
    def told(
        cls,
        id: str,
        numbers: tuple[float, float, float],
        *,
        known: bool,
        n: int | None = None,
        n_total: int | None = None,
        verdict: Verdict | None = None,
        **facts: str,
    ) -> Result:
        """A value with its limits, as a record that holds no number unless `known`.

        `facts` are unit, method and source; `verdict` is that of a number that is shown.
        """
        value, low, high = numbers if known else (None, None, None)
        return cls(
            id=id,
            value=value,
            low=low,
            high=high,
            n=int(n) if known and n is not None else None,
            n_total=int(n_total) if known and n_total is not None else None,
            verdict=verdict if known else Verdict.SUPPRESSED,
            suppressed=not known,
            **facts,
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON, with numbers in full and NaN as null."""
        return {
            "id": self.id,
            "value": _number(self.value),
            "low": _number(self.low),
            "high": _number(self.high),
            "unit": self.unit,
            "n": None if self.n is None else int(self.n),
            "n_total": None if self.n_total is None else int(self.n_total),
            "verdict": None if self.verdict is None else str(self.verdict),
            "suppressed": bool(self.suppressed),
            "method": self.method,
            "source": self.source,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Result:
        """Read back what `to_dict` wrote."""
        verdict = None if data["verdict"] is None else Verdict(data["verdict"])
        return cls(**{**data, "verdict": verdict})


def results_json(results: Iterable[Result]) -> str:
    """results.json for these results, in their order; the same input gives the same bytes.

    Raises RunError when two results share an id.
    """
    records = [result.to_dict() for result in results]
    twice = sorted(name for name, n in Counter(r["id"] for r in records).items() if n > 1)
    if twice:
        raise RunError(
            f"two results share the id {twice[0]}",
            where="results.json",
            how_many=len(twice),
            fix="give every result of the notebook its own id",
        )
    body = {"schema": SCHEMA, "results": records}
    return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _number(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    # numpy's numbers become Python's; a count stays whole: 12, not 12.0.
    return value.item() if hasattr(value, "item") else value

"""A fit as HTML for a notebook: what it says, its warnings and its estimates."""

from __future__ import annotations

import html
from collections.abc import Iterable

import pandas as pd

from outcomes.models.inference.convergence import Convergence


def fit_html(
    convergence: Convergence, sentence: str, warnings: Iterable[str], table: pd.DataFrame
) -> str:
    """Paragraphs and a table; where the fit did not converge, only why."""
    if not convergence.usable:
        return f"<p>NOT CONVERGED: {html.escape(convergence.sentence)}</p>"
    parts = [f"<p>{html.escape(sentence)}</p>"]
    parts += [f"<p>Warning: {html.escape(text)}</p>" for text in warnings]
    parts.append(str(table.to_html(index=False, escape=True)))
    return "".join(parts)

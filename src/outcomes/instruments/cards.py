"""docs/instruments.md: every questionnaire of the library with its facts and sources.

python -m outcomes.instruments.cards > docs/instruments.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from outcomes.instruments.model import Instrument
from outcomes.instruments.registry import library

_HEAD = """# Questionnaires

Made by `python -m outcomes.instruments.cards` from `instruments/library/`; do not edit.

Scoring facts only: the toolkit ships no item text, and the licence of a questionnaire is yours to
keep. **Not verified** means that nobody has read the number at a source: it is used only when it is
asked for by name (`allow_unverified=True`), and every output says so. `oc.instruments.get("phq9")`
prints the same card.
"""
_MOST = {
    "goal": "Goals",
    "outcome": "Symptoms and distress",
    "wellbeing": "Wellbeing and resources",
    "relationship": "Relationship",
    "alliance": "Alliance",
    "satisfaction": "Satisfaction",
}


def page() -> str:
    """The page as Markdown."""
    parts = [_HEAD, *_contents()]
    for purpose, title in _MOST.items():
        parts.append(f"\n## {title}\n")
        for instrument in library().values():
            if instrument.purpose == purpose:
                parts += _card(instrument)
    return "\n".join(parts).rstrip() + "\n"


def _contents() -> Iterator[str]:
    yield "| id | name | items | range | better | cut-off | reliable change |"
    yield "|---|---|---|---|---|---|---|"
    for instrument in library().values():
        span = f"{instrument.total_min:g}–{instrument.total_max:g}" if instrument.has_total else ""
        cutoff, change = instrument.cutoff(), instrument.threshold()
        clinical = "" if cutoff is None else f"{cutoff.clinical.replace('_', ' ')} {cutoff.value:g}"
        size = "" if change is None else f"{change.rule.replace('_', ' ')} {change.value:g}"
        yield (
            f"| `{instrument.id}` | {instrument.name} | {instrument.n_items} | {span} | "
            f"{instrument.direction} | {clinical} | {size} |"
        )


def _card(instrument: Instrument) -> Iterator[str]:
    yield f"### {instrument.full_name} (`{instrument.id}`)\n"
    yield f"{instrument.explain()} Measures {instrument.construct}.\n"
    facts = instrument.facts()
    if len(facts):
        yield "| fact | value | verified | source |"
        yield "|---|---|---|---|"
        for row in facts.itertuples():
            verified = "yes" if row.verified else "**no**"
            cells = (_cell(row.fact), _cell(row.value), verified, _cell(row.source))
            yield f"| {' | '.join(cells)} |"
        yield ""
    yield f"Licence: {instrument.licence.status} ({instrument.licence.source}).\n"
    yield from (f"- Beware: {trap}" for trap in instrument.traps)
    yield ""


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(page())

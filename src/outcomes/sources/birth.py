"""`[files.age_band]`: where birth dates stand, so that an age band is all that is kept of them."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.schema import Table
from outcomes.sources.section import Section


@dataclass(frozen=True, slots=True)
class AgeSource:
    """The columns with the date or year of birth, and with the day the age is wanted at."""

    born: str
    at: str | None = None


def parse_age_band(section: Section, table: Table, given: set[str]) -> AgeSource | None:
    """Read `[files.age_band]`. Raises LayoutError where the table has no age band to fill."""
    body = section.table("age_band")
    if not body:
        return None
    if "age_band" not in table.names:
        raise section.refuse(f"{table.name} has no age band", "say age_band in an entry of clients")
    if "age_band" in given:
        raise section.refuse(
            "age_band is mapped as well", "keep either the column or [files.age_band]"
        )
    inner = Section(body, f"{section.where}, age_band")
    found = AgeSource(born=inner.required("born"), at=inner.text("at"))
    inner.finish()
    return found

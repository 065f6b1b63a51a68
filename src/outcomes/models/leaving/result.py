"""`LeavingResult`: who left, when and how, by group, by several definitions."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from outcomes.derive.leaving import leaving_rules
from outcomes.models.leaving.groups import IN_CARE
from outcomes.models.leaving.policy import leaving_policy
from outcomes.schema.drawing import Drawable
from outcomes.schema.verdicts import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class LeavingResult(Drawable):
    """Time to leaving.

    `curves`: group, state (in care, or one of `causes`), time, at_risk, events, censored,
    share, se, low, high; a row for each time somebody left or was last seen. `summary`: a
    row for each group with counts, median and restricted mean time in care, and the share
    that has ended in each way by `horizon`. `differences`: each group less the first.
    `tests`: of equal rates of the first cause. `definitions`: the share that has dropped
    out by the horizon by each definition (empty for a frame). `few_endings` are the groups in
    which too few had ended by the horizon for limits. `cells` counts the smallest
    groups of people that the counts add up: group, a word for each definition, n. `left_out`
    counts rows that could not be used, by reason; `n_silent` are open on paper only.
    """

    curves: pd.DataFrame
    summary: pd.DataFrame
    differences: pd.DataFrame
    tests: pd.DataFrame
    definitions: pd.DataFrame
    cells: pd.DataFrame
    causes: tuple[str, ...]
    definition: str
    definition_id: str
    definition_text: str
    unit: str
    horizon: float
    by: str | None
    cluster: str | None
    n_clusters: int | None
    few_endings: tuple[str, ...]
    fewest_clusters: int | None
    as_of: pd.Timestamp | None
    n_silent: int
    left_out: dict[str, int]
    n_rows: int
    n_used: int
    level: float
    transform: str
    method: str
    source: str
    who: str

    @property
    def groups(self) -> list[str]:
        """Names of the groups, the reference of differences first."""
        return [str(name) for name in self.summary["group"]]

    @property
    def converged(self) -> bool:
        """Always: the estimates are in closed form."""
        return True

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using the numbers."""
        found = []
        if self.n_silent:
            days = int(leaving_rules()["silent"]["after_days"])
            found.append(
                f"{self.n_silent} {self.who} are open on paper although nothing has happened for "
                f"more than {days} days and nothing is planned: they may have dropped out."
            )
        few = int(leaving_policy("clusters")["few"])
        if self.fewest_clusters is not None and self.fewest_clusters < few:
            found.append(
                f"{self.fewest_clusters} clusters in a group are too few for a reliable interval."
            )
        if self.few_endings:
            fewest = int(leaving_policy("interval")["fewest_endings"])
            found.append(
                f"Fewer than {fewest} {self.who} had ended by {self.horizon:g} {self.unit} in "
                f"{', '.join(self.few_endings)}: no limits, and no difference is told."
            )
        if self.summary["mean"].isna().any():
            found.append("A group was not followed up to the horizon: it has no mean time in care.")
        return tuple(found)

    def verdict(self, group: str | None = None) -> Verdict:
        """Whether the groups differ in the share of the first cause at the horizon.

        For the one difference there is, or that of `group` and the first group. An interval
        that includes 0 never means that there is none: cannot tell.
        """
        rows = self.differences[self.differences["measure"].eq(f"{self.causes[0]} by then")]
        if group is not None:
            rows = rows[rows["group"].eq(group)]
        return Verdict(rows["verdict"].iloc[0]) if len(rows) == 1 else Verdict.CANNOT_TELL

    def to_frame(self) -> pd.DataFrame:
        """The curves: one row for each group, state and time."""
        return self.curves.copy()

    def explain(self) -> str:
        """What was estimated, how, and what it does not tell."""
        first = self.causes[0]
        competing = len(self.causes) > 1
        together = "independent" if self.cluster is None else f"of the same {self.cluster} together"
        lines = [
            f"Who leaves and when: {self.n_used} of {self.n_rows} {self.who}, time in {self.unit}"
            + (f", up to {self.as_of:%Y-%m-%d}." if self.as_of is not None else "."),
            f"Definition of {first}: {self.definition_text}",
            f"{IN_CARE.capitalize()}: Kaplan-Meier, any ending counts; limits on the "
            f"{self.transform} scale, {100 * self.level:g} %, {self.who} {together}.",
            *(
                [
                    f"Shares by way of ending: Aalen-Johansen. Who has ended in one way cannot "
                    f"end in another, so the shares add up to all who have left; one minus "
                    f"Kaplan-Meier of {first} alone would tell too many.",
                ]
                if competing
                else []
            ),
            "Still going on: counted up to the last day known, then censored.",
            f"Horizon: {self.horizon:g} {self.unit}; mean time in care is the area under the curve "
            "up to it.",
            f"Left out: {self._left_out()}.",
            "What this does not tell: why people left, that the care made them leave or stay, or "
            "whether those who left were better or worse.",
            f"Source: {self.source}.",
            *(f"Warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)

    def _left_out(self) -> str:
        return ", ".join(f"{n} {reason}" for reason, n in self.left_out.items()) or "none"

    def _shown(self) -> pd.DataFrame:
        first = self.causes[0]
        names = ["group", "n", *(f"n_{cause}" for cause in self.causes), "n_open", "mean"]
        return self.summary[[*names, first, f"{first}_low", f"{first}_high"]]

    def __repr__(self) -> str:
        head = (
            f"LeavingResult({self.n_used} of {self.n_rows} {self.who}; {self.definition}; by "
            f"{self.horizon:g} {self.unit})"
        )
        shown = self._shown().to_string(
            index=False, na_rep="not known", float_format=lambda value: f"{value:.3f}"
        )
        return "\n".join([head, shown, *(f"warning: {text}" for text in self.warnings)])

    def _repr_html_(self) -> str:
        head = (
            f"Who leaves and when: {self.n_used} of {self.n_rows} {self.who}; {self.definition}; "
            f"shares by {self.horizon:g} {self.unit}."
        )
        said = "".join(f"<p>Warning: {html.escape(text)}</p>" for text in self.warnings)
        table = self._shown().to_html(
            index=False, na_rep="not known", float_format=lambda value: f"{value:.3f}"
        )
        return f"<p>{html.escape(head)}</p>{said}{table}"

"""Warnings and sources of a comparison, from what is stored."""

from __future__ import annotations

from outcomes.comparison.diagnostics import Clusters, Diagnostics
from outcomes.models.weight_result import SEPARATED, WeightResult

# No count of people stands in a warning: warnings are printed in reports, where small
# counts are hidden. The counts are in the result (`n`, `left_out`, `diagnostics`).
_SAID = {
    "n": "an arm has fewer than {limit:.0f} people with an outcome; nothing was estimated",
    "columns": "there are too many covariates for so few people; nothing was estimated",
    "outcome_varies": "everybody has the same outcome; nothing was estimated",
    "df": "only {value:.1f} degrees of freedom (at least {limit:.0f} needed): too few clusters "
    "for an interval to be trusted",
    "clusters": "an arm has fewer than {limit:.0f} clusters, and what is particular to one cannot "
    "be told from the difference between the arms",
    "ess": "an arm is worth fewer than {limit:.0f} people after weighting",
    "smd": "a covariate still differs by {value:.2f} standard deviations after weighting "
    "(at most {limit:g})",
    "variance_ratio_low": "a covariate varies much less in {other} than in {reference} after "
    "weighting (variance ratio {value:.2f}, at least {limit:g})",
    "variance_ratio_high": "a covariate varies much more in {other} than in {reference} after "
    "weighting (variance ratio {value:.2f}, at most {limit:g})",
    "max_share": "one person carries more than {limit:.0%} of an arm's weight",
    "separation": "some combination of covariates occurs in one arm only; there the arms have "
    "nobody to be compared with",
    "events": "an arm has fewer than {limit:.0f} people who reached it",
    "ends": "more than {limit:.0%} of the people have the highest or the lowest value; the "
    "scale cannot tell them apart (ceiling or floor), and differences there are hidden",
    "share": "an arm has fewer than {limit:.0f} people with the outcome, or without it; the "
    "interval is rough",
    "rows_per_column": "the smaller arm has fewer than {limit:.0f} people per covariate column",
}

_METHOD_SOURCES = {
    "ancova": ("Vickers and Altman 2001",),
    "weighting": (),
    "ancova_interactions": ("Lin 2013",),
    "g_computation": ("Robins 1986", "Snowden, Rose and Mortimer 2011"),
    "aipw": ("Robins, Rotnitzky and Zhao 1994", "Mao, Li and Greene 2019"),
}


def warnings(
    diagnostics: Diagnostics,
    weights: WeightResult | None,
    clusters: Clusters | None,
    left_out: dict[str, int],
) -> tuple[str, ...]:
    """Everything a reader has to know beside the estimate, a sentence each."""
    arms = ("reference", "other") if weights is None else weights.arms
    said = [f"some rows are not used ({reason})" for reason in left_out]
    for rule, value, limit in (*diagnostics.few, *diagnostics.cautions):
        text = _SAID[rule]
        said.append(text.format(value=value, limit=limit, reference=arms[0], other=arms[1]))
    if clusters is not None and clusters.one_arm:
        all_or_some = (
            "every cluster has" if clusters.one_arm == clusters.total else "some clusters have"
        )
        said.append(
            f"{all_or_some} people in one arm only; the difference between the arms includes the "
            "difference between those clusters"
        )
    if clusters is not None and clusters.without:
        said.append("people without a cluster count as one cluster each")
    if weights is not None:
        said += [text for text in weights.warnings if text != SEPARATED]
    return tuple(dict.fromkeys(said))


# What the words of the uncertainty stand on.
_UNCERTAINTY_SOURCES = {
    "CR2": ("Bell and McCaffrey 2002", "Pustejovsky and Tipton 2018"),
    "estimation of the weights": ("Lunceford and Davidian 2004", "Stefanski and Boos 2002"),
    "percentile-t": ("Davison and Hinkley 1997",),
    "BCa": ("Efron 1987",),
    "cross-fitted": ("Chernozhukov and others 2018",),
}


def sources(method: str, weights: WeightResult | None, uncertainty: str) -> tuple[str, ...]:
    """Who proposed what was used."""
    found = [*_METHOD_SOURCES[method]]
    if weights is not None:
        found += weights.sources
    for words, names in _UNCERTAINTY_SOURCES.items():
        if words in uncertainty:
            found += names
    return tuple(dict.fromkeys(found))

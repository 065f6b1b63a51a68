"""What a `PractitionersResult` says in words; everything follows from stored numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.schema.verdicts import Verdict

if TYPE_CHECKING:
    from outcomes.models.practitioners.result import PractitionersResult

TOO_FEW = "too_few"
WITHIN = "within"
# Values of the column `finding` beside too_few and within; how they read is said in showing/.
OUTSIDE = ("above", "below", "far_above", "far_below")
FAR = ("far_above", "far_below")
LOOK = "differs more than chance would explain; look, do not judge"
# Columns of `table` that are no estimate and shown for everybody.
ALWAYS = ("practitioner", "intervention", "n", "enough", "finding")

NO_LEAGUE = (
    "Practitioners stand in the order of their pseudonyms and are not ranked: with these numbers "
    "of clients the place of nearly everybody could be almost any (Goldstein & Spiegelhalter 1996)."
)
CHOSEN = (
    "Clients are not handed to practitioners by lot. What the case mix does not hold (who refers, "
    "who is given the harder clients, when) is part of these differences."
)
SOURCE = (
    "Wald 1940, 1947; Harville & Fenech 1985 (interval of the share); Henderson 1975 (shrunken "
    "estimates); Spiegelhalter 2005 (funnel); Goldstein & Spiegelhalter 1996 (no ranking); "
    "Goldstein & Healy 1995 (comparison intervals)"
)


def percent(share: float) -> str:
    """A share as '5.8 %' below ten, '23 %' above."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 9.95 or value == 0 else f"{value:.1f} %"


def sentence(result: PractitionersResult) -> str:
    """The share with its interval, the verdict, who could be judged, who lies outside."""
    if not result.converged:
        return f"Cannot tell: {result.convergence.sentence}"
    return " ".join([_share(result), _verdict(result), _equal(result), _outside(result)]).replace(
        "  ", " "
    )


def plural(result: PractitionersResult) -> str:
    """What the rows are called: 'practitioners', 'practices', 'sites'."""
    word = result.practitioner.removesuffix("_id").removesuffix("_code").replace("_", " ")
    if len(word) < 4:  # no word, but a short code
        return "practitioners"
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _share(result: PractitionersResult) -> str:
    after = " after case mix" if result.case_mix else ""
    return (
        f"{percent(result.share)} of the differences between clients in "
        f"{result.outcome.replace('_', ' ')} lie between {plural(result)}{after} "
        f"({100 * result.level:g} % interval {percent(result.low)} to {percent(result.high)}; "
        f"{result.n_practitioners} {plural(result)}, {result.n_used:,} clients)."
    )


def _verdict(result: PractitionersResult) -> str:
    many = plural(result)
    if result.verdict is Verdict.SUPPORTED:
        return f"So {many} differ more than chance would have them."
    if result.verdict is Verdict.NOT_SUPPORTED:
        return f"So {many} do not differ by an amount that matters."
    if "few_practitioners" in result.reasons:
        return f"Whether {many} differ cannot be told from so few."
    return f"Whether {many} differ cannot be told: the interval includes none."


def _equal(result: PractitionersResult) -> str:
    test = result.equal
    if test is None:
        return ""
    rows = result.shares[result.shares["case_mix"].eq("after") & result.shares["group"].ne("all")]
    each = "; ".join(
        f"{row.group}: {percent(row.share)} ({percent(row.low)} to {percent(row.high)})"
        for row in rows.itertuples()
    )
    p = "below 0.001" if test.p < 0.001 else f"{test.p:.3f}"
    by = (result.intervention or "").replace("_", " ")
    return f"By {by}: {each}; test of equal variances p {p}."


def _outside(result: PractitionersResult) -> str:
    many, enough = plural(result), result.n_enough
    if not enough:
        return (
            f"None of the {result.n_practitioners} {many} has enough clients to say anything about "
            "one of them."
        )
    outside, chance = result.outside(), result.outside_by_chance()
    added = " and the usual spread" if result.limits == "spread" else ""
    text = (
        f"Of {result.n_practitioners} {many} {enough} have enough clients to look at one by one; "
        f"{outside} of them lie outside the {100 * result.policy.inner:g} % limits, where chance"
        f"{added} would put about {chance:.1f}."
    )
    if outside:
        text += f" Whoever lies outside {LOOK}."
    return text


def explain(result: PractitionersResult) -> str:
    """What, formula, source, and what it does not tell."""
    rules = result.policy
    lines = [
        f"{result.outcome} by {result.practitioner}: {result.n_used:,} clients in "
        f"{result.n_rows:,} rows, {result.n_practitioners} {plural(result)}.",
        _dropped(result),
        "Model: outcome = case mix + practitioner + rest, one random intercept for each "
        f"practitioner, by restricted maximum likelihood. Case mix: "
        f"{', '.join(result.case_mix) or 'none'}.",
        "Share of variance = variance between practitioners / (that + variance of the rest). Its "
        "interval is Wald's exact one for unequal numbers of clients; zero is an answer.",
        _couples(result),
        _expected(result),
        "The shrunken estimate pulls each difference towards none by the weight of the "
        "practitioner's own clients, n ICC / (1 + (n - 1) ICC); its interval holds the "
        "uncertainty of the case mix and of the variances.",
        f"Too few clients: fewer than {rules.minimum_clients}, or a weight below "
        f"{rules.reliability:g}. Verdicts need {rules.minimum} {plural(result)}.",
        "Comparison intervals: two that do not overlap differ, at "
        f"{100 * (1 - rules.comparison):g} % on average over the pairs; with many pairs some "
        "will by chance.",
        NO_LEAGUE,
        f"What this does not tell: {CHOSEN}",
        f"Sources: {result.source}.",
        *(f"Warning: {text}" for text in result.warnings),
    ]
    return "\n".join(line for line in lines if line)


def _dropped(result: PractitionersResult) -> str:
    if not result.dropped:
        return ""
    parts = ", ".join(f"{name} {count:,}" for name, count in result.dropped.items())
    return f"Rows left out for a missing value: {parts}."


def _couples(result: PractitionersResult) -> str:
    rows = result.shares[result.shares["case_mix"].eq("after")]
    alike = float(rows["couple_correlation"].iloc[0])
    if not alike > 0:
        return ""
    return (
        f"Partners who see the same practitioner are alike beyond the practitioner (correlation "
        f"{alike:.2f}); the variance they share is not the practitioner's."
    )


def _expected(result: PractitionersResult) -> str:
    limits = (
        "by chance and the usual spread between practitioners (the model's variance added, "
        "Spiegelhalter 2005)"
        if result.limits == "spread"
        else "by chance alone"
    )
    levels = f"{100 * result.policy.inner:g} % and {100 * result.policy.outer:g} %"
    if result.kind == "share":
        how = "expected from logistic regression on the case mix; mid-P limits of the "
        how += "beta-binomial" if result.limits == "spread" else "binomial"
    else:
        how = "expected from the model's case mix; limits from "
        how += "t" if result.limits == "chance" else "Thompson's distribution of a deviation"
    return f"Funnel: observed less expected, {how}; {levels} limits {limits}."

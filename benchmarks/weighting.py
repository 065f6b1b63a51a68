"""Time and memory of weights for two and three arms beside statsmodels, in one run.

    python benchmarks/weighting.py [--rows 10000 100000 1000000] [--repeat 3]

Ten covariates, a practitioner for every 500 clients. `compare` makes weights, balance, checks and
the CR2 interval with Satterthwaite df, the estimation of the weights included. statsmodels is
given less to do: TreatmentEffect.ipw has no clusters, no balance and no checks. doubleml is run
where it is installed: its plug-in logistic and linear learners with five folds and clusters.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Callable

import numpy as np
import pandas as pd
from compare import COVARIATES, practice, seconds

from outcomes.comparison import compare
from outcomes.comparison.several import compare_arms
from outcomes.models import Recipe, weights
from outcomes.models.weighting import weights_of_several


def three_arms(frame: pd.DataFrame) -> pd.DataFrame:
    """A third of those in therapy have both."""
    both = np.random.default_rng(2).uniform(size=len(frame)) < 1 / 3
    arm = frame["arm"].where(~(both & frame["arm"].eq("therapy")), "both")
    return frame.assign(arm=arm)


def ours(frame: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """Everything that this room makes."""
    three = three_arms(frame)
    entropy, curves = Recipe(way="entropy"), Recipe(splines=True, interactions="pre")
    many = {"covariates": COVARIATES, "cluster": "practitioner"}
    return {
        "weights and balance (ATO)": lambda: weights(frame, "arm", COVARIATES),
        "with curves and products": lambda: weights(frame, "arm", COVARIATES, recipe=curves),
        "entropy balancing (ATE)": lambda: weights(frame, "arm", COVARIATES, "ATE", recipe=entropy),
        "three arms, weights": lambda: weights_of_several(three, "arm", COVARIATES),
        "compare: weights, balance, CR2": lambda: compare(frame, **many),
        "compare_arms: three pairs": lambda: compare_arms(three, **many),
    }


def statsmodels_tasks(frame: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """The nearest that statsmodels offers."""
    import statsmodels.api as sm
    from statsmodels.treatment.treatment_effects import TreatmentEffect

    treat = frame["arm"].eq("therapy").astype(float)
    known = sm.add_constant(pd.get_dummies(frame[COVARIATES], drop_first=True).astype(float))

    def ipw() -> object:
        select = sm.Logit(treat, known).fit(disp=0)
        effect = TreatmentEffect(sm.OLS(frame["post"], known), treat, results_select=select)
        return effect.ipw(return_results=True)

    def multinomial() -> object:
        arm = three_arms(frame)["arm"]
        return sm.MNLogit(arm.astype("category").cat.codes, known).fit(disp=0)

    return {"statsmodels TreatmentEffect.ipw": ipw, "statsmodels MNLogit alone": multinomial}


def doubleml_tasks(frame: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """The interactive regression model of doubleml, where it is installed."""
    try:
        import doubleml
        from sklearn.linear_model import LinearRegression, LogisticRegression
    except ImportError:
        return {}
    wide = pd.get_dummies(frame[COVARIATES], drop_first=True).astype(float)
    wide["post"], wide["treat"] = frame["post"], frame["arm"].eq("therapy").astype(float)
    names = [name for name in wide.columns if name not in ("post", "treat")]

    def irm() -> object:
        data = doubleml.DoubleMLData(wide, "post", "treat", names)
        learner = LogisticRegression(C=1e6, max_iter=200)
        return doubleml.DoubleMLIRM(data, LinearRegression(), learner, n_folds=5).fit()

    return {"doubleml IRM, five folds, no clusters": irm}


def main() -> None:
    """Print CPU seconds by task and rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=1)
    given = parser.parse_args()
    for rows in given.rows:
        frame = practice(rows, max(10, rows // 500))
        print(f"{rows} clients, {frame['practitioner'].nunique()} practitioners, CPU seconds")
        for name, task in ours(frame).items():
            print(f"  {name}: {seconds(task, given.repeat):.2f}", flush=True)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  peak memory of all the above: {peak:.0f} MB", flush=True)
        for name, task in {**statsmodels_tasks(frame), **doubleml_tasks(frame)}.items():
            print(f"  {name}: {seconds(task, given.repeat):.2f}", flush=True)


if __name__ == "__main__":
    main()

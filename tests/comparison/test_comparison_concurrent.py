"""Care that is added later: landmark and time-varying exposure, where 'ever had both' invents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.special import expit

import outcomes as oc
from outcomes.comparison.concurrent import structural, weak_prior
from outcomes.comparison.concurrent.ever import ever_had
from outcomes.comparison.concurrent.history import Columns, full_rank, history
from outcomes.comparison.concurrent.landmark import at_landmark
from outcomes.comparison.concurrent.weights import row_weights
from outcomes.errors import NotEnoughData, UsageError
from outcomes.schema.verdicts import Verdict

OPTIONS = {"baseline": ["pre"], "varying": ["current"]}


def person_periods(seed, *, n=300, periods=10, effect=0.0, kind="score"):
    """People improve by 0.6 points a period whatever they have; who does badly adds and stays.

    Adding, leaving and events hang on the score at the start of the period. `effect` points in
    every period with the other service.
    """
    rng = np.random.default_rng(seed)
    usual, own = rng.normal(15, 4, n), rng.normal(0, 3, n)
    pre = current = usual + own
    exposed, here = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)
    rows = []
    for period in range(periods):
        worse = (current - 15 + 0.6 * period) / 5
        if period:
            exposed = exposed | (rng.uniform(size=n) < expit(-2.2 + 0.7 * worse))
        own = 0.6 * own + rng.normal(0, 2.4, n)
        after = usual + own - 0.6 * (period + 1) + effect * exposed
        leaves = rng.uniform(size=n) < expit(-1.9 - 0.5 * worse)
        if kind == "event":
            happens = rng.uniform(size=n) < expit(-2.0 - 0.5 * worse)
            outcome, leaves = happens.astype(float), leaves & ~happens
            gone = leaves | happens
        else:
            outcome, gone = np.where(rng.uniform(size=n) < 0.9, after, np.nan), leaves
        body = {
            "client_id": np.arange(n), "period": period, "exposed": exposed, "pre": pre,
            "current": current, "score": outcome, "left": leaves,
        }  # fmt: skip
        rows.append(pd.DataFrame(body)[here])
        here, current = here & ~gone, after
    return pd.concat(rows, ignore_index=True)


def courses(seed, n=400):
    """One row for each person: care of exponential length, a service added at any time, no effect.

    People improve by a point every 20 days in care, so that staying is what helps.
    """
    rng = np.random.default_rng(seed)
    pre = rng.normal(15, 5, n)
    stay = rng.exponential(90, n) + 1
    added = rng.exponential(150, n)
    post = pre - stay / 20 + rng.normal(0, 3, n)
    return pd.DataFrame(
        {
            "pre": pre,
            "post": post,
            "added_after": np.where(added < stay, added, np.nan),
            "left_after": stay,
            "measured_after": stay,
        }
    )


def ever_both(frame):
    """The naive comparison: everybody who ever had both against the others."""
    arm = np.where(frame["added_after"].notna(), "both", "one")
    return oc.compare(frame.assign(arm=arm), reference="one", other="both", covariates=["pre"],
                      method="ancova")  # fmt: skip


class TestLandmark:
    def test_people_by_hand(self):
        frame = pd.DataFrame(
            {
                "added_after": [10.0, 60.0, 60.1, np.nan, 5.0, np.nan],
                "left_after": [100.0, 100.0, 100.0, 60.0, 59.0, np.nan],
                "measured_after": [100.0, 60.0, 90.0, 60.0, 59.0, 61.0],
                "post": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            }
        )
        columns = ("added_after", "left_after", "measured_after", "post")
        people, counts = at_landmark(frame, 60, columns)
        assert people["at_landmark"].tolist() == ["both services"] * 2 + ["one service"] * 2
        assert people["post"].isna().tolist() == [False, True, False, False]
        assert counts == {
            "in": 6, "care had ended": 2, "both among them": 1, "end score by then": 1,
            "added later, stays in one service": 1,
        }  # fmt: skip

    def test_ever_both_invents_an_effect_and_a_landmark_does_not(self):
        runs = 16
        naive, found = [], []
        for seed in range(runs):
            frame = courses(seed)
            naive.append(ever_both(frame).estimate)
            found.append(oc.landmark(frame, 45, covariates=["pre"], method="ancova").estimate)
        mean, error = np.mean(found), np.std(found, ddof=1) / np.sqrt(runs)
        assert np.mean(naive) < -1  # points of improvement that nobody got
        assert abs(mean) < 4 * error

    @pytest.mark.slow
    def test_type_one_error(self):
        runs = 600
        naive, wrong = 0, 0
        for seed in range(runs):
            frame = courses(10_000 + seed, n=200)
            naive += ever_both(frame).p < 0.05
            wrong += oc.landmark(frame, 45, covariates=["pre"], method="ancova").p < 0.05
        assert naive / runs > 0.3
        assert abs(wrong / runs - 0.05) < 3 * np.sqrt(0.05 * 0.95 / runs)

    def test_several_days_and_what_it_says(self):
        found = oc.landmark(courses(3), [45, 30, 60], covariates=["pre"], direction="lower")
        table = found.to_frame()
        assert table["day"].tolist() == [45, 30, 60]
        assert found.estimate == table.loc[0, "estimate"] == found.effect.estimate
        assert "immortal time" in found.explain()
        assert found.plot().data["day"].tolist() == [45, 30, 60]
        assert "<table" in found._repr_html_()

    @pytest.mark.parametrize("day", [-1, float("nan"), []])
    def test_days_that_are_none(self, day):
        with pytest.raises(UsageError):
            oc.landmark(courses(1), day, covariates=["pre"])

    def test_a_day_on_which_all_have_the_same(self):
        with pytest.raises(NotEnoughData):
            oc.landmark(courses(1), 0, covariates=["pre"])

    def test_of_a_study(self, example_study):
        cohort = oc.cohort(example_study, "phq9", interventions=["coaching", "both"])
        frame = oc.added_care(example_study, cohort)
        assert len(frame) == len(cohort.frame)
        both = frame["arm"].eq("both")
        assert (frame.loc[both, "added_after"] <= 28).all()
        found = oc.landmark(frame, 60, covariates=["pre"], cluster="practitioner_or_couple")
        assert found.effect.n["both services"] > 10


class TestConcurrent:
    def test_ever_both_invents_an_effect_and_the_weighted_model_does_not(self):
        runs = 16
        found, plain, ever = [], [], []
        for seed in range(runs):
            result = oc.concurrent(person_periods(seed), **OPTIONS)
            ways = result.beside.set_index("way")["estimate"]
            found.append(result.estimate)
            plain.append(ways["not weighted"])
            ever.append(ways["ever had both (immortal time)"])
        error = np.std(found, ddof=1) / np.sqrt(runs)
        assert np.mean(ever) < -0.5
        assert np.mean(plain) > 0.5  # who does badly adds
        # Truncated weights leave a tenth of that (Cole & Hernan 2008): 0.1 points.
        assert abs(np.mean(found)) < 3 * error + 0.1

    def test_events(self):
        runs = 16
        found, plain = [], []
        for seed in range(runs):
            frame = person_periods(seed, kind="event")
            result = oc.concurrent(frame, kind="event", **OPTIONS)
            found.append(result.estimate)
            plain.append(result.beside.set_index("way").loc["ever had both (immortal time)"])
        error = np.std(found, ddof=1) / np.sqrt(runs)
        assert abs(np.mean(found)) < 3 * error + 0.02
        assert np.mean([row["estimate"] for row in plain]) < -0.05  # share with the event

    def test_rows_after_the_event_are_not_looked_at(self):
        frame = person_periods(3, kind="event")
        last = frame.groupby("client_id").tail(1)
        ended = last[last["score"].eq(1)]
        more = pd.concat([frame, ended.assign(period=ended["period"] + 1, score=1.0)])
        one, two = (oc.concurrent(f, kind="event", **OPTIONS) for f in (frame, more))
        assert one.estimate == pytest.approx(two.estimate, rel=1e-9)

    def test_a_planted_effect_is_found(self):
        found = [
            oc.concurrent(person_periods(seed, effect=-3.0), **OPTIONS).estimate
            for seed in range(8)
        ]
        assert np.mean(found) == pytest.approx(-3.0, abs=0.5)

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", ["score", "event"])
    def test_type_one_error_and_coverage(self, kind):
        runs = 500
        wrong, gone = 0, 0
        for seed in range(runs):
            result = oc.concurrent(person_periods(20_000 + seed, kind=kind), kind=kind, **OPTIONS)
            gone += not result.converged
            wrong += result.p < 0.05
        assert gone == 0
        # Weights taken as known make intervals a little wide; truncation a little off.
        assert 0.02 <= wrong / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)

    def test_without_weights_it_is_least_squares_with_cr2(self):
        """Against dense matrices: CR2 with clusters of persons, written out."""
        frame = person_periods(4, n=60, periods=4)
        rows = history(frame, names(), "score")
        seen = ~np.isnan(rows.y)
        others = np.column_stack([rows.time, rows.fixed])[seen]
        y, x, who = rows.y[seen], rows.exposed[seen].astype(float), rows.person[seen]
        found = structural.of_scores(y, x, others, np.ones(len(y)), who)
        X = full_rank(np.column_stack([others, x]))
        beta = np.linalg.lstsq(X, y, rcond=None)[0]
        bread, meat = np.linalg.inv(X.T @ X), 0
        for one in np.unique(who):
            own = who == one
            values, vectors = np.linalg.eigh(np.eye(own.sum()) - X[own] @ bread @ X[own].T)
            half = vectors @ np.diag(values**-0.5) @ vectors.T
            score = X[own].T @ half @ (y - X @ beta)[own]
            meat = meat + np.outer(score, score)
        assert found.estimate == pytest.approx(beta[-1], rel=1e-9)
        assert found.se == pytest.approx(np.sqrt((bread @ meat @ bread)[-1, -1]), rel=1e-8)

    @pytest.mark.filterwarnings("ignore:cov_type not fully supported")
    def test_weighted_logit_equals_statsmodels(self):
        frame = person_periods(5, n=400, kind="event")
        rows = history(frame, names(), "event")
        others = np.column_stack([rows.time, rows.fixed])
        weights = row_weights(rows, "event").weights
        scaled = weights / weights.mean()
        found = structural.of_events(
            rows.y, rows.exposed.astype(float), others, weights, rows.person
        )
        X = full_rank(np.column_stack([others, rows.exposed.astype(float)]))
        model = sm.GLM(rows.y, X, family=sm.families.Binomial(), var_weights=scaled)
        expected = model.fit(
            cov_type="cluster",
            cov_kwds={"groups": rows.person, "use_correction": False},
            tol=1e-12,
        )
        count = len(np.unique(rows.person))
        assert found.estimate == pytest.approx(expected.params[-1], rel=1e-7)
        assert found.se == pytest.approx(expected.bse[-1] * np.sqrt(count / (count - 1)), rel=1e-6)

    def test_weights_equal_statsmodels(self):
        """The running product of chances given the start over chances given the score now."""
        frame = person_periods(6).assign(left=False)
        frame["score"] = frame["score"].fillna(0)
        rows = history(frame, names(left=None), "score")
        risk = ~rows.before & ~rows.new
        start = full_rank(np.column_stack([rows.time, rows.fixed])[risk])
        now = np.column_stack([start, rows.changing[risk]])
        took = rows.exposed[risk].astype(float)
        chances = [sm.Logit(took, X).fit(disp=0, tol=1e-12).predict() for X in (start, now)]
        own = np.ones(len(rows.y))
        own[risk] = np.prod([np.where(took == 1, p, 1 - p) ** e
                             for p, e in zip(chances, (1, -1), strict=True)], axis=0)  # fmt: skip
        expected = pd.Series(own).groupby(rows.person).cumprod().to_numpy()
        found = row_weights(rows, "score", truncate=False).weights
        assert found == pytest.approx(expected, rel=1e-6)

    def test_separation_is_met_by_a_prior_and_said(self):
        """Adding follows from the score exactly: no maximum of the likelihood exists."""
        frame = person_periods(11)
        high = (frame["current"] > 14) & frame["period"].eq(2)
        frame["exposed"] = high.groupby(frame["client_id"]).cummax()
        found = oc.concurrent(frame, **OPTIONS)
        assert any("weakly informative prior" in text for text in found.warnings)
        assert np.isfinite(found.estimate)

    def test_prior_equals_a_penalised_optimum(self):
        """The posterior mode, found by a general optimiser."""
        rng = np.random.default_rng(12)
        X = np.column_stack([np.ones(80), rng.normal(3, 2, (80, 2))])
        event = (X[:, 1] > 3).astype(float)
        z = (X - X.mean(axis=0)) / np.where(X.std(axis=0) == 0, 1, X.std(axis=0))
        z[:, 0] = 1

        def minus(beta):
            eta = z @ beta
            return (np.logaddexp(0, eta) - event * eta).sum() + (beta[1:] ** 2).sum() / 2 / 2.5**2

        best = minimize(minus, np.zeros(3), method="BFGS", options={"gtol": 1e-8}).x
        found, reached = weak_prior.chances(event, X)
        assert reached and found == pytest.approx(expit(z @ best), abs=1e-6)

    def test_row_order_does_not_matter(self):
        frame = person_periods(7)
        one = oc.concurrent(frame, **OPTIONS)
        two = oc.concurrent(frame.sample(frac=1, random_state=1), **OPTIONS)
        assert one.estimate == pytest.approx(two.estimate, rel=1e-9)
        assert one.se == pytest.approx(two.se, rel=1e-9)

    def test_too_few_gives_no_number(self):
        frame = person_periods(8)
        added = frame.loc[frame["exposed"], "client_id"].unique()
        few = frame[~frame["client_id"].isin(added[9:])]
        enough = frame[~frame["client_id"].isin(added[30:])]
        found = oc.concurrent(few, **OPTIONS)
        assert found.verdict is Verdict.CANNOT_TELL and found.reasons == ("few_added",)
        assert np.isnan(found.estimate) and found.warnings
        assert np.isfinite(oc.concurrent(enough, **OPTIONS).estimate)

    def test_practitioners_as_clusters(self):
        frame = person_periods(9)
        frame["practitioner"] = frame["client_id"] % 20
        found = oc.concurrent(frame, cluster="practitioner", **OPTIONS)
        assert found.n_clusters == 20 and found.df < 20

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda f: pd.concat([f, f.iloc[:1]]),
            lambda f: f.assign(exposed=f["period"].eq(0)),
            lambda f: f.assign(left=True),
            lambda f: f.assign(exposed=np.nan),
            lambda f: f.drop(columns="current"),
        ],
    )
    def test_rows_that_contradict_each_other(self, spoil):
        with pytest.raises(UsageError):
            oc.concurrent(spoil(person_periods(1, n=50)), **OPTIONS)

    def test_events_that_are_none(self):
        frame = person_periods(1, n=50)
        with pytest.raises(UsageError):
            oc.concurrent(frame, kind="event", **OPTIONS)
        with pytest.raises(UsageError):
            oc.concurrent(frame, kind="hazard", **OPTIONS)

    def test_shows_explains_and_draws_itself(self):
        found = oc.concurrent(person_periods(2), direction="lower", **OPTIONS)
        assert "nobody has to survive" in found.explain()
        assert "ConcurrentResult" in repr(found) and "<table" in found._repr_html_()
        picture = found.plot()
        assert len(picture.data) == 3 and "not to be used" in picture.alt
        assert ever_had(history(person_periods(2), names(), "score"), "score") is not None

    def test_of_a_study(self, example_study):
        cohort = oc.cohort(example_study, "phq9", interventions=["coaching", "both"])
        frame = oc.person_time(example_study, cohort)
        assert frame["client_id"].nunique() == cohort.frame["pre"].notna().sum()
        assert (frame["since"] >= 0).all() and frame["current"].notna().all()
        scores = oc.score(example_study)
        mine = scores[scores["instrument"].eq("phq9") & scores["score"].notna()]
        row = frame[frame["score"].notna()].iloc[0]
        begun = cohort.frame.set_index("client_id").loc[row["client_id"], "started_on"]
        own = mine[mine["client_id"].eq(row["client_id"])
                   & mine["episode_id"].eq(row["episode_id"])]  # fmt: skip
        days = (own["taken_on"] - begun).dt.days
        inside = own[days.gt(28 * row["period"]) & days.le(28 * (row["period"] + 1))]
        assert row["score"] == inside.sort_values("taken_on")["score"].iloc[-1]
        found = oc.concurrent(
            frame, baseline=["pre"], varying=["current", "since"],
            cluster="practitioner_or_couple", direction="lower",
        )  # fmt: skip
        assert found.n["persons"] == frame["client_id"].nunique()
        assert found.verdict in (Verdict.CANNOT_TELL, Verdict.SUPPORTED)


def names(left="left"):
    return Columns("client_id", "period", "exposed", "score", left, None, ("pre",), ("current",))

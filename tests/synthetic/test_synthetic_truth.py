"""What was planted can be found again by someone who only has the data."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from outcomes.instruments.registry import get
from outcomes.synthetic import practice
from outcomes.synthetic.answers import answers, on_grid, shape
from outcomes.synthetic.build import simulate
from outcomes.synthetic.settings import model

MANY = 20_000
# Standard errors: a planted value outside four of them is no chance finding.
ERRORS = 4.0
# What practitioners leave: two dozen of them, so their mean differs between the arms by chance.
PRACTITIONERS_PER_ARM = 14


@pytest.fixture(scope="module")
def simulated():
    return simulate(MANY, 7)[0]


@pytest.fixture(scope="module")
def truth():
    return tomllib.loads(practice().files["truth.toml"])


def arms(simulated):
    return simulated.assignment.arm[simulated.persons.unit]


def ancova(simulated, name: str, rows: np.ndarray) -> tuple[float, float]:
    """(therapy - coaching, standard error) given the intake score and the other covariates."""
    persons = simulated.persons
    design = np.column_stack(
        [
            np.ones(len(persons.unit)),
            arms(simulated) == "therapy",
            persons.intake[name],
            persons.prior_care,
            persons.long_duration,
            persons.age,
        ]
    ).astype(float)[rows]
    y = simulated.ends.own[name][rows]
    beta, *_ = np.linalg.lstsq(design, y, rcond=None)
    residual = y - design @ beta
    variance = residual @ residual / (len(y) - design.shape[1])
    return beta[1], float(np.sqrt(variance * np.linalg.inv(design.T @ design)[1, 1]))


class TestPlantedEffect:
    @pytest.mark.parametrize("name", list(model()["instruments"]))
    def test_is_found_in_those_who_answered(self, simulated, name):
        rows = (arms(simulated) != "both") & ~simulated.silent
        if model()["instruments"][name]["couples_only"]:
            rows &= simulated.persons.couple >= 0
        effect, error = ancova(simulated, name, np.flatnonzero(rows))
        facts = model()["instruments"][name]
        staff = facts["practitioner"] * np.sqrt(2 / PRACTITIONERS_PER_ARM)
        assert abs(effect - facts["therapy"]) < ERRORS * error + staff

    def test_is_hidden_from_a_plain_difference_of_end_scores(self, simulated):
        arm, end = arms(simulated), simulated.ends.own["phq9"]
        naive = end[arm == "therapy"].mean() - end[arm == "coaching"].mean()
        assert naive > 0 > model()["instruments"]["phq9"]["therapy"]

    def test_truth_names_the_planted_and_the_observed_effect(self, truth):
        for name, facts in truth["effect"].items():
            planted = facts["therapy_minus_coaching"]
            assert planted == model()["instruments"][name]["therapy"]
            # Rounding and cutting only ever take something away, and not much of it.
            for observed in (facts["observed_ate"], facts["observed_ato"]):
                assert 0.85 * abs(planted) < abs(observed) < 1.02 * abs(planted)
                assert np.sign(observed) == np.sign(planted)
            ends = facts["end_if_all"]
            assert ends["therapy"] - ends["coaching"] == pytest.approx(
                facts["observed_ate"], abs=2e-4
            )  # four decimals are written

    def test_potential_scores_of_a_person_differ_by_the_effect_alone(self, simulated):
        for name, facts in model()["instruments"].items():
            latent = simulated.ends.latent[name]
            gap = latent["therapy"] - latent["coaching"]
            assert np.allclose(gap, facts["therapy"])


class TestPopulation:
    def test_therapy_clients_are_worse_off_at_the_start(self, truth):
        start = truth["effect"]["phq9"]["intake_in_arm"]
        assert 8 < start["coaching"] < 10.5
        assert 13 < start["therapy"] < 15
        assert truth["effect"]["who5"]["intake_in_arm"]["therapy"] < 40

    def test_the_arms_overlap(self, simulated, truth):
        assert 0.5 <= truth["propensity"]["overlap"] <= 0.7
        assert 0.4 < simulated.assignment.therapy.mean() < 0.6

    def test_partners_resemble_each_other_at_the_start_and_in_change(self, simulated):
        persons = simulated.persons
        paired = persons.couple >= 0
        for name in model()["instruments"]:
            change = simulated.ends.own[name] - persons.intake[name]
            for values in (persons.intake[name], change):
                first, second = values[paired].reshape(-1, 2).T
                assert np.corrcoef(first, second)[0, 1] > 0.2, name

    def test_those_worse_off_stop_answering_more_often(self, simulated):
        score = simulated.persons.intake["phq9"]
        silent = simulated.silent
        assert silent[score >= 15].mean() > silent[score < 8].mean() + 0.05
        assert 0.12 < silent.mean() < 0.3

    def test_practitioners_differ_but_move_no_role(self):
        _, _, staff = simulate(400, 3)
        for role in np.unique(staff.role):
            assert staff.effect[staff.role == role].mean() == pytest.approx(0, abs=1e-12)
        assert staff.effect.std() > 0.5

    def test_concurrent_care_starts_together_or_later(self, truth):
        kinds = truth["episodes_of_the_other_kind"]
        assert min(kinds.values()) >= 5
        frame = simulate(400, 20260930)[0].frame
        first = frame[frame["first"]].set_index("unit_number")
        second = frame[~frame["first"]]
        waited = (
            second["started_on"].to_numpy() - first.loc[second["unit_number"], "started_on"]
        ).dt.days
        assert ((waited <= 21) | (waited >= 35)).all(), "28 days decide, so none is near it"
        assert (
            second["intervention"] != first.loc[second["unit_number"], "intervention"].values
        ).all()

    def test_whoever_starts_both_together_has_both(self):
        simulated = simulate(400, 20260930)[0]
        second = simulated.frame[~simulated.frame["first"]]["unit_number"]
        together = np.flatnonzero(simulated.assignment.second == "together")
        assert set(together) <= set(second)


class TestAnswers:
    @pytest.mark.parametrize("name", [*model()["instruments"], "srs", "csq8"])
    def test_items_give_the_score_back(self, name):
        form, facts = shape(name), get(name)
        rng = np.random.default_rng(5)
        scores = on_grid(rng.uniform(form.total_min - 2, form.total_max + 2, 300), form)
        values = answers(scores, form, rng)
        tops = np.array(form.item_max)
        assert (values >= form.item_min).all()
        assert (values <= tops).all()
        reflected = values.copy()
        for item in facts.reversed_items:
            reflected[:, item - 1] = form.item_min + tops[item - 1] - values[:, item - 1]
        total = (reflected - form.item_min).sum(axis=1) * form.step + form.total_min
        assert total == pytest.approx(scores)

    def test_items_go_together(self):
        rng = np.random.default_rng(6)
        form = shape("phq9")
        scores = on_grid(rng.normal(11.5, 5.6, 2000), form)
        values = answers(scores, form, rng)
        items = np.cov(values.T)
        n = form.n_items
        alpha = n / (n - 1) * (1 - np.trace(items) / items.sum())
        # Kroenke 2001 reports .89 for the PHQ-9.
        assert 0.75 < alpha < 0.95

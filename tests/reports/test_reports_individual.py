"""The report on individual change: the bundled example once, and practices that lack a part."""

from __future__ import annotations

import re
from dataclasses import replace

import finished
import pytest

import outcomes as oc
from outcomes.change.claims.verdict import ClaimVerdict
from outcomes.cli import main
from outcomes.derive import only_episodes
from outcomes.errors import ReleaseError
from outcomes.figures.figure import Figure
from outcomes.reports import companion_words, individual_words
from outcomes.reports.catalogue import find
from outcomes.reports.companions import Absent
from outcomes.reports.document import (
    Document,
    FigureBlock,
    Meta,
    Prose,
    ResultsBlock,
    Section,
    TableBlock,
    Verdicts,
)
from outcomes.reports.gate import require_release
from outcomes.reports.individual_numbers import individual
from outcomes.reports.individual_pages import IndividualPages
from outcomes.schema import Verdict

pytestmark = pytest.mark.slow

ON, OFF = oc.policy(), oc.policy("off")
SECTIONS = [
    "What this report can and cannot say",
    "Who is in it",
    "Change of each person",
    "How the answer changes with the method",
    "From zone to zone",
    "Couples",
    "The claimed rate of improvement",
    "Over the sessions",
    "What was done and how it was received",
    "Methods and sources",
    "How it was made",
]
CLAIM = (0.70, 0.75)
SEED = 7
PAGES = (
    *("verdicts", "people", "change", "methods", "zones", "couples"),
    *("claim", "sessions", "process", "method", "provenance"),
)


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("individual")
    source = str(root / "data" / "example")
    assert main(["report", source, "--notebook", "individual_change", "--out", str(out)]) == 0
    (folder,) = (out / "individual_change").iterdir()
    return folder


def numbers_of(study, policy=ON):
    cohort = oc.cohort(study, "phq9", interventions=["coaching", "therapy"])
    return individual(study, cohort, policy=policy, claimed=CLAIM, seed=SEED)


def document(numbers) -> Document:
    return finished.document(IndividualPages(numbers), PAGES)


def prose(found: Document) -> str:
    return "\n".join(words for block in found.of(Prose) for words in block.paragraphs)


@pytest.fixture(scope="module")
def whole(example_study):
    return numbers_of(example_study)


@pytest.fixture(scope="module")
def made(whole):
    return document(whole)


@pytest.fixture(scope="module")
def lacking(example_study):
    """A small practice: no couple, one score at the start and one at the end, no rating."""
    alone = example_study.episodes
    alone = alone[alone["client_id"].notna()]["episode_id"].iloc[:120]
    study = only_episodes(example_study, alone)
    ends = study.responses[study.responses["occasion"].isin(["intake", "end"])]
    return numbers_of(
        replace(
            study,
            responses=ends.reset_index(drop=True),
            satisfaction=study.satisfaction.iloc[:0],
            goals=study.goals.iloc[:0],
            goal_ratings=study.goal_ratings.iloc[:0],
        )
    )


class TestExample:
    def test_the_folder_is_whole_and_the_sections_come_in_order(self, run):
        finished.whole(run, SECTIONS)

    def test_ids_of_results_are_unique_and_readable(self, run):
        ids = finished.readable_ids(run)
        assert {
            "risk.ever",
            "change.phq9.therapy.reliable_improvement",
            "difference.phq9.therapy.reliable_improvement",
            "claim.phq9.headline",
            "sessions.phq9.coaching.alert",
        } <= set(ids)

    def test_no_small_number_and_no_person_is_in_it(self, run, example_study):
        finished.nobody(run, example_study)

    def test_it_is_in_the_catalogue_with_its_parameters(self):
        entry = find("individual_change")
        assert entry.title
        assert entry.audience
        assert entry.question
        names = {parameter.name for parameter in entry.parameters}
        assert {"instrument", "claim_low", "claim_high", "policy", "seed"} <= names


class TestPages:
    def test_safety_stands_before_efficacy(self, whole):
        blocks = IndividualPages(whole).verdicts().blocks
        places = {b.heading: k for k, b in enumerate(blocks) if isinstance(b, Prose)}
        (claimed,) = [k for k, b in enumerate(blocks) if isinstance(b, Verdicts)]
        assert places["Safety first"] < places["Who got worse"] < places["Who got better"]
        assert places["Who got worse"] < claimed

    def test_no_count_from_one_to_four_is_shown_anywhere(self, made):
        require_release(made, ON)
        for block in made.of(TableBlock):
            for row in block.table.rows:
                for cell in row:
                    if cell.kind != "count" or cell.state != "shown":
                        continue
                    counts = [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", cell.text)]
                    column = block.table.id, cell.text
                    if block.table.id == "claim" and len(counts) == 1:
                        continue  # cases that it would take, not people who were there
                    assert not [n for n in counts if 0 < n < ON.minimum_count], column
                    if len(counts) == 2:
                        rest = counts[1] - counts[0]
                        assert not 0 < rest < ON.minimum_count, column

    def test_explanations_count_nobody_and_have_headings_in_words(self, whole):
        told = [b for b in IndividualPages(whole).method().blocks if isinstance(b, Prose)]
        headings = [block.heading for block in told]
        assert headings[0] == "Change of one person"
        assert not [name for name in headings if re.search(r"[a-z][A-Z]", name or "")]
        for block in told:
            for line in block.paragraphs:
                assert not re.search(r"\d (people|persons|couples)\b", line), line
                assert "practitioner_or_couple" not in line

    def test_a_table_of_hidden_numbers_is_a_sentence(self, made):
        for block in made.of(TableBlock):
            assert companion_words.nothing_shown(block.table) is None, block.table.id

    def test_a_small_number_planted_in_a_table_is_refused(self, made):
        (block,) = [b for b in made.of(TableBlock) if b.table.id == "flow"]
        row = block.table.rows[0]
        cell = replace(row[1], value=3, text="3", state="shown")
        bad = replace(block.table, rows=((row[0], cell, *row[2:]), *block.table.rows[1:]))
        with pytest.raises(ReleaseError):
            require_release(Document(Meta("x"), (TableBlock(bad),)), ON)

    def test_figures_say_in_words_what_they_show(self, made):
        figures = [block.figure for block in made.of(FigureBlock)]
        assert all(isinstance(f, Figure) and f.alt and f.caption for f in figures)

    def test_the_policy_off_hides_nothing(self, example_study):
        found = document(numbers_of(example_study, OFF))
        cells = [c for b in found.of(TableBlock) for row in b.table.rows for c in row]
        assert not [cell for cell in cells if cell.state == "suppressed"]
        records = [r for block in found.of(ResultsBlock) for r in block.results]
        assert not [record for record in records if record.suppressed]


class TestWords:
    @pytest.mark.parametrize(
        ("claimed", "verdict"),
        [
            ((0.70, 0.75), Verdict.NOT_SUPPORTED),
            ((0.25, 0.25), Verdict.SUPPORTED),
            ((0.02, 0.03), Verdict.NOT_SUPPORTED),
        ],
    )
    def test_the_verdict_of_the_claim_is_that_of_its_result(self, whole, claimed, verdict):
        part = oc.claim(whole.cohort.frame, claimed, instrument="phq9")
        said = individual_words.claimed(part, ON)
        assert said[0] is verdict
        assert part.verdict is not ClaimVerdict.CANNOT_TELL

    def test_a_claim_that_could_not_be_tested_is_not_measurable(self):
        said = individual_words.claimed(Absent("No cut-off."), ON)
        assert said[:2] == (Verdict.NOT_MEASURABLE, "No cut-off.")

    def test_a_claim_with_few_people_is_hidden(self, whole):
        few = whole.cohort.frame.dropna(subset=["pre", "post"]).head(4)
        verdict, sentence, _ = individual_words.claimed(oc.claim(few, CLAIM, instrument="phq9"), ON)
        assert verdict is Verdict.SUPPRESSED
        assert not re.search(r"\d", sentence)


class TestLacking:
    def test_every_part_that_cannot_be_made_is_said_with_its_reason(self, lacking):
        assert isinstance(lacking.couples, Absent)
        assert isinstance(lacking.satisfaction, Absent) or not len(
            lacking.satisfaction.distribution
        )
        found = document(lacking)
        words = prose(found)
        assert "No couple is among these people." in words
        assert "Sudden gains" in words
        assert [section.title for section in found.of(Section)] == SECTIONS
        require_release(found, ON)

    def test_nobody_has_a_course_from_two_scores(self, lacking):
        absent = isinstance(lacking.track, Absent)
        assert absent or not lacking.track.rates["n_total"].sum()

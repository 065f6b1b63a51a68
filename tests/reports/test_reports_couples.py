"""The report on couples: the bundled example once, and practices that lack a part."""

from __future__ import annotations

import re
from dataclasses import replace

import finished
import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.errors import NotEnoughData
from outcomes.reports import couples_words
from outcomes.reports.catalogue import find
from outcomes.reports.companions import Absent
from outcomes.reports.couples_numbers import couples_cohort, couples_numbers
from outcomes.reports.couples_pages import CouplesPages
from outcomes.reports.document import Document, Prose, Section, TableBlock, Verdicts
from outcomes.reports.gate import require_release
from outcomes.schema import Verdict

pytestmark = pytest.mark.slow

ON, OFF = oc.policy(), oc.policy("off")
ARMS = ["coaching", "therapy"]
SECTIONS = [
    "What this report can and cannot say",
    "Who the couples are",
    "Where partners started and ended",
    "What became of each couple",
    "How alike partners are",
    "Both partners over the sessions",
    "Each partner and the other",
    "Methods and sources",
    "How it was made",
]
PAGES = (
    *("verdicts", "people", "start_and_end", "change", "agreement", "growth", "partners"),
    *("method", "provenance"),
)


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("couples")
    source = str(root / "data" / "example")
    assert main(["report", source, "--notebook", "couples", "--out", str(out)]) == 0
    (folder,) = (out / "couples").iterdir()
    return folder


def numbers_of(study, policy=ON, **options):
    part, cohort = couples_cohort(study, "rdas", interventions=ARMS)
    return couples_numbers(part, cohort, policy=policy, **options)


def document(numbers) -> Document:
    return finished.document(CouplesPages(numbers), PAGES)


def lines_of(found: Document):
    return [line for block in found.of(Verdicts) for line in block.items]


def kept(study, n_couples: int):
    """The study with the first couples only."""
    mine = study.episodes["couple_id"].isin(study.couples["couple_id"].iloc[:n_couples])
    return replace(study, episodes=study.episodes[mine].reset_index(drop=True))


@pytest.fixture(scope="module")
def whole(example_study):
    return numbers_of(example_study)


@pytest.fixture(scope="module")
def made(whole):
    return document(whole)


class TestExample:
    def test_the_folder_is_whole_and_the_sections_come_in_order(self, run):
        finished.whole(run, SECTIONS)

    def test_ids_of_results_are_unique_and_readable(self, run):
        ids = finished.readable_ids(run)
        assert {
            "risk.ever",
            "couples.rdas.coaching.partners.change",
            "couples.rdas.coaching.both.reliable_improvement.paired",
            "couples.rdas.agreement.at_the_start",
            "couples.rdas.slope.partner.therapy",
            "couples.csq8.srs.partner.partners",
        } <= set(ids)

    def test_no_small_number_and_no_person_is_in_it(self, run, example_study):
        finished.nobody(run, example_study)

    def test_it_is_in_the_catalogue_with_its_parameters(self):
        entry = find("couples")
        assert entry.title
        assert entry.audience
        assert entry.question
        names = {parameter.name for parameter in entry.parameters}
        assert {"instrument", "partners", "satisfaction", "alliance", "policy"} <= names


class TestPages:
    def test_safety_and_who_got_worse_stand_before_the_verdicts(self, whole):
        blocks = CouplesPages(whole).verdicts().blocks
        places = {b.heading: k for k, b in enumerate(blocks) if isinstance(b, Prose)}
        (verdicts,) = [k for k, b in enumerate(blocks) if isinstance(b, Verdicts)]
        assert places["Safety first"] < places["Couples in whom somebody got worse"] < verdicts

    def test_nothing_small_is_released(self, made):
        require_release(made, ON)

    def test_counts_of_couples_are_couples(self, whole, made):
        (block,) = [b for b in made.of(TableBlock) if b.table.id == "couples_who"]
        table = block.table.to_frame()
        assert table["couples"].sum() == whole.couples.n_couples
        assert table["both"].sum() == whole.couples.n_both

    def test_every_verdict_follows_from_its_result(self, whole, made):
        said = {line.title: line.verdict for line in lines_of(made)}
        for part in whole.means:
            group = couples_words.who(part, part.change)
            title = f"{group[0].upper()}{group[1:]} ended better than they started"
            assert said[title] is part.change.verdict
        assert said["Partners are alike in how they change"] is whole.agreement["Change"].verdict

    def test_no_sentence_tells_of_effects(self, made):
        words = " ".join(line.sentence for line in lines_of(made))
        assert not re.search(r"\b(effect|causes?|leads? to|because of)\b", words)

    def test_explanations_count_nobody(self, whole):
        told = [b for b in CouplesPages(whole).method().blocks if isinstance(b, Prose)]
        assert [b.heading for b in told][-3:] == [
            "How alike partners are",
            "Both partners over time",
            "Each partner and the other",
        ]
        for block in told:
            for line in block.paragraphs:
                assert not re.search(r"\d (people|persons|couples|answers)\b", line), line

    def test_partners_told_apart_have_their_own_numbers(self, example_study):
        found = numbers_of(example_study, tell_apart="gender")
        assert found.growth.roles == ("man", "woman")
        assert found.apim.roles == ("man", "woman")
        said = [line.title for line in lines_of(document(found))]
        assert "Women in therapy ended better than they started" in said
        assert any("of the woman goes with the partner's view" in title for title in said)
        require_release(document(found), ON)


class TestLacking:
    def test_a_few_couples_get_no_verdict_and_no_number(self, example_study):
        found = document(numbers_of(kept(example_study, 9)))
        require_release(found, ON)
        verdicts = {line.verdict for line in lines_of(found)}
        assert Verdict.SUPPORTED not in {
            line.verdict for line in lines_of(found) if "move over" in line.title
        }
        assert verdicts & {Verdict.CANNOT_TELL, Verdict.SUPPRESSED}
        assert [section.title for section in found.of(Section)] == SECTIONS

    def test_ratings_that_were_not_given_are_not_measurable(self, example_study):
        found = numbers_of(replace(example_study, satisfaction=example_study.satisfaction.iloc[:0]))
        assert isinstance(found.apim, Absent)
        (line,) = [item for item in lines_of(document(found)) if "Satisfaction" in item.title]
        assert line.verdict is Verdict.NOT_MEASURABLE
        assert "CSQ8" in line.sentence

    def test_without_couples_it_stops_with_the_reason(self, example_study):
        alone = example_study.episodes["unit"].ne("couple")
        study = replace(example_study, episodes=example_study.episodes[alone])
        with pytest.raises(NotEnoughData, match="no couple"):
            couples_cohort(study, "rdas", interventions=ARMS)

    def test_the_policy_off_hides_nothing(self, example_study):
        found = document(numbers_of(example_study, OFF))
        cells = [c for b in found.of(TableBlock) for row in b.table.rows for c in row]
        assert not [cell for cell in cells if cell.state == "suppressed"]

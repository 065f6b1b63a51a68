"""The report on trajectories: the bundled example once, and practices that lack a part."""

from __future__ import annotations

import re
from dataclasses import replace

import finished
import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.derive import only_episodes
from outcomes.models.inference import Convergence
from outcomes.reports.catalogue import find
from outcomes.reports.companions import Absent
from outcomes.reports.document import Document, FigureBlock, Prose, TableBlock, Verdicts
from outcomes.reports.gate import require_release
from outcomes.reports.trajectory_numbers import course
from outcomes.reports.trajectory_pages import TrajectoryPages
from outcomes.reports.trajectory_results import collect_course
from outcomes.schema import Verdict
from outcomes.showing.visits import visible_contrasts
from outcomes.tables import growth_table, visits_table

pytestmark = pytest.mark.slow

ON, OFF = oc.policy(), oc.policy("off")
SECTIONS = [
    "What this report can and cannot say",
    "Who is in it",
    "The course of the scores",
    "Change at planned visits",
    "Who leaves, and when",
    "Change by the number of sessions",
    "Do practitioners differ?",
    "Methods and sources",
    "How it was made",
]
PAGES = (
    *("verdicts", "people", "course", "visits", "leaving", "dose"),
    *("practitioners", "method", "provenance"),
)
CAUSAL = re.compile(
    r"\b(because of|thanks to|led to|effect of (coaching|therapy|sessions)|works better)\b", re.I
)


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("trajectories")
    source = str(root / "data" / "example")
    options = ["-p", "weeks=4,8", "-p", "shape=log", "--out", str(out)]
    assert main(["report", source, "--notebook", "trajectories", *options]) == 0
    (folder,) = (out / "trajectories").iterdir()
    return folder


def numbers_of(study, policy=ON):
    cohort = oc.cohort(study, "phq9", interventions=["coaching", "therapy"])
    return course(study, cohort, policy=policy)


def document(numbers) -> Document:
    return finished.document(TrajectoryPages(numbers), PAGES)


def words(found: Document) -> str:
    prose = [text for block in found.of(Prose) for text in block.paragraphs]
    verdicts = [line.sentence for block in found.of(Verdicts) for line in block.items]
    captions = [block.figure.caption for block in found.of(FigureBlock)]
    return "\n".join([*prose, *verdicts, *captions])


@pytest.fixture(scope="module")
def whole(example_study):
    return numbers_of(example_study)


@pytest.fixture(scope="module")
def made(whole):
    return document(whole)


class TestExample:
    def test_the_folder_is_whole_and_the_sections_come_in_order(self, run):
        finished.whole(run, SECTIONS)

    def test_parameters_reach_the_numbers(self, run):
        found = finished.records(run)
        ids = finished.readable_ids(run)
        assert [name for name in ids if name.startswith("visits.")] == [
            "visits.phq9.therapy_minus_coaching.week4",
            "visits.phq9.therapy_minus_coaching.week8",
        ]
        (change,) = [r for r in found if r["id"] == "course.phq9.therapy.change"]
        assert "log" in change["method"]

    def test_no_small_number_and_no_person_is_in_it(self, run, example_study):
        finished.nobody(run, example_study)

    def test_it_is_in_the_catalogue(self):
        entry = find("trajectories")
        assert entry.title
        assert entry.audience
        assert entry.question
        types = {parameter.name: parameter.type for parameter in entry.parameters}
        assert types["weeks"] == "list[float]"


class TestPages:
    def test_the_numbers_are_those_of_the_library(self, whole):
        scores = whole.scores
        again = oc.growth(scores, by="arm")
        by_id = {record.id: record for record in collect_course(whole)}
        for row in again.change.itertuples():
            assert by_id[f"course.phq9.{row.group}.change"].value == pytest.approx(row.estimate)

    def test_the_planted_change_is_inside_the_interval(self, whole, root):
        # Both arms improve in the synthetic practice, therapy by more (truth.toml).
        change = whole.growth.change.set_index("group")
        assert change.loc["coaching", "high"] < 0
        assert change.loc["therapy", "high"] < change.loc["coaching", "low"]

    def test_nothing_small_is_released(self, made):
        require_release(made, ON)

    def test_association_is_never_told_as_effect(self, made):
        assert not CAUSAL.search(words(made))
        assert "no effect of the help" in words(made)

    def test_methods_are_explained_with_headings_in_words(self, whole):
        told = [b for b in TrajectoryPages(whole).method().blocks if isinstance(b, Prose)]
        headings = [block.heading for block in told]
        assert headings[0] == "The course of the scores"
        assert len(headings) == 5

    def test_a_fit_that_did_not_arrive_is_told_and_not_shown(self, whole):
        failed = Convergence(False, 1.0, 0.1, 5, message="lost")
        lost = replace(whole.growth, fit=replace(whole.growth.fit, convergence=failed), left_out=())
        page = TrajectoryPages(replace(whole, growth=lost))
        numbers = {f"{abs(v):.1f}" for v in whole.growth.change["estimate"]}
        blocks = page.course().blocks
        for block in blocks:
            if isinstance(block, TableBlock):
                assert all(c.state != "shown" for row in block.table.rows for c in row[1:])
            if isinstance(block, FigureBlock):
                assert not any(number in block.figure.alt for number in numbers)
        (lines,) = [b.items for b in page.verdicts().blocks if isinstance(b, Verdicts)]
        assert lines[0].verdict is Verdict.CANNOT_TELL
        records = {r.id: r for r in collect_course(page.numbers)}
        assert records["course.phq9.therapy.change"].value is None

    def test_parts_that_the_data_do_not_allow_are_named_with_the_reason(self, whole):
        absent = Absent("Nobody has a second score.")
        lacking = replace(
            whole, growth=absent, visits=absent, leaving=absent, dose=absent, practitioners=absent
        )
        made = document(lacking)
        assert words(made).count(absent.reason) >= 5
        assert all(
            line.verdict is Verdict.NOT_MEASURABLE
            for block in made.of(Verdicts)
            for line in block.items
        )
        require_release(made, ON)
        assert all(record.id.startswith("risk.") for record in collect_course(lacking))

    @pytest.mark.parametrize("episodes", [40, 90, 160])
    def test_records_hide_what_the_tables_hide(self, example_study, episodes):
        some = example_study.episodes["episode_id"].iloc[:episodes]
        found = numbers_of(only_episodes(example_study, some))
        by_id = {record.id: record for record in collect_course(found)}
        for row in visits_table(found.visits, ON).rows:
            visit = row[0].text.replace(" ", "")
            record = by_id[f"visits.phq9.therapy_minus_coaching.{visit}"]
            assert record.suppressed == (row[2].state == "suppressed")
            assert (record.value is None) == record.suppressed
        for group, row in zip(
            found.growth.change["group"], growth_table(found.growth, ON).rows, strict=True
        ):
            record = by_id[f"course.phq9.{group}.change"]
            assert record.suppressed == (row[4].state == "suppressed")

    def test_small_visits_are_hidden_in_both(self, whole):
        strict = replace(ON, minimum_plot=44)  # between the people of two cells
        frame = visible_contrasts(whole.visits, strict)
        assert 0 < frame["shown"].sum() < len(frame)
        records = collect_course(replace(whole, policy=strict))
        hidden = [r for r in records if r.id.startswith("visits.") and r.suppressed]
        assert len(hidden) == (~frame["shown"]).sum()
        assert all(record.value is None for record in hidden)

    def test_a_tiny_practice_is_hidden_not_broken(self, example_study):
        few = example_study.episodes["episode_id"].iloc[:14]
        made = document(numbers_of(only_episodes(example_study, few)))
        require_release(made, ON)

    def test_without_suppression_everything_is_there(self, example_study):
        made = document(numbers_of(example_study, OFF))
        states = [c.state for b in made.of(TableBlock) for row in b.table.rows for c in row]
        assert "suppressed" not in states

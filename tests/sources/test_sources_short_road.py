"""The short road gives what the general road gives: tables, ledger, scores and pairs."""

from __future__ import annotations

import csv
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from outcomes.derive.pairs import pairs
from outcomes.errors import OutcomesError
from outcomes.instruments import score
from outcomes.sources import short_road
from outcomes.sources.assembling import Place, assemble
from outcomes.sources.practices import practices
from outcomes.sources.reading import folder_layout

LAYOUT = """schema = 1
exported_on = 2026-10-05
sentinels = [9, 99]

[[files]]
file = "clients.csv"
table = "clients"
columns = { client_id = "Client", gender = "Gender" }

[[files]]
file = "couples.csv"
table = "couples"
columns = { couple_id = "Couple", client_a = "A", client_b = "B" }

[[files]]
file = "staff.csv"
table = "practitioners"
columns = { practitioner_id = "Staff", role = "Role" }

[[files]]
file = "episodes.csv"
table = "episodes"
constants = { intervention = "therapy" }
[files.columns]
episode_id = "Episode"
client_id = "Client"
couple_id = "Couple"
unit = "Unit"
practitioner_id = "Staff"
started_on = "Start"
ended_on = "End"

[[files]]
file = "who5.csv"
table = "responses"
columns = { client_id = "Client", episode_id = "Episode", taken_on = "Date", occasion = "Occasion" }
constants = { instrument = "who5" }
items = "Q{item}"
[files.codes.value]
often = "3"

[[files]]
file = "gad7.csv"
table = "responses"
separator = ";"
decimal = ","
columns = { client_id = "Client", episode_id = "Episode", taken_on = "Date", rater = "By" }
constants = { instrument = "gad7", occasion = "session" }
items = "Item {item}"
"""
NAMES = {
    "clients": ["Client", "Gender"],
    "couples": ["Couple", "A", "B"],
    "staff": ["Staff", "Role"],
    "episodes": ["Episode", "Client", "Couple", "Unit", "Staff", "Start", "End"],
    "who5": ["Client", "Episode", "Date", "Occasion", *(f"Q{n}" for n in range(1, 6)), "Note"],
    "gad7": ["Client", "Episode", "Date", "By", *(f"Item {n}" for n in range(1, 8))],
}
SEPARATOR = {"gad7": ";"}

CLIENTS = [["c1", "woman"], ["c2", "man"], ["c3", ""], ["c4", "woman"]]
COUPLES = [["k1", "c2", "c3"]]
STAFF = [["t1", "therapist"]]
EPISODES = [
    ["e1", "c1", "", "individual", "t1", "2026-01-10", "2026-04-10"],
    ["e2", "", "k1", "couple", "t1", "2026-02-01", ""],
    ["e3", "c4", "", "individual", "", "2026-03-01", "2026-02-01"],
]

clients = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2", "c3", "c4", " c1 ", "", "NA", "c9"]),
        st.sampled_from(["woman", "man", "", "-"]),
    ),
    max_size=2,
)
couples = st.lists(
    st.tuples(*(st.sampled_from(s) for s in (["k1", "k2", ""], ["c1", "c2", "x"], ["c3", "c2"]))),
    max_size=1,
)
episodes = st.lists(
    st.tuples(
        st.sampled_from(["e1", "e3", "e4", "e4", ""]),
        st.sampled_from(["c1", "c4", "c9", ""]),
        st.sampled_from(["", "", "k1"]),
        st.sampled_from(["individual", "individual", "couple"]),
        st.sampled_from(["t1", "", "t9"]),
        st.sampled_from(["2026-01-10", "2026-03-05", "31/02/2026", "2027-01-01", ""]),
        st.sampled_from(["", "2026-06-01", "2025-01-01", "x"]),
    ),
    max_size=2,
)
who = st.sampled_from(
    [("c1", "e1")] * 6 + [("c2", "e2"), ("c3", "e2"), ("c4", "e3"), ("c4", "e4")] * 2
    + [("c1", "e2"), ("nobody", "e1"), ("c1", ""), ("", "e1"), (" c1", "e1 "), ("NA", "e1")]
)  # fmt: skip
days = st.sampled_from(
    [
        *(f"2026-0{m}-{d}" for m in (2, 3) for d in ("01", "02", "15", "16", "17", "28")),
        "2026-01-10", "2025-10-01", "2026-09-01", "1900-01-01", "2031-01-01", "2026-02-31",
        "16.03.2026", "2026-03-16 10:00", "20260316", "", "x", "1.2.26",
    ]
)  # fmt: skip
answers = st.sampled_from(
    ["0", "1", "2", "3"] * 3
    + ["", "3.0", " 2", "9", "99", "7", "-1", "1.5", "often", "NA", "x", "-"]
)
occasions = st.sampled_from(["intake", "session", "End", "", "followup", "NA"])
raters = st.sampled_from(["client", "Client", "partner", ""])
who5 = st.lists(
    st.builds(
        lambda w, d, o, a, n: [*w, d, o, *a, n],
        who, days, occasions, st.lists(answers, min_size=5, max_size=5),
        st.sampled_from(["", "", "a, b"]),
    ),
    max_size=12,
)  # fmt: skip
gad7 = st.lists(
    st.builds(
        lambda w, d, r, a: [*w, d, r, *a],
        who, days, raters, st.lists(answers, min_size=7, max_size=7),
    ),
    max_size=8,
)  # fmt: skip
# Lines at both ends of each scale: without them nothing is ordinary.
WHO5_ENDS = [["c1", "e1", "2026-01-11", "intake", *"05234", ""]]
GAD7_ENDS = [["c2", "e2", "2026-02-03", "client", *"0312301"]]


def write(folder, tables):
    place = folder / "practice_id=north"
    place.mkdir(parents=True)
    (folder / "layout.toml").write_text(LAYOUT, encoding="utf-8")
    for name, columns in NAMES.items():
        with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=SEPARATOR.get(name, ","))
            writer.writerows([columns, *tables.get(name, [])])
    (part,) = practices(folder, folder_layout(folder, None))
    return part


def outcome(road):
    try:
        return road()
    except OutcomesError as error:
        return error


def here(folder, part):
    return Place(folder, part.shown, key=folder.parent / "key")


def by_general(folder, part):
    return outcome(lambda: assemble(here(folder, part), part.layout, part.unread))


def by_short(folder, part):
    return outcome(lambda: short_road.read_practice(here(folder, part), part.layout, part.unread))


def scores_of(short):
    """Scores in the order of `score`."""
    parts = [forms.scores() for forms in short.forms.values() if len(forms)]
    if len(short.study.responses) or not parts:
        parts.append(score(short.study))
    order = ["client_id", "episode_id", "instrument", "taken_on", "rater", "occasion"]
    return pd.concat(parts, ignore_index=True).sort_values(order, ignore_index=True)


def assert_same(general, short):
    if isinstance(general, Exception) or isinstance(short, Exception):
        assert type(short) is type(general), (general, short)
        return
    pd.testing.assert_frame_equal(short.study.ledger.to_frame(), general.ledger.to_frame())
    pd.testing.assert_frame_equal(short.study.ledger.balance(), general.ledger.balance())
    pd.testing.assert_frame_equal(short.study.ledger.files(), general.ledger.files())
    for name, frame in general.tables().items():
        found = short.responses() if name == "responses" else short.study.tables()[name]
        pd.testing.assert_frame_equal(found, frame)
    scores = score(general)
    pd.testing.assert_frame_equal(scores_of(short), scores)
    for instrument in scores["instrument"].unique():
        pd.testing.assert_frame_equal(
            pairs(short.study, instrument, scores=scores_of(short)), pairs(general, instrument)
        )


def compare(folder, tables):
    part = write(folder, tables)
    general, short = by_general(folder, part), by_short(folder, part)
    assert_same(general, short)
    return short


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(clients, couples, episodes, who5, gad7, st.booleans())
@example([], [], [], [], [], True)
@example([], [], [], [["c1", "e1", "2026-03-01", "", *"99999", ""]] * 2, [], True)
def test_both_roads_lead_to_the_same_place(
    tmp_path_factory, people, two, courses, first, second, ends
):
    tables = {
        "clients": CLIENTS + list(people),
        "couples": COUPLES + list(two),
        "staff": STAFF,
        "episodes": EPISODES + list(courses),
        "who5": (WHO5_ENDS if ends else []) + first,
        "gad7": (GAD7_ENDS if ends else []) + second,
    }
    short = compare(tmp_path_factory.mktemp("road") / "exports", tables)
    event("refused" if isinstance(short, Exception) else "read")


def sound(**more):
    tables = {"clients": CLIENTS, "couples": COUPLES, "staff": STAFF, "episodes": EPISODES,
              "who5": WHO5_ENDS, "gad7": GAD7_ENDS}  # fmt: skip
    return {name: [*rows, *more.get(name, [])] for name, rows in tables.items()}


def line(who, day, answers="12345", occasion="session"):
    return [*who, day, occasion, *answers, ""]


def test_an_ordinary_line_never_takes_the_general_road(tmp_path, monkeypatch):
    sent = []
    steps = short_road.run_steps

    def counted(tables, settings):
        sent.append(len(tables["responses"]) if "responses" in tables else 0)
        return steps(tables, settings)

    monkeypatch.setattr(short_road, "run_steps", counted)
    days = [f"2026-0{m}-{d:02}" for m in (2, 3) for d in range(1, 28, 3)]
    short = compare(tmp_path / "exports", sound(who5=[line(("c1", "e1"), day) for day in days]))
    # Only the two lines that show both ends of their scales.
    assert sent == [5 + 7]
    assert len(short.forms["who5"]) == 1 + len(days)


@pytest.mark.parametrize(
    "lines",
    [
        [line(("c1", "e1"), "2026-03-16"), line(("c1", "e1"), "2026-03-16")],
        [line(("c1", "e1"), "2026-03-16"), line(("c1", "e1"), "2026-03-17", "22222")],
        [line(("c1", "e1"), d) for d in ("2026-03-16", "2026-03-17", "2026-03-18")],
        [line(("c4", "e3"), "2026-03-16"), line(("c1", "e3"), "2026-03-16")],
        [line(("c1", "e1"), "2026-03-16", ["1", "", "9", "77", "x"])],
        [line(("c1", "e1"), "2026-03-16", ["", "", "", "", ""])],
        [line(("c1", "e1"), "2025-03-16")],
    ],
    ids=["repeated", "resubmitted", "chain", "stranger", "off_scale", "empty", "early"],
)
def test_lines_that_are_not_ordinary(tmp_path, lines):
    compare(tmp_path / "exports", sound(who5=lines))


D16 = "2026-03-16"


@pytest.mark.parametrize(
    "lines",
    [
        [line(("c1", "e1"), D16, a) for a in ("12345", "22222", "12345")],
        [line(("c1", "e1"), D16, a) for a in ("12345", "22222", "22222", "12345", "22222")],
        [line(("c1", "e1"), D16, a) for a in (["1", "2", "3", "4", ""], "12345")],
        [line(("c1", "e1"), D16, ["1", "", "", "", ""]), line(("c1", "e1"), D16, ["", *"2345"])],
        [
            *(line(("c1", "e1"), D16, a) for a in ("12345", "12345")),
            line(("c1", "e1"), "2026-02-16", ["1", "", "", "", ""]),
            line(("c1", "e1"), "2026-02-16", ["", *"2345"]),
        ],
        [line(("c1", "e1"), D16, a) for a in (["0", *"2345"], ["-0", *"2345"])],
        [line(("c1", "e1"), D16, a) for a in (["", "", "", "", ""], "12345")],
        [line(("c1", "e1"), D16, "12345", o) for o in ("session", "End", "session")],
        [line(("c1", "e1"), D16, "12345"), line(("c1", "e1"), D16, ["7", *"2345"])],
        [line(("c1", "e1"), d) for d in (D16, D16, "2026-03-17")],
        [line(("c3", "e1"), D16), line(("c3", "e1"), D16)],
        [line(("c1", "e1"), "2025-03-16"), line(("c1", "e1"), "2025-03-16")],
    ],
    ids=[
        "changed_back", "changed_twice", "fewer_answers", "two_halves", "halves_beside_repeats",
        "minus_zero", "one_empty", "other_occasion", "off_scale", "next_day", "stranger", "early",
    ],
)  # fmt: skip
def test_forms_given_again(tmp_path, lines):
    compare(tmp_path / "exports", sound(who5=lines))


def test_a_plain_form_given_again_is_judged_as_a_line(tmp_path, monkeypatch):
    sent = []
    steps = short_road.run_steps

    def counted(tables, settings):
        sent.append(len(tables["responses"]) if "responses" in tables else 0)
        return steps(tables, settings)

    monkeypatch.setattr(short_road, "run_steps", counted)
    lines = [line(("c1", "e1"), D16, a) for a in ("12345", "22222", "22222")]
    short = compare(tmp_path / "exports", sound(who5=lines))
    assert sent == [5 + 7]
    log = short.study.ledger.to_frame()
    again = log.loc[log["step"] == "remove_resubmitted", "reason"]
    assert again.value_counts().to_dict() == {"resubmitted": 5, "duplicate_row": 5}


def test_people_and_episodes_lost_by_cleaning_take_their_lines_with_them(tmp_path):
    rows = [line((client, "e5"), "2026-03-16") for client in ("c1", "c4")]
    rows += [line(("c1", "e6"), "2026-03-20")]
    more = [
        ["e5", "c1", "", "individual", "", "2026-03-01", ""],
        ["e5", "c4", "", "individual", "", "2026-03-01", ""],
        ["e6", "c1", "", "couple", "", "2026-03-01", ""],
    ]
    short = compare(tmp_path / "exports", sound(who5=rows, episodes=more))
    assert len(short.forms["who5"]) == 1


def test_an_entry_that_asks_for_more_takes_the_general_road(tmp_path):
    part = write(tmp_path / "exports", sound())
    entries = [replace(e, find_episode=e.table == "responses") for e in part.layout.files]
    part = replace(part, layout=replace(part.layout, files=tuple(entries)))
    short = by_short(tmp_path / "exports", part)
    assert_same(by_general(tmp_path / "exports", part), short)
    assert short.forms == {}


def with_names(tables, ids):
    """The tables with other ids in place of those of people and episodes."""
    return {name: [[ids.get(cell, cell) for cell in row] for row in rows]
            for name, rows in tables.items()}  # fmt: skip


@pytest.mark.parametrize(
    "ids",
    [
        {"c1": "anna.example@mail.example"},
        {"c1": "Anna Example", "c2": "Bert Muster", "c3": "Carla Probe", "c4": "Dora Test"},
        {"e1": "anna.example@mail.example"},
    ],
    ids=["address", "names", "episode"],
)
def test_ids_that_tell_who_people_are_are_replaced_on_both_roads(tmp_path, ids):
    rows = [line(("c1", "e1"), "2026-03-16")]
    short = compare(tmp_path / "exports", with_names(sound(who5=rows), ids))
    assert short.forms == {}
    said = short.study.ledger.to_frame()
    assert "identifier_as_id" in set(said["reason"])
    written = "".join(frame.to_csv() for frame in [said, *short.study.tables().values()])
    assert not any(name in written for name in ids.values())


def test_an_id_of_a_form_alone_that_tells_is_replaced_on_both_roads(tmp_path):
    rows = [line(("anna.example@mail.example", "e1"), "2026-03-16")]
    short = compare(tmp_path / "exports", sound(who5=rows))
    assert "anna.example" not in short.study.ledger.to_frame().to_csv()


def test_a_cell_that_tells_who_somebody_is_is_emptied_on_both_roads(tmp_path):
    days = [f"2026-02-{day:02}" for day in range(1, 28, 3)]
    rows = [line(("c1", "e1"), day) for day in days]
    rows += [line(("c1", "e1"), "2026-03-16", occasion="anna.example@mail.example")]
    short = compare(tmp_path / "exports", sound(who5=rows))
    assert "identifier_in_cell" in set(short.study.ledger.to_frame()["reason"])


def test_a_file_called_after_a_person_is_called_otherwise(tmp_path):
    part = write(tmp_path / "exports", sound())
    folder = tmp_path / "exports" / "practice_id=north"
    (folder / "anna example 1980-02-03.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (part,) = practices(tmp_path / "exports", folder_layout(tmp_path / "exports", None))
    short = by_short(tmp_path / "exports", part)
    assert_same(by_general(tmp_path / "exports", part), short)
    said = short.study.ledger.to_frame()
    assert "identifier_in_name" in set(said["reason"])
    assert "anna" not in said.to_csv()

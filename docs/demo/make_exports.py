"""Writes the exports of an invented practice, as six different suppliers would write them.

    python docs/demo/make_exports.py FOLDER

Nobody in the files exists. The people, their care and their answers come from the generator
behind `outcomes example`; this file only puts them into the suppliers' formats, with the
faults such exports usually have. The same call gives the same bytes.
"""

from __future__ import annotations

import csv
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook

from outcomes.synthetic.build import tables

CLIENTS, SEED = 220, 20261005
EXPORTED_ON = pd.Timestamp("2026-10-05")
GIVEN = (
    "Ada Ben Cleo Dario Edda Finn Gia Hugo Ines Jan Kira Leo Mara Nils Olga Pia Rui Sara Tom Uma"
)
FAMILY = (
    "Abbot Brandt Castle Duarte Ellis Falk Grande Hoff Ibarra Jensen Kemp Lund Mercer Novak Olsen"
    " Prior Quist Roth Stone Tarr"
)
WHO5_WORDS = (
    "At no time",
    "Some of the time",
    "Less than half of the time",
    "More than half of the time",
    "Most of the time",
    "All of the time",
)
AGES = {
    "18-24": 21, "25-34": 30, "35-44": 40, "45-54": 50, "55-64": 60, "65 and over": 70,
}  # fmt: skip


def main(folder: Path) -> None:
    """Write all files of the demonstration into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    frames, _ = tables(CLIENTS, SEED)
    rng = np.random.default_rng(SEED)
    people = _people(frames, rng)
    clients_book(folder / "client list.xlsx", frames, people)
    simplepractice(folder / "simplepractice-appointments.csv", frames, people, rng)
    openfit(folder / "openfit-export.csv", frames, people)
    redcap(folder / "redcap-raw.csv", frames, people)
    qualtrics(folder / "qualtrics-satisfaction.csv", frames, people, rng)
    google_forms(folder / "wellbeing form (responses).csv", frames, people, rng)


def _people(frames: dict[str, pd.DataFrame], rng: np.random.Generator) -> pd.DataFrame:
    """Code, name and birth date of each client; two clients share a name, as happens."""
    clients = frames["clients"].set_index("client_id")
    names = [f"{given} {family}" for family in FAMILY.split() for given in GIVEN.split()]
    chosen = [names[n] for n in rng.permutation(len(names))[: len(clients)]]
    chosen[11] = chosen[10]
    born = [
        date(2025 - AGES[band], int(rng.integers(1, 13)), int(rng.integers(1, 29)))
        for band in clients["age_band"]
    ]
    code = [f"HP-{client[1:]}" for client in clients.index]
    couples = frames["couples"]
    partner = pd.concat([couples.set_index(side)["couple_id"] for side in ("client_a", "client_b")])
    return clients.assign(code=code, name=chosen, born=born, couple=partner)


def clients_book(path: Path, frames: dict[str, pd.DataFrame], people: pd.DataFrame) -> None:
    """The practice's own list: a title, names over two lines, a total, a hidden sheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Clients"
    sheet.append(["Harbour Practice: client list"])
    sheet.append(["Client", None, None, None, "At the start"])
    sheet.append(
        ["Code", "Name", "Born", "Couple", "Gender", "Work", "Earlier help", "Medication", "Since"]
    )
    sheet.merge_cells("A2:D2")
    sheet.merge_cells("E2:I2")
    yes = {True: "yes", False: "no"}
    for row in people.itertuples():
        sheet.append(
            [
                row.code, row.name, row.born, None if pd.isna(row.couple) else row.couple,
                row.gender, row.employment or None, yes[bool(row.prior_care)],
                yes[bool(row.on_medication)], row.problem_duration,
            ]
        )  # fmt: skip
    sheet.append([])
    sheet.append(["Total", len(people)])
    couples = book.create_sheet("Couples")
    couples.append(["Couple", "Partner A", "Partner B"])
    for row in frames["couples"].itertuples():
        couples.append(
            [row.couple_id, people.loc[row.client_a, "code"], people.loc[row.client_b, "code"]]
        )
    team = book.create_sheet("Team")
    team.append(["Who", "Offers"])
    for row in frames["practitioners"].itertuples():
        team.append([row.practitioner_id, row.role])
    courses = book.create_sheet("Courses")
    courses.append(
        ["Course", "Client", "Couple", "For", "Help", "Who", "First", "Last", "How it ended"]
    )
    for row in frames["episodes"].itertuples():
        courses.append(
            [
                row.episode_id,
                None if row.unit == "couple" else people.loc[row.client_id, "code"],
                row.couple_id if row.unit == "couple" else None,
                row.unit, row.intervention, row.practitioner_id, row.started_on.date(),
                None if pd.isna(row.ended_on) else row.ended_on.date(), row.end_reason or None,
            ]
        )  # fmt: skip
    old = book.create_sheet("2023")
    old.append(["Code", "Name"])
    old.append(["HP-9999", "Old Client"])
    old.sheet_state = "hidden"
    book.properties.created = book.properties.modified = datetime(2026, 10, 5)
    book.save(path)


def simplepractice(
    path: Path, frames: dict[str, pd.DataFrame], people: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Therapists' appointments: names, United States dates, a couple's session once for each."""
    held = _held(frames, "therapy")
    status = {
        "attended": "Show", "late_seen": "Show", "no_show": "No Show", "late_not_seen": "No Show",
        "cancelled_client": "Cancelled", "cancelled_provider": "Cancelled", "planned": "Show",
    }  # fmt: skip
    rows = []
    for row in held.itertuples():
        when = f"{row.held_on:%m/%d/%Y} {int(rng.integers(8, 19)):02d}:00"
        couple = row.unit == "couple"
        for client in _attending(frames, row):
            rows.append(
                [
                    when, people.loc[client, "name"], row.practitioner_id,
                    "90847" if couple else "90834", "120", "1", "120", "LOCKED", status[row.status],
                    "120", "0", "120", "0",
                ]
            )  # fmt: skip
    header = [
        "Date of Service", "Client", "Clinician", "Billing Code", "Rate Per Unit", "Units",
        "Total Fee", "Progress Note Status", "Status", "Charge", "Uninvoiced", "Paid", "Unpaid",
    ]  # fmt: skip
    _csv(path, [header, *rows], encoding="utf-8-sig")


def openfit(path: Path, frames: dict[str, pd.DataFrame], people: pd.DataFrame) -> None:
    """The coaches' session ratings: one line for each person and session."""
    rated = frames["session_ratings"].set_index(["session_id", "client_id"])
    numbers: dict[str, int] = {}
    rows = []
    for row in _held(frames, "coaching").itertuples():
        if row.status not in ("attended", "late_seen"):
            continue
        numbers[row.episode_id] = numbers.get(row.episode_id, 0) + 1
        for client in _attending(frames, row):
            key = (row.session_id, client)
            marks = [str(v) for v in rated.loc[key, list("1234")]] if key in rated.index else None
            given, family = people.loc[client, "name"].split(" ")
            rows.append(
                [
                    "Harbour", f"{row.practitioner_id.lower()}@harbour.example",
                    row.practitioner_id, "Coach", people.loc[client, "code"], given, family,
                    people.loc[client, "gender"], "", row.episode_id,
                    f"{row.started_on:%Y-%m-%d}", str(numbers[row.episode_id]),
                    f"{row.held_on:%Y-%m-%d}", "Y", "0", "0", "0", "0", "0",
                    *(["N", *marks, str(sum(map(int, marks)))] if marks else ["Y", *"00000"]),
                ]
            )  # fmt: skip
    header = (
        "Service_Location,Provider_Email,Provider_FirstName,Provider_LastName,Client_ID,"
        "Client_FirstName,Client_LastName,Client_Gender,Client_Group,Case_ID,Case_Date,Session_ID,"
        "Session_Date,ORS_Skip,ORSQ1,ORSQ2,ORSQ3,ORSQ4,Total_ORS,SRS_Skip,SRSQ1,SRSQ2,SRSQ3,SRSQ4,"
        "Total_SRS"
    )
    _csv(path, [header.split(","), *rows])


def redcap(path: Path, frames: dict[str, pd.DataFrame], people: pd.DataFrame) -> None:
    """Two questionnaires of a research data base, raw codes, one line for each event."""
    phq9 = frames["phq9"].set_index(["client_id", "episode_id", "taken_on"])
    gad7 = frames["gad7"].set_index(["client_id", "episode_id", "taken_on"])
    rows = []
    for key, first in phq9.iterrows():
        second = gad7.loc[key]
        client, course, day = key
        rows.append(
            [
                people.loc[client, "code"], f"{first['occasion']}_arm_1", course,
                f"{day:%Y-%m-%d}",
                *(_code(first[str(n)]) for n in range(1, 10)), "2",
                *(_code(second[str(n)]) for n in range(1, 8)), "2",
            ]
        )  # fmt: skip
    header = ["record_id", "redcap_event_name", "course", "filled_on"]
    header += [*(f"phq9_{n}" for n in range(1, 10)), "phq9_complete"]
    header += [*(f"gad7_{n}" for n in range(1, 8)), "gad7_complete"]
    rows[7][4] = "99"  # the code for "no answer" that somebody typed
    rows[9][5] = "7"
    _csv(path, [header, *rows, rows[20]])


def qualtrics(
    path: Path, frames: dict[str, pd.DataFrame], people: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Satisfaction at the end: three lines of names, a preview, forms that were not finished."""
    fixed = [
        "StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)",
        "Finished", "RecordedDate", "ResponseId", "RecipientLastName", "RecipientFirstName",
        "RecipientEmail", "ExternalReference", "LocationLatitude", "LocationLongitude",
        "DistributionChannel", "UserLanguage",
    ]  # fmt: skip
    items = [f"CSQ_{n}" for n in range(1, 9)]
    names = [*fixed, *items]
    texts = [*fixed, *(f"Satisfaction question {n}" for n in range(1, 9))]
    imports = [f'{{"ImportId":"{name}"}}' for name in names]
    rows = []
    for number, row in enumerate(frames["satisfaction"].itertuples()):
        when = f"{row.taken_on:%Y-%m-%d} 18:{number % 60:02d}:00"
        given, family = people.loc[row.client_id, "name"].split(" ")
        finished = number % 23 != 5
        answers = [_code(getattr(row, f"_{n + 3}")) for n in range(1, 9)]
        rows.append(
            [
                when, when, "0", f"192.0.2.{rng.integers(1, 250)}", "100" if finished else "40",
                "95", "1" if finished else "0", when, f"R_{number:05d}", family, given,
                f"{given}.{family}@example.org".lower(), people.loc[row.client_id, "code"],
                "51.5", "-0.1", "email", "EN",
                *(answers if finished else [*answers[:3], *[""] * 5]),
            ]
        )  # fmt: skip
    preview = [*rows[0]]
    preview[2], preview[15], preview[12] = "1", "preview", ""
    _csv(path, [names, texts, imports, preview, *rows])


def google_forms(
    path: Path, frames: dict[str, pd.DataFrame], people: pd.DataFrame, rng: np.random.Generator
) -> None:
    """The well-being form: questions as names, answers in words, sent twice now and then."""
    header = [
        "Timestamp",
        "Your client code (on your welcome letter)",
        *(f"Over the last two weeks [{n}]" for n in range(1, 6)),
        "Anything you would like to tell us?",
    ]
    rows = []
    for number, row in enumerate(frames["who5"].itertuples()):
        when = datetime.combine(row.taken_on.date(), datetime.min.time())
        when += timedelta(hours=7 + number % 12, minutes=number % 60)
        answers = [getattr(row, f"_{n + 4}") for n in range(1, 6)]
        told = ["" if pd.isna(answer) else WHO5_WORDS[int(answer)] for answer in answers]
        code = people.loc[row.client_id, "code"]
        note = f"Please ring me on 07700 900{number % 1000:03d}, thanks" if number % 40 == 3 else ""
        if number % 31 == 8:  # sent too early, then again with all answers
            early = when - timedelta(minutes=4)
            rows.append([f"{early:%d/%m/%Y %H:%M:%S}", code, *told[:3], "", "", ""])
        rows.append([f"{when:%d/%m/%Y %H:%M:%S}", code, *told, note])
    rows[12][1] = "HP-9999"
    del rng
    _csv(path, [header, *rows])


def _held(frames: dict[str, pd.DataFrame], intervention: str) -> pd.DataFrame:
    """The appointments of one kind of help, with what their episode says."""
    episodes = frames["episodes"].set_index("episode_id")
    wanted = ["intervention", "unit", "client_id", "couple_id", "practitioner_id", "started_on"]
    held = frames["sessions"].join(episodes[wanted], on="episode_id")
    return held[held["intervention"] == intervention]


def _attending(frames: dict[str, pd.DataFrame], row: object) -> list[str]:
    if row.unit != "couple":
        return [row.client_id]
    couple = frames["couples"].set_index("couple_id").loc[row.couple_id]
    return [couple["client_a"], couple["client_b"]]


def _code(value: object) -> str:
    return "" if pd.isna(value) else f"{float(value):g}"


def _csv(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> None:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

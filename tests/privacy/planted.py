"""The bundled practice with people written all over it; every value here is invented."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from outcomes.sources import example_folder

GIVEN = ["Anna", "Tobias", "María", "Jean-Pierre", "Mohammed", "Priya", "Siobhán", "Jürgen"]
SYLLABLES = ["zwa", "quor", "vel", "brun", "tash", "mick", "orn", "plim"]

# What is written into columns that no table takes: (column, cells). Column names of several
# languages and suppliers, and some that say nothing.
UNMAPPED = {
    "E-Mail": ["kestrel.quill@example.org", "tamsin+1@mail.example.co.uk", "ünal@beispiel.example"],
    "Phone": ["020 7946 0958", "+44 7700 900123", "07700900456", "(212) 555-0147"],
    "Handynummer": ["+49 1511 2345678", "030 / 23125678", "0171 3920011"],
    "Adresse": ["Lindenstraße 17b", "14 Larkspur Road", "Calle Mayor 23", "12 rue Lepic"],
    "Ort": ["Quellenhausen", "Thistlebury", "Saint-Glinglin"],
    "Postcode": ["ZZ9 9ZZ", "EC1A 1BB", "K1A 0B1"],
    "PLZ": ["10997", "80331"],
    "Geburtsdatum": ["12/04/1961", "03.11.1987", "1979-08-21"],
    "Date of Birth": ["21/09/1955", "30/01/1992"],
    "NHS Number": ["943 476 5919", "9434765919"],
    "SSN": ["078-05-1120", "219-09-9999"],
    "NI number": ["AB 12 34 56 C", "CE123456D"],
    "Steuer-ID": ["86095742719"],
    "IBAN": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
    "Card": ["4111 1111 1111 1111", "5500-0055-5555-5559"],
    "IPAddress": ["203.0.113.77", "2001:db8:85a3:0:0:8a2e:370:7334"],
    "LocationLatitude": ["52.5200066"],
    "LocationLongitude": ["13.4049540"],
    "Where": ["52.520008, 13.404954", "48.137154, 11.576124", "51.507351, -0.127758"],
    "Primary Insurance": ["Barmenia Quellkasse"],
    "Versichertennummer": ["A123456780"],
    "MRN": ["MRN-0098177", "MRN-0098178"],
    "Provider_LastName": ["Zwirnstein"],
    "Apellidos": ["Quintarelli Ordoñez"],
    "Prénom": ["Solènne", "Théodebert"],
    "Emergency contact": ["Mother, Hedwig Plimsoul"],
    "Employer": ["Thimblewick Foundry"],
    "LinkedIn": ["https://linkedin.example/in/kestrelquill"],
    "Notes": [
        "Seen with her sister\nHedwig Zornbach, who rang\nfrom 0161 496 0345; very upset",
        'He said "write to marlow@quill.example", then left',
    ],
    "Q17": ["Spoke to Siobhán Orntash about it", "Frau Velbrun kam zu spät, wie immer"],
}
# What is written into columns that a table takes, by file.
MAPPED = {
    "episodes.csv": {
        "Approach": [
            "CBT with Hannah Mickvel",
            "see jonah@clinic.example",
            "Frau Brunplim",
            "Tobias",
        ],
        "Focus": ["Ms Velzwa's mother", "9434765870", "call 01632 960983"],
        "Site": ["north@practice.example"],
    },
    "sessions.csv": {
        "Status": ["olga.orn@example.net", "Dr Tashquor"],
        "Minutes": ["+44 7700 900999"],
        "Phase": ["Assessment of Rachel Ornmick"],
    },
    "clients.csv": {"Gender": ["gwen@f.example"], "Occupation": ["Sarah Micktash"]},
    "goals.csv": {"Area": ["Paul Simon Vorhaus & Claire Vorhaus"], "Importance": ["0161 496 0999"]},
}
ANSWERS = ["leila.tash@example.com", "Susan Quorbrun"]
HEADERS = ["Ring Gemma Tashbrun, 020 7946 0333", "ines@kopf.example"]
FILE = "phq9 Tamsin Zwirnbach.csv"
UNREAD = "Hedwig Quastenflosser 1961-04-13.csv"
SHEET = "Agnieszka Velorn"


@dataclass(frozen=True)
class Practice:
    """The folder, and every text that must not come out of it."""

    folder: Path
    canaries: frozenset[str]


def surnames() -> Iterator[str]:
    for first in SYLLABLES:
        for second in SYLLABLES:
            for third in SYLLABLES:
                yield (first + second + third).capitalize()


def plant(folder: Path) -> Practice:
    """Write the practice into `folder`."""
    folder.mkdir(parents=True)
    tables = {path.name: _rows(path) for path in sorted(example_folder().glob("*.csv"))}
    tables.pop("faults.csv")
    clients, practitioners, couples = _people(tables)
    for rows in tables.values():
        for row in rows[1:]:
            row[:] = [clients.get(c) or practitioners.get(c) or couples.get(c) or c for c in row]
    for file, columns in MAPPED.items():
        for column, cells in columns.items():
            _write_into(tables[file], column, cells)
    _write_into(tables["phq9.csv"], "PHQ9_3", ANSWERS)
    _add_columns(tables["clients.csv"])
    layout = (example_folder() / "layout.toml").read_text(encoding="utf-8")
    layout = layout.replace('"phq9.csv"', f'"{FILE}"')
    layout = layout.replace('file = "who5.csv"', f'file = "who5.xlsx"\nsheet = "{SHEET}"')
    (folder / "layout.toml").write_text(layout, encoding="utf-8")
    tables[FILE] = tables.pop("phq9.csv")
    tables[UNREAD] = [["Name", "Mail"], ["Hedwig Quastenflosser", "hq@example.org"]]
    _workbook(folder / "who5.xlsx", tables.pop("who5.csv"))
    for name, rows in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    return Practice(folder, frozenset(_canaries(clients, practitioners, couples)))


def _people(tables: dict[str, list[list[str]]]) -> tuple[dict[str, str], ...]:
    """Names for clients, e-mail addresses for practitioners, both names for couples."""
    last = surnames()
    clients = {
        row[0]: f"{GIVEN[n % len(GIVEN)]} {next(last)}"
        for n, row in enumerate(tables["clients.csv"][1:])
        if row and row[0]
    }
    practitioners = {
        row[0]: f"coach{n}@quillhouse.example"
        for n, row in enumerate(tables["practitioners.csv"][1:])
        if row and row[0]
    }
    couples = {
        row[0]: f"{clients.get(row[2], row[2])} & {clients.get(row[3], row[3])}"
        for row in tables["couples.csv"][1:]
        if row and row[0]
    }
    return clients, practitioners, couples


def _write_into(rows: list[list[str]], column: str, cells: list[str]) -> None:
    place = rows[0].index(column)
    whole = [row for row in rows[1:] if len(row) == len(rows[0])]
    for row, cell in zip(whole[10:], cells, strict=False):
        row[place] = cell


def _add_columns(rows: list[list[str]]) -> None:
    for header, cells in [*UNMAPPED.items(), *((header, ["x"]) for header in HEADERS)]:
        rows[0].append(header)
        for n, row in enumerate(row for row in rows[1:] if row):
            row.append(cells[n % len(cells)])


def _workbook(path: Path, rows: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEET
    for row in rows:
        sheet.append(row)
    book.save(path)


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _canaries(*people: dict[str, str]) -> Iterator[str]:
    """The texts themselves, and of longer ones the part that tells most."""
    for ids in people:
        yield from ids.values()
    yield from (name.split()[-1] for name in people[0].values())
    for columns in (UNMAPPED, *MAPPED.values()):
        for cells in columns.values():
            yield from cells
            yield from (line for cell in cells for line in cell.splitlines())
    yield from ANSWERS
    yield from HEADERS
    yield from (
        "Tamsin",
        "Zwirnbach",
        "Hedwig",
        "Quastenflosser",
        "1961-04-13",
        "Agnieszka",
        "Velorn",
    )
    yield from (
        "hq@example.org",
        "Tashbrun",
        "Zornbach",
        "Plimsoul",
        "Mickvel",
        "Orntash",
        "Velbrun",
    )
    yield from ("Micktash", "Ornmick", "Vorhaus", "Tashquor", "Brunplim", "Velzwa", "Quorbrun")

"""Columns that tell who people are are found; the columns of questionnaires are not."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes import instruments
from outcomes.privacy import (
    age_at,
    age_band,
    identifier_rules,
    identifier_share,
    inspect_columns,
    kind_of_header,
    marks,
    masked,
    name_tells,
    names_somebody,
    shown_files,
    shown_headers,
    tells_in_text,
)
from outcomes.privacy.checks import iban, luhn, nhs_number, steuer_id
from outcomes.privacy.patterns import PATTERNS
from outcomes.schema import TABLES, vocabularies

# The longest text one pattern may look at from one place: time is then linear in the text.
WIDEST = 500


def listed(text: str) -> list[str]:
    return [part.strip() for part in " ".join(text.split()).split(" | ")]


HEADERS = {
    "person_name": """
        Name | Client Name | Client_FirstName | Provider_LastName | Last name | SURNAME |
        Vorname | Nachname | Apellidos | Prénom | RecipientFirstName | Emergency Contact |
        Patient Name | Nombre | Notfallkontakt | Nom de famille | What is your name?
    """,
    "email": """
        E-Mail | email | RecipientEmail | Provider_Email | E-Mail-Adresse | Email Address |
        Correo electrónico | What is your e-mail address? | Client email | eMail
    """,
    "phone": """
        Phone | Mobile | Telefon | Handynummer | Home Phone | Teléfono | Numéro de téléphone |
        Phone 2
    """,
    "address": """
        Address | Straße | Home Address | Anschrift | Dirección | City | Wohnort | Address Line
        1
    """,
    "postcode": """
        Postcode | PLZ | Zip | ZIP Code | Code postal | Código postal
    """,
    "birth_date": """
        DOB | Date of Birth | birth_date | Geburtsdatum | Fecha de nacimiento | BirthDate | Date
        de naissance | Year of birth | D.O.B.
    """,
    "ip_address": """
        IPAddress | IP | ip_address | Client IP
    """,
    "location": """
        LocationLatitude | LocationLongitude | lat | GPS
    """,
    "insurance_number": """
        Primary Insurance | Member ID | Policy Number | Versichertennummer | Insurance
    """,
    "nhs_number": """
        NHS Number | nhs_no | NHSNumber
    """,
    "record_number": """
        MRN | Medical Record Number | Hospital number | Aktenzeichen
    """,
    "national_number": """
        SSN | National Insurance | NINO | Steuer-ID | DNI | Social Security Number
    """,
    "bank_account": """
        IBAN | Sort code | Kontonummer | Credit card
    """,
    "web_address": """
        LinkedIn | URL | Username
    """,
    "workplace": """
        Employer | Arbeitgeber | GP surgery | Company
    """,
    "free_text": """
        Notes | Comments | Bemerkungen | Session notes | Kommentar | Observaciones
    """,
}
HEADERS = {kind: listed(text) for kind, text in HEADERS.items()}
OTHER_HEADERS = listed("""
    Client ID | Client | Clinician | Date of Service | Billing Code | Rate Per Unit | Units
    | Total Fee | Progress Note Status | Client Payment Status | Charge | Uninvoiced | Paid
    | Case_ID | Case_Date | Session_ID | Session_Date | ORS_Skip | ORSQ1 | Total_ORS |
    Service_Location | StartDate | EndDate | Status | Progress | Duration (in seconds) |
    Finished | RecordedDate | ResponseId | DistributionChannel | UserLanguage | record_id |
    redcap_event_name | redcap_repeat_instrument | redcap_repeat_instance | phq9_complete |
    diagnosis___1 | Timestamp | PathwayID | ReferralRequestReceivedDate | ServDischDate |
    EndCode | AttendOrDNACode | PHQ9_FirstScore | Site | Age | Age group | Gender |
    Occupation | Contact preference | Form name | Event Name | Practice name | Instrument
    name | Phone session | Email reminders sent | Number of phone calls | First session |
    Last session | Home visit | Work status | Homework set | Note count | Ich bin nie
    traurig | My employer supports me in what I do | Feeling bad about yourself - or that
    you are a failure or have let yourself or your family down | How often do you and your
    partner work together on a project? | Place of residence type | bdi.pre | Long | Ich
    vertraue dem Namen nach niemandem | La confiance mutuelle dans notre couple
""")


@pytest.mark.parametrize("kind", HEADERS)
def test_column_names_that_say_so(kind):
    assert {header: kind_of_header(header) for header in HEADERS[kind]} == dict.fromkeys(
        HEADERS[kind], kind
    )


def test_every_kind_has_cases():
    assert set(HEADERS) == set(identifier_rules().kinds)


def test_other_column_names_say_nothing():
    own = [column for table in TABLES.values() for column in table.names]
    told = {header: kind_of_header(header) for header in [*OTHER_HEADERS, *own]}
    assert {header: kind for header, kind in told.items() if kind} == {}


def column(*cells: str) -> pd.DataFrame:
    return pd.DataFrame({"x": pd.array(list(cells), dtype="string")})


def kinds(*cells: str) -> set[str]:
    return {finding.kind for finding in inspect_columns(column(*cells), ["x"])}


CELLS = {
    "person_name": ["Anna Zwirn", "Ben Quill", "Quorlan, Hannah", "Zoltan Vel"],
    "email": ["a.b@example.org", "", "no", "no"],
    "phone": ["020 7946 0958", "+49 1511 2345678", "07700900123", "(212) 555-0147"],
    "postcode": ["SW1A 1AA", "EC1A 1BB", "M1 1AE", "K1A 0B1"],
    "address": ["14 Larkspur Road", "Lindenstraße 17b", "Calle Mayor 23", "PO Box 12"],
    "birth_date": ["1961-04-12", "1987-11-03", "1979-08-21", "1999-01-30", "1955-09-21"],
    "ip_address": ["203.0.113.77", "2001:db8:85a3:0:0:8a2e:370:7334", "fe80::1:2", "n"],
    "nhs_number": ["943 476 5919", "9434765919", "9434765870", "943 476 5870"],
    "national_number": ["078-05-1120", "AB 12 34 56 C", "CE123456D", "86095742719"],
    "bank_account": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "n", "n"],
    "location": ["52.520008, 13.404954", "48.137154, 11.576124", "51.507351, -0.127758"],
    "insurance_number": ["A123456780", "B123456781", "C123456782", "D123456783"],
    "web_address": ["https://a.example/x", "www.b.example/y", "http://c.example"],
    "free_text": [
        "came late and spoke about work again",
        "felt much better after the long weekend away",
        "slept badly, and the partner was away",
        "wants to try the new exercise next week",
    ],
}


@pytest.mark.parametrize("kind", CELLS)
def test_cells_that_say_so(kind):
    assert kind in kinds(*CELLS[kind])


def test_dates_of_birth_are_known_in_other_orders_and_as_years():
    assert "birth_date" in kinds("12/04/1961", "03.11.1987", "21 Aug 1979", "30/01/1992")
    assert "birth_date" in kinds("1961", "1987", "1979", "1992")


NOTHING = {
    "answers": ["0", "1", "2", "3", "2", "1"],
    "dates of sessions": ["2025-10-02", "2026-01-14", "2024-05-30", "2023-02-11"],
    "dates that are epochs": ["1970-01-01", "1900-01-01", "1899-12-30", "1970-01-01"],
    "the dates of one old year": ["2003-01-04", "2003-05-06", "2003-11-30", "2004-01-02"],
    "codes": ["C0001", "E12-004", "S_17", "K001", "T9"],
    "status words": ["Attended", "Late Cancelled", "No Show", "Cancelled"],
    "approaches": [
        "CBT",
        "Solution-focused",
        "Emotionally Focused Therapy",
        "Person centred",
        "EMDR",
    ],
    "methods named after people": [
        "Carl Rogers",
        "Virginia Satir",
        "John Gottman Method",
        "Anna Freud",
    ],
    "places": ["north", "South Street Practice", "Anna Freud Centre", "Site 3"],
    "amounts": ["120.00", "95.50", "1,234.00", "60"],
    "scores": ["12.5", "0.333333", "17.123456", "9"],
    "times": ["10:30", "14:00:00", "2026-01-02 10:30", "09:15"],
    "labels": ["Not at all", "Several days", "More than half the days", "Nearly every day"],
    "German labels": ["Überhaupt nicht", "An einzelnen Tagen", "Beinahe jeden Tag", "Trifft zu"],
    "ranges of age": ["18-24", "25-34", "65+", "55-64"],
    "yes and no": ["Yes", "No", "Y", "N"],
    "durations": ["1032", "765", "4410", "2290"],
    "ten digits": ["1000000001", "1000000002", "1000000003", "1000000005"],
    "UUIDs": ["3f2504e0-4f89-11d3-9a0c-0305e82c3301", "6fa459ea-ee8a-3ca4-894e-db77e160355e"],
    "Qualtrics ids": ["R_1dF5g7H8j9K0l1M", "R_3kLm5nOpQrStUvW", "R_2AbCdEfGhIjKlMn"],
    "outcome words": ["Recovered", "Improved", "Deteriorated", "No Change"],
    "versions": ["1.2.3", "2.0", "10.4.1"],
}


@pytest.mark.parametrize("case", NOTHING)
def test_cells_that_say_nothing(case):
    assert kinds(*NOTHING[case]) == set()
    assert not marks(column(*NOTHING[case])["x"]).any()


def test_the_words_of_the_house_say_nothing():
    words = [w for v in vocabularies().values() for pair in v.labels.items() for w in pair]
    words += [str(item) for item in instruments.list()["id"]]
    assert [word for word in words if names_somebody(word)] == []
    assert not tells_in_text(pd.Series(words, dtype="string")).any()


def test_the_example_carries_nobody(root):
    for path in sorted((root / "data" / "example").glob("*.csv")):
        frame = pd.read_csv(path, dtype="string")
        assert inspect_columns(frame, frame.columns) == (), path.name


def test_a_finding_never_holds_the_cell():
    found = inspect_columns(column("a.b@example.org", "x", "y"), ["x"])
    assert [(f.kind, f.by, f.certainty) for f in found] == [("email", "value", "certain")]
    assert "example.org" not in repr(found)
    assert found[0].share == pytest.approx(1 / 3)


def test_the_column_name_comes_first_and_is_certain():
    frame = pd.DataFrame({"E-Mail": ["a@example.org", "b@example.org", "none"]}, dtype="string")
    assert [(f.kind, f.by) for f in inspect_columns(frame, ["E-Mail"])] == [("email", "header")]


NAMES = listed("""
    Anna Schmidt | SCHMIDT, Anna | anna schmidt | Hans-Peter von der Leyen | O'Brien, Sean |
    Frau Müller | Dr. Weber | María-José García | Anna & Ben Quill | seen with Anna Quill
    today
""")


@pytest.mark.parametrize("text", NAMES)
def test_names_by_list_title_and_shape(text):
    assert names_somebody(text)


def test_ids_that_are_names_by_shape_or_numbers_by_check():
    def share(*ids: str) -> float:
        return identifier_share(pd.Series(ids, dtype="string"))

    assert share("Zwaorn Velmick", "Brunn Quor", "Plim Tash", "Orn Zwa") >= 0.5
    assert share("9434765919", "9434765870", "4010232137") >= 0.5
    assert share("C0001", "C0002", "K-17", "90210") == 0
    assert share() == 0


def test_masking_leaves_the_rest_of_a_message():
    said = masked("no column 'anna.b@example.org' for Anna Quill in clients.csv, line 3")
    assert said == (
        "no column '(e-mail address withheld)' for (name withheld) in clients.csv, line 3"
    )
    plain = "the file has no column 'Client ID': did you mean 'Client'? 3 of 400; 2026-01-02"
    assert masked(plain) == plain


def test_files_and_column_names_of_people_are_numbered():
    names = ["phq9.csv", "Anna Quill.csv", "export 2026-10-05.csv", "dob 1961-04-12.xlsx"]
    assert shown_files(names) == {
        "Anna Quill.csv": "file 1 (name withheld).csv",
        "dob 1961-04-12.xlsx": "file 2 (name withheld).xlsx",
        "export 2026-10-05.csv": "export 2026-10-05.csv",
        "phq9.csv": "phq9.csv",
    }
    assert shown_headers(["Client ID", "Anna Quill", "a@example.org"]) == {
        "Anna Quill": "(column 2, name withheld)",
        "a@example.org": "(column 3, name withheld)",
    }
    assert not name_tells("north_street_sessions_2026Q3.csv")
    assert name_tells("phq9_sarah.csv")


class TestChecks:
    def test_nhs_number(self):
        assert nhs_number("9434765919")
        assert not nhs_number("9434765918")
        assert not nhs_number("0000000000")

    def test_iban(self):
        assert iban("DE89 3704 0044 0532 0130 00")
        assert not iban("DE88370400440532013000")

    def test_luhn(self):
        assert luhn("4111111111111111")
        assert not luhn("4111111111111112")

    def test_steuer_id(self):
        assert steuer_id("86095742719")
        assert not steuer_id("86095742718")

    @given(st.integers(0, 10**9 - 1))
    def test_at_most_one_last_digit_makes_an_nhs_number(self, start):
        assert sum(nhs_number(f"{start:09d}{last}") for last in range(10)) <= 1


class TestAges:
    @pytest.mark.parametrize(
        ("age", "band"),
        [(0, "under 18"), (17, "under 18"), (18, "18-24"), (24, "18-24"), (25, "25-34"),
         (64, "55-64"), (65, "65 and over"), (110, "65 and over"), (111, None), (-1, None)],
    )  # fmt: skip
    def test_bands(self, age, band):
        assert age_band(age) == band

    def test_the_birthday_counts(self):
        born = date(2000, 2, 29)
        assert age_at(born, date(2026, 2, 28)) == 25
        assert age_at(born, date(2026, 3, 1)) == 26

    def test_a_year_counts_as_its_middle(self):
        assert age_at(1990, date(2026, 6, 30)) == 35
        assert age_at(1990, date(2026, 7, 1)) == 36

    @given(st.integers(0, 110))
    def test_every_age_has_one_band(self, age):
        assert age_band(age) in vocabularies()["age_band"].words


HOSTILE = [
    piece * (100_000 // len(piece))
    for piece in (
        *("a@", "0", "+1 ", "A1 ", "1.1.", "::1", "Aa ", "-", "Dr ", "DE89", "52.1234 ", "anna "),
        *("a", "1-", "12 A", '" d="', "<", "Rue ", "é", "lat ", "dob "),
    )
]


class TestWork:
    """Linear time: no pattern can look further than a bounded stretch from where it starts."""

    @pytest.mark.parametrize("number", range(len(PATTERNS)))
    def test_every_pattern_is_bounded(self, number):
        rule = PATTERNS[number].rule
        parsed = re._parser.parse(rule.pattern, rule.flags & ~re.UNICODE)
        assert parsed.getwidth()[1] <= WIDEST

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_texts_come_to_an_end(self, text):
        names_somebody(text)
        masked(text)
        inspect_columns(column(text, text), ["x"])

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=300))
    def test_any_text_can_be_asked_about(self, text):
        names_somebody(text)
        kind_of_header(text)
        name_tells(text)
        assert isinstance(masked(text), str)

    @settings(max_examples=60, deadline=None)
    @given(
        st.text(alphabet="abcxyz ,.", max_size=40),
        st.sampled_from(["a.b@example.org", "Anna Quill"]),
    )
    def test_what_is_planted_in_a_sentence_is_found_and_masked(self, words, planted):
        text = f"{words} ; {planted} ; {words}"
        assert names_somebody(text)
        assert planted not in masked(text)

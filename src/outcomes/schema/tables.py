"""Every table of the house, declared once.

Validation, `docs/data-dictionary.md`, the synthetic practice and the readers all
follow from these declarations, so a column exists nowhere else.
"""

from __future__ import annotations

from datetime import date

from outcomes.schema.column import Column, Kind, Reference, Sensitivity, Table

# Older dates in an export are epochs, typing errors or dates of birth.
EARLIEST = date(1990, 1, 1)

PSEUDONYM = Sensitivity.PSEUDONYM
QUASI = Sensitivity.QUASI_IDENTIFIER
HEALTH = Sensitivity.HEALTH


def _key(name: str, what: str, *, nullable: bool = False) -> Column:
    return Column(name, Kind.KEY, what, PSEUDONYM, nullable)


def _word(
    name: str,
    what: str,
    vocabulary: str,
    sensitivity: Sensitivity = Sensitivity.OPERATIONAL,
    *,
    nullable: bool = True,
) -> Column:
    return Column(name, Kind.CATEGORY, what, sensitivity, nullable, vocabulary=vocabulary)


def _date(name: str, what: str, *, nullable: bool = True) -> Column:
    return Column(name, Kind.DATE, what, QUASI, nullable, unit="day", minimum=EARLIEST)


CLIENTS = Table(
    "clients",
    "One row for each person who received or was referred for help.",
    ("client_id",),
    (
        _key("client_id", "Pseudonym of the person."),
        Column("practice_id", Kind.KEY, "The practice, as a code.", nullable=True),
        _word("age_band", "Age at the start, in bands.", "age_band", QUASI),
        _word("gender", "Gender as stated.", "gender", QUASI),
        _word("employment", "Main occupation at the start.", "employment", QUASI),
        Column("prior_care", Kind.BOOLEAN, "Had therapy before this practice.", HEALTH),
        Column("on_medication", Kind.BOOLEAN, "Takes medication for the problem.", HEALTH),
        _word("problem_duration", "Duration of the problem at start.", "problem_duration", HEALTH),
    ),
)

COUPLES = Table(
    "couples",
    "One row for each couple; both partners are rows of `clients`.",
    ("couple_id",),
    (
        _key("couple_id", "Pseudonym of the couple."),
        Column("practice_id", Kind.KEY, "The practice, as a code.", nullable=True),
        _key("client_a", "One partner."),
        _key("client_b", "The other partner."),
    ),
    (
        Reference("client_a", "clients", "one-to-one"),
        Reference("client_b", "clients", "one-to-one"),
    ),
)

PRACTITIONERS = Table(
    "practitioners",
    "One row for each coach or therapist.",
    ("practitioner_id",),
    (
        _key("practitioner_id", "Pseudonym of the practitioner."),
        Column("practice_id", Kind.KEY, "The practice, as a code.", nullable=True),
        _word("role", "What the practitioner offers.", "practitioner_role", nullable=False),
    ),
)

EPISODES = Table(
    "episodes",
    "One course of one intervention for one person, couple or group member.",
    ("episode_id",),
    (
        _key("episode_id", "Pseudonym of the episode."),
        Column("practice_id", Kind.KEY, "The practice, as a code.", nullable=True),
        _key("client_id", "The person; empty for a couple's episode.", nullable=True),
        _key("couple_id", "The couple; empty for a person's episode.", nullable=True),
        _word("unit", "Who takes part.", "unit", nullable=False),
        _word("intervention", "What kind of help.", "intervention", nullable=False),
        Column("approach", Kind.TEXT, "Method used, in the practice's words."),
        Column("domain", Kind.TEXT, "Field of life worked on, in the practice's words."),
        _key("practitioner_id", "Who gave the help.", nullable=True),
        _date("referred_on", "Date of referral or first contact."),
        _date("started_on", "Date of the first attended session.", nullable=False),
        _date("ended_on", "Date of the last session or of closing; empty while it goes on."),
        _word("end_reason", "How it ended.", "end_reason"),
    ),
    (
        Reference("client_id", "clients", "many-to-one"),
        Reference("couple_id", "couples", "many-to-one"),
        Reference("practitioner_id", "practitioners", "many-to-one"),
    ),
)

SESSIONS = Table(
    "sessions",
    "One row for each appointment, whether or not it took place.",
    ("session_id",),
    (
        _key("session_id", "Pseudonym of the session."),
        _key("episode_id", "The episode it belongs to."),
        _key(
            "client_id",
            "Who it was for, where the software keeps a row for each person; "
            "empty for a session of both partners.",
            nullable=True,
        ),
        _key("practitioner_id", "Who gave it, where not the one of the episode.", nullable=True),
        _date("held_on", "Date of the appointment.", nullable=False),
        Column("start_time", Kind.TIME, "When it began, on the clock of the practice."),
        _word("status", "What became of it.", "attendance", nullable=False),
        _word("phase", "Phase of the work.", "phase"),
        Column("minutes", Kind.INTEGER, "Length.", unit="minute", minimum=1, maximum=600),
        Column(
            "partners_present",
            Kind.INTEGER,
            "How many partners of the couple came; empty where that is not recorded.",
            minimum=0,
            maximum=2,
        ),
        Column("homework_set", Kind.BOOLEAN, "A task was agreed for afterwards."),
        Column("homework_done", Kind.BOOLEAN, "The task agreed before was done.", HEALTH),
    ),
    (
        Reference("episode_id", "episodes", "many-to-one"),
        Reference("client_id", "clients", "many-to-one"),
        Reference("practitioner_id", "practitioners", "many-to-one"),
    ),
)

RESPONSES = Table(
    "responses",
    "Answers to outcome questionnaires, one row for each item answered.",
    ("client_id", "episode_id", "instrument", "taken_on", "rater", "item"),
    (
        _key("client_id", "Whose state is measured."),
        _key("episode_id", "The episode it belongs to."),
        Column("instrument", Kind.KEY, "Registry id of the questionnaire.", nullable=False),
        Column("item", Kind.KEY, "Item number, or 'total'.", nullable=False),
        Column("value", Kind.NUMBER, "The answer, in the instrument's codes.", HEALTH),
        _date("taken_on", "Date of completion.", nullable=False),
        _word("occasion", "Why it was given.", "occasion"),
        _word("rater", "Who answered.", "rater", nullable=False),
    ),
    (
        Reference("client_id", "clients", "many-to-one"),
        Reference("episode_id", "episodes", "many-to-one"),
    ),
)

SATISFACTION = Table(
    "satisfaction",
    "Answers to satisfaction and session ratings, one row for each item answered.",
    ("client_id", "episode_id", "session_id", "instrument", "taken_on", "item"),
    (
        _key("client_id", "Who answered."),
        _key("episode_id", "The episode it belongs to."),
        _key("session_id", "The session rated; empty for a rating of the whole.", nullable=True),
        Column("instrument", Kind.KEY, "Registry id of the rating scale.", nullable=False),
        Column("item", Kind.KEY, "Item number, or 'total'.", nullable=False),
        Column("value", Kind.NUMBER, "The answer, in the instrument's codes.", HEALTH),
        _date("taken_on", "Date of completion.", nullable=False),
    ),
    (
        Reference("client_id", "clients", "many-to-one"),
        Reference("episode_id", "episodes", "many-to-one"),
        Reference("session_id", "sessions", "many-to-one"),
    ),
)

GOALS = Table(
    "goals",
    "One row for each goal of a person or a couple.",
    ("goal_id",),
    (
        _key("goal_id", "Pseudonym of the goal."),
        _key("episode_id", "The episode it belongs to."),
        _key("client_id", "Whose goal; empty for a shared goal.", nullable=True),
        _word("domain", "What it is about.", "goal_domain"),
        _word("set_by", "Who set it.", "set_by"),
        _date("set_on", "Date it was set."),
        _word("scale", "How it is rated.", "goal_scale", nullable=False),
        Column("weight", Kind.NUMBER, "Importance, for weighting.", minimum=0, maximum=100),
        Column("shared", Kind.BOOLEAN, "Held by both partners."),
    ),
    (
        Reference("episode_id", "episodes", "many-to-one"),
        Reference("client_id", "clients", "many-to-one"),
    ),
)

GOAL_RATINGS = Table(
    "goal_ratings",
    "Progress on a goal at a date.",
    ("goal_id", "rated_on", "rater"),
    (
        _key("goal_id", "The goal rated."),
        _date("rated_on", "Date of the rating.", nullable=False),
        _word("rater", "Who rated.", "rater", nullable=False),
        Column("value", Kind.NUMBER, "Rating on the goal's scale.", HEALTH, False, None, -2, 10),
    ),
    (Reference("goal_id", "goals", "many-to-one"),),
)

REFERRALS = Table(
    "referrals",
    "A client sent from one kind of help to another.",
    ("referral_id",),
    (
        _key("referral_id", "Pseudonym of the referral."),
        _key("client_id", "Who was referred."),
        _key("episode_id", "The episode it was made in.", nullable=True),
        _word("from_intervention", "From which help.", "intervention", nullable=False),
        _word("to_intervention", "To which help.", "intervention", nullable=False),
        _date("referred_on", "Date made.", nullable=False),
        Column("accepted", Kind.BOOLEAN, "The client took it up."),
        _date("first_session_on", "First session of the new help."),
    ),
    (
        Reference("client_id", "clients", "many-to-one"),
        Reference("episode_id", "episodes", "many-to-one"),
    ),
)

# In the order in which references can be checked: a table only points upwards.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CLIENTS,
        COUPLES,
        PRACTITIONERS,
        EPISODES,
        SESSIONS,
        RESPONSES,
        SATISFACTION,
        GOALS,
        GOAL_RATINGS,
        REFERRALS,
    )
}

"""Signs of a person that can be read off one text: addresses, numbers with their checks, names.

Every pattern starts at a rare sign or has bounded repeats, so that time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from outcomes.privacy.checks import iban, luhn, nhs_number, steuer_id

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_STREET = (
    r"(?:Street|St\.|Road|Rd\.?|Avenue|Ave\.?|Lane|Drive|Close|Court|Crescent|Boulevard|Blvd\.?"
    r"|Terrace)"
)
# Endings of German street names; "ring" and "damm" are left out, since Monitoring 5 is none.
_STRASSE = r"(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|[Ww]eg|[Aa]llee|[Gg]asse|[Pp]latz)"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern for one kind (see `identifiers.toml`), and the check a match must pass.

    `certain` patterns tell a person from one cell alone; the others say something only of a
    column in which many cells match.
    """

    kind: str
    rule: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    certain: bool = True

    def finds(self, text: str) -> bool:
        """Whether the text holds one."""
        return any(self.check is None or self.check(m.group()) for m in self.rule.finditer(text))

    def count(self, text: str) -> int:
        """How many the text holds."""
        return sum(self.check is None or self.check(m.group()) for m in self.rule.finditer(text))


EMAIL = re.compile(r"(?<=[\w+-])@(?!\dx\.)(?:[\w-]{1,63}\.){1,4}[^\W\d_]{2,24}\b")
IPV4 = re.compile(
    r"(?<![\w.-])(?<!==)(?<!version )(?:" + _OCTET + r"\.){3}" + _OCTET + r"(?![\w.])"
)
# Eight groups, or groups around one "::" of which at least three are written out.
IPV6 = re.compile(
    r"(?<![\w:.])(?:(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}"
    r"|(?:[0-9a-fA-F]{1,4}:){2,6}:(?:[0-9a-fA-F]{1,4}:){0,4}[0-9a-fA-F]{1,4}"
    r"|fe80::(?:[0-9a-fA-F]{1,4}:){0,4}[0-9a-fA-F]{1,4})(?![\w:])"
)
PHONE = re.compile(
    r"(?<![\w.,/+-])(?:"
    r"\+\d{1,3}[ ()/.-]{0,3}(?:\d[ ()/.-]{0,2}){7,12}\d"  # international
    r"|00[1-9]\d{0,2}[ /-](?:\d[ /-]?){6,12}\d"  # international, with 00
    r"|\(?0\d{2,4}\)?[ -]\d{3,4}[ -]?\d{3,4}"  # national, in groups
    r"|\(?0\d{2,4}\)? ?/ ?\d{5,9}"  # German: 030 / 1234567
    r"|0[1-9]\d{8,9}"  # national, in one
    r"|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}|1-\d{3}-\d{3}-\d{4}"  # North America
    r")(?![\w,]|\.\d)"
)
# Without a sign that says so, only a column of them is a column of phone numbers.
LOOSE_PHONE = re.compile(
    r"(?<![\w.,/+-])(?:\d{3}[ .]\d{3}[ .]\d{4}|0\d(?:[ .-]?\d{2}){4}|01\d{8,10}|[679]\d{8})"
    r"(?![\w,]|\.\d)"
)
UK_POSTCODE = re.compile(r"(?<![\w#-])[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?![\w-])")
# Loose forms of other countries and of small letters.
LOOSE_POSTCODE = re.compile(
    r"(?<![\w#-])(?:[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d"
    r"|[1-9]\d{3} ?[A-Z]{2}|\d{5}-\d{4}|D-\d{5})(?![\w-])"
)
ADDRESS = re.compile(
    r"(?<![\w.])\d{1,5}[A-Za-z]? (?:[A-Z][\w'’.-]{1,24} ){1,4}" + _STREET + r"(?!\w)"
    r"|(?<!\w)[A-ZÄÖÜ][\w.-]{0,30}(?:(?<=\w)| |-)" + _STRASSE + r" \d{1,4} ?[a-zA-Z]?(?!\w)"
    r"|(?<!\w)(?:Calle|Avenida|Avda\.?|Plaza|[Rr]ue) (?:[\w'’.-]{1,24} ){0,3}?"
    r"[A-ZÀ-Ý][\w'’.-]{1,24},? (?:n\. ?)?\d{1,4}(?!\w)"
    r"|(?<!\w)\d{1,4},? (?:bis )?rue (?:[\w'’.-]{1,24} ){0,3}?[A-ZÀ-Ý]\w"
    r"|(?<!\w)P\.? ?O\.? Box \d{1,6}(?!\w)|(?<!\w)Postfach \d{2,7}"
)
US_PLACE = re.compile(r"(?<!\w)[A-Z][\w.'-]{1,24}, [A-Z]{2} \d{5}(?:-\d{4})?(?!\w)")
# With a number behind it, or as the heading of a column; the words alone are no date.
BIRTH_WORD = re.compile(
    r"\b(?:dates?[ _-]?of[ _-]?birth|birth[ _-]?date|d\.?o\.?b|born on|geburtsdatum|geboren am"
    r"|geb\. am|fecha de nacimiento|date de naissance)\b\.?[\"']?"
    r"(?:\s{0,3}[:=,;|]?\s{0,3}[\"']?\d|\s{0,3}</(?:th|dt)|\s{0,3}</td>\s{0,9}<td[^<>]{0,80}>\s{0,9}\d"
    r")",
    re.IGNORECASE,
)
NATIONAL = re.compile(
    r"(?<![\w-])(?:\d{3}-\d{2}-\d{4}"
    r"|(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D])"
    r"(?![\w-])"
)
DNI = re.compile(r"(?<![\w-])(?:\d{8}-?|[XYZ]-?\d{7}-?)[A-HJ-NP-TV-Z](?![\w-])")
# Not in a row of numbers, of which one in eleven would pass the check.
NHS_GROUPS = re.compile(r"(?<![\w.,-])(?<!\d[ \n])\d{3}([ -])\d{3}\1\d{4}(?![\w,-]|\.\d|[ \n]\d)")
TEN_DIGITS = re.compile(r"(?<![\w.,+-])\d{10}(?![\w,-]|\.\d)")
ELEVEN_DIGITS = re.compile(r"(?<![\w.,+-])[1-9]\d ?\d{3} ?\d{3} ?\d{3}(?![\w,-]|\.\d)")
IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,4})?(?!\w)")
CARD = re.compile(
    r"(?<![\w.,-])(?<!\d[ \n])[3-6]\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}(?![\w,-]|\.\d|[ \n]\d)"
)
LOOSE_CARD = re.compile(r"(?<![\w.,-])[3-6]\d{12,18}(?![\w,-]|\.\d)")
# Two numbers with decimals are a place only where something says so, or a column is full of them.
COORDINATES = re.compile(
    r"(?<!\w)\d{1,2}(?:\.\d{2,10})?° ?(?:\d{1,2}['′] ?(?:\d{1,2}(?:\.\d{1,4})?[\"″] ?)?)?[NS](?!\w)"
    r"|(?i:\b(?:lat|latitude|geo|gps)\b)[\"']?\s?[:=,]?\s?[\"']?-?\d{1,2}\.\d{3,15}"
)
LOOSE_COORDINATES = re.compile(
    r"(?<![\w.])[(\[]?-?(?:[0-8]?\d|90)\.\d{4,15}\s?[,;/ ]\s?"
    r"-?(?:1[0-7]\d|\d{1,2}|180)\.\d{4,15}(?![\w.])"
)
INSURANCE = re.compile(r"(?<!\w)[A-Z]\d{9}(?!\w)")
URL = re.compile(r"\bhttps?://|(?<![\w.])www\.[\w-]{1,63}\.")


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


# What tells a person in one cell of an export, then what only a column of cells can tell.
PATTERNS: tuple[Pattern, ...] = (
    Pattern("email", EMAIL),
    Pattern("ip_address", IPV4),
    Pattern("ip_address", IPV6),
    Pattern("phone", PHONE),
    Pattern("postcode", UK_POSTCODE),
    Pattern("address", ADDRESS),
    Pattern("address", US_PLACE),
    Pattern("birth_date", BIRTH_WORD),
    Pattern("national_number", NATIONAL),
    Pattern("nhs_number", NHS_GROUPS, lambda text: nhs_number(_digits(text))),
    Pattern("bank_account", IBAN, iban),
    Pattern("bank_account", CARD, lambda text: luhn(_digits(text))),
    Pattern("location", COORDINATES),
    Pattern("phone", LOOSE_PHONE, certain=False),
    Pattern("location", LOOSE_COORDINATES, certain=False),
    Pattern("postcode", LOOSE_POSTCODE, certain=False),
    Pattern("national_number", DNI, certain=False),
    Pattern("national_number", ELEVEN_DIGITS, lambda t: steuer_id(_digits(t)), certain=False),
    Pattern("nhs_number", TEN_DIGITS, nhs_number, certain=False),
    Pattern("bank_account", LOOSE_CARD, luhn, certain=False),
    Pattern("insurance_number", INSURANCE, certain=False),
    Pattern("web_address", URL, certain=False),
)
CERTAIN = tuple(pattern for pattern in PATTERNS if pattern.certain)
# Numbers, and codes of a practice's software: letters in front, a running number. Nothing is
# read off these, and most cells of an export are such.
CODE = re.compile(r"[A-Za-z]{0,3}[-_]?\d{1,8}|[+-]?\d{0,6}[.,]\d{1,12}|\W{0,3}")
# Nine digits are as many as the shortest number looked for has.
_SHORTEST_NUMBER = 9


def certain_kind(text: str) -> str | None:
    """The kind of the first pattern that tells a person in this text alone, or None."""
    if CODE.fullmatch(text):
        return None
    return next((pattern.kind for pattern in CERTAIN if pattern.finds(text)), None)


def kinds_in(text: str) -> set[str]:
    """All kinds that any pattern, certain or not, sees in this text."""
    if CODE.fullmatch(text) and len(text) < _SHORTEST_NUMBER:
        return set()
    return {pattern.kind for pattern in PATTERNS if pattern.finds(text)}

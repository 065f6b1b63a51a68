"""Check digits: which numbers are numbers of people, and not any number of that length."""

from __future__ import annotations

_NHS_LENGTH = 10
_STEUER_LENGTH = 11
# Length of an IBAN by country (ISO 13616 registry), for the countries practices export from most.
_IBAN_SHORTEST, _IBAN_LONGEST = 15, 34


def nhs_number(digits: str) -> bool:
    """Ten digits of which the last checks the others, modulo 11 (NHS Data Dictionary)."""
    if len(digits) != _NHS_LENGTH or len(set(digits)) == 1:
        return False
    total = sum((10 - n) * int(digit) for n, digit in enumerate(digits[:9]))
    return (11 - total % 11) % 11 == int(digits[9])


def luhn(digits: str) -> bool:
    """Whether the last digit is that of Luhn's rule (ISO/IEC 7812), as on bank cards."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0 and len(set(digits)) > 1


def iban(text: str) -> bool:
    """Whether a bank account has the check digits of ISO 13616 (remainder 1 modulo 97)."""
    plain = text.replace(" ", "")
    if not _IBAN_SHORTEST <= len(plain) <= _IBAN_LONGEST:
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def steuer_id(digits: str) -> bool:
    """Whether eleven digits are a German tax number (ISO 7064, modulo 11, 10)."""
    if len(digits) != _STEUER_LENGTH or digits[0] == "0":
        return False
    carry = 10
    for digit in digits[:10]:
        total = (int(digit) + carry) % 10 or 10
        carry = (2 * total) % 11
    return (11 - carry) % 10 == int(digits[10])

"""How numbers stand in the sentences of this room: a true minus, and never '−0.0'."""

from __future__ import annotations


def number(value: float, decimals: int = 1, *, signed: bool = False) -> str:
    """A number with a fixed count of decimals, with '+' before it if `signed`."""
    text = f"{abs(value):.{decimals}f}"
    zero = not any(digit in text for digit in "123456789")
    if zero:
        return text
    if value < 0:
        return f"−{text}"
    return f"+{text}" if signed else text

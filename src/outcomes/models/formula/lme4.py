"""Read a mixed-model formula as lme4 writes it: fixed terms and terms (expression | group).

`y ~ x + (1 + x | g)` has correlated intercepts and slopes; `(1 + x || g)` uncorrelated ones;
`(1 | a/b)` stands for `(1 | a) + (1 | a:b)`; `(1 | a:b)` has a level for each combination.

Source: Bates, D., Mächler, M., Bolker, B. & Walker, S. (2015). Fitting linear mixed-effects
models using lme4. J. Stat. Softw. 67(1), table 2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from outcomes.errors import UsageError

_NAME = re.compile(r"[^\W\d]\w*\Z")


@dataclass(frozen=True, slots=True)
class RandomTerm:
    """`expression` varies over the levels of `group`, its columns correlated with each other.

    `group` names the columns whose combinations are the levels: one, or several for `a:b`.
    """

    expression: str
    group: tuple[str, ...]

    @property
    def name(self) -> str:
        """The grouping factor, as `client` or `practice:practitioner`."""
        return ":".join(self.group)


@dataclass(frozen=True, slots=True)
class MixedFormula:
    """The response's expression, the fixed right-hand side, and the random terms."""

    response: str
    fixed: str
    random: tuple[RandomTerm, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns that random terms group by, each once, in order of appearance."""
        return tuple(dict.fromkeys(name for term in self.random for name in term.group))


def parse(formula: str) -> MixedFormula:
    """Split a formula into response, fixed part and random terms.

    Raises UsageError where there is no response, a bracket is open, a group is no column
    name, or one term stands there twice.
    """
    left, tilde, right = formula.partition("~")
    if not tilde or not left.strip() or not right.strip():
        raise _wrong("a model needs a response, a tilde and at least one term")
    fixed, random = [], []
    for sign, part in _summands(right):
        inner = _without_outer_brackets(part)
        if not _bars(inner):
            fixed.append((sign, part))
        elif sign == "-":
            raise _wrong("a random term cannot be taken away")
        else:
            random += _random_terms(inner)
    if len(set(random)) < len(random):
        raise _wrong("a random term stands there twice")
    return MixedFormula(left.strip(), _joined(fixed), tuple(random))


def _random_terms(text: str) -> list[RandomTerm]:
    """Terms of a bracket: one bar, or several brackets added up inside another bracket."""
    summands = _summands(text)
    if len(summands) > 1 and all(_is_bracket(part) for _, part in summands):
        return [
            term for _, part in summands for term in _random_terms(_without_outer_brackets(part))
        ]
    bars = _bars(text)
    if len(bars) > 1 and bars != [bars[0], bars[0] + 1]:
        raise _wrong("a random term has one bar, | or ||")
    expression, group = text[: bars[0]].strip(), text[bars[-1] + 1 :].strip()
    if not expression or not group:
        raise _wrong("a random term is (expression | group)")
    parts = _uncorrelated(expression) if len(bars) == 2 else [expression]
    return [RandomTerm(part, names) for names in _groups(group) for part in parts]


def _uncorrelated(expression: str) -> list[str]:
    """The intercept, and each other term without it, one by one."""
    words = [(sign, part) for sign, part in _summands(expression)]
    without = ("+", "0") in words or ("-", "1") in words
    slopes = [f"0 + {part}" for sign, part in words if sign == "+" and part not in {"0", "1"}]
    return slopes if without else ["1", *slopes]


def _groups(text: str) -> list[tuple[str, ...]]:
    """Grouping factors of `a`, `a:b` or `a/b`, the outer ones first."""
    text = _without_outer_brackets(text)
    levels = [tuple(name.strip() for name in part.split(":")) for part in text.split("/")]
    for name in (name for level in levels for name in level):
        if not _NAME.match(name):
            raise _wrong("a group is the name of a column, or names joined by : or /")
    return [
        tuple(dict.fromkeys(name for level in levels[: depth + 1] for name in level))
        for depth in range(len(levels))
    ]


def _summands(text: str) -> list[tuple[str, str]]:
    """Parts between the plus and minus signs outside every bracket, with their signs.

    A sign after another operator, as in `I(x - 1)` or `-1`, belongs to its part.
    """
    parts: list[tuple[str, str]] = []
    depth, start, sign = 0, 0, "+"
    for position, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            raise _wrong("a bracket closes that was not opened")
        if letter in "+-" and depth == 0:
            if text[start:position].strip():
                parts.append((sign, text[start:position].strip()))
            start, sign = position + 1, letter
    if depth:
        raise _wrong("a bracket is open")
    if not text[start:].strip():
        raise _wrong("a term is missing after the last sign")
    return [*parts, (sign, text[start:].strip())]


def _bars(text: str) -> list[int]:
    """Positions of the bars outside every inner bracket, or of any bar in inner brackets."""
    depth, outer, anywhere = 0, [], []
    for position, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "|":
            anywhere.append(position)
            if depth == 0:
                outer.append(position)
    return outer or anywhere


def _is_bracket(text: str) -> bool:
    """Whether one pair of brackets holds the whole text."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return position == len(text) - 1
    return False


def _without_outer_brackets(text: str) -> str:
    """Take away brackets that hold the whole text."""
    text = text.strip()
    while _is_bracket(text):
        text = text[1:-1].strip()
    return text


def _joined(parts: list[tuple[str, str]]) -> str:
    """The fixed part; an intercept alone where no fixed term is left."""
    if not parts:
        return "1"
    text = " ".join(f"{sign} {part}" for sign, part in parts)
    return text.removeprefix("+ ")


def _wrong(what: str) -> UsageError:
    return UsageError(
        f"The formula cannot be read: {what}.",
        where="parameter formula",
        fix="Write it as in score ~ arm * week + (week | client) + (1 | practitioner).",
    )

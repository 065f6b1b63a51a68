"""A question written down in a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.errors import InputError

if TYPE_CHECKING:
    from outcomes.comparison.question import Question


def read_question(path: str | Path) -> Question:
    """The question of a TOML file (see docs/comparison/question.md).

    Raises InputError where there is no such file or it is not TOML, UsageError for words and
    fields that a question does not know.
    """
    # Comparing needs much of SciPy, which readers of files do not.
    from outcomes.comparison.question import Question

    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The question cannot be read: {type(error).__name__}.",
            where=place.name,
            fix="Give the path of a TOML file in UTF-8.",
        ) from None
    return Question.from_text(text)

"""Every error the toolkit raises says what, where, how many, and what to do.

Messages never carry a client's values: a column, a file and a line locate a
problem well enough, and messages end up in logs and tickets.
"""

from __future__ import annotations


class OutcomesError(Exception):
    """Base of all errors meant for the user.

    Parameters
    ----------
    what : one sentence naming the mistake.
    where : file, line, column, parameter or table.
    how_many : how many rows, cells or files are affected.
    fix : one sentence saying what to do.
    """

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        how_many: int | None = None,
        fix: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.how_many = how_many
        self.fix = fix
        super().__init__(self.message())

    def message(self) -> str:
        """The four parts as short lines, leaving out what is not known."""
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.how_many is not None:
            lines.append(f"  how many: {self.how_many}")
        if self.fix:
            lines.append(f"  what to do: {self.fix}")
        return "\n".join(lines)


class UsageError(OutcomesError):
    """A parameter, option or argument is unknown, missing or ill-typed."""


class InputError(OutcomesError):
    """A file, folder or cell cannot be used."""


class LayoutError(InputError):
    """A layout.toml is malformed or does not fit its source."""


class VocabularyError(InputError):
    """A source uses a word that its layout does not map to a vocabulary."""


class InstrumentError(OutcomesError):
    """A questionnaire is unknown, inconsistent, or asked for more than is verified."""


class RangeError(InstrumentError):
    """Answers lie outside the instrument's declared range."""


class NotEnoughData(OutcomesError):
    """The data hold too little for the question: no client, no pair, one arm."""


class OutputError(OutcomesError):
    """The output folder cannot be written."""


class ReleaseError(OutcomesError):
    """The release gate refused to publish: a small cell or an identifier is in the output."""

    exit_code = 1


class RunError(OutcomesError):
    """A notebook failed while running; what it left is kept beside the reason."""

    exit_code = 1

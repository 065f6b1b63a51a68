"""The source that a command was given, or the bundled example."""

from __future__ import annotations

from pathlib import Path

from outcomes.errors import InputError


def existing(text: str) -> str:
    """The path, or the path in a database's address, made absolute. Raises InputError."""
    from outcomes.sources.address import is_address, settled

    if is_address(text):
        return settled(text)
    path = Path(text).expanduser()
    if not path.exists():
        raise InputError(
            "there is no such file or folder",
            where=text,
            fix="check the path; without SOURCE the bundled example is used",
        )
    return str(path.resolve())


def bundled() -> Path:
    """The folder of the bundled example."""
    from outcomes.sources import example_folder

    return example_folder()

"""The key of the pseudonyms: a file of its own, readable by its owner only, never in an output."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import tempfile
import tomllib
from pathlib import Path

from outcomes.errors import InputError, OutputError, UsageError

# Names another key file than the default.
VARIABLE = "OUTCOMES_KEY"
LENGTH = 32
# Written beside clean tables; says which key made their pseudonyms, without giving it away.
RECORD = "pseudonyms.toml"

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def key_file() -> Path:
    """Where the key is kept: $OUTCOMES_KEY, or `outcomes/key` among the user's settings."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    configured = os.environ.get("APPDATA" if os.name == "nt" else "XDG_CONFIG_HOME", "")
    # The XDG specification asks that relative paths be passed over.
    absolute = Path(configured) if os.path.isabs(configured) else None  # noqa: PTH117
    return (absolute or Path.home() / ".config") / "outcomes" / "key"


def load_key(path: str | Path) -> bytes:
    """Return the key in the file; where there is no file, one is made with a random key.

    Returns
    -------
    32 bytes. A new file gets rights for its owner only, and appears whole or not at all.

    Raises
    ------
    InputError
        where others may read the file, its length is wrong, or it cannot be read or made.
    """
    place = Path(path).expanduser()
    try:
        if not os.path.lexists(place):
            _make(place)
        with place.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise InputError(
                    "the key is no file", where=str(place), fix="name the file that holds the key"
                )
            key = file.read(LENGTH + 1)
    except OSError as error:
        raise InputError(
            f"the key file cannot be used: {error.strerror}",
            where=str(place),
            fix="check its rights, or name a file you may read and write (--key FILE)",
        ) from None
    if os.name == "posix" and status.st_mode & _OTHERS:
        raise InputError(
            "others may read the key file, and with the key they can test who a pseudonym is",
            where=str(place),
            fix=f"chmod 600 {place}",
        )
    if len(key) != LENGTH:
        raise InputError(
            f"the key file does not hold a key of {LENGTH} bytes",
            where=str(place),
            fix="name the right file, or bring it back from a copy; a new key cannot match "
            "people with tables already written",
        )
    return key


def keep_apart(key: str | Path, folder: str | Path) -> None:
    """Refuse a key file inside the folder that is about to be written. Raises UsageError."""
    place = Path(key).expanduser()
    # Both the link and what it leads to: either would travel with the folder.
    for found in (place.resolve(), place.parent.resolve() / place.name):
        if found.is_relative_to(Path(folder).resolve()):
            raise UsageError(
                "the key file lies inside the output folder",
                where=str(place),
                fix="keep the key elsewhere: whoever has both can test who a pseudonym is",
            )


def recorded(folder: str | Path) -> str | None:
    """The key id in the `pseudonyms.toml` of a folder; None where there is none.

    Raises OutputError where the file says no key id.
    """
    place = Path(folder) / RECORD
    try:
        text = place.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutputError(
            f"the output folder cannot be used: {error.strerror}",
            where=str(folder),
            fix="name a folder you may read and write",
        ) from None
    except ValueError:
        raise _unreadable(place) from None
    try:
        return str(tomllib.loads(text)["key_id"])
    except (tomllib.TOMLDecodeError, KeyError):
        raise _unreadable(place) from None


def record(key_id: str) -> str:
    """The text of `pseudonyms.toml`."""
    return (
        "# Ids in these tables are pseudonyms made with a key that is not here.\n"
        "# Only tables with the same key_id can be matched with each other.\n"
        f'schema = 1\nkey_id = "{key_id}"\n'
    )


def lost(where: str | Path, key: str | Path) -> InputError:
    """The refusal to go on with another key than the one that made earlier pseudonyms."""
    return InputError(
        "the key was lost or changed: pseudonyms there were made with another key, and people "
        "can no longer be matched across quarters",
        where=f"{where}; key file {key}",
        fix="name the old key file (--key FILE, or OUTCOMES_KEY); if it is gone, start a new "
        "folder from the exports of all quarters",
    )


def refuse_lost(folder: str | Path, key: str | Path) -> None:
    """Refuse to make a new key where the output folder holds pseudonyms of an older one."""
    keep_apart(key, folder)
    if recorded(folder) is not None and not Path(key).expanduser().exists():
        raise lost(folder, key)


def _make(place: Path) -> None:
    """Write a new key beside its place and link it there: no other run sees half a key."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp opens with O_EXCL and rights for the owner only.
    number, aside = tempfile.mkstemp(prefix=".key.", dir=place.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(secrets.token_bytes(LENGTH))
            file.flush()
            os.fsync(file.fileno())
        # Linking never replaces a file: where another run was first, its key is the key.
        with contextlib.suppress(FileExistsError):
            os.link(aside, place)
    finally:
        Path(aside).unlink()


def _unreadable(place: Path) -> OutputError:
    return OutputError(
        "the record of the key is damaged",
        where=str(place),
        fix="name a new folder, or bring the file back from a copy",
    )

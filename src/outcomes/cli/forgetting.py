"""`outcomes forget`: one person erased from a store."""

from __future__ import annotations

import argparse

from outcomes.cli.exits import DONE
from outcomes.errors import UsageError


def forget(arguments: argparse.Namespace) -> int:
    """Erase one person from a store, and say how much was removed; never who it was."""
    from outcomes import sources

    if arguments.key and arguments.client:
        raise UsageError(
            "a key is of no use where the pseudonym is given",
            where="--key, --client",
            fix="leave --key out, or give the id as the practice's software has it with --id",
        )
    erased = sources.forget(
        arguments.store, client=arguments.client, id=arguments.id, key=arguments.key
    )
    print("\n".join(erased.lines()))
    return DONE

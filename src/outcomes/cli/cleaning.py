"""`outcomes clean`: a source merged into a store, or written as a folder of tables."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from outcomes.cli.exits import DONE
from outcomes.cli.given import existing
from outcomes.errors import UsageError


def clean(arguments: argparse.Namespace) -> int:
    """Merge a source into a store, or write it as CSV; pseudonyms for ids, no free text."""
    from outcomes.privacy import withheld_text
    from outcomes.sources import key_file, refuse_lost

    withheld = withheld_text(arguments.allow_text)
    alone = arguments.format == "csv" or arguments.jobs is not None or arguments.scheduler
    if arguments.allow_return and alone:
        raise UsageError(
            "people are erased from stores only", where="--allow-return", fix="leave it out"
        )
    place = Path(arguments.key).expanduser() if arguments.key else key_file()
    if not arguments.keep_ids:
        # Before anything is read: reading makes the key where ids are names.
        refuse_lost(arguments.out, place)
    new = not place.exists()
    if arguments.jobs is not None or arguments.scheduler is not None:
        return _clean_practices(arguments)
    if arguments.format == "csv":
        said: tuple[str, ...] = ()
        _write_csv(arguments, place)
    else:
        withheld, said = _merge(arguments)
    print(arguments.out)
    for line in said:
        print(line, file=sys.stderr)
    if arguments.keep_ids:
        ids = "ids are written as they came, as asked: nothing in them may name anybody"
    else:
        ids = f"ids are replaced by pseudonyms; their key is {place}"
    print(ids, file=sys.stderr)
    if new and not arguments.keep_ids:
        print(
            "this key is new: keep a copy in a safe place; without it nobody can be matched "
            "with a later quarter",
            file=sys.stderr,
        )
    if withheld:
        print(f"free text left empty: {', '.join(withheld)}", file=sys.stderr)
    return DONE


def _write_csv(arguments: argparse.Namespace, key: Path) -> None:
    from outcomes.sources import read, write_tables

    layout = existing(arguments.layout) if arguments.layout else None
    write_tables(
        read(existing(arguments.source), layout=layout, keep_ids=arguments.keep_ids, key=key),
        Path(arguments.out),
        key=arguments.key,
        keep_ids=arguments.keep_ids,
        allow_text=arguments.allow_text,
    )


def _merge(arguments: argparse.Namespace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns of free text left empty in the store, and what the merge has to say."""
    from outcomes.privacy import withheld_text
    from outcomes.sources import merge, open_store

    merged = merge(
        existing(arguments.source),
        Path(arguments.out),
        layout=existing(arguments.layout) if arguments.layout else None,
        key=arguments.key,
        keep_ids=arguments.keep_ids,
        allow_text=arguments.allow_text or None,
        allow_return=arguments.allow_return,
    )
    return withheld_text(open_store(arguments.out).state.text), tuple(merged.lines())


def _clean_practices(arguments: argparse.Namespace) -> int:
    """Clean a folder of practices one by one, here or on a cluster."""
    from outcomes.sources.stream import clean_practices

    done = clean_practices(
        existing(arguments.source),
        Path(arguments.out),
        layout=existing(arguments.layout) if arguments.layout else None,
        key=arguments.key,
        keep_ids=arguments.keep_ids,
        allow_text=arguments.allow_text,
        jobs=1 if arguments.jobs is None else arguments.jobs,
        scheduler=arguments.scheduler,
    )
    print(arguments.out)
    print(f"{done.scores} scores, {done.pairs} pairs", file=sys.stderr)
    return DONE

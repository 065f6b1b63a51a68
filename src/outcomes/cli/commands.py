"""The commands: each calls what can be called from Python, prints, and says how it went."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from outcomes.cli.exits import DONE, PARTLY
from outcomes.errors import InputError, OutputError, UsageError


def report(arguments: argparse.Namespace) -> int:
    """Run a notebook on a source and publish the report."""
    from outcomes.reports.catalogue import find
    from outcomes.reports.parameters import parse
    from outcomes.reports.progress import watcher
    from outcomes.reports.runner import REPORT, run

    entry = find(arguments.notebook)
    values = parse(entry.parameters, arguments.parameter, where=entry.path.name)
    for name in ("source", "layout", "period", "practice"):
        text = getattr(arguments, name)
        if text is None:
            continue
        if name in values:
            raise UsageError(
                f"{name} is given twice", where=f"-p {name}", fix="give it once, either way"
            )
        found = _existing(text) if name in ("source", "layout") else text
        values |= parse(entry.parameters, [f"{name}={found}"], where=entry.path.name)
    declared = {parameter.name for parameter in entry.parameters}
    if "source" in declared and values.get("source") is None:
        values["source"] = str(_example())
    outcome = run(entry, values, arguments.out, progress=watcher())
    print(outcome.folder / REPORT)
    for what in outcome.withheld:
        print(f"withheld: {what}, which is no part of the report", file=sys.stderr)
    return PARTLY if outcome.withheld else DONE


def check(arguments: argparse.Namespace) -> int:
    """Say what was read, what was dropped and why, and whether it may be reported.

    The exit code is 1 where a table lost more rows to errors, or has more rows waiting for a
    decision, than `[check]` in reports/policy.toml allows.
    """
    from outcomes.reports.intake import intake
    from outcomes.reports.ledger_file import write_ledger
    from outcomes.sources import read

    source = _existing(arguments.source) if arguments.source else str(_example())
    layout = _existing(arguments.layout) if arguments.layout else None
    study = read(source, layout=layout)
    account = intake(study)
    if arguments.csv:
        write_ledger(study.ledger, Path(arguments.csv))
    print("\n".join(account.lines()))
    if arguments.csv:
        print(f"every entry of the ledger: {arguments.csv}", file=sys.stderr)
    return DONE if account.may_be_reported else PARTLY


def clean(arguments: argparse.Namespace) -> int:
    """Write the clean tables and the ledger, with pseudonyms for ids and without free text."""
    from outcomes.privacy import withheld_text
    from outcomes.sources import key_file, read, refuse_lost, write_tables

    withheld = withheld_text(arguments.allow_text)
    layout = _existing(arguments.layout) if arguments.layout else None
    source = _existing(arguments.source)
    place = Path(arguments.key).expanduser() if arguments.key else key_file()
    if not arguments.keep_ids:
        # Before anything is read: reading makes the key where ids are names.
        refuse_lost(arguments.out, place)
    new = not place.exists()
    study = read(source, layout=layout, keep_ids=arguments.keep_ids, key=place)
    write_tables(
        study,
        Path(arguments.out),
        key=arguments.key,
        keep_ids=arguments.keep_ids,
        allow_text=arguments.allow_text,
    )
    print(arguments.out)
    if arguments.keep_ids:
        said = "ids are written as they came, as asked: nothing in them may name anybody"
    else:
        said = f"ids are replaced by pseudonyms; their key is {place}"
    print(said, file=sys.stderr)
    if new and not arguments.keep_ids:
        print(
            "this key is new: keep a copy in a safe place; without it nobody can be matched "
            "with a later quarter",
            file=sys.stderr,
        )
    if withheld:
        print(f"free text left empty: {', '.join(withheld)}", file=sys.stderr)
    return DONE


def layout(arguments: argparse.Namespace) -> int:
    """Propose a layout for a source, or say what is still undecided in an edited one."""
    from outcomes.sources.proposal import (
        layout_beside,
        layout_text,
        propose_layout,
        tried,
        write_layout,
    )

    source = _existing(arguments.source)
    out = Path(arguments.out) if arguments.out else layout_beside(source)
    edited = _existing(arguments.layout) if arguments.layout else None
    before = Path(edited) if edited else out
    text = layout_text(before) if before.exists() else None
    proposal = propose_layout(source, text)
    write_layout(proposal.text, out)
    proposal = tried(proposal, source, out)
    print(out)
    print("\n".join(proposal.lines(out)), file=sys.stderr)
    return DONE if proposal.finished else PARTLY


def example(arguments: argparse.Namespace) -> int:
    """Write a synthetic practice."""
    from outcomes.sources import write_text_files
    from outcomes.synthetic import practice

    folder = Path(arguments.dir)
    if folder.exists() and not arguments.replace and any(_entries(folder)):
        raise OutputError(
            "the folder is not empty",
            where=str(folder),
            fix="name a new folder, or add --replace to write it anew",
        )
    settings = {"clients": arguments.clients, "seed": arguments.seed}
    made = practice(**{name: value for name, value in settings.items() if value is not None})
    write_text_files(made.files, folder)
    print(folder)
    return DONE


def lab(arguments: argparse.Namespace) -> int:
    """Open JupyterLab on the notebooks."""
    import subprocess
    from importlib.util import find_spec

    from outcomes.reports.catalogue import working_notebooks

    if find_spec("jupyterlab") is None:
        raise UsageError(
            "JupyterLab is not installed", fix="install it with: pip install 'outcomes[lab]'"
        )
    folder = working_notebooks(Path(arguments.dir))
    command = [sys.executable, "-m", "jupyterlab", str(folder)]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - our own interpreter


def _existing(text: str) -> str:
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


def _example() -> Path:
    from outcomes.sources import example_folder

    return example_folder()


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else [folder]

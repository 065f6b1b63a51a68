"""The commands: each calls what can be called from Python, prints, and says how it went."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from outcomes.cli.exits import DONE, PARTLY
from outcomes.cli.given import bundled, existing
from outcomes.errors import OutputError, UsageError


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
        found = existing(text) if name in ("source", "layout") else text
        values |= parse(entry.parameters, [f"{name}={found}"], where=entry.path.name)
    declared = {parameter.name for parameter in entry.parameters}
    if "source" in declared and values.get("source") is None:
        values["source"] = str(bundled())
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

    source = existing(arguments.source) if arguments.source else str(bundled())
    layout = existing(arguments.layout) if arguments.layout else None
    study = read(source, layout=layout)
    account = intake(study)
    if arguments.csv:
        write_ledger(study.ledger, Path(arguments.csv))
    print("\n".join([*_store_lines(source), *account.lines()]))
    if arguments.csv:
        print(f"every entry of the ledger: {arguments.csv}", file=sys.stderr)
    return DONE if account.may_be_reported else PARTLY


def layout(arguments: argparse.Namespace) -> int:
    """Propose a layout for a source, or say what is still undecided in an edited one."""
    from outcomes.sources.proposal import (
        layout_beside,
        layout_text,
        propose_layout,
        tried,
        write_layout,
    )

    source = existing(arguments.source)
    out = Path(arguments.out) if arguments.out else layout_beside(source)
    edited = existing(arguments.layout) if arguments.layout else None
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


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else [folder]


def _store_lines(source: str) -> list[str]:
    """What each export did to a store, whose every file is checked; nothing for other sources."""
    from outcomes.sources import is_store, open_store, store_lines

    if "://" in source or not is_store(Path(source)):
        return []
    return [*store_lines(open_store(source)), ""]

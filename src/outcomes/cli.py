"""The command line: parse, call, print. Everything it does can be done from Python.

Exit codes: 0 done; 1 done, but something was withheld or failed; 2 wrong usage or input,
nothing written.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from outcomes._version import __version__
from outcomes.errors import InputError, OutcomesError, OutputError, UsageError

DONE, PARTLY, WRONG = 0, 1, 2
DEBUG = "OUTCOMES_DEBUG"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else WRONG
    before = _end_cleanly()
    try:
        return int(arguments.command(arguments))
    except OutcomesError as error:
        return _refused(error)
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PARTLY
    except KeyboardInterrupt:
        print("stopped; nothing half-written was left", file=sys.stderr)
        return PARTLY
    except Exception as error:
        return _bug(error)
    finally:
        _restore(before)


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
    if arguments.jobs is not None or arguments.scheduler is not None:
        return _clean_practices(arguments, layout)
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


def _clean_practices(arguments: argparse.Namespace, layout: str | None) -> int:
    """Clean a folder of practices one by one, here or on a cluster."""
    from outcomes.sources.stream import clean_practices

    done = clean_practices(
        _existing(arguments.source),
        Path(arguments.out),
        layout=layout,
        key=arguments.key,
        keep_ids=arguments.keep_ids,
        allow_text=arguments.allow_text,
        jobs=1 if arguments.jobs is None else arguments.jobs,
        scheduler=arguments.scheduler,
    )
    print(arguments.out)
    print(f"{done.scores} scores, {done.pairs} pairs", file=sys.stderr)
    return DONE


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


def parser() -> argparse.ArgumentParser:
    """The command line: commands, options and their help."""
    parser = argparse.ArgumentParser(
        prog="outcomes",
        description="Did coaching or therapy help, was it more than noise, and do the two differ?",
        epilog="Exit codes: 0 done; 1 done, but something was withheld or failed; "
        "2 wrong usage or input, nothing written.",
    )
    parser.add_argument("--version", action="version", version=f"outcomes {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_report(commands)
    _add_tables(commands)
    _add_layout(commands)
    sub = commands.add_parser("example", help="write a synthetic practice to try things on")
    sub.add_argument("dir", metavar="DIR", help="folder to write")
    sub.add_argument("--clients", type=int, help="how many clients (default 400)")
    sub.add_argument("--seed", type=int, help="seed of the simulation")
    sub.add_argument("--replace", action="store_true", help="write over what is in DIR")
    sub.set_defaults(command=example)
    sub = commands.add_parser("lab", help="open JupyterLab on the notebooks")
    sub.add_argument(
        "dir",
        nargs="?",
        default="notebooks",
        metavar="DIR",
        help="where an installed package puts copies to work on (default ./notebooks)",
    )
    sub.set_defaults(command=lab)
    return parser


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = commands.add_parser("report", help="write a report of a source")
    sub.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="folder, file or address of a database (default: the bundled example)",
    )
    sub.add_argument("--layout", metavar="FILE", help="layout file, where it is not in SOURCE")
    sub.add_argument(
        "--notebook", default="comparison", metavar="NAME", help="which report (default comparison)"
    )
    sub.add_argument("--period", help="2026Q3, 2026, 2025Q1..2026Q2 or all")
    sub.add_argument("--practice", metavar="ID", help="one practice only")
    sub.add_argument(
        "-p",
        dest="parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the notebook; lists are separated by commas; may be repeated",
    )
    sub.add_argument("--format", choices=["html"], default="html", help="html")
    sub.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    sub.set_defaults(command=report)


def _add_tables(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = commands.add_parser("check", help="say what was read, what was dropped and why")
    sub.add_argument(
        "source", nargs="?", metavar="SOURCE", help="folder, file or address of a database"
    )
    sub.add_argument("--layout", metavar="FILE", help="layout file, where it is not in SOURCE")
    sub.add_argument("--csv", metavar="FILE", help="write every entry of the ledger as CSV")
    sub.set_defaults(command=check)
    sub = commands.add_parser("clean", help="write validated tables and the ledger")
    sub.add_argument("source", metavar="SOURCE", help="folder, file or address of a database")
    sub.add_argument("--layout", metavar="FILE", help="layout file, where it is not in SOURCE")
    sub.add_argument("--out", required=True, metavar="DIR", help="folder to write")
    ids = sub.add_mutually_exclusive_group()
    ids.add_argument(
        "--key",
        metavar="FILE",
        help="key of the pseudonyms, made on first use "
        "(default: $OUTCOMES_KEY, or outcomes/key among your settings)",
    )
    ids.add_argument("--keep-ids", action="store_true", help="write ids as they came")
    sub.add_argument(
        "--allow-text",
        action="append",
        default=[],
        metavar="COLUMN",
        help="write this column of free text, which is left empty otherwise; may be repeated",
    )
    where = sub.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="SOURCE holds folders practice_id=CODE: read, score and pair them N at a time",
    )
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="the same on the workers of a Dask scheduler"
    )
    sub.set_defaults(command=clean)


def _add_layout(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = commands.add_parser("layout", help="propose a layout.toml for exports, step by step")
    sub.add_argument("source", metavar="SOURCE", help="folder, file or address of a database")
    sub.add_argument(
        "--out", metavar="FILE", help="where to write it (default: layout.toml in the folder)"
    )
    sub.add_argument(
        "--layout", metavar="FILE", help="the edited proposal (default: the one at --out)"
    )
    sub.set_defaults(command=layout)


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


def _refused(error: OutcomesError) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    from outcomes.privacy import masked

    # A net below messages that carry no value: what a person typed comes back in them.
    print(f"outcomes: {masked(str(error))}", file=sys.stderr)
    return error.exit_code


def _bug(error: Exception) -> int:
    """One line without values: messages of unknown errors may quote data."""
    if os.environ.get(DEBUG):
        traceback.print_exc()
        return PARTLY
    last = traceback.extract_tb(error.__traceback__)[-1]
    print(
        f"outcomes: this should not happen: {type(error).__name__} "
        f"in {Path(last.filename).name}, line {last.lineno}\n"
        f"  what to do: run again with {DEBUG}=1 for the full trace, and report it",
        file=sys.stderr,
    )
    return PARTLY


def _end_cleanly() -> object:
    """Let a polite kill take back what is half-written, as Ctrl-C does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        return signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread
        return None


def _restore(handler: object) -> None:
    if handler is not None:
        signal.signal(signal.SIGTERM, handler)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())

"""The parser: commands, options and their help."""

from __future__ import annotations

import argparse

from outcomes._version import __version__
from outcomes.cli.cleaning import clean
from outcomes.cli.commands import check, example, lab, layout, report
from outcomes.cli.forgetting import forget


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
    _add_forget(commands)
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
        help="store, folder, file or address of a database (default: the bundled example)",
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
    sub = commands.add_parser(
        "clean", help="merge an export into a store: validated tables, history and ledger"
    )
    sub.add_argument("source", metavar="SOURCE", help="folder, file or address of a database")
    sub.add_argument("--layout", metavar="FILE", help="layout file, where it is not in SOURCE")
    sub.add_argument("--out", required=True, metavar="DIR", help="the store, or folder to write")
    sub.add_argument(
        "--format",
        choices=["store", "csv"],
        default="store",
        help="store: quarter after quarter into one Parquet dataset (default); csv: a folder of "
        "tables, written anew",
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
    sub.add_argument(
        "--allow-return",
        action="store_true",
        help="take in again people who were erased with outcomes forget",
    )
    sub.set_defaults(command=clean)


def _add_forget(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = commands.add_parser(
        "forget", help="erase one person from a store: all tables and all earlier versions"
    )
    sub.add_argument("store", metavar="STORE", help="the store")
    who = sub.add_mutually_exclusive_group(required=True)
    who.add_argument("--client", metavar="PSEUDONYM", help="the person as the store calls them")
    who.add_argument("--id", metavar="ORIGINAL", help="or as the practice's software does")
    sub.add_argument(
        "--key",
        metavar="FILE",
        help="key of the pseudonyms, for --id (default: $OUTCOMES_KEY, or outcomes/key among "
        "your settings)",
    )
    sub.set_defaults(command=forget)


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

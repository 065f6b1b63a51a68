"""The command line: parse, call, print. Everything it does can be done from Python.

Exit codes: 0 done; 1 done, but something was withheld or failed; 2 wrong usage or input,
nothing written.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from outcomes.cli.cleaning import clean
from outcomes.cli.commands import check, example, lab, layout, report
from outcomes.cli.exits import DONE, PARTLY, WRONG
from outcomes.cli.forgetting import forget
from outcomes.cli.options import parser
from outcomes.errors import OutcomesError

__all__ = [
    "DEBUG", "DONE", "PARTLY", "WRONG",
    "check", "clean", "example", "forget", "lab", "layout", "main", "parser", "report",
]  # fmt: skip

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

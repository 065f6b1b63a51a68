"""How far a run is: a bar where a person watches, a line for each step where nobody does."""

from __future__ import annotations

import sys
from typing import Protocol, TextIO

from tqdm import tqdm


class Progress(Protocol):
    """Told by the runner what it does."""

    def start(self, total: int) -> None:
        """`total` steps will follow."""

    def step(self, name: str) -> None:
        """The step called `name` begins."""

    def stop(self) -> None:
        """Nothing more will follow."""


class Silent:
    """Says nothing."""

    def start(self, total: int) -> None:
        """Do nothing."""

    def step(self, name: str) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""


class Lines:
    """One plain line for each step, for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._total = 0
        self._done = 0

    def start(self, total: int) -> None:
        """Remember how many steps there are."""
        self._total, self._done = total, 0

    def step(self, name: str) -> None:
        """Write the number and name of the step."""
        self._done += 1
        self._stream.write(f"[{self._done}/{self._total}] {name}\n")
        self._stream.flush()

    def stop(self) -> None:
        """Do nothing; every line is complete."""


class Bar:
    """A bar that moves, for a person at a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: tqdm | None = None
        self._begun = False

    def start(self, total: int) -> None:
        """Show the empty bar."""
        layout = "{desc:<24} {bar:30} {n_fmt}/{total_fmt} {elapsed}"
        self._bar = tqdm(total=total, file=self._stream, bar_format=layout, leave=False)
        self._begun = False

    def step(self, name: str) -> None:
        """Count the step before as done and name this one."""
        if self._bar is None:
            return
        self._bar.update(int(self._begun))
        self._begun = True
        self._bar.set_description_str(name[:24])

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def watcher(stream: TextIO | None = None) -> Progress:
    """A bar when the stream (standard error) is a terminal, lines otherwise."""
    stream = stream or sys.stderr
    return Bar(stream) if stream.isatty() else Lines(stream)

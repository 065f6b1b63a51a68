"""Runs cases through workers and says what must never happen and did."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from corpus import CANARIES, Case

HERE = Path(__file__).resolve().parent
# A worker holds pandas and pyarrow (1.5 GB of addresses, mostly unused) and must do with 2 GB more.
MEMORY = 3_500_000_000
# No case is larger than 30 MB when unpacked; the slowest takes about 2 s.
SECONDS = 30


class Worker:
    """One process that reads cases until one of them ends it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py"), str(MEMORY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def read(self, folder: Path, source: str | None) -> dict[str, object]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = json.dumps({"folder": str(folder), "source": source})
        self.process.stdin.write(request.encode() + b"\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], SECONDS)
        if not ready:
            self.end()
            return {"kind": "hung", "said": f"no answer in {SECONDS} s"}
        answer = self.process.stdout.readline()
        if not answer:
            return {"kind": "died", "said": f"exit code {self.process.wait()}"}
        return dict(json.loads(answer))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def judged(cases: Iterable[Case], place: Path) -> Iterator[tuple[Case, str | None]]:
    """Each case with what is wrong about its outcome, or None."""
    worker = Worker()
    try:
        for number, case in enumerate(cases):
            folder = place / f"{number}"
            case.write(folder)
            before = listing(folder)
            found = worker.read(folder, case.source)
            if found["kind"] in ("hung", "died"):
                worker = Worker()
            wrong = fault(found)
            if wrong is None and listing(folder) != before:
                wrong = "the folder of the source was changed"
            yield case, wrong
    finally:
        worker.end()


def fault(found: dict[str, object]) -> str | None:
    """What is wrong about one outcome, or None."""
    said = str(found["said"])
    if found["kind"] not in ("read", "refused"):
        return f"{found['kind']}: {said}"
    if found["kind"] == "read" and not found["balanced"]:
        return "the ledger does not balance"
    if found["kind"] == "refused" and not found["fix"]:
        return f"no advice: {said}"
    if found["kind"] == "refused" and len(said) > 12_000:
        return f"a message of {len(said)} characters"
    seen = [word for word in CANARIES if word in said]
    return f"a client's value is shown ({seen}): {said[:2000]}" if seen else None


def listing(folder: Path) -> list[tuple[str, int]]:
    """Everything in and under a folder, links not followed."""
    found = []
    for root, folders, files in os.walk(folder):
        for name in folders + files:
            status = os.lstat(os.path.join(root, name))  # noqa: PTH118 - names may be no text
            found.append((os.path.join(root, name), status.st_size))  # noqa: PTH118
    return sorted(found)

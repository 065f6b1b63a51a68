"""At least 500 malformed exports: a study whose ledger balances, or one clear refusal."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from corpus import CANARIES, corpus
from judge import judged, listing

from outcomes.errors import InputError
from outcomes.sources import read

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes and no limits"),
]
HERE = Path(__file__).resolve().parent
FEWEST = 500
WORKERS = 2
# Through the front door, one of each family.
SAMPLE = (
    "text-no-header", "text-name-in-the-wrong-column", "xlsx-bomb", "xls-ring-of-sectors",
    "parquet-constant-bomb", "layout-nested-brackets", "pipe", "odd-name-beside",
)  # fmt: skip


def test_no_file_does_harm(tmp_path):
    cases = list(corpus())
    assert len(cases) >= FEWEST
    assert len({case.id for case in cases}) == len(cases)
    shares = [cases[n::WORKERS] for n in range(WORKERS)]
    places = [tmp_path / str(n) for n in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        outcomes = list(
            pool.map(lambda pair: list(judged(*pair)), zip(shares, places, strict=True))
        )
    faults = {case.id: wrong for found in outcomes for case, wrong in found if wrong}
    assert not faults, "\n\n".join(f"{case}: {wrong}" for case, wrong in faults.items())


def test_the_corpus_is_the_same_every_time():
    code = (
        "import hashlib, random; from corpus import random_case; "
        "cases = [random_case(n, random.Random(str(n))) for n in range(80)]; "
        "print(hashlib.sha256(repr([sorted(c.files.items()) for c in cases]).encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=HERE, capture_output=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(said) == 1


@pytest.mark.parametrize(
    "id", ["xls-encrypted", "xls-protected", "xlsx-encrypted-flag", "ods-encrypted-flag"]
)
def test_a_password_is_named(id, tmp_path):
    case = next(case for case in corpus(0) if case.id == id)
    case.write(tmp_path / "export")
    with pytest.raises(InputError, match="protected by a password"):
        read(tmp_path / "export")


@pytest.mark.parametrize("id", SAMPLE)
def test_the_command_line_says_it_without_a_trace(id, tmp_path):
    case = next(case for case in corpus(0) if case.id == id)
    folder = tmp_path / "export"
    case.write(folder)
    before = listing(folder)
    run = subprocess.run(
        [sys.executable, "-m", "outcomes.cli", "check", str(folder)],
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = (run.stdout + run.stderr).decode("utf-8")
    assert run.returncode in (0, 1, 2), said
    for word in ("Traceback", "this should not happen", *CANARIES):
        assert word not in said, said
    if run.returncode == 2:
        assert "what to do:" in said
    assert listing(folder) == before

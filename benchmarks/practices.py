"""Writes a folder of practices with questionnaires of 16 items, of any size, for the benchmark.

    python benchmarks/practices.py FOLDER [--rows 1000000] [--rows-each 100000]

Invented people: about ten forms an episode, one column of the folder name for the practice, one
layout for all. Some 2.5 % of the lines have something wrong: answers off the scale, codes for
missing, repeated and changed lines, dates that are none, strangers, forms long before the episode.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

ITEMS = 16
FORMS = 10
LAYOUT = """schema = 1
name = "many practices"
exported_on = 2026-10-05
missing = ["", "NA"]
sentinels = [99]

[[files]]
file = "clients.csv"
table = "clients"
columns = { client_id = "Client", gender = "Gender" }

[[files]]
file = "episodes.csv"
table = "episodes"
constants = { unit = "individual" }
[files.columns]
episode_id = "Episode"
client_id = "Client"
intervention = "Kind"
started_on = "Start"
ended_on = "End"

[[files]]
file = "csi16.csv"
table = "responses"
columns = { client_id = "Client", episode_id = "Episode", taken_on = "Date", occasion = "Occasion" }
constants = { instrument = "csi16" }
items = "Q{item}"
"""
# Share of lines with each fault.
FAULTS = {
    "out_of_range": 0.005,
    "sentinel": 0.005,
    "repeated": 0.004,
    "changed": 0.002,
    "bad_date": 0.003,
    "future_date": 0.001,
    "stranger": 0.003,
    "no_key": 0.001,
    "early": 0.001,
}
FIRST_DAY = np.datetime64("2019-01-01")


def practice(rows: int, number: int) -> dict[str, pd.DataFrame]:
    """One practice's clients, episodes and about `rows` lines of questionnaires, as text."""
    rng = np.random.default_rng([7, number])
    n_episodes = max(1, rows // FORMS)
    n_clients = max(1, int(n_episodes * 0.7))
    name = _ids(f"N{number:03d}", n_clients, 4)
    owner = rng.integers(n_clients, size=n_episodes)
    episode = _ids(f"E{number:03d}", n_episodes, 5)
    start = FIRST_DAY + rng.integers(0, 2400, size=n_episodes)
    line = np.repeat(np.arange(n_episodes), FORMS)[:rows]
    place = np.tile(np.arange(FORMS), n_episodes)[: len(line)]
    day = start[line] + place * 14 + rng.integers(0, 5, size=len(line))
    occasion = np.select([place == 0, place == FORMS - 1], ["intake", "end"], "session")
    level = rng.normal(2.2, 0.9, size=n_episodes)[line] + 0.05 * place
    noise = rng.normal(size=(len(line), ITEMS)) * 1.1
    answers = np.clip(np.round(level[:, None] + noise), 0, 5).astype("int8")
    answers[:, 0] += (answers[:, 0] == 5) & (rng.uniform(size=len(line)) < 0.5)
    forms = {
        "Client": name[owner][line].astype(object),
        "Episode": episode[line].astype(object),
        "Date": day.astype(str).astype(object),
        "Occasion": occasion.astype(object),
    }
    codes = np.array([str(n) for n in range(100)] + [""], dtype=object)
    items = answers.astype("int64")
    items[rng.uniform(size=items.shape) < 0.002] = 100
    where = _spoil(forms, items, start[line], rng)
    forms |= {f"Q{n + 1}": codes[items[:, n]] for n in range(ITEMS)}
    responses = pd.DataFrame(forms).iloc[where]
    clients = {"Client": name, "Gender": rng.choice(["woman", "man", ""], n_clients)}
    episodes = {
        "Episode": episode,
        "Client": name[owner],
        "Kind": rng.choice(["coaching", "therapy"], n_episodes),
        "Start": start.astype(str),
        "End": np.where(rng.uniform(size=n_episodes) < 0.1, "", (start + FORMS * 14).astype(str)),
    }
    return {
        "clients": pd.DataFrame(clients, dtype=object),
        "episodes": pd.DataFrame(episodes, dtype=object),
        "csi16": responses,
    }


def _ids(prefix: str, n: int, digits: int) -> np.ndarray:
    return np.char.add(prefix, np.char.zfill(np.arange(n).astype(str), digits))


def _spoil(
    forms: dict[str, np.ndarray], items: np.ndarray, start: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Put the faults in; returns the order of lines, in which repeated ones stand twice."""
    rows = len(items)
    kind = rng.choice([*FAULTS, ""], size=rows, p=[*FAULTS.values(), 1 - sum(FAULTS.values())])
    column = rng.integers(ITEMS, size=rows)
    for fault, code in (("out_of_range", 8), ("sentinel", 99)):
        hit = np.flatnonzero(kind == fault)
        items[hit, column[hit]] = code
    forms["Date"][kind == "bad_date"] = "2024-02-31"
    forms["Date"][kind == "future_date"] = "2027-01-01"
    forms["Date"][kind == "early"] = (start[kind == "early"] - 90).astype(str)
    forms["Client"][kind == "stranger"] = "nobody"
    forms["Client"][kind == "no_key"] = ""
    where = np.arange(rows)
    again = np.flatnonzero((kind == "repeated") | (kind == "changed"))
    order = np.concatenate([where, again])
    changed = np.flatnonzero(kind == "changed")
    # A changed line takes the key of the line before it, where that is the same episode.
    same = changed[(changed > 0)]
    same = same[forms["Episode"][same] == forms["Episode"][same - 1]]
    for name in ("Client", "Episode", "Date", "Occasion"):
        forms[name][same] = forms[name][same - 1]
    return np.sort(order)


def write(folder: Path, rows: int, rows_each: int = 100_000) -> int:
    """Write the folder; returns the bytes of the questionnaires."""
    folder.mkdir(parents=True)
    (folder / "layout.toml").write_text(LAYOUT, encoding="utf-8")
    size = 0
    plain = csv.WriteOptions(include_header=False, quoting_style="none")
    for number in range(max(1, round(rows / rows_each))):
        place = folder / f"practice_id=N{number:03d}"
        place.mkdir()
        for name, frame in practice(min(rows, rows_each), number).items():
            table = pa.table({str(c): pa.array(list(frame[c]), pa.string()) for c in frame})
            with (place / f"{name}.csv").open("wb") as file:
                file.write((",".join(frame) + "\n").encode())
                csv.write_csv(table, file, plain)
        size += (place / "csi16.csv").stat().st_size
    return size


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rows-each", type=int, default=100_000)
    options = parser.parse_args()
    print(f"{write(options.folder, options.rows, options.rows_each) / 1e6:.0f} MB")

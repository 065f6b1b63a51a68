"""The main part of the job of `outcomes clean --jobs` in Polars and in DuckDB, for comparison.

    python benchmarks/peers.py polars|duckdb SOURCE OUT

Both read the same CSV files, make answers off the scale empty, leave out lines without a day, of
strangers or sent twice, replace ids by a hash, score with the reversed items and write Parquet:
answers, scores, and the first and last score of each episode. They do not keep a ledger, do not
look for names, compare neighbouring days, find columns or date orders, and hash without a key of
their own kind (Polars a fast one, DuckDB SHA-256); so they do less.
"""

from __future__ import annotations

import sys
from pathlib import Path

from outcomes import instruments

SCALE = instruments.get("csi16")
ITEMS = list(range(1, SCALE.n_items + 1))
LOW = int(SCALE.item_min or 0)
TOPS = {item: int(SCALE.maximum_of(item) or 0) for item in ITEMS}


def in_polars(source: Path, out: Path) -> int:
    """Do the job in Polars, by its streaming engine."""
    import polars as pl

    def read(name: str) -> pl.LazyFrame:
        return pl.scan_csv(str(source / "*" / name), infer_schema=False)

    people, courses = read("clients.csv"), read("episodes.csv")
    courses = courses.join(people, on="Client", how="semi")
    numbers = {item: pl.col(f"Q{item}").cast(pl.Int16, strict=False) for item in ITEMS}
    clean = [
        pl.when(numbers[i].is_between(LOW, TOPS[i])).then(numbers[i]).cast(pl.Int8).alias(f"Q{i}")
        for i in ITEMS
    ]
    turned = [
        (TOPS[i] + LOW - pl.col(f"Q{i}")) if i in SCALE.reversed_items else pl.col(f"Q{i}")
        for i in ITEMS
    ]
    last_day = pl.date(2026, 10, 5)
    answers = (
        read("csi16.csv")
        .with_columns(pl.col("Date").str.to_date("%Y-%m-%d", strict=False), *clean)
        .filter(pl.col("Date").is_not_null() & (pl.col("Date") <= last_day))
        .join(courses.select("Episode", "Client"), on=["Episode", "Client"], how="semi")
        .unique(["Client", "Episode", "Date"], keep="last")
        .with_columns(pl.col("Client", "Episode").hash(7))
    )
    whole = pl.sum_horizontal([column.cast(pl.Int16) for column in turned], ignore_nulls=False)
    found = answers.collect(engine="streaming")
    found.write_parquet(out / "answers.parquet")
    scores = found.lazy().select("Client", "Episode", "Date", "Occasion", whole.alias("score"))
    scored = scores.collect(engine="streaming")
    scored.write_parquet(out / "scores.parquet")
    by = scored.lazy().filter(pl.col("score").is_not_null()).group_by("Client", "Episode")
    first = pl.col("score").sort_by("Date").first().alias("pre")
    last = pl.col("score").sort_by("Date").last().alias("post")
    paired = by.agg(first, last, pl.len()).filter(pl.col("len") > 1).collect(engine="streaming")
    paired.write_parquet(out / "pairs.parquet")
    return len(paired)


def in_duckdb(source: Path, out: Path) -> int:
    """Do the job in DuckDB, in memory."""
    import duckdb

    base = duckdb.connect()
    base.execute("SET threads = 2")
    base.execute("SET preserve_insertion_order = false")

    def read(name: str) -> str:
        return f"read_csv('{source}/*/{name}', header = true, all_varchar = true)"

    clean = ", ".join(
        f"CASE WHEN try_cast(Q{i} AS SMALLINT) BETWEEN {LOW} AND {TOPS[i]} "
        f"THEN try_cast(Q{i} AS TINYINT) END AS Q{i}"
        for i in ITEMS
    )
    turned = " + ".join(
        f"({TOPS[i] + LOW} - Q{i}::SMALLINT)" if i in SCALE.reversed_items else f"Q{i}::SMALLINT"
        for i in ITEMS
    )
    base.execute(f"""
        CREATE TABLE answers AS
        WITH courses AS (
            SELECT Episode, Client FROM {read("episodes.csv")}
            WHERE Client IN (SELECT Client FROM {read("clients.csv")})
        ), lines AS (
            SELECT Client, Episode, try_cast(Date AS DATE) AS Date, Occasion, {clean}
            FROM {read("csi16.csv")}
        )
        SELECT DISTINCT ON (Client, Episode, Date)
            lines.* REPLACE (sha256('key' || Client) AS Client, sha256('key' || Episode) AS Episode)
        FROM lines SEMI JOIN courses USING (Episode, Client)
        WHERE Date <= DATE '2026-10-05'
    """)
    base.execute(f"COPY answers TO '{out}/answers.parquet'")
    base.execute(f"""
        CREATE TABLE scores AS SELECT Client, Episode, Date, Occasion, {turned} AS score
        FROM answers
    """)
    base.execute(f"COPY scores TO '{out}/scores.parquet'")
    base.execute("""
        CREATE TABLE pairs AS
        SELECT Client, Episode, arg_min(score, Date) AS pre, arg_max(score, Date) AS post
        FROM scores WHERE score IS NOT NULL GROUP BY ALL HAVING count(*) > 1
    """)
    base.execute(f"COPY pairs TO '{out}/pairs.parquet'")
    return int(base.execute("SELECT count(*) FROM pairs").fetchall()[0][0])


if __name__ == "__main__":
    engine, source, out = sys.argv[1:]
    Path(out).mkdir(parents=True, exist_ok=True)
    print((in_polars if engine == "polars" else in_duckdb)(Path(source), Path(out)), "pairs")

"""The practices of a folder on a Dask cluster: the same function on every worker."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from outcomes.errors import InputError, OutputError, UsageError
from outcomes.sources.practice_files import Job, PracticeDone, clean_practice
from outcomes.sources.practices import Practice

# Seconds to wait for the scheduler.
_PATIENCE = 20


def on_cluster(address: str, parts: Sequence[Practice], job: Job) -> Iterator[PracticeDone]:
    """Hand each practice to a worker, and give back its account as it is done.

    A practice whose worker dies is given to another one: it writes its folder whole or not
    at all, so nothing is done twice. Only paths and accounts travel, the key never does:
    workers read it from its file. Raises UsageError where no scheduler answers, OutputError
    where a practice ends the life of every worker that tries it.
    """
    try:
        from distributed import Client, KilledWorker, as_completed
    except ModuleNotFoundError:
        raise UsageError(
            "a cluster needs Dask, which is not installed",
            where="scheduler",
            fix="pip install 'outcomes[cluster]'",
        ) from None
    try:
        client: Any = Client(  # type: ignore[no-untyped-call]
            address, timeout=_PATIENCE, set_as_default=False
        )
    except (OSError, ValueError, TimeoutError):
        raise UsageError(
            "no scheduler answers there",
            where=f"scheduler {address}",
            fix="start one with: dask scheduler; and workers with: dask worker ADDRESS",
        ) from None
    run = uuid.uuid4().hex[:8]
    with client:
        # In one batch; a key of its own for each run, or Dask would give back an old result.
        futures = client.map(
            clean_practice,
            parts,
            job=job,
            key=[f"outcomes-{run}-{number}" for number in range(len(parts))],
            pure=False,
        )
        try:
            for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call]
                yield future.result()
        except KilledWorker:
            raise OutputError(
                "a practice ended every worker that tried it, perhaps for lack of memory",
                where=f"scheduler {address}",
                fix="give the workers more memory, or run with --jobs 1 to see the practice",
            ) from None
        except InputError:
            raise
        finally:
            client.cancel(futures)

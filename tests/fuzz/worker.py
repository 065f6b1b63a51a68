"""Reads one case after another in a process whose memory is bounded, and says what happened.

Standard input has one JSON line for each case, {"folder", "source"}; so has standard output.
"""

from __future__ import annotations

import json
import resource
import sys
import traceback
from pathlib import Path

MEMORY = int(sys.argv[1])


def outcome(folder: Path, source: str | None) -> dict[str, object]:
    from outcomes.errors import OutcomesError
    from outcomes.sources import read

    try:
        if source is None:
            study = read(folder)
        else:
            study = read(folder / source, layout=folder / "layout.toml")
    except OutcomesError as error:
        return {"kind": "refused", "said": str(error), "fix": bool(error.fix)}
    except BaseException as error:
        where = "".join(traceback.format_tb(error.__traceback__)[-4:])
        return {"kind": "raised", "said": f"{type(error).__name__}: {error}\n{where}"}
    log = study.ledger.to_frame()
    return {
        "kind": "read",
        "balanced": study.ledger.balanced(),
        "said": "\n".join(map(str, log.drop(columns="line").to_numpy().ravel())),
        "csv": len(study.ledger.to_csv().encode()),
    }


def main() -> None:
    import outcomes.sources  # noqa: F401 - loaded before the memory is counted

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))
    for line in sys.stdin:
        case = json.loads(line)
        found = outcome(Path(case["folder"]), case["source"])
        found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

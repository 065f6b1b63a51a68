"""From a notebook and its parameters to a run folder: checked, run, gated, written, renamed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outcomes._version import __version__
from outcomes.errors import InputError, ReleaseError, RunError
from outcomes.privacy import Policy, tellable
from outcomes.privacy import policy as disclosure_policy
from outcomes.reports import html
from outcomes.reports.catalogue import Entry, find, read_notebook
from outcomes.reports.document import Attachment, Document
from outcomes.reports.executed import cell_seconds, public_notebook
from outcomes.reports.failed import keep_notebook, remove_telling, safe_text
from outcomes.reports.gate import require_release, suppressed_cells
from outcomes.reports.kernel import Failure, code_cells, execute
from outcomes.reports.manifest import as_json, file_digest, manifest, run_name
from outcomes.reports.parameters import check
from outcomes.reports.progress import Progress, Silent
from outcomes.reports.publish import publish, staging
from outcomes.reports.results import results_json
from outcomes.sources import require_clean_folder, source_ids
from outcomes.sources.address import lent_password

REPORT, NOTEBOOK, RESULTS, MANIFEST = "report.html", "report.ipynb", "results.json", "manifest.json"
REASON = "reason.txt"
RESERVED = {REPORT, NOTEBOOK, RESULTS, MANIFEST, REASON}
WRONG_INPUT = 2


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A published run: its folder, its document, and what was left out of it."""

    folder: Path
    document: Document
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """What is known of a run before it is written."""

    entry: Entry
    parameters: Mapping[str, Any]
    policy: Policy
    started: datetime


def run(
    notebook: str | Entry,
    parameters: Mapping[str, Any],
    out: str | Path,
    *,
    progress: Progress | None = None,
    cell_seconds: int | None = None,
) -> RunOutcome:
    """Run a notebook and publish `out/<notebook>/<run>/`, whole or not at all.

    Raises, before anything starts, UsageError for parameters the notebook does not declare
    and OutputError for a folder that cannot be written. An error about input or usage from
    within the notebook comes back as it is and leaves nothing. ReleaseError: the gate
    refused, nothing is left. RunError: the notebook crashed or took too long; it is kept in
    `<run>.failed/` with the reason.
    """
    entry = notebook if isinstance(notebook, Entry) else find(notebook)
    values = check(entry.parameters, parameters, where=entry.path.name)
    policy = disclosure_policy(str(values.get("policy") or "default"))
    watch = progress or Silent()
    out = Path(out).expanduser().resolve()
    with lent_password(values) as shown, staging(out) as folder:
        plan = _Run(entry, shown, policy, datetime.now(UTC))
        executed = folder / NOTEBOOK
        # The cell papermill adds, the cells of the notebook, and the writing.
        watch.start(code_cells(entry.path) + 2)
        try:
            failure = execute(entry.path, shown, executed, watch.step, cell_seconds=cell_seconds)
            if failure is not None:
                raise _failed(plan, failure, folder, out)
            watch.step("writing the report")
            return _released(plan, folder, out)
        finally:
            watch.stop()


def _released(plan: _Run, folder: Path, out: Path) -> RunOutcome:
    """Gate, write and publish what the notebook made."""
    clock = time.perf_counter()
    executed = read_notebook(folder / NOTEBOOK)
    document = Document.from_notebook(executed)
    _require_named_policy(document, plan.policy)
    require_release(document, plan.policy)
    name = run_name(plan.parameters, document, plan.entry.path)
    public, withheld = public_notebook(executed, plan.parameters, plan.policy)
    attachments = {block.name: block.text for block in document.of(Attachment)}
    _refuse_reserved(attachments)
    texts = {
        NOTEBOOK: json.dumps(public, indent=1, ensure_ascii=False) + "\n",
        RESULTS: results_json(document.results),
        **attachments,
    }
    texts[REPORT] = html.render(
        document,
        policy=plan.policy,
        colophon=_colophon(plan, name),
        beside=[*sorted(texts), MANIFEST],
    )
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    timings = {
        "started": plan.started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "cells_seconds": cell_seconds(executed),
        "writing_seconds": round(time.perf_counter() - clock, 3),
    }
    release = {"withheld": list(withheld), "suppressed_cells": suppressed_cells(document)}
    body = manifest(
        document,
        run=name,
        notebook=plan.entry.path,
        parameters=plan.parameters,
        policy=plan.policy,
        timings=timings,
        release=release,
        files={file: file_digest(folder / file) for file in sorted(texts)},
    )
    (folder / MANIFEST).write_text(as_json(body), encoding="utf-8", newline="\n")
    require_clean_folder(folder, _known_ids(plan))
    target = out / plan.entry.name / name
    publish(folder, target)
    return RunOutcome(target, document, tuple(f"output of cell {cell}" for cell in withheld))


def _known_ids(plan: _Run) -> frozenset[str]:
    """The ids of the source as they came, which no file of the run may hold.

    None where the source is not one that can be read: then the notebook did not read it either.
    """
    if "source" not in plan.parameters:
        return frozenset()
    source, layout = plan.parameters["source"], plan.parameters.get("layout")
    try:
        return tellable(source_ids(source, layout))
    except InputError:
        return frozenset()


def _failed(plan: _Run, failure: Failure, folder: Path, out: Path) -> Exception:
    """The error to raise; a crash is kept beside its reason, wrong input is not."""
    if failure.error is not None and failure.error.exit_code == WRONG_INPUT:
        return failure.error
    if isinstance(failure.error, ReleaseError):
        return failure.error
    name = f"{run_name(plan.parameters, None, plan.entry.path)}.failed"
    where = f"notebook {plan.entry.name}" + (f", cell {failure.cell}" if failure.cell else "")
    known = _known_ids(plan)
    said = keep_notebook(folder / NOTEBOOK, plan.parameters, plan.policy, known)
    reason = [
        f"{where}: {failure.what}",
        "This folder did not pass the release gate. It may hold small numbers: do not share it.",
        *([said] if said else []),
        failure.trace,
    ]
    text = safe_text("\n\n".join(reason).rstrip(), known)
    (folder / REASON).write_text(text + "\n", encoding="utf-8")
    remove_telling(folder, known)
    target = out / plan.entry.name / name
    publish(folder, target)
    return RunError(
        f"the notebook failed: {failure.what}",
        where=where,
        fix=f"the reason and the notebook as far as it ran are in {target}",
    )


def _require_named_policy(document: Document, policy: Policy) -> None:
    """Small numbers may pass only when the policy that was asked for lets them."""
    provenance = document.provenance
    if provenance is not None and provenance.policy != policy.name:
        raise ReleaseError(
            f"the notebook worked under the policy {provenance.policy}, not {policy.name}",
            where="policy",
            fix="pass the notebook's parameter policy on to every table and figure",
        )


def _refuse_reserved(attachments: Mapping[str, str]) -> None:
    for name in attachments:
        if name in RESERVED:
            raise RunError(
                f"the notebook attaches a file with a reserved name: {name}",
                fix="give the attachment another name",
            )


def _colophon(plan: _Run, name: str) -> dict[str, str]:
    hidden = f"{plan.policy.name}: " + (
        f"numbers of people from 1 to {plan.policy.minimum_count - 1} are hidden"
        if plan.policy.suppress
        else "small numbers are shown"
    )
    return {
        "Run": name,
        "Notebook": plan.entry.name,
        "Program": f"outcomes {__version__}",
        "Disclosure policy": hidden,
    }

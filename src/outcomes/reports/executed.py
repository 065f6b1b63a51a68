"""The executed notebook as it may be published: no paths, no times, nothing ungated."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outcomes.privacy import Policy
from outcomes.reports.blocks import MIME, Attachment

INJECTED = "injected-parameters"
LEFT_OUT = "[left out: this output is no part of the report and did not pass its release gate]"
STANDS_BESIDE = "[stands beside this notebook as a file]"


def public_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with paths cut to their last part, which names no machine and no person."""
    return {name: _without_path(value) for name, value in parameters.items()}


def public_notebook(
    notebook: Mapping[str, Any], parameters: Mapping[str, Any], policy: Policy
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The notebook to publish, and the ids of cells whose output was left out of it.

    Warnings and prints are dropped; a table or picture that is no block of the report is
    left out unless the policy lets everything pass.
    """
    body = copy.deepcopy(dict(notebook))
    body["metadata"].pop("papermill", None)
    withheld = []
    for cell in body["cells"]:
        for name in ("papermill", "execution"):
            cell["metadata"].pop(name, None)
        if INJECTED in cell["metadata"].get("tags", ()):
            cell["id"] = INJECTED
            cell["source"] = _assignments(public_parameters(parameters))
        if cell["cell_type"] == "code":
            kept = [out for out in cell["outputs"] if out["output_type"] not in ("stream", "error")]
            cell["outputs"] = [_public_output(out, policy) for out in kept]
            if any(_left_out(out) for out in cell["outputs"]):
                withheld.append(cell.get("id", ""))
    return body, tuple(withheld)


def cell_seconds(notebook: Mapping[str, Any]) -> dict[str, float]:
    """How long each code cell took, by its id."""
    return {
        cell.get("id", str(number)): float(cell["metadata"]["papermill"].get("duration") or 0.0)
        for number, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code" and "papermill" in cell["metadata"]
    }


def _public_output(output: dict[str, Any], policy: Policy) -> dict[str, Any]:
    data = output["data"]
    if MIME in data:
        for block in data[MIME]["blocks"]:
            if block["kind"] == Attachment.kind:
                block["text"] = STANDS_BESIDE
        return output
    if policy.suppress:
        return {**output, "data": {"text/plain": LEFT_OUT}, "metadata": {}}
    return output


def _left_out(output: Mapping[str, Any]) -> bool:
    return bool(output["data"].get("text/plain") == LEFT_OUT)


def _without_path(value: object) -> object:
    if isinstance(value, str) and "://" not in value and Path(value).is_absolute():
        return Path(value).name
    # An address may hold a password or a server's name: keep only its kind.
    if isinstance(value, str) and "://" in value:
        return value.split("://")[0] + "://…"
    return value


def _assignments(parameters: Mapping[str, Any]) -> str:
    lines = [f"{name} = {value!r}" for name, value in parameters.items()]
    return "\n".join(["# Parameters of this run; paths are cut to their last part", *lines])

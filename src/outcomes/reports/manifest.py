"""manifest.json: everything needed to say how a report was made, and to make it again."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from outcomes._version import __version__
from outcomes.privacy import Policy
from outcomes.reports.catalogue import CHECKOUT, PACKAGE
from outcomes.reports.document import Document, Provenance, slug
from outcomes.reports.executed import public_parameters

SCHEMA = 1
LIBRARIES = (
    "pandas",
    "numpy",
    "scipy",
    "statsmodels",
    "pyarrow",
    "matplotlib",
    "seaborn",
    "papermill",
    "jinja2",
)
# What the package consists of; compiled files and caches differ between machines.
SOURCES = {".py", ".toml", ".j2", ".css"}
DIGITS = 8


def run_name(parameters: Mapping[str, Any], document: Document | None, notebook: Path) -> str:
    """`<period>[-<practice>]-<digits>`: the same inputs, settings and program, the same name.

    The digits are the start of a digest of the input files, the parameters, the package's
    source and the notebook.
    """
    provenance = document.provenance if document else None
    inputs = [(file.name, file.sha256) for file in provenance.sources] if provenance else []
    # With digests of the files their place does not matter; without, it is all that is known.
    settings = public_parameters(parameters) if inputs else dict(parameters)
    parts = [sorted(inputs), settings, package_digest(), file_digest(notebook)]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    words = [str(parameters.get("period") or "all"), str(parameters.get("practice") or "")]
    return "-".join([*(slug(word) for word in words if word), digest[:DIGITS]])


def manifest(
    document: Document,
    *,
    run: str,
    notebook: Path,
    parameters: Mapping[str, Any],
    policy: Policy,
    timings: Mapping[str, Any],
    release: Mapping[str, Any],
    files: Mapping[str, str],
) -> dict[str, Any]:
    """The manifest of one run; `files` gives the digest of each file of the run folder."""
    provenance = document.provenance
    return {
        "schema": SCHEMA,
        "run": run,
        "notebook": {"name": notebook.name, "sha256": file_digest(notebook)},
        "parameters": public_parameters(parameters),
        "inputs": [
            {"name": file.name, "sha256": file.sha256, "rows": file.rows}
            for file in (provenance.sources if provenance else ())
        ],
        "seeds": dict(provenance.seeds) if provenance else {},
        "question": _question(provenance),
        "policy": {
            "name": policy.name,
            "suppress": policy.suppress,
            "minimum_count": policy.minimum_count,
        },
        "release": dict(release),
        "package": {
            "name": "outcomes",
            "version": __version__,
            "source_sha256": package_digest(),
            "git": git_revision(),
        },
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "libraries": {name: _installed(name) for name in LIBRARIES},
        "timings": dict(timings),
        "files": dict(files),
    }


def _question(provenance: Provenance | None) -> dict[str, Any] | None:
    """The record of the question that was asked, which `Question.from_dict` reads back."""
    asked = provenance.question if provenance else None
    return None if asked is None else dict(asked)


def as_json(body: Mapping[str, Any]) -> str:
    """Text of the manifest."""
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def package_digest() -> str:
    """SHA-256 over all source files of the package, with their names."""
    total = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        inside = path.relative_to(PACKAGE)
        if path.suffix in SOURCES and inside.parts[0] != "_bundled":
            total.update(inside.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


@cache
def git_revision() -> dict[str, Any] | None:
    """Commit of the checkout and whether files were changed since; None when installed."""
    git = shutil.which("git")
    if git is None or not (CHECKOUT / ".git").exists():
        return None
    try:
        commit = _git(git, "rev-parse", "HEAD")
        changed = _git(git, "status", "--porcelain", "--", "src", "notebooks")
    except (OSError, subprocess.SubprocessError):
        return None
    return {"revision": commit, "changed": bool(changed)}


def _git(git: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed arguments
        [git, "-C", str(CHECKOUT), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    return done.stdout.strip()


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

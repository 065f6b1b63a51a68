"""What can be run: the notebooks with their title, audience, question and parameters."""

from __future__ import annotations

import difflib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes.errors import InputError, UsageError
from outcomes.reports.parameters import Parameter, declared

PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = PACKAGE.parents[1]
SUFFIX = ".ipynb"


@dataclass(frozen=True, slots=True)
class Entry:
    """One notebook: where it is, for whom, what it asks, and what may be set."""

    name: str
    path: Path
    title: str
    audience: str
    question: str
    parameters: tuple[Parameter, ...]


def notebooks_folder() -> Path:
    """The packaged notebooks, or those of the checkout this package runs from."""
    return _bundled("notebooks", CHECKOUT / "notebooks")


def working_notebooks(folder: Path) -> Path:
    """Where to work on the notebooks: those of the checkout, or copies in `folder`.

    Packaged notebooks are copied, since the next installation would overwrite changes;
    a notebook that is there already stays as it is.
    """
    origin = notebooks_folder()
    if PACKAGE not in origin.parents:
        return origin
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(origin.glob(f"*{SUFFIX}")):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    return folder


def catalogue() -> list[Entry]:
    """All notebooks, by name. Raises UsageError where one declares its parameters badly."""
    folder = notebooks_folder()
    return [entry(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]


def find(name: str) -> Entry:
    """The notebook of that name, or the one at that path if it ends in .ipynb.

    Raises UsageError naming the known ones.
    """
    if name.endswith(SUFFIX):
        return entry(Path(name))
    names = sorted(path.stem for path in notebooks_folder().glob(f"*{SUFFIX}"))
    if name in names:
        return entry(notebooks_folder() / f"{name}{SUFFIX}")
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"there is no notebook called {name}",
        fix=f"{hint}there are: {', '.join(names) or 'none'}",
    )


def entry(path: Path) -> Entry:
    """What one notebook says of itself. Raises InputError where the file is no notebook."""
    notebook = read_notebook(path)
    facts = notebook.get("metadata", {}).get("outcomes", {})
    return Entry(
        name=path.stem,
        path=path.resolve(),
        title=facts.get("title", path.stem),
        audience=facts.get("audience", ""),
        question=facts.get("question", ""),
        parameters=declared(notebook, where=path.name),
    )


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook as JSON. Raises InputError where the file is missing or is no notebook."""
    fix = "name a notebook (.ipynb) that JupyterLab can open"
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError("the notebook cannot be read", where=str(path), fix=fix) from None
    if not isinstance(body, dict) or not isinstance(body.get("cells"), list):
        raise InputError("the file is not a notebook", where=str(path), fix=fix)
    return body


def _bundled(name: str, checkout: Path) -> Path:
    packaged = PACKAGE / "_bundled" / name
    if packaged.is_dir():
        return packaged
    if checkout.is_dir():
        return checkout
    raise InputError(
        f"the {name} folder is not installed",
        where=str(packaged),
        fix="reinstall the package, or work from a checkout",
    )

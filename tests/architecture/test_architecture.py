"""Rules of the house that the linters do not know."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "outcomes"
MODULES = sorted(SOURCE.rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
MODULE_LINES = 350
FUNCTION_LINES = 60
CELL_LINES = 10
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}
DRAWING = {"matplotlib", "seaborn"}
DOORS = {"sources", "reports"}


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(module: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def calls(module: ast.Module) -> list[str]:
    return [ast.unparse(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
class TestModule:
    def test_is_small(self, path):
        lines = path.read_text(encoding="utf-8").count("\n")
        assert lines <= MODULE_LINES, f"{path.name} has {lines} lines"

    def test_has_small_functions(self, path):
        long = {
            node.name: node.end_lineno - node.lineno + 1
            for node in ast.walk(tree(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
        }
        assert not long

    def test_has_a_docstring_and_a_telling_name(self, path):
        assert path.stem not in VAGUE
        assert ast.get_docstring(tree(path)), "a module says what it is for"

    def test_keeps_no_global_random_state(self, path):
        bad = [
            name
            for name in calls(tree(path))
            if name.startswith(("np.random.", "numpy.random.", "random."))
            and not name.endswith((".default_rng", ".Generator", ".SeedSequence", ".PCG64"))
        ]
        assert not bad

    def test_prints_only_at_the_command_line(self, path):
        if room(path) != "cli":
            assert "print" not in calls(tree(path))

    def test_opens_files_only_at_the_doors(self, path):
        if room(path) in DOORS | {"cli"}:
            return
        # Package data (importlib.resources.files) is part of the code, not a file of the user.
        # dictionary.py is a generator for docs and writes to standard output only.
        opened = {"open", "pd.read_csv", "pd.read_excel", "Path", "pathlib.Path"} & set(
            calls(tree(path))
        )
        assert not opened

    def test_draws_only_in_figures(self, path):
        if room(path) != "figures":
            assert not imported(tree(path)) & DRAWING


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
class TestNotebook:
    def test_is_stripped(self, path):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            assert cell.get("id"), "cell ids are fixed, so that a diff shows only what changed"
            if cell["cell_type"] == "code":
                assert cell["outputs"] == []
                assert cell["execution_count"] is None
        assert "papermill" not in notebook["metadata"]

    def test_has_short_cells_without_functions(self, path):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        for cell in code[1:]:
            assert len(cell.splitlines()) <= CELL_LINES
        for cell in code:
            kinds = {type(node) for node in ast.walk(ast.parse(cell))}
            assert not kinds & {ast.FunctionDef, ast.Lambda, ast.ClassDef}

    def test_declares_its_parameters_as_literals(self, path):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert code[0]["metadata"].get("tags") == ["parameters"]
        for node in ast.parse("".join(code[0]["source"])).body:
            assert isinstance(node, ast.Assign)
            ast.literal_eval(node.value)


def lint_imports(package_parent: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            "--config",
            str(ROOT / "pyproject.toml"),
            "--no-cache",
        ],
        cwd=package_parent,
        env={**os.environ, "PYTHONPATH": str(package_parent)},
        capture_output=True,
        text=True,
        check=False,
    )


class TestFloors:
    def test_hold(self):
        run = lint_imports(ROOT / "src")
        assert run.returncode == 0, run.stdout

    def test_a_planted_upward_import_fails(self, tmp_path):
        shutil.copytree(SOURCE, tmp_path / "outcomes", ignore=shutil.ignore_patterns("__pycache__"))
        low = tmp_path / "outcomes" / "ledger.py"
        low.write_text(low.read_text() + "\nimport outcomes.reports.document\n")
        run = lint_imports(tmp_path)
        assert run.returncode == 1
        assert "outcomes.ledger" in run.stdout


def test_no_address_or_machine_path_is_committed():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--hash=sha256:" in lock


def test_every_dependency_of_the_project_is_locked():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted += [item for item in extra if not item.startswith("outcomes[")]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    for item in wanted:
        name = re.split(r"[><=\[]", item)[0].strip().lower()
        assert f"\n{name}==" in f"\n{lock}", f"{name} is not in requirements.lock"

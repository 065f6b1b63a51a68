"""The command line: exit codes, one clear message, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from outcomes import cli
from outcomes._version import __version__
from outcomes.cli import main
from outcomes.ledger import ENTRY_COLUMNS

NOTEBOOKS = Path(__file__).parents[1] / "fixtures" / "notebooks"
GOOD = str(NOTEBOOKS / "good.ipynb")
slow = pytest.mark.slow


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.DEBUG, raising=False)


def refused(capsys, *argv: str) -> str:
    """The message of a command that must end with 2, in one piece and without a trace."""
    assert main(list(argv)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"outcomes {__version__}\n"


@pytest.mark.parametrize("command", ["report", "check", "clean", "example", "lab"])
def test_every_command_has_help(capsys, command):
    assert main([command, "--help"]) == 0
    assert command in capsys.readouterr().out


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from outcomes.cli import main; main(['--help']); "
        "print([m for m in ('papermill', 'matplotlib', 'statsmodels', 'jinja2', 'scipy.stats') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["nonsense"],
        ["report", "--format", "pdf"],
        ["report", "--unknown"],
        ["clean", "x"],
        ["clean", "x", "--out", "o", "--key", "k", "--keep-ids"],
        ["example"],
        ["example", "d", "--clients", "many"],
    ],
)
def test_wrong_usage(capsys, argv):
    assert "usage: outcomes" in refused(capsys, *argv)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["report", "missing"], "no such file or folder"),
        (["report", "--layout", "missing.toml"], "no such file or folder"),
        (["report", "--notebook", "comparisen"], "did you mean comparison"),
        (["report", "--notebook", "missing.ipynb"], "cannot be read"),
        (["report", "--notebook", str(NOTEBOOKS / "untagged.ipynb")], "no cell tagged"),
        (["report", "--notebook", GOOD, "-p", "cuont=3"], "did you mean count"),
        (["report", "--notebook", GOOD, "-p", "count=many"], "should be int"),
        (["report", "--notebook", GOOD, "-p", "count"], "NAME=VALUE"),
        (["report", "--notebook", GOOD, "--period", "2026", "-p", "period=2025"], "given twice"),
        (["report", "--notebook", str(NOTEBOOKS / "failing.ipynb"), "--practice", "x"], "practice"),
        (["check", "missing"], "no such file or folder"),
        (["clean", "missing", "--out", "o"], "no such file or folder"),
        (["clean", ".", "--out", "o", "--allow-text", "gender"], "no column of free text"),
    ],
)
def test_wrong_input_is_said_at_once_and_nothing_is_written(capsys, tmp_path, argv, said):
    message = refused(capsys, *argv)
    assert said in message
    assert message.startswith("outcomes: ")
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    message = refused(capsys, "report", "--notebook", GOOD, "--out", "file/out")
    assert "cannot be written" in message


def test_a_bug_is_one_line_without_values(capsys, monkeypatch):
    def broken(name):
        raise KeyError("Jane Doe")

    monkeypatch.setattr("outcomes.reports.catalogue.find", broken)
    assert main(["report"]) == 1
    said = capsys.readouterr().err
    assert "KeyError in test_cli_commands.py" in said
    assert "OUTCOMES_DEBUG=1" in said
    assert "Jane" not in said
    assert "Traceback" not in said
    monkeypatch.setenv(cli.DEBUG, "1")
    assert main(["report"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_being_stopped_is_said(capsys, monkeypatch):
    def stopped(name):
        raise KeyboardInterrupt

    monkeypatch.setattr("outcomes.reports.catalogue.find", stopped)
    assert main(["report"]) == 1
    assert "stopped" in capsys.readouterr().err


@pytest.mark.slow
class TestExample:
    def test_writes_a_practice_once_and_again_only_when_told(self, capsys, tmp_path):
        assert main(["example", "practice", "--clients", "60"]) == 0
        assert capsys.readouterr().out == "practice\n"
        assert (tmp_path / "practice" / "layout.toml").exists()
        assert "not empty" in refused(capsys, "example", "practice")
        assert main(["example", "practice", "--clients", "60", "--replace"]) == 0

    def test_its_tables_are_checked_and_cleaned(self, capsys, tmp_path):
        main(["example", "practice", "--clients", "60"])
        capsys.readouterr()
        assert main(["check", "practice"]) in (0, 1)
        said = capsys.readouterr().out
        assert "what to do:" in said
        assert "clients" in said
        assert main(["check", "practice", "--csv", "ledger.csv"]) in (0, 1)
        capsys.readouterr()
        header = (tmp_path / "ledger.csv").read_text().splitlines()[0]
        assert header == ",".join(ENTRY_COLUMNS)
        (tmp_path / "mine.txt").write_text("mine")
        assert "no ledger" in refused(capsys, "check", "practice", "--csv", "mine.txt")
        assert (tmp_path / "mine.txt").read_text() == "mine"
        assert main(["clean", "practice", "--format", "csv", "--out", "clean"]) == 0
        assert {"clients.csv", "ledger.csv"} <= {p.name for p in (tmp_path / "clean").iterdir()}
        assert main(["check", "clean"]) == 0

    def test_ids_and_free_text_stay_at_home_unless_asked_for(self, capsys, tmp_path):
        main(["example", "practice", "--clients", "60"])
        capsys.readouterr()
        argv = ["clean", "practice", "--format", "csv", "--key", "keys/mine", "--out"]
        assert main([*argv, "one"]) == 0
        said = capsys.readouterr()
        assert said.out == "one\n"
        assert "keys/mine" in said.err
        assert "this key is new" in said.err
        assert "episodes.approach" in said.err
        assert main([*argv, "two", "--allow-text", "approach", "--allow-text", "domain"]) == 0
        said = capsys.readouterr().err
        assert "new" not in said
        assert "free text" not in said
        one, two = ((tmp_path / name / "clients.csv").read_text() for name in ("one", "two"))
        assert one == two
        assert "inside" in refused(capsys, *argv[:4], "--key", "two/key", "--out", "two")
        assert "old key file" in refused(capsys, *argv[:4], "--key", "other", "--out", "two")
        assert main([*argv[:4], "--keep-ids", "--out", "raw"]) == 0
        assert "as they came" in capsys.readouterr().err
        assert (tmp_path / "raw" / "clients.csv").read_text() != one


@pytest.mark.slow
class TestStore:
    def test_quarter_after_quarter(self, capsys, tmp_path):
        main(["example", "practice", "--clients", "60"])
        capsys.readouterr()
        assert main(["clean", "practice", "--out", "store"]) == 0
        said = capsys.readouterr()
        assert said.out == "store\n"
        assert "merge 1, export of" in said.err
        assert "free text left empty: episodes.approach" in said.err
        assert main(["clean", "practice", "--out", "store"]) == 0
        assert "merged before" in capsys.readouterr().err
        assert main(["check", "store"]) in (0, 1)
        said = capsys.readouterr().out
        assert said.startswith("Store of 1 export; all")
        assert "what to do:" in said
        assert main(["clean", "store", "--format", "csv", "--out", "tables"]) == 0
        assert (tmp_path / "tables" / "clients.csv").exists()

    def test_what_does_not_fit_a_store_is_said(self, capsys):
        main(["example", "practice", "--clients", "60"])
        argv = ["clean", "practice", "--out"]
        main([*argv, "tables", "--format", "csv"])
        main([*argv, "store"])
        capsys.readouterr()
        assert "--format csv" in refused(capsys, *argv, "tables")
        assert "leave --keep-ids out" in refused(capsys, *argv, "store", "--keep-ids")
        assert "old key file" in refused(capsys, *argv, "store", "--key", "other")
        assert "--allow-text" in refused(capsys, *argv, "store", "--allow-text", "approach")
        assert "needs no layout" in refused(
            capsys, "check", "store", "--layout", "practice/layout.toml"
        )


def test_lab_needs_jupyterlab(capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'outcomes[lab]'" in refused(capsys, "lab")


def test_lab_opens_the_notebooks(monkeypatch):
    seen = []

    def fake(command, check):
        seen.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("subprocess.run", fake)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert main(["lab"]) == 0
    assert seen[0][1:3] == ["-m", "jupyterlab"]
    assert Path(seen[0][3], "comparison.ipynb").exists()


@slow
class TestReport:
    def test_prints_the_path_of_the_report(self, capsys, tmp_path):
        argv = ["report", str(tmp_path), "--notebook", GOOD, "--period", "2026Q3", "--out", "o"]
        assert main([*argv, "-p", "arms=therapy"]) == 0
        said = capsys.readouterr()
        path = Path(said.out.strip())
        assert path.name == "report.html"
        assert path.exists()
        assert path.parent.name.startswith("2026Q3-")
        assert said.err.startswith("[1/7] ")

    def test_something_withheld_gives_1_and_is_said(self, capsys):
        argv = ["report", ".", "--notebook", GOOD, "-p", "stray=yes", "--out", "o"]
        assert main(argv) == 1
        assert "withheld: output of cell stray" in capsys.readouterr().err

    def test_a_failing_notebook_gives_1(self, capsys):
        argv = ["report", "--notebook", str(NOTEBOOKS / "failing.ipynb"), "--out", "o"]
        assert main(argv) == 1
        assert "ZeroDivisionError" in capsys.readouterr().err

    def test_wrong_input_in_the_notebook_gives_2_and_leaves_nothing(self, capsys, tmp_path):
        argv = ["report", "--notebook", str(NOTEBOOKS / "wrong_input.ipynb"), "--out", "o"]
        assert main(argv) == 2
        assert "the file is empty\n  where: clients.csv" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
    def test_a_polite_kill_leaves_nothing(self, tmp_path):
        hanging = str(NOTEBOOKS / "hanging.ipynb")
        command = [sys.executable, "-m", "outcomes.cli", "report", "--notebook", hanging]
        child = subprocess.Popen([*command, "--out", "o"], stderr=subprocess.PIPE, text=True)
        for line in child.stderr:
            if "hangs" in line:
                break
        child.send_signal(signal.SIGTERM)
        _, rest = child.communicate(timeout=60)
        assert child.returncode == 1
        assert "stopped" in rest
        assert list(tmp_path.iterdir()) == []

"""Real kernels: what is published, what is kept, and what leaves nothing."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest

from outcomes.errors import InputError, OutputError, ReleaseError, RunError, UsageError
from outcomes.reports import runner as room
from outcomes.reports.catalogue import entry
from outcomes.reports.manifest import file_digest, package_digest, run_name
from outcomes.reports.progress import Bar, Lines, watcher
from outcomes.reports.runner import run

NOTEBOOKS = Path(__file__).parents[1] / "fixtures" / "notebooks"
FILES = {"report.html", "report.ipynb", "results.json", "manifest.json", "ledger.csv"}
# A cell of the fixtures that is meant to end does so in milliseconds.
LIMIT = 2
slow = pytest.mark.slow


def fixture(name: str):
    return entry(NOTEBOOKS / f"{name}.ipynb")


def listing(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "with {braces}"
    log = StringIO()
    outcome = run(
        fixture("good"),
        {"practice": "North & Sons", "period": "2026Q3", "source": str(out.parent)},
        out,
        progress=Lines(log),
    )
    return outcome, out, log.getvalue()


@slow
class TestGood:
    def test_the_folder_is_whole_and_alone(self, done):
        outcome, out, _ = done
        assert {path.name for path in outcome.folder.iterdir()} == FILES
        assert {path.name for path in out.iterdir()} == {"good"}
        assert re.fullmatch(r"2026Q3-North-Sons-[0-9a-f]{8}", outcome.folder.name)
        assert outcome.withheld == ()

    def test_the_results_and_the_attachment_are_what_the_notebook_gave(self, done):
        folder = done[0].folder
        (result,) = json.loads((folder / "results.json").read_text())["results"]
        assert (result["id"], result["value"], result["n"]) == ("flow.started", 12, 12)
        assert (folder / "ledger.csv").read_text() == "table,reason\nclients,orphan\n"

    def test_the_manifest_tells_how_it_was_made(self, done):
        folder = done[0].folder
        body = json.loads((folder / "manifest.json").read_text())
        assert body["run"] == folder.name
        assert body["inputs"] == [{"name": "clients.csv", "sha256": "ab" * 32, "rows": 40}]
        assert body["parameters"]["practice"] == "North & Sons"
        assert body["policy"] == {"name": "default", "suppress": True, "minimum_count": 5}
        assert body["seeds"] == {"figures": 1}
        assert body["package"]["source_sha256"] == package_digest()
        assert body["libraries"]["pandas"].startswith("3.")
        assert set(body["timings"]["cells_seconds"]) >= {"build", "page", "made"}
        assert set(body["files"]) == FILES - {"manifest.json"}
        for name, digest in body["files"].items():
            assert file_digest(folder / name) == digest

    def test_no_path_and_no_print_is_published(self, done):
        outcome, out, _ = done
        for path in outcome.folder.iterdir():
            text = path.read_text()
            assert str(out.parent) not in text
            printed = "a line that is no part of the report"
            assert printed not in text.replace(f'print(\\"{printed}', "")
        notebook = json.loads((outcome.folder / "report.ipynb").read_text())
        assert [cell["id"] for cell in notebook["cells"]] == [
            "parameters",
            "injected-parameters",
            "build",
            "page",
            "made",
            "stray",
        ]

    def test_progress_names_every_cell(self, done):
        lines = done[2].splitlines()
        assert lines[0] == "[1/7] parameters"
        assert lines[-1] == "[7/7] writing the report"

    def test_the_same_run_again_gives_the_same_results_in_the_same_place(self, done):
        outcome, out, _ = done
        before = {name: (outcome.folder / name).read_bytes() for name in FILES - {"manifest.json"}}
        again = run(
            fixture("good"),
            {"practice": "North & Sons", "period": "2026Q3", "source": str(out.parent)},
            out,
        )
        assert again.folder == outcome.folder
        for name, content in before.items():
            assert (again.folder / name).read_bytes() == content, name


@slow
class TestBad:
    def test_a_crash_keeps_the_notebook_beside_the_reason(self, tmp_path):
        with pytest.raises(RunError, match="ZeroDivisionError") as crash:
            run(fixture("failing"), {}, tmp_path)
        assert "cell breaks" in str(crash.value)
        (folder,) = (tmp_path / "failing").iterdir()
        assert re.fullmatch(r"all-[0-9a-f]{8}\.failed", folder.name)
        assert {path.name for path in folder.iterdir()} == {"report.ipynb", "reason.txt"}
        reason = (folder / "reason.txt").read_text()
        assert "cell breaks: ZeroDivisionError" in reason
        assert "do not share" in reason
        assert "1 / 0" in (folder / "report.ipynb").read_text()

    def test_a_hanging_cell_is_ended(self, tmp_path):
        with pytest.raises(RunError, match=f"longer than {LIMIT} seconds"):
            run(fixture("hanging"), {}, tmp_path, cell_seconds=LIMIT)
        assert {path.name for path in (tmp_path / "hanging").glob("*/*")} == {
            "report.ipynb",
            "reason.txt",
        }

    def test_a_kernel_that_dies_is_noticed(self, tmp_path):
        with pytest.raises(RunError, match="kernel died"):
            run(fixture("dying"), {}, tmp_path)

    def test_wrong_input_comes_back_as_it_is_and_leaves_nothing(self, tmp_path):
        with pytest.raises(InputError) as wrong:
            run(fixture("wrong_input"), {}, tmp_path / "new" / "out")
        assert str(wrong.value).startswith("the file is empty\n  where: clients.csv")
        assert wrong.value.exit_code == 2
        assert list(tmp_path.iterdir()) == []

    def test_the_gate_leaves_nothing(self, tmp_path):
        with pytest.raises(ReleaseError, match="table people: small number"):
            run(fixture("good"), {"count": 3}, tmp_path / "out")
        assert list(tmp_path.iterdir()) == []

    def test_the_policy_off_is_said_in_report_and_manifest(self, tmp_path):
        outcome = run(fixture("good"), {"count": 3, "policy": "off"}, tmp_path)
        assert "Not for release" in (outcome.folder / "report.html").read_text()
        body = json.loads((outcome.folder / "manifest.json").read_text())
        assert body["policy"]["suppress"] is False

    def test_an_output_beside_the_report_is_withheld_and_said(self, tmp_path):
        outcome = run(fixture("good"), {"stray": True}, tmp_path)
        assert outcome.withheld == ("output of cell stray",)
        body = json.loads((outcome.folder / "manifest.json").read_text())
        assert body["release"]["withheld"] == ["stray"]

    def test_two_runs_at_once(self, tmp_path):
        # Processes would be the real case; threads share even more and must not meet either.
        with ThreadPoolExecutor(2) as pool:
            settings = [{"count": 20}, {"count": 30}]
            runs = list(pool.map(lambda s: run(fixture("good"), s, tmp_path), settings))
        values = [
            json.loads((r.folder / "results.json").read_text())["results"][0]["value"] for r in runs
        ]
        assert values == [20, 30]
        assert len(list((tmp_path / "good").iterdir())) == 2


class TestBeforeTheStart:
    @pytest.fixture(autouse=True)
    def no_kernel(self, monkeypatch):
        def never(*args, **kwargs):
            raise AssertionError("a kernel was started")

        monkeypatch.setattr(room, "execute", never)

    @pytest.mark.parametrize(
        "given", [{"unknown": 1}, {"count": "many"}, {"policy": "none"}, {"a b": 1}]
    )
    def test_bad_parameters_are_refused(self, tmp_path, given):
        with pytest.raises(UsageError):
            run(fixture("good"), given, tmp_path / "out")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["untagged", "derived"])
    def test_a_notebook_without_proper_parameters_is_refused(self, tmp_path, name):
        with pytest.raises(UsageError):
            run(str(NOTEBOOKS / f"{name}.ipynb"), {}, tmp_path / "out")
        assert list(tmp_path.iterdir()) == []

    def test_an_unwritable_folder_is_refused(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(OutputError):
            run(fixture("good"), {}, tmp_path / "file" / "out")

    def test_an_unknown_notebook_is_refused(self, tmp_path):
        with pytest.raises(UsageError, match="no notebook called nothing"):
            run("nothing", {}, tmp_path)


class TestRunName:
    PATH = NOTEBOOKS / "good.ipynb"

    def test_depends_on_parameters_and_notebook(self):
        base = run_name({"period": "all", "count": 1}, None, self.PATH)
        assert base == run_name({"count": 1, "period": "all"}, None, self.PATH)
        assert base != run_name({"period": "all", "count": 2}, None, self.PATH)
        assert base != run_name({"period": "all", "count": 1}, None, NOTEBOOKS / "failing.ipynb")

    @pytest.mark.parametrize("practice", ["../../etc", "a/b", "ä ö", "\u202ex"])
    def test_is_a_plain_folder_name(self, practice):
        name = run_name({"period": "2025Q1..2026Q2", "practice": practice}, None, self.PATH)
        assert re.fullmatch(r"2025Q1-2026Q2-[A-Za-z0-9-]+", name)


class TestProgress:
    def test_a_person_gets_a_bar_and_a_log_gets_lines(self, monkeypatch):
        stream = StringIO()
        assert isinstance(watcher(stream), Lines)
        stream.isatty = lambda: True
        bar = watcher(stream)
        assert isinstance(bar, Bar)
        bar.start(2)
        bar.step("one")
        bar.step("two")
        bar.stop()
        assert "one" in stream.getvalue()

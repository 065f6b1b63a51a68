"""Runs a notebook in a fresh kernel and says in our own errors what went wrong."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import outcomes.errors
from outcomes.errors import OutcomesError
from outcomes.reports.catalogue import read_notebook
from outcomes.reports.executed import INJECTED
from outcomes.reports.policy import report_policy

# Whatever environment a notebook was saved under, it runs in the one this program runs in.
KERNEL = "python3"
# Unix limits the path of a socket to about 100 characters.
SOCKET_PATH = 80

OnCell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a notebook did not finish: what happened, in which cell, with which trace."""

    what: str
    cell: str
    trace: str
    error: OutcomesError | None = None


def execute(
    path: Path,
    parameters: Mapping[str, Any],
    output: Path,
    on_cell: OnCell,
    *,
    cell_seconds: int | None = None,
) -> Failure | None:
    """Run the notebook at `path` into `output`; None where every cell ran.

    `on_cell` is told the id of each code cell before it runs. An error of this package that
    a cell raised comes back as the same class in `Failure.error`. `output` holds the cells
    that ran, also after a failure.
    """
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    seen: list[str] = []

    def begin(cell: Mapping[str, Any], cell_index: int) -> None:
        injected = INJECTED in cell["metadata"].get("tags", ())
        seen.append(INJECTED if injected else str(cell.get("id", cell_index)))
        on_cell(seen[-1])

    limit = cell_seconds or report_policy().cell_seconds
    try:
        with _quiet(), _private_sockets() as config:
            papermill.execute_notebook(
                _brace(path),
                _brace(output),
                parameters=dict(parameters),
                kernel_name=KERNEL,
                progress_bar=False,
                start_timeout=report_policy().start_seconds,
                execution_timeout=limit,
                on_cell_execute=begin,
                extra_arguments=[f"--log-level={logging.CRITICAL}"],
                **config,
            )
    except PapermillExecutionError as error:
        trace = "\n".join(error.traceback)
        return Failure(error.ename, seen[-1], _plain(trace), _ours(error.ename, error.evalue))
    except CellTimeoutError:
        return Failure(f"a cell took longer than {limit} seconds", seen[-1], "")
    except DeadKernelError:
        what = "the kernel died, most often because memory ran out"
        return Failure(what, seen[-1] if seen else "", "")
    except NoSuchKernel:
        return Failure("there is no Python kernel: install ipykernel", "", "")
    except RuntimeError as error:
        # jupyter_client says so when the kernel does not start in time.
        return Failure("the kernel did not start", "", str(error))
    return None


def code_cells(path: Path) -> int:
    """How many code cells a notebook has."""
    return sum(cell["cell_type"] == "code" for cell in read_notebook(path)["cells"])


def _ours(name: str, message: str) -> OutcomesError | None:
    kind = getattr(outcomes.errors, name, None)
    if isinstance(kind, type) and issubclass(kind, OutcomesError):
        return kind(message)
    return None


def _plain(trace: str) -> str:
    from papermill.exceptions import strip_color

    return str(strip_color(trace))


def _brace(path: Path) -> str:
    # papermill fills in {names} in paths.
    return str(path).replace("{", "{{").replace("}", "}}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep papermill's log lines out of the terminal; what failed is said once, by us."""
    logger = logging.getLogger("papermill")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def _private_sockets() -> Iterator[dict[str, Any]]:
    """Talk to the kernel through sockets only this user can open, where that is possible.

    Ports are shared by all users of a machine and two runs can be given the same one
    (papermill issue 511).
    """
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="oc-", ignore_cleanup_errors=True) as folder:
        address = str(Path(folder) / "k")
        if os.name != "posix" or len(address) > SOCKET_PATH:
            yield {}
        else:
            yield {"config": Config({"KernelManager": {"transport": "ipc", "ip": address}})}

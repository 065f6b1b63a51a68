"""Parameters of a notebook: what it declares, and what is refused before anything runs.

papermill only warns when a parameter is unknown and then reports on the defaults, and a
name that is not an identifier would be run as code. Both are refused here.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from outcomes.errors import UsageError
from outcomes.sources.address import is_address, settled

TAG = "parameters"
TYPES = ("str", "int", "float", "bool", "list[str]", "list[float]", "path")
EMPTY = {"", "none", "null"}
BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Value = str | int | float | bool | list[str] | list[float] | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its type, default, and what it may be."""

    name: str
    type: str
    default: Value
    description: str = ""
    required: bool = False
    nullable: bool = False
    choices: tuple[Value, ...] = ()


def declared(notebook: Mapping[str, Any], where: str) -> tuple[Parameter, ...]:
    """The parameters of a notebook, in their order.

    The cell tagged `parameters` gives names and defaults, one literal a line;
    `metadata.outcomes.parameters` gives types, descriptions and choices. Raises UsageError
    for a notebook without the tag, a value that is no literal, or a type not known.
    """
    literals = _literals(_tagged(notebook, where), where)
    facts = notebook.get("metadata", {}).get("outcomes", {}).get("parameters", {})
    strangers = sorted(set(facts) - set(literals))
    if strangers:
        raise UsageError(
            f"the notebook describes a parameter it does not declare: {strangers[0]}",
            where=where,
            how_many=len(strangers),
            fix="name the same parameters in the tagged cell and in metadata.outcomes",
        )
    return tuple(
        _parameter(name, value, facts.get(name, {}), where) for name, value in literals.items()
    )


def check(
    parameters: Iterable[Parameter], given: Mapping[str, Any], where: str
) -> dict[str, Value]:
    """All values of a run: those given, checked, and defaults for the rest.

    Raises UsageError for a name the notebook does not declare (with the nearest one), a
    required one that is missing, and a value of another type or not among the choices.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        _refuse_unknown(str(name), known, where)
    missing = [p.name for p in known.values() if p.required and p.name not in given]
    if missing:
        raise UsageError(
            f"the notebook needs the parameter {missing[0]}",
            where=where,
            how_many=len(missing),
            fix=f"give it: -p {missing[0]}=VALUE",
        )
    return {
        name: _checked(parameter, given[name], where) if name in given else parameter.default
        for name, parameter in known.items()
    }


def parse(parameters: Iterable[Parameter], pairs: Iterable[str], where: str) -> dict[str, Value]:
    """Texts of the form NAME=VALUE as values of the declared types.

    Lists are separated by commas, with or without brackets and quotes; 'none' or nothing
    stands for no value where the parameter allows it. Raises UsageError for a text of
    another form or a name given twice.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Value] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        name = name.strip()
        if not sign:
            raise UsageError(
                "a parameter is not of the form NAME=VALUE",
                where=f"-p {name}",
                fix="write for example: -p instrument=gad7",
            )
        _refuse_unknown(name, known, where)
        if name in values:
            raise UsageError(f"the parameter {name} is given twice", fix="give it once")
        values[name] = _parsed(known[name], text.strip(), where)
    return values


def _tagged(notebook: Mapping[str, Any], where: str) -> str:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and TAG in cell["metadata"].get("tags", ()):
            source = cell["source"]
            return source if isinstance(source, str) else "".join(source)
    raise UsageError(
        "the notebook has no cell tagged 'parameters'",
        where=where,
        fix="tag its first code cell 'parameters' and assign the defaults there",
    )


def _literals(source: str, where: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise UsageError(
            "the parameters cell is not Python", where=f"{where}, line {error.lineno}"
        ) from None
    for line in lines:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in values:
                try:
                    values[name] = ast.literal_eval(value)
                except (ValueError, TypeError):
                    raise _not_literal(where, line.lineno) from None
            case _:
                raise _not_literal(where, line.lineno)
    return values


def _not_literal(where: str, line: int) -> UsageError:
    return UsageError(
        "the parameters cell holds something other than NAME = literal, each name once",
        where=f"{where}, line {line} of the cell",
        fix="move what is derived into the next cell",
    )


def _parameter(name: str, default: object, facts: Mapping[str, Any], where: str) -> Parameter:
    parameter = Parameter(
        name=name,
        type=facts.get("type") or _type_of(default),
        default=cast("Value", default),  # a literal; its type is checked below
        description=facts.get("description", ""),
        required=bool(facts.get("required", False)),
        nullable=bool(facts.get("nullable", default is None)),
        choices=tuple(facts.get("choices", ())),
    )
    if parameter.type not in TYPES:
        raise UsageError(
            f"the parameter {name} is declared with a type not known: {parameter.type}",
            where=where,
            fix=f"use one of {', '.join(TYPES)}",
        )
    if not parameter.required:
        _checked(parameter, default, where, resolve=False)
    return parameter


def _type_of(default: object) -> str:
    if isinstance(default, list) and default and not any(isinstance(v, str) for v in default):
        return "list[float]"
    for kind, name in ((bool, "bool"), (int, "int"), (float, "float"), (list, "list[str]")):
        if isinstance(default, kind):
            return name
    return "str"


def _refuse_unknown(name: str, known: Mapping[str, Parameter], where: str) -> None:
    if name in known:
        return
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(
            "the name of a parameter is not an identifier",
            where=where,
            fix="use letters, digits and underscores only",
        )
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"the notebook has no parameter {name}",
        where=where,
        fix=f"{hint}it has: {', '.join(known) or 'none'}",
    )


def _checked(parameter: Parameter, value: object, where: str, *, resolve: bool = True) -> Value:
    """The value as JSON can carry it, or UsageError."""
    if value is None:
        if parameter.nullable:
            return None
        raise _ill_typed(parameter, "no value", where)
    fitted = _fitted(parameter.type, value, resolve)
    if fitted is None:
        raise _ill_typed(parameter, type(value).__name__, where)
    _refuse_other_choice(parameter, fitted, where)
    return fitted


def _fitted(kind: str, value: object, resolve: bool) -> Value:
    """The value where it is of that type, else None. True and False are no numbers."""
    fitted: Value = None
    match kind, value:
        case ("bool", bool(fits)):
            fitted = fits
        case ("int" | "float", bool()):
            pass
        case ("int", int(fits)):
            fitted = fits
        case ("float", int(number) | float(number)) if math.isfinite(number):
            fitted = float(number)
        case ("list[str]", list(items) | tuple(items)):
            words = [item for item in items if isinstance(item, str)]
            fitted = words if len(words) == len(items) else None
        case ("list[float]", list(items) | tuple(items)):
            numbers = [_fitted("float", item, resolve) for item in items]
            fitted = None if None in numbers else cast("list[float]", numbers)
        case ("path", str() | os.PathLike() as path):
            fitted = _path(path) if resolve else os.fspath(path)
        case ("str", str(fits)):
            fitted = fits
    return fitted


def _path(value: str | os.PathLike[str]) -> str:
    # The kernel may work in another folder.
    text = os.fspath(value)
    return settled(text) if is_address(text) else str(Path(text).expanduser().resolve())


def _refuse_other_choice(parameter: Parameter, value: object, where: str) -> None:
    if not parameter.choices:
        return
    values = value if isinstance(value, list) else [value]
    if any(item not in parameter.choices for item in values):
        raise UsageError(
            f"the parameter {parameter.name} has a value that is not among its choices",
            where=where,
            fix=f"choose from: {', '.join(str(choice) for choice in parameter.choices)}",
        )


def _ill_typed(parameter: Parameter, found: str, where: str) -> UsageError:
    empty = " (or none)" if parameter.nullable else ""
    return UsageError(
        f"the parameter {parameter.name} should be {parameter.type}{empty}, not {found}",
        where=where,
        fix=parameter.description or f"give a {parameter.type}",
    )


def _parsed(parameter: Parameter, text: str, where: str) -> Value:
    """The text as a value of the declared type; `check` judges it afterwards."""
    if parameter.nullable and text.lower() in EMPTY:
        return None
    read = _READERS.get(parameter.type, str)
    try:
        return read(text)
    except (ValueError, KeyError):
        raise _ill_typed(parameter, "that text", where) from None


def _words(text: str) -> list[str]:
    """Words between commas, also in brackets and quotes, which is how a notebook writes them."""
    bare = text.removeprefix("[").removesuffix("]")
    return [item for part in bare.split(",") if (item := part.strip(" \"'"))]


def _numbers(text: str) -> list[float]:
    return [float(word) for word in _words(text)]


_READERS: dict[str, Callable[[str], Value]] = {
    "bool": lambda text: BOOLEANS[text.lower()],
    "int": int,
    "float": float,
    "list[str]": _words,
    "list[float]": _numbers,
}

"""Writes docs/cleaning-rules.md from the specification: `python tests/spec/spec_manual.py`."""

from __future__ import annotations

import sys
from pathlib import Path

from spec_examples import columns, expected, practice, rules, table

from outcomes.cleaning import cleaning_policy, reasons

INTRODUCTION = """# What cleaning does, rule by rule

Written from `tests/spec/`, where every example below is a test; the two cannot differ. Every row
that was read is kept, or left out, or put aside until a person has decided, and `outcomes check`
and the ledger say which, why, and where it stands.

- **left out** (`dropped`): the row is in no table.
- **waits** (`quarantined`): the row is in no table until somebody has mended the source or, where
  the rule says so, has accepted such rows in the layout: `accept = ["code"]`.
- **value left out** (`emptied`): the row is used, and one of its cells is empty.
- **corrected** (`changed`): the row is used, and one of its cells was changed by the rule.
- **worth a look** (`flagged`): the row is used as it stands.
- **stops**: nothing is read until the layout or the source says what is meant.

Rules come in this order: cells, dates, repeats, then what belongs to what. An answer is one row;
a line of a questionnaire gives as many rows as it has answers. Numbers of days are those of
`src/outcomes/cleaning/policy.toml`, where each has its reason.
"""
ACTIONS = {
    "dropped": "left out",
    "quarantined": "waits",
    "emptied": "value left out",
    "changed": "corrected",
    "flagged": "worth a look",
    "stops": "stops",
}


def manual():
    """The page as Markdown."""
    parts = [INTRODUCTION, *_overview(), *_practice()]
    group = None
    for rule in rules():
        if rule.group != group:
            group = rule.group
            parts.append(f"## {group}\n")
        parts += _rule(rule)
    return "\n".join(parts).rstrip() + "\n"


def _overview():
    rows = [
        {
            "Reason": f"[{reasons()[rule.reason].title}](#{rule.reason})",
            "Code": f"`{rule.reason}`",
            "What is done": _actions(rule.reason),
        }
        for rule in rules()
    ]
    return ["## All reasons\n", _drawn(list(rows[0]), rows)]


def _practice():
    day, tables = practice()
    parts = [
        "## The practice of the examples\n",
        f"Besides its own rows, every example has these, exported on {day}. Lines are numbered "
        "as in a file: the first row stands on line 2.\n",
    ]
    for name, rows in tables.items():
        parts += [f"`{name}`\n", _drawn(list(rows[0]), rows)]
    return parts


def _rule(rule):
    reason = reasons()[rule.reason]
    policy = cleaning_policy()
    words = {name: getattr(policy, name) for name in policy.__slots__}
    words["missing"] = ", ".join(word for word in policy.missing if word)
    words["sentinels"] = ", ".join(f"{number:g}" for number in policy.sentinels)
    parts = [
        f'### <a id="{rule.reason}"></a>{reason.title}\n',
        f"`{rule.reason}`: {_actions(rule.reason)}.\n",
        f"**What it means.** {reason.meaning}\n",
        f"**What is done.** {rule.does.format(**words)}\n",
        f"**What to do.** {reason.to_do}\n",
    ]
    for example in rule.examples:
        parts += _example(example)
    return parts


def _actions(code):
    return ", ".join(ACTIONS[action] for action in reasons()[code].actions)


def _example(example):
    body = example.body
    parts = [f"*Example.* {body['says']}\n"]
    for name, text in body.get("file", {}).items():
        parts += [f"`{name}`\n", f"```\n{text.strip()}\n```\n"]
    if "layout" in body:
        parts += ["`layout.toml`\n", f"```toml\n{body['layout'].strip()}\n```\n"]
    for name, text in body.get("given", {}).items():
        parts += [f"Read as `{name}`:\n", _drawn(columns(text), table(text))]
    if "stops" in body:
        return [
            *parts,
            f"The read stops, and the message says:\n\n```\n{body['stops'].strip(chr(10))}\n```\n",
        ]
    for name, text in body["kept"].items():
        rows = table(text)
        drawn = _drawn(columns(text), rows) if rows else "no row.\n"
        parts += [f"Kept in `{name}`:{'' if rows else ' ' + drawn}"] + (["", drawn] if rows else [])
    entries = expected(example)
    if not entries:
        return [*parts, "The ledger has no entry.\n"]
    wanted = ["reason", "table", "action", "line", "column", "n"]
    for name, plain in (("column", ""), ("n", "1")):
        if all(row[name] == plain for row in entries):
            wanted.remove(name)
    return [*parts, "In the ledger:\n", _drawn(wanted, entries)]


def _drawn(head, rows):
    lines = [head, ["---"] * len(head), *([row.get(name, "") for name in head] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.path.insert(0, str(Path(__file__).parent))
    sys.stdout.write(manual())

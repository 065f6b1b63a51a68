"""Cleaning does what its specification says, and the manual says the same."""

from __future__ import annotations

import pytest
from spec_examples import ENTRY, columns, expected, kept, ledger, rules, run, table
from spec_manual import manual

from outcomes.cleaning import reasons
from outcomes.errors import OutcomesError

EXAMPLES = [example for rule in rules() for example in rule.examples]


def ordered(rows):
    return sorted(tuple(row.get(name, "") for name in ENTRY) for row in rows)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_example(example, tmp_path):
    body, study = example.body, run(example, tmp_path)
    if "stops" in body:
        assert isinstance(study, OutcomesError), "the read was expected to stop"
        assert body["stops"].strip("\n") in str(study)
        return
    assert not isinstance(study, OutcomesError), str(study)
    assert ordered(ledger(study)) == ordered(expected(example))
    for name, text in body["kept"].items():
        found = kept(study, name, columns(text))
        assert sorted(found, key=str) == sorted(table(text), key=str), name
    assert study.ledger.balanced()


def test_every_reason_has_an_example_for_each_of_its_actions():
    shown = {}
    for rule in rules():
        actions = shown.setdefault(rule.reason, set())
        for example in rule.examples:
            if "stops" in example.body:
                actions.add("stops")
            entries = expected(example)
            actions |= {row["action"] for row in entries if row["reason"] == rule.reason}
    assert {code: set(reason.actions) for code, reason in reasons().items()} == shown


def test_every_rule_stands_once():
    codes = [rule.reason for rule in rules()]
    assert len(codes) == len(set(codes))


def test_the_manual_is_up_to_date(root):
    page = (root / "docs" / "cleaning-rules.md").read_text(encoding="utf-8")
    assert page == manual(), "write it anew: python tests/spec/spec_manual.py"

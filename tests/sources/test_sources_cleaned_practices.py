"""What the streamed clean writes is read back as the study it was made from."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from test_sources_short_road import clients, episodes, gad7, sound, who5, write
from test_sources_stream import exports

import outcomes as oc
from outcomes.cli import main
from outcomes.errors import InputError, OutcomesError, UsageError
from outcomes.privacy import pseudonymise
from outcomes.schema import TABLES
from outcomes.sources import load_key
from outcomes.sources.stream import clean_practices

pytestmark = pytest.mark.slow


def assert_same_study(found, wanted):
    assert found.name == wanted.name
    for name, frame in wanted.tables().items():
        pd.testing.assert_frame_equal(found.tables()[name], frame)
    for part in ("to_frame", "balance", "summary"):
        pd.testing.assert_frame_equal(
            *(_objects(getattr(study.ledger, part)()) for study in (found, wanted))
        )
    order = ["file"]
    pd.testing.assert_frame_equal(
        found.ledger.files().sort_values(order, ignore_index=True),
        wanted.ledger.files().sort_values(order, ignore_index=True),
    )
    assert found.ledger.balanced()
    assert {*found.sources} == {*wanted.sources}


def _objects(frame):
    """Texts are of the one or the other dtype, as pandas finds them."""
    return frame.astype(object).where(frame.notna(), None)


def test_it_is_the_study_of_the_exports(tmp_path):
    source = exports(tmp_path / "exports", ["north", "south"])
    clean_practices(source, tmp_path / "out", keep_ids=True)
    assert_same_study(oc.read(tmp_path / "out"), oc.read(source))


def test_the_same_key_gives_the_same_ids(tmp_path):
    source, key = exports(tmp_path / "exports", ["north", "south"]), tmp_path / "key"
    clean_practices(source, tmp_path / "out", key=key, jobs=2)
    wanted = pseudonymise(oc.read(source).tables(), load_key(key))
    found = oc.read(tmp_path / "out").tables()
    for name, frame in wanted.items():
        order = list(TABLES[name].key)
        pd.testing.assert_frame_equal(found[name], frame.sort_values(order, ignore_index=True))


def test_one_practice_of_it_opens_no_other(tmp_path):
    source = exports(tmp_path / "exports", ["north", "south"])
    clean_practices(source, tmp_path / "out", keep_ids=True)
    for file in (tmp_path / "out" / "practice_id=south").iterdir():
        file.write_bytes(b"")
    found = oc.read(tmp_path / "out", practice="north")
    whole = oc.read(source)
    wanted = whole.clients[whole.clients["practice_id"] == "north"]
    pd.testing.assert_frame_equal(found.clients, wanted.reset_index(drop=True))
    assert found.ledger.balanced()
    with pytest.raises(UsageError, match="no such practice"):
        oc.read(tmp_path / "out", practice="east")
    with pytest.raises(InputError, match="is damaged"):
        oc.read(tmp_path / "out")


def test_a_practitioner_of_two_practices(tmp_path):
    """Whose row names no practice: counted once, and said, as in reading the exports as one."""
    source = exports(tmp_path / "exports", ["a", "b"])
    for code in "ab":
        place = source / f"practice_id={code}"
        (place / "staff.csv").write_text("Staff,Role,P\nt1,therapist,x\n", encoding="utf-8")
        text = (place / "episodes.csv").read_text(encoding="utf-8")
        (place / "episodes.csv").write_text(text.replace(f"{code}t1", "t1"), encoding="utf-8")
    text = (source / "layout.toml").read_text(encoding="utf-8")
    text = text.replace('role = "Role"', 'role = "Role", practice_id = "P"')
    (source / "layout.toml").write_text(text, encoding="utf-8")
    clean_practices(source, tmp_path / "out", keep_ids=True)
    found, wanted = oc.read(tmp_path / "out"), oc.read(source)
    pd.testing.assert_frame_equal(found.practitioners, wanted.practitioners)
    pd.testing.assert_frame_equal(found.ledger.balance(), wanted.ledger.balance())
    assert found.ledger.balanced()


def test_one_episode_id_in_two_practices_is_refused(tmp_path):
    source = exports(tmp_path / "exports", ["a", "b"])
    for path in (source / "practice_id=b").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("be1", "ae1"), encoding="utf-8")
    with pytest.raises(InputError, match="more than one practice") as refused:
        clean_practices(source, tmp_path / "out", keep_ids=True)
    assert "episodes.episode_id" in str(refused.value)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
)
@given(clients, episodes, who5, gad7)
def test_read_write_read_is_the_identity(tmp_path_factory, people, courses, first, second):
    folder = tmp_path_factory.mktemp("round")
    more = {"clients": people, "episodes": courses, "who5": first, "gad7": second}
    write(folder / "exports", sound(**more))
    try:
        wanted = oc.read(folder / "exports", keep_ids=True)
    except OutcomesError as error:
        with pytest.raises(type(error)):
            clean_practices(folder / "exports", folder / "out", keep_ids=True)
        return
    clean_practices(folder / "exports", folder / "out", keep_ids=True)
    assert_same_study(oc.read(folder / "out"), wanted)


@pytest.mark.parametrize("damage", ["format", "newer", "leaves", "cut", "rows"])
def test_a_damaged_list_is_refused(tmp_path, damage):
    clean_practices(exports(tmp_path / "exports", ["a"]), tmp_path / "out", keep_ids=True)
    place = tmp_path / "out" / "practices.json"
    body = json.loads(place.read_text(encoding="utf-8"))
    if damage == "format":
        body["format"] = "another"
    elif damage == "newer":
        body["schema"] = 99
    elif damage == "leaves":
        body["practices"][0]["practice"] = "../a"
    elif damage == "rows":
        body["practices"][0]["files"]["clients"] += 1
    text = json.dumps(body)
    place.write_text(text[: len(text) // 2] if damage == "cut" else text, encoding="utf-8")
    with pytest.raises(InputError):
        oc.read(tmp_path / "out")


def test_commands_take_it(tmp_path, capsys):
    source, key = exports(tmp_path / "exports", ["north", "south"]), str(tmp_path / "key")
    out = str(tmp_path / "out")
    assert main(["clean", str(source), "--out", out, "--key", key, "--jobs", "1"]) == 0
    assert main(["check", out]) == main(["check", str(source)])
    said = capsys.readouterr().out
    assert "practice_id=south/who5.csv" in said
    with pytest.raises(UsageError, match="needs no layout"):
        oc.read(out, layout=source / "layout.toml")


def test_a_store_takes_it(tmp_path):
    """With the same key, a store of the cleaned practices is a store of their exports."""
    source, key = exports(tmp_path / "exports", ["north", "south"]), tmp_path / "key"
    clean_practices(source, tmp_path / "out", key=key)
    for name, given_ in (("one", source), ("two", tmp_path / "out")):
        words = ["clean", str(given_), "--out", str(tmp_path / name), "--key", str(key)]
        assert main(words) == 0
    one, two = oc.read(tmp_path / "one"), oc.read(tmp_path / "two")
    for name, frame in one.tables().items():
        pd.testing.assert_frame_equal(two.tables()[name], frame)

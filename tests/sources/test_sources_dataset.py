"""A store is read practice by practice, and never believed without its checksums."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from store_quarters import Q3, Q4, contents, replaced, write_export

import outcomes as oc
from outcomes.errors import InputError, OutputError, UsageError
from outcomes.schema import TABLES, empty_table
from outcomes.sources import merge, open_store, read
from outcomes.sources.partitions import folder_name

HOSTILE = [
    "../../etc", "/etc/passwd", "..", ".", "con", "NUL.txt", "North", "north", "NORTH", "nörth",
    "no-practice", "a" * 300, "practice one", "未", "a/b\\c:d*e?f\"g<h>i|j", "-", "north ltd.",
    "'; --",
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory, module_key):
    folder = tmp_path_factory.mktemp("made")
    merge(write_export(folder / "q3", Q3, "2026-09-30"), folder / "store", key=module_key)
    merge(write_export(folder / "q4", Q4, "2026-12-31"), folder / "store", key=module_key)
    return folder / "store"


@pytest.fixture(scope="module")
def module_key(tmp_path_factory):
    return tmp_path_factory.mktemp("keys") / "key"


@pytest.fixture
def store(made, tmp_path):
    return shutil.copytree(made, tmp_path / "store")


def north(store):
    return next((store / "practices").glob("north-*"))


def test_practices_tables_and_columns(store):
    dataset = open_store(store)
    assert dataset.practices() == ["north", "south", None]
    for name, table in TABLES.items():
        whole = dataset.table(name)
        assert list(whole) == table.names
        assert whole.dtypes.equals(empty_table(name).dtypes)
        few = dataset.table(name, columns=table.names[-2:])
        pd.testing.assert_frame_equal(few, whole[table.names[-2:]])


def test_a_partition_can_be_read_alone(store):
    for place in (store / "practices").iterdir():
        if not place.name.startswith("north-"):
            shutil.rmtree(place)
    study = read(store, practice="north")
    assert len(study.episodes) == 2
    assert len(study.clients) == 2
    with pytest.raises(InputError, match="missing"):
        read(store)


def test_it_has_copies_of_the_rows_it_refers_to(store):
    study = read(store, practice="south")
    assert len(study.practitioners) == 2  # one of them works in the north
    assert len(read(store).practitioners) == 2


def test_several_practices_have_each_row_once(store):
    dataset = open_store(store)
    both = dataset.tables(practices=["north", "south", None])
    for name, frame in dataset.tables().items():
        pd.testing.assert_frame_equal(both[name], frame)


def test_digests_tell_whether_a_partition_changed(store):
    dataset = open_store(store)
    assert set(dataset.digests("north")) <= set(TABLES)
    assert dataset.digests("north") != dataset.digests("south")


def test_what_is_not_there_is_said(store, tmp_path):
    dataset = open_store(store)
    with pytest.raises(UsageError, match="no such practice") as error:
        read(store, practice="west")
    assert "north, south" in error.value.fix
    with pytest.raises(UsageError, match="no table"):
        dataset.table("client")
    with pytest.raises(UsageError, match="no column"):
        dataset.table("clients", columns=["name"])
    with pytest.raises(UsageError, match="no layout"):
        read(store, layout=tmp_path / "layout.toml")
    with pytest.raises(UsageError, match="only from what outcomes clean"):
        read(write_export(tmp_path / "q3", Q3, "2026-09-30"), practice="north")
    with pytest.raises(InputError, match="no store"):
        open_store(tmp_path / "q3")


def test_the_public_road(store):
    study = oc.read(store)
    lost = study.ledger.to_frame()["action"].isin(["dropped", "quarantined"])
    assert lost.sum() == 2
    assert study.ledger.balanced()
    assert len(oc.score(study)) > 0


class TestNames:
    def test_folders_are_safe_short_and_their_own(self):
        names = [folder_name(code) for code in [*HOSTILE, None]]
        assert len({name.casefold() for name in names}) == len(names)
        for name in names:
            assert name.isascii()
            assert len(name) <= 41
            assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
            assert name[0] not in "-."

    def test_hostile_practices_come_back_as_they_were(self, tmp_path):
        lines = [
            f'C{n},"{code.replace(chr(34), chr(34) * 2)}",woman' for n, code in enumerate(HOSTILE)
        ]
        folder = write_export(tmp_path / "in", {"clients": lines}, "2026-09-30")
        with (folder / "layout.toml").open("a", encoding="utf-8") as layout:
            layout.write('missing = [""]\n')  # a dash is a practice here
        merge(folder, tmp_path / "deep" / "store", keep_ids=True)
        dataset = open_store(tmp_path / "deep" / "store")
        assert set(dataset.practices()) == set(HOSTILE)
        for n, code in enumerate(HOSTILE):
            found = dataset.table("clients", practices=[code])
            assert found["client_id"].tolist() == [f"C{n}"]
        assert {place.name for place in tmp_path.iterdir()} == {"in", "deep"}
        assert {p.name for p in (tmp_path / "deep").iterdir()} == {"store"}


class TestDamage:
    @pytest.mark.parametrize("change", ["flipped", "shorter", "gone"])
    def test_every_file_is_checked(self, store, change):
        intact = contents(store)
        read(store)
        for file in open_store(store).state.files():
            place = store / file.path
            content = intact[file.path]
            if change == "gone":
                place.unlink()
            else:
                other = bytes([content[100] ^ 1]) if change == "flipped" else b""
                place.write_bytes(content[:100] + other + content[101:])
            with pytest.raises(InputError, match=r"damaged|missing") as error:
                open_store(store).verify()
            assert file.path in str(error.value).replace("\\", "/")
            place.write_bytes(content)
        assert open_store(store).verify() == len(open_store(store).state.files())

    def test_nothing_is_read_from_a_damaged_table(self, store):
        (place,) = north(store).glob("clients-*.parquet")
        place.write_bytes(place.read_bytes()[:-1] + b"?")
        with pytest.raises(InputError, match="damaged"):
            read(store)
        with pytest.raises(InputError, match="damaged"):
            read(store, practice="north")
        read(store, practice="south")

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "outcomes store"}'])
    def test_a_list_of_files_that_is_no_list(self, store, text):
        (store / "store.json").write_text(text)
        with pytest.raises(InputError, match="damaged"):
            read(store)

    def test_a_list_of_files_that_was_edited(self, store):
        place = store / "store.json"
        place.write_text(place.read_text().replace('"north"', '"South"'))
        with pytest.raises(InputError, match="damaged"):
            read(store)

    def test_a_newer_store_is_refused_with_advice(self, store):
        place = store / "store.json"
        body = json.loads(place.read_text())
        place.write_text(json.dumps(body | {"schema": 3}))
        with pytest.raises(InputError, match="newer version of outcomes") as error:
            read(store)
        assert "pip install --upgrade" in error.value.fix

    def test_a_merge_into_a_damaged_store_changes_nothing(self, store, tmp_path, module_key):
        (place,) = north(store).glob("clients-*.parquet")
        place.write_bytes(b"?")
        before = contents(store)
        export = write_export(tmp_path / "in", replaced(Q3, "attended", "no_show"), "2026-10-15")
        with pytest.raises(InputError, match="damaged"):
            merge(export, store, key=module_key)
        assert contents(store) == before


@pytest.fixture
def nobody(tmp_path):
    """Runs without the rights of the superuser, in a folder that anybody may enter."""
    if os.name != "posix":
        pytest.skip("needs rights of POSIX")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    was_root = os.geteuid() == 0
    yield folder
    if was_root:
        os.seteuid(0)
    for place in [folder, *folder.rglob("*")]:
        place.chmod(0o755)
    shutil.rmtree(folder)


def test_a_folder_without_rights_is_read_but_not_written(made, nobody, module_key):
    store = shutil.copytree(made, nobody / "store")
    export = write_export(nobody / "in", replaced(Q3, "attended", "no_show"), "2026-10-15")
    key = Path(shutil.copy(module_key, nobody / "key"))
    before = contents(store)
    for place in [store, *store.rglob("*")]:
        place.chmod(0o555 if place.is_dir() else 0o444)
    if os.geteuid() == 0:
        os.chown(key, 65534, 65534)
        os.seteuid(65534)
    with pytest.raises(OutputError, match="Permission denied"):
        merge(export, store, key=key)
    assert len(read(store).clients) == 5
    with pytest.raises(OutputError, match="Permission denied"):
        merge(export, store / "deeper" / "store", key=key)
    assert contents(store) == before

"""One person erased: no row, no earlier version and no byte of them stays in the store."""

from __future__ import annotations

import os
import signal

import pandas as pd
import pyarrow.parquet as pq
import pytest
from store_quarters import Q3, Q4, contents, replaced, without, write_export
from store_writer import count_steps

from outcomes.cli import main
from outcomes.errors import InputError, UsageError
from outcomes.privacy import pseudonyms
from outcomes.schema import TABLES, dangling, failures
from outcomes.sources import forget, load_key, merge, open_store, read
from outcomes.sources.commit import left_over

pytestmark = pytest.mark.slow

ANN, BOB, CLEO = "ann.archer@example.org", "Bob Baker", "Cleo Carter"
slow = pytest.mark.slow
posix = pytest.mark.skipif(os.name != "posix", reason="needs fork and signals of POSIX")


@pytest.fixture
def store(tmp_path):
    """Two quarters, the second with corrections, so that everybody has earlier versions."""
    merge(write_export(tmp_path / "q3", Q3, "2026-09-30"), tmp_path / "store")
    fixed = replaced(Q3, "attended,50", "attended,51")
    fixed = replaced(fixed, ",north,woman", ",north,other")
    both = {name: [*fixed.get(name, []), *Q4.get(name, [])] for name in fixed}
    merge(write_export(tmp_path / "q4", both, "2026-12-31"), tmp_path / "store")
    return tmp_path / "store"


def hidden(plain: str, key, kind: str = "clients") -> str:
    return str(pseudonyms(pd.Series([plain], dtype="string"), load_key(key), kind).iloc[0])


def words(store) -> str:
    """All that can be read in all files of a store: bytes as they are, and unpacked columns."""
    found = []
    for path in sorted(store.rglob("*")):
        if path.is_file():
            found.append(path.name)
            found.append(path.read_bytes().decode("latin-1"))
            if path.suffix == ".parquet":
                found.append(pq.read_table(path).to_pandas().to_csv())
                found.append(str(pq.read_metadata(path).to_dict()))
    return "\n".join(found)


def sound(store):
    dataset = open_store(store)
    dataset.verify()
    whole = dataset.tables()
    assert all(failures(whole[name], table).empty for name, table in TABLES.items())
    assert dangling(whole).empty
    for practice in dataset.practices():
        assert dangling(dataset.tables(practices=[practice])).empty
    assert dataset.ledger().balanced()
    assert left_over(store, dataset.state) == []
    return dataset


def test_nothing_of_the_person_stays(store, own_key):
    ann = hidden(ANN, own_key)
    before = open_store(store)
    assert ann in words(store)
    assert len(before.history("clients"))
    people = len(before.table("clients"))
    erased = forget(store, client=ann)
    assert ann not in words(store)
    for plain, kind in (("E-1001", "episodes"), ("G-1", "goals"), ("the Bakers", "couples")):
        assert hidden(plain, own_key, kind) not in words(store)
    dataset = sound(store)
    assert erased.rows == {
        "clients": 1, "couples": 1, "practitioners": 0, "episodes": 1, "sessions": 4,
        "responses": 3, "satisfaction": 0, "goals": 1, "goal_ratings": 2, "referrals": 0,
    }  # fmt: skip
    assert erased.earlier["clients"] == 1
    assert erased.earlier["sessions"] == 2
    assert erased.kept_for_partner == 1
    assert len(dataset.table("clients")) == people - 1
    for number in (1, 2):
        assert ann not in dataset.as_of(number)["clients"].to_csv()


def test_the_partners_own_rows_stay(store, own_key):
    bob, couple = hidden(BOB, own_key), hidden("E-1002", own_key, "episodes")
    before = read(store).responses
    forget(store, client=hidden(ANN, own_key))
    found = read(store)
    pd.testing.assert_frame_equal(
        found.responses[found.responses["client_id"] == bob].reset_index(drop=True),
        before[before["client_id"] == bob].reset_index(drop=True),
    )
    episode = found.episodes.set_index("episode_id").loc[couple]
    assert (episode["client_id"], episode["unit"]) == (bob, "individual")
    assert pd.isna(episode["couple_id"])
    assert couple not in set(found.sessions["episode_id"])  # appointments of both


def test_what_is_left_is_read_by_the_rules_for_exports(store, own_key, tmp_path):
    forget(store, client=hidden(ANN, own_key))
    found = read(store)
    assert main(["clean", str(store), "--format", "csv", "--out", str(tmp_path / "csv")]) == 0
    again = read(tmp_path / "csv")
    assert {n: len(f) for n, f in again.tables().items()} == {
        n: len(f) for n, f in found.tables().items()
    }


def test_others_are_untouched(store, own_key):
    before, digests = open_store(store).tables(), open_store(store).digests("north")
    forget(store, client=hidden(CLEO, own_key))
    after = sound(store)
    assert after.digests("north") == digests
    for name, table in TABLES.items():
        rest = before[name].merge(after.table(name), how="right", indicator=True)
        assert (rest["_merge"] == "both").all(), table.name


def test_by_the_id_and_the_key(store, own_key, tmp_path, capsys):
    assert main(["forget", str(store), "--id", ANN, "--key", str(own_key)]) == 0
    said = capsys.readouterr().out
    assert "sessions" in said
    assert "stay for the partner" in said
    assert ANN not in said
    assert hidden(ANN, own_key) not in said
    assert main(["forget", str(store), "--id", ANN]) == 0
    assert "erased before" in capsys.readouterr().out
    load_key(tmp_path / "other")
    with pytest.raises(InputError, match="key was lost or changed"):
        forget(store, id=BOB, key=tmp_path / "other")
    with pytest.raises(InputError, match="key was lost or changed"):
        forget(store, id=BOB, key=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_an_unknown_person_is_refused_and_nothing_changes(store):
    before = contents(store)
    with pytest.raises(InputError, match="does not know this person") as error:
        forget(store, client="Cabcdefghijklmnopqrst")
    assert "Cabc" not in str(error.value)
    assert contents(store) == before


@pytest.mark.parametrize("asked", [{}, {"client": "C", "id": "x"}])
def test_one_person_is_named(store, asked):
    with pytest.raises(UsageError, match="name one person"):
        forget(store, **asked)


def test_no_store_no_lock(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no store"):
        forget(tmp_path / "empty", client="x")
    assert list((tmp_path / "empty").iterdir()) == []


def next_quarter(tmp_path, name="q5"):
    """Everybody's rows again, and new ones of Ann, of the couple, and of Bob alone."""
    tables = {table: list(lines) for table, lines in Q3.items()}
    tables["sessions"] += ["S-8,E-1001,2027-01-08,attended,50", "S-9,E-1002,2027-01-09,attended,90"]
    tables["responses"] += [
        f"{ANN},E-1001,phq9,1,0,2027-01-05,client",
        f"{BOB},E-1002,phq9,1,2,2027-01-05,client",
        f"{BOB},E-1002,phq9,2,2,2027-01-05,partner",
    ]
    return write_export(tmp_path / name, tables, "2027-03-31")


def test_who_comes_again_is_dropped_with_a_reason(store, own_key, tmp_path):
    ann, bob = hidden(ANN, own_key), hidden(BOB, own_key)
    forget(store, client=ann)
    merge(next_quarter(tmp_path), store)
    dataset = sound(store)
    assert ann not in words(store)
    found = read(store)
    log = found.ledger.to_frame()
    dropped = log[log["file"].str.startswith("merge 3") & (log["action"] == "dropped")]
    assert set(dropped["reason"]) == {"forgotten"}
    by_table = dropped.groupby("table").size()
    assert by_table.to_dict() == {
        "clients": 1, "couples": 1, "episodes": 2, "sessions": 5, "responses": 4, "goals": 1,
        "goal_ratings": 1,
    }  # fmt: skip
    mine = found.responses[found.responses["client_id"] == bob]
    assert pd.Timestamp("2027-01-05") in set(mine["taken_on"])
    assert len(dataset.state.forgotten) == 1


def test_rows_without_the_client_are_known_by_their_episode(store, own_key, tmp_path):
    forget(store, client=hidden(ANN, own_key))
    late = {"sessions": ["S-8,E-1001,2027-01-08,attended,50", "S-7,E-1003,2027-01-08,attended,50"],
            "goal_ratings": ["G-1,2027-01-10,client,2"]}  # fmt: skip
    merge(write_export(tmp_path / "late", late, "2027-03-31"), store)
    log = read(store).ledger.to_frame()
    dropped = log[log["file"].str.startswith("merge 3") & (log["action"] == "dropped")]
    assert dropped["reason"].tolist() == ["forgotten", "forgotten"]
    sound(store)


def test_a_person_may_return_when_that_is_allowed(store, own_key, tmp_path):
    ann = hidden(ANN, own_key)
    forget(store, client=ann)
    q5 = next_quarter(tmp_path)
    assert main(["clean", str(q5), "--out", str(store), "--allow-return"]) == 0
    assert ann in set(read(store).clients["client_id"])
    assert open_store(store).state.forgotten == ()
    sound(store)
    assert merge(q5, store).repeated
    forget(store, client=ann)
    sound(store)
    assert ann not in words(store)


def test_the_very_export_from_before_can_bring_somebody_back(store, own_key, tmp_path):
    cleo = hidden(CLEO, own_key)
    merge(next_quarter(tmp_path), store)
    forget(store, client=cleo)
    merge(tmp_path / "q5", store)
    assert cleo not in words(store)
    merge(tmp_path / "q5", store, allow_return=True)
    assert cleo in set(read(store).clients["client_id"])


def test_another_store_does_not_bring_them_back(store, own_key, tmp_path):
    merge(tmp_path / "q3", tmp_path / "other")
    forget(store, client=hidden(ANN, own_key))
    before = contents(store)
    with pytest.raises(InputError, match="erased from this one"):
        merge(tmp_path / "other", store)
    assert contents(store) == before


def test_both_partners_one_after_the_other(store, own_key):
    for plain in (ANN, BOB):
        forget(store, client=hidden(plain, own_key))
    sound(store)
    for plain in (ANN, BOB):
        assert hidden(plain, own_key) not in words(store)
    assert hidden("E-1002", own_key, "episodes") not in words(store)


def test_a_store_of_kept_ids(tmp_path):
    coded = Q3
    for plain, code in (
        (ANN, "c1"),
        (BOB, "c2"),
        (CLEO, "c3"),
        ("Dan Drew", "c4"),
        ("Dr Zoe Zimmer", "t1"),
        ("Yan Young", "t2"),
        ("the Bakers", "k1"),
    ):
        coded = replaced(coded, plain, code)  # fmt: skip
    source = write_export(tmp_path / "in", coded, "2026-09-30")
    merge(source, tmp_path / "store", keep_ids=True)
    with pytest.raises(UsageError, match="keeps ids"):
        forget(tmp_path / "store", id="c3")
    forget(tmp_path / "store", client="c3")
    merge(source, tmp_path / "store", keep_ids=True)
    assert "c3" not in set(read(tmp_path / "store").clients["client_id"])


def test_a_corrected_owner_keeps_the_episode(tmp_path, own_key):
    """E-1003 was Cleo's by mistake; it is Dan's now. Forgetting Cleo leaves it to Dan."""
    only = without(Q3, "R-1")
    merge(write_export(tmp_path / "a", only, "2026-09-30"), tmp_path / "store")
    right = replaced(only, f"E-1003,south,{CLEO}", "E-1003,south,Dan Drew")
    right = replaced(right, f"{CLEO},E-1003", "Dan Drew,E-1003")
    merge(write_export(tmp_path / "b", right, "2026-12-31"), tmp_path / "store")
    forget(tmp_path / "store", client=hidden(CLEO, own_key))
    sound(tmp_path / "store")
    assert hidden(CLEO, own_key) not in words(tmp_path / "store")
    kept = read(tmp_path / "store")
    episode = hidden("E-1003", own_key, "episodes")
    assert episode in set(kept.episodes["episode_id"])
    assert episode in set(kept.sessions["episode_id"])


@slow
@posix
def test_kill_at_any_step_leaves_the_old_or_the_new_version(store, own_key, tmp_path):
    """Killed before each call that touches the disk; running it again leaves nothing."""
    import shutil

    ann = hidden(ANN, own_key)
    counted, into = os.pipe()
    versions = {}
    done = shutil.copytree(store, tmp_path / "done")
    if (child := os.fork()) == 0:
        count_steps(None, into)
        forget(done, client=ann)
        os._exit(0)
    os.close(into)
    assert os.waitpid(child, 0)[1] == 0
    with os.fdopen(counted, "rb") as dots:
        steps = len(dots.read())
    assert steps > 50
    for name, place in (("old", store), ("new", done)):
        versions[name] = open_store(place).state.partitions
    found = {"old": 0, "new": 0}
    for step in range(1, steps + 1):
        place = shutil.copytree(store, tmp_path / "killed")
        if (child := os.fork()) == 0:
            count_steps(step, None)
            forget(place, client=ann)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        assert os.WTERMSIG(status) == signal.SIGKILL
        dataset = open_store(place)
        dataset.verify()
        (which,) = (n for n, parts in versions.items() if parts == dataset.state.partitions)
        found[which] += 1
        forget(place, client=ann)
        if step % 10 == 0 or which == "new":
            assert ann not in words(place)
        assert left_over(place, open_store(place).state) == []
        shutil.rmtree(place)
    assert min(found.values()) > 0

"""Care at time zero: the boundaries of 'both'."""

from __future__ import annotations

import pytest

from outcomes.derive import care_at_start, derive_policy, people


def arms(study) -> dict[str, str]:
    rows = people(study)
    names = rows["episode_id"] + " " + rows["client_id"]
    return dict(zip(names, care_at_start(rows), strict=True))


@pytest.mark.parametrize(
    ("other", "arm"),
    [
        (("therapy", "2026-03-29", None), "both"),  # day 28: within the grace days
        (("therapy", "2026-03-30", None), "coaching"),  # day 29: later care does not count
        (("therapy", "2025-01-01", "2026-03-01"), "both"),  # still open on the first day
        (("therapy", "2025-01-01", "2026-02-28"), "coaching"),  # over the day before
        (("therapy", "2025-01-01", None), "both"),  # never closed
        (("coaching", "2026-03-01", None), "coaching"),  # more of the same kind
        (("other", "2026-03-01", None), "coaching"),  # usual care beside it is not counted
    ],
)
def test_another_kind_of_care_at_the_start_makes_both(make_study, rows, other, arm):
    study = make_study(
        [
            rows.episode("E1", "C1", "coaching", "2026-03-01", "2026-06-01"),
            rows.episode("E2", "C1", *other),
            rows.episode("E3", "C2", "therapy", "2026-03-01"),
        ]
    )
    found = arms(study)
    assert found["E1 C1"] == arm
    assert found["E3 C2"] == "therapy"


def test_usual_care_beside_counted_care_is_not_usual_care_alone(make_study, rows):
    study = make_study(
        [
            rows.episode("E1", "C1", "other", "2026-03-01"),
            rows.episode("E2", "C1", "therapy", "2026-03-08"),
        ]
    )
    assert arms(study) == {"E1 C1": "both", "E2 C1": "therapy"}


def test_a_partner_alone_in_therapy_is_in_both_but_the_other_partner_is_not(make_study, rows):
    study = make_study(
        [
            rows.episode("E1", "K1", "coaching", "2026-03-01"),
            rows.episode("E2", "C1", "therapy", "2026-03-01"),
        ],
        couples=[{"couple_id": "K1", "client_a": "C1", "client_b": "C2"}],
    )
    assert arms(study) == {"E1 C1": "both", "E1 C2": "coaching", "E2 C1": "both"}


def test_the_grace_days_are_data(make_study, rows):
    study = make_study(
        [
            rows.episode("E1", "C1", "coaching", "2026-03-01"),
            rows.episode("E2", "C1", "therapy", "2026-03-02"),
        ]
    )
    frame = people(study)
    assert list(care_at_start(frame, 0)) == ["coaching", "both"]
    assert derive_policy().grace_days == 28
    assert "time zero" in derive_policy().reasons["concurrent_care"]

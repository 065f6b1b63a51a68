"""From a study to analysis frames: start and end scores, care at time zero, cohort and flow."""

from outcomes.derive.care import BOTH, care_at_start
from outcomes.derive.cohort import Cohort, cohort
from outcomes.derive.dyads import Dyads, dyads
from outcomes.derive.flow import flow
from outcomes.derive.leaving import Endings, endings
from outcomes.derive.narrowing import only_episodes
from outcomes.derive.pairs import pairs
from outcomes.derive.people import people
from outcomes.derive.period import Period
from outcomes.derive.policy import DerivePolicy, derive_policy
from outcomes.derive.trajectories import TRAJECTORY_COLUMNS, trajectories
from outcomes.derive.visits import Visits, visits

__all__ = [
    "BOTH",
    "TRAJECTORY_COLUMNS",
    "Cohort",
    "DerivePolicy",
    "Dyads",
    "Endings",
    "Period",
    "Visits",
    "care_at_start",
    "cohort",
    "derive_policy",
    "dyads",
    "endings",
    "flow",
    "only_episodes",
    "pairs",
    "people",
    "trajectories",
    "visits",
]

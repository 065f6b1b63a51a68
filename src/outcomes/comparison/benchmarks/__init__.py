"""Published rates and effect sizes, and where a practice stands beside them."""

from outcomes.comparison.benchmarks.beside import benchmark
from outcomes.comparison.benchmarks.library import Benchmark, benchmarks
from outcomes.comparison.benchmarks.observed import Observed, observed_share, pre_post_effect
from outcomes.comparison.benchmarks.result import BenchmarkResult
from outcomes.comparison.benchmarks.standing import Standing, critical_effect

__all__ = [
    "Benchmark",
    "BenchmarkResult",
    "Observed",
    "Standing",
    "benchmark",
    "benchmarks",
    "critical_effect",
    "observed_share",
    "pre_post_effect",
]

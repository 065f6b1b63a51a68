"""Whether a fit arrived, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Convergence:
    """What the search for the best fit ended with.

    `gradient` is the largest component of the scaled gradient over the parameters that are
    free (those on a bound push outwards there), `curvature` the smallest eigenvalue of the
    scaled Hessian over them: a minimum needs the first near 0 and the second above 0.
    `on_bound` names parameters at a bound (a variance of zero, a correlation of one): an
    answer, not a failure. `message` says in one sentence why a fit did not arrive.
    """

    converged: bool
    gradient: float
    curvature: float
    evaluations: int
    on_bound: tuple[str, ...] = ()
    message: str = ""

    @property
    def usable(self) -> bool:
        """Whether estimates of this fit may be shown."""
        return self.converged

    @property
    def singular(self) -> bool:
        """Whether a variance is zero or a correlation is one."""
        return bool(self.on_bound)

    @property
    def sentence(self) -> str:
        """One sentence for a person."""
        if not self.converged:
            return f"The model did not converge: {self.message or 'no minimum was found'}."
        if self.on_bound:
            return f"The model converged at a bound: {', '.join(self.on_bound)}."
        return "The model converged."

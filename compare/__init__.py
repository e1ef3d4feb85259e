"""Like for like: may two figures be compared, and how does one stand among the others?

No file, network or engine is opened here. What one figure means is decided in pure functions on small values
(verdict.py, standing.py); what many figures become is the same rule as an expression (distribution.py).
"""

from compare.distribution import distributions
from compare.standing import Change, Distribution, Standing, change, standing, standing_against
from compare.verdict import Figure, Level, Reason, Step, Verdict, verdict

__all__ = [
    "Change",
    "Distribution",
    "Figure",
    "Level",
    "Reason",
    "Standing",
    "Step",
    "Verdict",
    "change",
    "distributions",
    "standing",
    "standing_against",
    "verdict",
]

"""Like for like: may two figures be compared, and how does one stand among the others?

No file, network or engine is opened here. What one figure means is decided in pure functions on small values
(verdict.py, standing.py); what many figures become is the same rule as an expression (distribution.py).
"""

from compare.distribution import distributions
from compare.sets import Member, decide_in_turn, decide_on_all, hold_against, join_verdicts, reason_codes
from compare.standing import Change, Distribution, Standing, change, standing
from compare.verdict import Figure, Level, Reason, Step, Verdict, verdict

__all__ = [
    "Change",
    "Distribution",
    "Figure",
    "Level",
    "Member",
    "Reason",
    "Standing",
    "Step",
    "Verdict",
    "change",
    "decide_in_turn",
    "decide_on_all",
    "distributions",
    "hold_against",
    "join_verdicts",
    "reason_codes",
    "standing",
    "verdict",
]

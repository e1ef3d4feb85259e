"""Like for like: may two figures be compared, and how does one stand among the others?

No file, network or engine is opened here. What one figure means is decided in pure functions on small values
(verdict.py, standing.py, limits.py, significance.py, trend.py, funnel.py, rank.py); what many figures become is
the same rule as an expression (distribution.py).
"""

from compare.distribution import distributions
from compare.funnel import Funnel, Unit, funnel
from compare.limits import (
    Limits,
    NotKnown,
    Parts,
    Stratum,
    count_limits,
    figure_limits,
    mean_limits,
    rate_limits,
    share_limits,
    standardised_rate,
)
from compare.rank import Ranked, Ranking, rank
from compare.sets import (
    Member,
    decide_in_turn,
    decide_on_all,
    hold_against,
    join_verdicts,
    reason_codes,
    spread_of,
)
from compare.significance import (
    Difference,
    FalseAlarms,
    TargetResult,
    against,
    difference,
    false_alarms,
    target_result,
)
from compare.standing import Change, Distribution, Standing, change, standing
from compare.trend import Trend, newest_run, trend
from compare.verdict import Figure, Level, Reason, Step, Verdict, verdict

__all__ = [
    "Change",
    "Difference",
    "Distribution",
    "FalseAlarms",
    "Figure",
    "Funnel",
    "Level",
    "Limits",
    "Member",
    "NotKnown",
    "Parts",
    "Ranked",
    "Ranking",
    "Reason",
    "Standing",
    "Step",
    "Stratum",
    "TargetResult",
    "Trend",
    "Unit",
    "Verdict",
    "against",
    "change",
    "count_limits",
    "decide_in_turn",
    "decide_on_all",
    "difference",
    "distributions",
    "false_alarms",
    "figure_limits",
    "funnel",
    "hold_against",
    "join_verdicts",
    "mean_limits",
    "newest_run",
    "rank",
    "rate_limits",
    "reason_codes",
    "share_limits",
    "spread_of",
    "standardised_rate",
    "standing",
    "target_result",
    "trend",
    "verdict",
]

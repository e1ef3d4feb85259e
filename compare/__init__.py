"""Like for like: may two figures be compared, and how does one stand among the others?

No file, network or engine is opened here. What one figure means is decided in pure functions on small values
(verdict.py, standing.py, limits.py, significance.py, trend.py, funnel.py, rank.py, rebuilding.py); what many
figures become is the same rule as an expression (distribution.py, comparators.py).
"""

from compare.comparators import comparator_sums
from compare.distribution import council_figures, distributions, tiers_of_types
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
from compare.membership import Membership, memberships
from compare.rank import Quartile, Ranked, Ranking, rank
from compare.rebuilding import Addend, Comparator, Rule, Sums, add_up, combining_rule, comparator
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
from compare.standing import Change, Distribution, Standing, change, standing, standing_against
from compare.trend import Trend, newest_run, trend
from compare.verdict import Figure, Level, Reason, Step, Verdict, verdict

__all__ = [
    "Addend",
    "Change",
    "Comparator",
    "Difference",
    "Distribution",
    "FalseAlarms",
    "Figure",
    "Funnel",
    "Level",
    "Limits",
    "Member",
    "Membership",
    "NotKnown",
    "Parts",
    "Quartile",
    "Ranked",
    "Ranking",
    "Reason",
    "Rule",
    "Standing",
    "Step",
    "Stratum",
    "Sums",
    "TargetResult",
    "Trend",
    "Unit",
    "Verdict",
    "add_up",
    "against",
    "change",
    "combining_rule",
    "comparator",
    "comparator_sums",
    "council_figures",
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
    "memberships",
    "newest_run",
    "rank",
    "rate_limits",
    "reason_codes",
    "share_limits",
    "spread_of",
    "standardised_rate",
    "standing",
    "standing_against",
    "target_result",
    "tiers_of_types",
    "trend",
    "verdict",
]

"""Which column names a thing of which kind: columns are named alike in tables, views and questions.

In:   the name of a column
Out:  the kind of thing that its cells name
"""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "area": "area",
    "area_code": "area",
    "parent": "area",
    "from_area": "area",
    "to_area": "area",
    "neighbour": "area",
    "body": "body",
    "owner": "body",
    "publisher": "body",
    "inspector": "body",
    "dataset": "dataset",
    "group": "group",
    "indicator": "indicator",
    "indicator_notation": "indicator",
    "judgement": "judgement",
    "period": "period",
    "target": "target",
    "code_list": "code-list",
    "scale": "scale",
    "framework": "framework",
    "plan": "plan",
}

# Names that only questions have; in tables they may be a text.
OF_QUESTIONS: Mapping[str, str] = {
    **KINDS,
    "definition": "indicator",
    "earlier": "area",
    "later": "area",
    "neighbourhood": "area",
    "other": "indicator",
    "rule": "signal-rule",
    "signal": "signal",
}

"""The list of revisions: every figure's earlier published values.

In:   rows of the derived table revisions
Out:  the declaration of /api/v1/revisions
"""

from api.v1_listing import AREA_KNOWN, BODY_KNOWN, INDICATOR_KNOWN, Filter, List

# What was withdrawn may have taken its area, indicator or dataset with it.
KNOWN = {
    "area": f"{AREA_KNOWN} UNION SELECT area FROM revisions",  # noqa: S608 - our own words
    "indicator": f"{INDICATOR_KNOWN} UNION SELECT indicator FROM revisions",  # noqa: S608 - our own words
    "dataset": "SELECT dataset FROM datasets UNION SELECT dataset FROM revisions",
    "body": BODY_KNOWN,
}

REVISIONS = List(
    name="revisions",
    table="revisions",
    kind="revision",
    summary="Every figure's earlier published values, and why they changed",
    filters={
        "figure": Filter(
            "The figure: its dataset, indicator, area, period and codes, as in its address.", "t.figure = ?"
        ),
        "dataset": Filter("The dataset.", "t.dataset = ?", form="notation", known=KNOWN["dataset"]),
        "indicator": Filter("The indicator.", "t.indicator = ?", form="notation", known=KNOWN["indicator"]),
        "area": Filter("The area.", "t.area = ?", form="area-code", known=KNOWN["area"]),
        "body": Filter(
            "A body: figures of its areas.",
            "t.area IN (SELECT area FROM body_areas WHERE body = ?)",
            form="notation",
            known=BODY_KNOWN,
        ),
        "change": Filter("What happened.", "t.change = ?", codes="revision-change"),
        "reason_kind": Filter("Where the reason comes from.", "t.reason_kind = ?", codes="revision-reason"),
        "since": Filter("Revised on this day or later.", "t.revised_on >= ?", is_day=True),
    },
)

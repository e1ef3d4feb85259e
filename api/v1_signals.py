"""The lists of signals and of responses to them.

In:   rows of the early-warning register and of responses
Out:  the declarations of /api/v1/signals and /api/v1/responses
"""

from collections.abc import Mapping, Sequence

from api.answers import Row
from api.edition import Edition
from api.v1_listing import AREA_KNOWN, BODY_KNOWN, INDICATOR_KNOWN, THEME_KNOWN, Filter, List


def _add_responses(edition: Edition, rows: Sequence[Row], _asked: Mapping[str, Sequence[str]]) -> None:
    """Say of signals what was done about them."""
    for row in rows:
        found = edition.rows(
            "SELECT response FROM responses WHERE signal = ? ORDER BY responded_on, response",
            (row["signal"],),
        )
        row["responses"] = [response[0] for response in found]


SIGNALS = List(
    name="signals",
    table="signals",
    kind="signal",
    summary="Signals of the early-warning register, open and cleared",
    filters={
        "signal": Filter("The signal.", "t.signal = ?"),
        "rule": Filter(
            "The rule that fired.", "t.rule = ?", form="notation", known="SELECT rule FROM signal_rules"
        ),
        "kind": Filter("What sort of sign the rule looks for.", "t.kind = ?", codes="signal-kind"),
        "area": Filter("The area it is about.", "t.area = ?", form="area-code", known=AREA_KNOWN),
        "body": Filter("The body it is about.", "t.body = ?", form="notation", known=BODY_KNOWN),
        "indicator": Filter("The indicator.", "t.indicator = ?", form="notation", known=INDICATOR_KNOWN),
        "theme": Filter(
            "A theme of the indicator.",
            "t.indicator IN (SELECT indicator FROM indicator_themes WHERE theme = ?)",
            form="notation",
            known=THEME_KNOWN,
        ),
        "dataset": Filter(
            "The dataset that holds the figures.",
            "t.dataset = ?",
            form="notation",
            known="SELECT dataset FROM datasets",
        ),
    },
    flags={"is_open": ("Whether it has not cleared.", "t.is_open = ?")},
    members={"responses": (list[str], "The responses to it, the first first.")},
    more=_add_responses,
)

RESPONSES = List(
    name="responses",
    table="responses",
    kind="response",
    summary="What bodies and others did about signals and judgements",
    filters={
        "response": Filter("The response.", "t.response = ?", form="notation"),
        "signal": Filter("The signal it answers.", "t.signal = ?"),
        "judgement": Filter("The judgement it answers.", "t.judgement = ?", form="notation"),
        "body": Filter("Who responds.", "t.body = ?", form="notation", known=BODY_KNOWN),
        "rung": Filter("How far the response goes.", "t.rung = ?", codes="rung"),
    },
)

"""What is declared of two definitions, whichever of the two the declaration begins with.

In:   the table crosswalk of an edition
Out:  the other definitions of one, as seen from it; what is declared of a pair

Pages, JSON and every verdict read it here. Where several say something of one pair, the most careful counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.answers import Row
from api.edition import Edition
from schemas import load_model

# How careful a declaration is.
_CARE = {"yes": 0, "with-care": 1, "no": 2}


@dataclass(frozen=True, slots=True)
class Match:
    """Another definition: an indicator of this edition, or an address elsewhere (`indicator` is then empty).

    relation   how the other one stands to this one, a code of definition-relation
    """

    crosswalk: str
    indicator: str
    label: str
    owner: str
    uri: str
    relation: str
    comparable: str
    clause: str
    declared_by: str

    @property
    def relation_label(self) -> str:
        return load_model().code_lists["definition-relation"].code(self.relation).label


def list_matches(edition: Edition, indicator: str) -> list[Match]:
    """List what is declared of an indicator and others, from either side, those here first."""
    rows = edition.rows(
        "SELECT c.*, c.from_indicator = ?1 AS is_ours, o.indicator AS other, o.label AS label, b.label AS owner"
        " FROM crosswalk AS c"
        " LEFT JOIN indicator_heads AS h"
        " ON h.indicator = CASE WHEN c.from_indicator = ?1 THEN c.to_indicator ELSE c.from_indicator END"
        " LEFT JOIN indicators AS o ON o.indicator = h.indicator AND o.version = h.version"
        " LEFT JOIN bodies AS b ON b.body = o.owner"
        " WHERE c.from_indicator = ?1 OR c.to_indicator = ?1 ORDER BY o.label IS NULL, o.label, c.crosswalk",
        (indicator,),
    )
    relations = load_model().code_lists["definition-relation"]
    out = []
    for row in rows:
        relation = row["relation"] if row["is_ours"] else relations.code(row["relation"]).more["inverse"]
        told = (relation, row["comparable"], row["clause"] or "", row["declared_by"])
        if row["other"] is not None:
            uri = edition.uri("indicator", row["other"])
            out.append(Match(row["crosswalk"], row["other"], row["label"], row["owner"] or "", uri, *told))
        if row["to_uri"] and row["is_ours"]:
            out.append(Match(row["crosswalk"], "", "", "", row["to_uri"], *told))
    return out


def find_declared(edition: Edition, one: str, other: str) -> tuple[str, str] | None:
    """Find what is declared of two indicators, (comparable, clause); the order makes no difference."""
    pairs = edition.once("crosswalk-pairs", lambda: _read_pairs(edition))
    return None if one == other else pairs.get(frozenset((one, other)))


def _read_pairs(edition: Edition) -> Mapping[frozenset[str], tuple[str, str]]:
    pairs: dict[frozenset[str], tuple[str, str]] = {}
    for row in edition.rows(
        "SELECT from_indicator, to_indicator, comparable, clause FROM crosswalk"
        " WHERE to_indicator IS NOT NULL ORDER BY crosswalk"
    ):
        pair = frozenset((row["from_indicator"], row["to_indicator"]))
        if pair not in pairs or _CARE[row["comparable"]] > _CARE[pairs[pair][0]]:
            pairs[pair] = (row["comparable"], row["clause"] or "")
    return pairs


def as_items(matches: list[Match]) -> list[Row]:
    """Give matches as JSON has them."""
    return [
        {
            "crosswalk": one.crosswalk,
            "indicator": one.indicator or None,
            "label": one.label or None,
            "owner": one.owner or None,
            "uri": one.uri,
            "relation": one.relation,
            "comparable": one.comparable,
            "clause": one.clause or None,
            "declared_by": one.declared_by,
        }
        for one in matches
    ]

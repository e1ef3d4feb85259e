"""The page of a rule of the early-warning register: criteria, parameters, versions, counts, and how to find it again.

In:   rows of signal_rules, signal_parameters and signal_counts
Out:  the page of a rule, or of one of its versions
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page, with_query
from api.pages.signal_lists import Asked, feed_links, has_register
from publish.signal_chances import load_chances
from publish.signal_queries import sparql_of, sql_of
from publish.signal_rules import AppliedRule, newest_publication, read_rules
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


def load_today(edition: Edition) -> str | None:
    """Give the newest day of publication, by which figures are overdue."""
    return newest_publication(
        map(dict, edition.rows("SELECT released_on FROM datasets")),
        map(dict, edition.rows("SELECT published_on FROM judgements")),
    )


def load_applied(edition: Edition) -> Sequence[AppliedRule]:
    """Load the rules that are applied in an edition."""
    return edition.once("rules that are applied", lambda: _read_applied(edition))


def _read_applied(edition: Edition) -> Sequence[AppliedRule]:
    rules = [
        dict(row) | {"uses_provisional": "true" if row["uses_provisional"] else "false"}
        for row in edition.rows("SELECT * FROM signal_rules")
    ]
    parameters = [dict(row) for row in edition.rows("SELECT * FROM signal_parameters")]
    return read_rules(load_model(), rules, parameters, load_today(edition))


def signal_rule(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a rule, or of one version of it."""
    if not 1 <= len(notation) <= 2 or not has_register(edition):
        return None
    versions = edition.rows(
        "SELECT r.*, b.label AS owner_label, k.label AS kind_label, k.definition AS kind_definition"
        " FROM signal_rules r JOIN bodies b ON b.body = r.owner"
        " LEFT JOIN codes k ON k.code_list = 'signal-kind' AND k.code = r.kind"
        ' WHERE r.rule = ? ORDER BY CAST(r."version" AS INTEGER) DESC',
        (notation[0],),
    )
    applied = {one.rule: one for one in load_applied(edition)}.get(notation[0])
    wanted = notation[1] if len(notation) == 2 else (applied.version if applied else "")
    row = next((one for one in versions if one["version"] == wanted), versions[0] if versions else None)
    if row is None or (len(notation) == 2 and row["version"] != wanted):
        return None
    key = (row["rule"], row["version"])
    counts = edition.row('SELECT * FROM signal_counts WHERE rule = ? AND "version" = ?', key)
    frame = Frame(
        path=address_of("signal-rule", *notation),
        title=row["label"] + (f", version {row['version']}" if len(notation) == 2 else ""),
        lede=f"{row['kind_label']}. A rule of the early-warning register, made by {row['owner_label']}.",
        crumbs=[Link("Early warnings", "/signals"), Link("Rules", "/signal-rules")],
        uri=edition.uri("signal-rule", *notation),
        forms=LINKED_DATA,
        feeds=feed_links(Asked(rule=row["rule"])),
    )
    return make_page(
        edition,
        "signal_rule",
        frame,
        row=row,
        versions=versions,
        parameters=edition.rows(
            "SELECT p.value, n.label AS parameter, n.definition, u.label AS unit FROM signal_parameters p"
            " JOIN codes n ON n.code_list = 'signal-parameter' AND n.code = p.parameter"
            " JOIN codes u ON u.code_list = 'signal-unit' AND u.code = p.unit"
            ' WHERE p.rule = ? AND p."version" = ? ORDER BY n.sort_order',
            key,
        ),
        counts=counts,
        is_applied=counts is not None,
        simulated=load_chances()
        if counts is not None and counts["chance_per_thousand"] is not None
        else None,
        open_address=Asked(rule=row["rule"], state="open").address(),
        **_queries(edition, applied if counts is not None else None),
    )


def _queries(edition: Edition, rule: AppliedRule | None) -> dict[str, Any]:
    """Give the two queries of a rule that is applied, and where they can be run."""
    if rule is None:
        return {
            "sql": "",
            "sparql": "",
            "sql_address": "",
            "sparql_address": "",
            "starts_from_checks": False,
            "sql_is_long": False,
        }
    today = load_today(edition) or "0001-01-01"
    sql = sql_of(rule, load_model(), today)
    sparql = sparql_of(rule, edition.base, today)
    return {
        "sql": sql,
        "sparql": sparql,
        "sql_address": with_query("/data/catalogue", sql=sql),
        "sparql_address": with_query("/sparql", query=sparql),
        "starts_from_checks": rule.about in ("series", "targets"),
        "sql_is_long": rule.about == "series",
    }

"""Targets: the list of them, the page of one, and those of an area, each with what became of it.

In:   the tables targets and target_progress
Out:  what was wanted, by whom, when it was agreed and changed, and whether it was reached
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from api.pages.definitions import load_definitions
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, day_words, make_page, with_query
from api.pages.places import Place
from api.pages.rows import find_named, list_facts, list_pointing, name_period
from api.pages.target_rows import TargetRow, read_target_rows, write_asked
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition

# Rows of the list on one page, and areas of one target on its own page.
ROWS = 100

# Tables that point at a target and stand on its page in another way.
_SHOWN_APART = ("targets", "outcome_bodies", "outcome_indicators")

# The filters of the list: their names in an address and on the page, what stands for all, and the condition.
_FILTERS = (
    ("indicator", "Indicator", "All indicators", "g.indicator = ?"),
    ("area", "Area", "All areas", "g.area = ?"),
    ("body", "Body", "All bodies", "g.body = ?"),
    ("owner", "Set by", "Everyone", "t.owner = ?"),
    ("kind", "Kind", "All kinds", "g.kind = ?"),
    ("met", "Result", "All results", "g.result = ?"),
)


def list_area_targets(edition: Edition, place: Place) -> list[TargetRow]:
    """List the targets of an area, of the bodies that run it and of every council, the latest period first."""
    where = "WHERE g.area = ? AND g.replaced_by IS NULL ORDER BY p.end_on DESC, g.target"
    return read_target_rows(edition, where, (place.area,))


def targets(edition: Edition, query: Mapping[str, str]) -> Page:
    """Make the list of targets with what became of each, narrowed by what the form asks."""
    chosen = {name: query.get(name, "") for name, *_ in _FILTERS}
    asked = [(condition, chosen[name]) for name, _, _, condition in _FILTERS if chosen[name]]
    where = " AND ".join(["g.replaced_by IS NULL", *(condition for condition, _ in asked)])
    params = [value for _, value in asked]
    source = "target_progress g JOIN targets t ON t.target = g.target"
    # Conditions are ours; what the visitor wrote is bound.
    counts = {
        row["result"]: row["found"]
        for row in edition.rows(
            f"SELECT g.result, count(*) AS found FROM {source} WHERE {where} GROUP BY g.result",  # noqa: S608
            params,
        )
    }
    count = sum(counts.values())
    pages = max((count + ROWS - 1) // ROWS, 1)
    wanted = query.get("page", "1")
    page = min(max(int(wanted), 1), pages) if wanted.isdecimal() and len(wanted) < 6 else 1
    rows = read_target_rows(
        edition,
        f"WHERE {where} ORDER BY p.end_on DESC, g.indicator, g.target, area_label, g.area LIMIT ? OFFSET ?",
        [*params, ROWS, (page - 1) * ROWS],
    )
    results = load_model().code_lists["target-result"]
    told = [f"{results.code(code).label}: {counts[code]:,}" for code in results.notations if code in counts]
    data = {name: value for name, value in chosen.items() if value}
    frame = Frame(
        path=with_query("/targets", **chosen, page=str(page) if page > 1 else None),
        title="Targets",
        lede="What figures were meant to reach, who set it, and what became of it.",
        downloads=[
            Link("Targets as CSV", with_query("/api/v1/targets", **data, format="csv")),
            Link("Targets as JSON", with_query("/api/v1/targets", **data)),
            Link("Plans", "/plans"),
        ],
        datasets={one.row["dataset"] for one in rows if one.row["dataset"]},
    )
    links = [
        Link(str(number), with_query("/targets", **chosen, page=str(number)))
        for number in range(1, pages + 1)
    ]
    return make_page(
        edition,
        "targets",
        frame,
        rows=rows,
        count=count,
        told=". ".join(told),
        filters=[
            (name, label, every, _choices(edition, name), chosen[name]) for name, label, every, _ in _FILTERS
        ],
        pages=links if pages > 1 else [],
        page=page,
    )


def _choices(edition: Edition, name: str) -> list[tuple[str, str]]:
    """List what a filter can be, of what some target has."""
    return edition.once(f"choices of targets: {name}", lambda: _read_choices(edition, name))


def _read_choices(edition: Edition, name: str) -> list[tuple[str, str]]:
    model = load_model()
    if name in {"kind", "met"}:
        code_list = model.code_lists["target-kind" if name == "kind" else "target-result"]
        return [(code.code, code.label) for code in code_list.codes]
    statements = {
        "indicator": "SELECT indicator, label FROM indicator_heads WHERE indicator IN"
        " (SELECT indicator FROM targets) ORDER BY label",
        "area": "SELECT area, coalesce(everyday_label, label) FROM areas WHERE area IN"
        " (SELECT area FROM target_progress) ORDER BY 2",
        "body": "SELECT body, label FROM bodies WHERE body IN (SELECT body FROM target_progress) ORDER BY label",
        "owner": "SELECT body, label FROM bodies WHERE body IN (SELECT owner FROM targets) ORDER BY label",
    }
    return [(row[0], row[1]) for row in edition.rows(statements[name])]


def target(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a target: what became of it for each area, and how it came to be."""
    row = find_named(edition, "targets", notation)
    if row is None:
        return None
    rows = read_target_rows(
        edition, f"WHERE g.target = ? ORDER BY area_label, g.area LIMIT {ROWS + 1}", (row["target"],)
    )
    first = rows[0]
    is_alone = len(rows) == 1
    whom = first.whom if is_alone else "every council" if not row["body"] else first.row["body_label"]
    whom = whom[:1].upper() + whom[1:]
    frame = Frame(
        path=address_of("target", row["target"]),
        title=f"Target: {first.label}, {whom}",
        lede=f"{first.kind}, {first.period}: {first.wanted if is_alone else first.asked}.",
        crumbs=[Link("Targets", "/targets")],
        uri=edition.uri("target", row["target"]),
        forms=LINKED_DATA,
        downloads=[
            Link("This target as CSV", with_query("/api/v1/targets", target=row["target"], format="csv"))
        ],
        datasets={one.row["dataset"] for one in rows if one.row["dataset"]},
    )
    results = load_model().code_lists["target-result"]
    counts = edition.rows(
        "SELECT result, count(*) AS found FROM target_progress WHERE target = ? GROUP BY result",
        (row["target"],),
    )
    by_result = {one["result"]: one["found"] for one in counts}
    told = [
        f"{results.code(code).label}: {by_result[code]:,}" for code in results.notations if code in by_result
    ]
    return make_page(
        edition,
        "target",
        frame,
        rows=rows[:ROWS],
        alone=first if is_alone else None,
        count=sum(by_result.values()),
        told=". ".join(told),
        indicator=row["indicator"],
        history=list_history(edition, row["target"]),
        facts=list_facts(edition, load_model().tables["targets"], row, ("target", "replaces")),
        pointing=list_pointing(edition, "targets", {"target": row["target"]}, _SHOWN_APART),
        outcomes=edition.rows(
            "SELECT o.outcome, o.label, o.plan, p.label AS plan_label FROM outcomes o"
            " JOIN plans p ON p.plan = o.plan WHERE o.outcome IN"
            " (SELECT outcome FROM outcome_indicators WHERE target = ?1"
            " UNION SELECT outcome FROM outcome_bodies WHERE target = ?1) ORDER BY p.label, o.sort_order, o.label",
            (row["target"],),
        ),
    )


def list_history(edition: Edition, notation: str) -> list[tuple[Link, str, str, bool]]:
    """List a target with all that it replaced and that replaced it, newest first.

    Each with what it asked for, when it was agreed and why, and whether it is the one asked about. Empty for
    a target that was never changed.
    """
    rows = edition.rows(
        "WITH RECURSIVE before (target, depth) AS (SELECT ?1, 0 UNION SELECT t.replaces, depth + 1 FROM targets t"
        " JOIN before b ON b.target = t.target WHERE t.replaces IS NOT NULL AND depth < 100),"
        " after (target, depth) AS (SELECT ?1, 0 UNION SELECT t.target, depth - 1 FROM targets t"
        " JOIN after a ON a.target = t.replaces WHERE depth > -100)"
        " SELECT t.*, t.value AS asked, t.upper_value AS asked_upper, q.label AS group_label FROM targets t"
        " JOIN (SELECT * FROM before UNION SELECT * FROM after) c ON c.target = t.target"
        ' LEFT JOIN groups q ON q."group" = t."group" ORDER BY c.depth, t.target',
        (notation,),
    )
    if len(rows) < 2:
        return []
    definition = load_definitions(edition).in_use[rows[0]["indicator"]]
    out = []
    for row in rows:
        agreed = f"Agreed on {day_words(row['agreed_on'])}. " if row["agreed_on"] else ""
        asked = write_asked(dict(row), definition)
        link = Link(asked[:1].upper() + asked[1:], address_of("target", row["target"]))
        out.append(
            (
                link,
                name_period(edition, row["period"]).text,
                f"{agreed}{row['reason'] or ''}".strip(),
                row["target"] == notation,
            )
        )
    return out

"""Targets: the page of one, and those of an area with what became of them.

In:   the table targets, and the figures of the same areas and periods
Out:  what was wanted, by whom, and whether it was reached, tested with the figure's range
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api import sentences
from api.pages.definitions import load_definitions
from api.pages.page import LINKED_DATA, Frame, Link, Page, address_of, make_page
from api.pages.places import Place, find_place
from api.pages.rows import find_named, label_of, list_facts, list_pointing, name_period
from api.pages.series import OBSERVATIONS, Observed, read_observed
from compare import Limits, target_result
from schemas import load_model

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class AreaTarget:
    """A target of an area as its page shows it. `figure` and `result` are empty where no figure tells."""

    label: str
    address: str
    kind: str
    wanted: str
    period: str
    owner: str
    figure: str
    figure_address: str
    result: str


def list_area_targets(edition: Edition, place: Place) -> list[AreaTarget]:
    """List the targets of an area and of the bodies that run it, the latest period first."""
    rows = edition.rows(
        "SELECT t.* FROM targets t JOIN periods p ON p.period = t.period WHERE t.area = ? OR (t.area IS NULL"
        " AND t.body IN (SELECT body FROM body_areas WHERE area = ?)) ORDER BY p.end_on DESC, t.target",
        (place.area, place.area),
    )
    return [_area_target(edition, place, row) for row in rows]


def _area_target(edition: Edition, place: Place, row: Any) -> AreaTarget:
    definition = load_definitions(edition).in_use[row["indicator"]]
    model = load_model()
    seen = _find_figure(edition, row, place)
    owner = find_named(edition, "bodies", (row["owner"],)) if row["owner"] else None
    return AreaTarget(
        label=definition.label,
        address=address_of("target", row["target"]),
        kind=model.code_lists["target-kind"].code(row["kind"]).label,
        wanted=write_wanted(row, edition),
        period=name_period(edition, row["period"]).text,
        owner=label_of(model.tables["bodies"], owner) if owner else "",
        figure=_write_figure(edition, row, seen),
        figure_address=""
        if seen is None
        else address_of(
            "observation", seen.figure.dataset, seen.figure.indicator, place.area, seen.figure.period
        ),
        result=_result(row, seen),
    )


def _find_figure(edition: Edition, row: Any, place: Place) -> Observed | None:
    """Find the figure that a target is about: of the same area and period, for everyone."""
    figure = edition.row(
        f"{OBSERVATIONS} WHERE o.indicator = ? AND o.area = ? AND o.period = ? AND o.breakdown = ''"
        " ORDER BY o.dataset LIMIT 1",
        (row["indicator"], place.area, row["period"]),
    )
    if figure is None:
        return None
    counted_by = load_definitions(edition).get(figure["indicator"], figure["version"])
    return read_observed(figure, counted_by, place)


def _write_figure(edition: Edition, row: Any, seen: Observed | None) -> str:
    if seen is None or seen.value is None:
        return ""
    definition = load_definitions(edition).in_use[row["indicator"]]
    return sentences.figure(seen.value, definition.unit, definition.decimals)


def target(edition: Edition, notation: Sequence[str], query: Mapping[str, str]) -> Page | None:  # noqa: ARG001
    """Make the page of a target, with the figure beside it where there is one."""
    row = (
        edition.row("SELECT * FROM targets WHERE target = ?", (notation[0],)) if len(notation) == 1 else None
    )
    if row is None:
        return None
    definition = load_definitions(edition).in_use[row["indicator"]]
    place = find_place(edition, row["area"]) if row["area"] else None
    period = name_period(edition, row["period"])
    schema = load_model().tables["targets"]
    whom = place.name if place is not None else "Everyone"
    if place is None and row["body"]:
        found = find_named(edition, "bodies", (row["body"],))
        whom = label_of(load_model().tables["bodies"], found) if found else row["body"]
    wanted = write_wanted(row, edition)
    seen = None if place is None else _find_figure(edition, row, place)
    frame = Frame(
        path=address_of("target", row["target"]),
        title=f"Target: {definition.label}, {whom}",
        lede=f"{whom}: {wanted}, {period.text}.",
        crumbs=[Link("Targets", "/targets")],
        uri=edition.uri("target", row["target"]),
        forms=LINKED_DATA,
        datasets=[seen.figure.dataset] if seen is not None else (),
    )
    return make_page(
        edition,
        "target",
        frame,
        facts=list_facts(edition, schema, row, ("target",)),
        figure=None if seen is None else seen.figure,
        figure_text=_write_figure(edition, row, seen),
        result=_result(row, seen),
        whom=whom,
        pointing=list_pointing(edition, "targets", {"target": row["target"]}),
    )


def write_wanted(row: Any, edition: Edition) -> str:
    """Say what a target asks for."""
    definition = load_definitions(edition).in_use[row["indicator"]]

    def write(value: float) -> str:
        return sentences.figure(sentences.exact(value), definition.unit, definition.decimals)

    lead = {"at-least": "at least", "at-most": "at most", "between": "between"}[row["test"]]
    if row["basis"] == "percentile":
        return f"{lead} the {sentences.number(sentences.exact(row['value']), 0)}th percentile of its group"
    told = write(row["value"])
    if row["test"] == "between" and row["upper_value"] is not None:
        told = f"{told} and {write(row['upper_value'])}"
    added = {
        "absolute": "",
        "national-last-year": " above the national figure of the period before",
        "own-last-year": " above its own figure of the period before",
    }[row["basis"]]
    return f"{lead} {told}{added}"


def _result(row: Any, seen: Observed | None) -> str:
    """Say whether a target was reached, where a figure of its own can tell, and its range lets it."""
    if seen is None or seen.value is None or row["basis"] != "absolute":
        return ""
    ends = seen.figure.limits
    limits = None if ends is None else Limits(*ends, "published")
    upper = None if row["upper_value"] is None else sentences.exact(row["upper_value"])
    wanted = sentences.exact(row["value"])
    if row["test"] == "between" and upper is None:
        return ""
    return sentences.target_words(target_result(seen.value, limits, row["test"], wanted, upper))

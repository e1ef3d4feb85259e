"""Ofsted's two workbooks become judgements of councils under each framework since 2009.

In:   ofsted-la-inspection-outcomes/: outcomes at 31 March 2025, underlying data of 2023; frameworks.yaml
Out:  rows of rating_scales, grades, grade_mappings, frameworks, framework_questions, judgements

A judgement belongs to the council that existed on the day: the report of 2011 on Dorset is about the county
council, the one of 2022 about its successor. Reports before 2018 have a day of publication only. Ofsted's
table of 2023 writes today's word for the third grade in every year; until 2013 it was called adequate.
"""

from __future__ import annotations

import calendar
import datetime
from pathlib import Path
from typing import Any

import yaml

from examples.make_england.ledger import Account, Ledger
from examples.make_england.packages import Row
from examples.make_england.register import UPPER_TIER, Area, Body, Register, notation
from examples.make_england.sources import load_sheet

FOLDER = "ofsted-la-inspection-outcomes"
OUTCOMES = "LA_Inspection_Outcomes_as_at_31_March_2025.ods"
UNDERLYING = "Childrens_social_care_in_England_2023_underlying_data.ods"
OFSTED = "ofsted"
DECLARED_BY = "Like for Like"
FRAMEWORKS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "frameworks.yaml").read_text(encoding="utf-8")
)

GRADES = {
    "Outstanding": "outstanding",
    "Good": "good",
    "Requires improvement to be good": "requires-improvement",
    "Inadequate": "inadequate",
}
# Columns of the inspection history of 2025 and the questions they answer, before and since 2023.
HISTORY = {8: ("overall", "overall"), 9: ("leaders", "leaders"), 10: ("help-and-protection",) * 2}
HISTORY |= {11: ("care-and-care-leavers", "children-in-care"), 12: ("", "care-leavers")}
KINDS = {"ILACS Focused Visit": "focused-visit", "LA Monitoring visit": "monitoring-visit"}
SAFEGUARDING_BOARD = 24
SINCE_2018 = 32
SPELLINGS = {
    "Bedford Borough": "Bedford",
    "Kingston Upon Hull": "Kingston upon Hull, City of",
    "Richmond Upon Thames": "Richmond upon Thames",
}


class CouncilUnknown(Exception):  # noqa: N818 - it names what was met
    """A name or code of a judged council that the register does not have on that day."""


def read_judgements(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    """Read every grade and visit that the two workbooks have, each once."""
    rows = _read_before_2018(sources, register, ledger)
    rows += _read_history(sources, register, ledger)
    rows += _read_visits(sources, register, ledger)
    _leave_repeats_out(sources, ledger)
    return rows


def _read_before_2018(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    """Read the wide table of 2009 to 2023: one council a row, each inspection in columns of its own."""
    sheet = load_sheet(sources / FOLDER / UNDERLYING, "LA_inspections_2009-2023")
    councils = [row for row in sheet if row[0] == "Ofsted Local Authority Webpage"]
    account = ledger.open(f"{FOLDER}/{UNDERLYING}: LA_inspections_2009-2023, grades", 0)
    out: list[Row] = []
    for row in councils:
        _count_others(row, account)
        for framework in FRAMEWORKS["frameworks"]:
            for columns in framework.get("columns", ()):
                published_on = row[columns["date"]]
                if not published_on:
                    continue
                area, body = _judged(register, row[1], row[3], published_on)
                for column, question in columns["grades"].items():
                    account.read += 1
                    grade = row[column].strip()
                    if grade in {"", "-"}:
                        account.leave_out("no grade was given")
                        continue
                    account.used += 1
                    out.append(
                        _judgement(framework, area, body, question, GRADES[grade], published_on)
                        | {"kind": "inspection", "kind_label": columns["kind_label"]}
                    )
    return out


def _count_others(row: list[str], account: Account) -> None:
    """Count the grades of a row that are not taken from this table."""
    board = row[SAFEGUARDING_BOARD] in GRADES
    later = sum(cell in GRADES for cell in row[SINCE_2018:])
    account.read += board + later
    account.leave_out("grade of the safeguarding children board, which is not the council", int(board))
    account.leave_out("since 2018: the workbook of 2025 has it, with the day of the inspection", later)


def _judged(register: Register, name: str, kind: str, day: str) -> tuple[Area, Body]:
    """Find the council of a name on a day. Raises CouncilUnknown."""
    types = {"county"} if kind == "Shire County" else UPPER_TIER
    area = register.find_named(SPELLINGS.get(name, name), day, types)
    area = area or register.find_named(SPELLINGS.get(name, name), day, UPPER_TIER)
    body = register.body_of(area.area, day) if area else None
    if area is None or body is None:
        raise CouncilUnknown(f"{name} on {day}")
    return area, body


def _read_history(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    """Read the inspections since 2018, one a row, with area codes."""
    sheet = load_sheet(sources / FOLDER / OUTCOMES, "ILACS_inspection_history")[3:]
    account = ledger.open(f"{FOLDER}/{OUTCOMES}: ILACS_inspection_history, grades", 0)
    out: list[Row] = []
    for row in sheet:
        made_on, published_on = row[5], row[6]
        area, body = _judged_by_code(register, row[1], made_on)
        framework = _in_force(made_on)
        for column, names in HISTORY.items():
            question = names[framework["version"] == "2023"]
            account.read += 1
            if not row[column]:
                account.leave_out("the question was not asked before 2023")
                continue
            if not question:
                raise CouncilUnknown(f"{row[2]}: a grade for care leavers before 2023")
            account.used += 1
            out.append(
                _judgement(framework, area, body, question, GRADES[row[column]], published_on)
                | {"kind": "inspection", "kind_label": row[7], "made_on": made_on}
            )
    return out


def _judged_by_code(register: Register, area_code: str, day: str) -> tuple[Area, Body]:
    area = register.areas.get(area_code)
    body = register.body_of(area_code, day) if area else None
    if area is None or body is None:
        # The workbook gives today's code to inspections of the council's area before it was recoded.
        for change in register.changes:
            if change.to_area == area_code and change.change in {"recoded", "boundary-moved"}:
                return _judged_by_code(register, change.from_area, day)
        raise CouncilUnknown(f"{area_code} on {day}")
    return area, body


def _in_force(day: str) -> dict[str, Any]:
    ilacs = [f for f in FRAMEWORKS["frameworks"] if f["framework"] == "ofsted-ilacs"]
    return dict(max((f for f in ilacs if str(f["in_force_from"]) <= day), key=lambda f: f["version"]))


def _read_visits(sources: Path, register: Register, ledger: Ledger) -> list[Row]:
    """Read the visits of 2024-25, which give findings and no grade."""
    sheet = load_sheet(sources / FOLDER / OUTCOMES, "In-year_inspections")[3:]
    account = ledger.open(f"{FOLDER}/{OUTCOMES}: In-year_inspections", len(sheet))
    out: list[Row] = []
    for row in sheet:
        if row[6] not in KINDS:
            account.leave_out("an inspection; the inspection history has it")
            continue
        account.used += 1
        area, body = _judged_by_code(register, row[1], row[4])
        visit = _judgement(_in_force(row[4]), area, body, "visit", "", row[5])
        out.append(
            visit | {"kind": KINDS[row[6]], "kind_label": row[6], "made_on": row[4], "evidence": row[12]}
        )
    return out


def _leave_repeats_out(sources: Path, ledger: Ledger) -> None:
    """Account for the sheets whose rows are in others."""
    for workbook, sheet, first, reason in (
        (OUTCOMES, "Inspections_as_at_31_March", 3, "the latest inspection; the inspection history has it"),
        (UNDERLYING, "LA_level_at_31_Mar_2023", 4, "the workbook of 2025 has it, with its area code"),
        (UNDERLYING, "LA_level_in_year_2022-23", 3, "no day of publication"),
    ):
        rows = load_sheet(sources / FOLDER / workbook, sheet)[first:]
        account = ledger.open(f"{FOLDER}/{workbook}: {sheet}", len(rows))
        account.leave_out(reason, len(rows))


def _judgement(
    framework: dict[str, Any], area: Area, body: Body, question: str, grade: str, published_on: str
) -> Row:
    place = notation(area.everyday_label or area.label)
    inspection = f"{framework['short_label'].lower()}-{published_on}-{place}"
    row = {
        "judgement": f"{inspection}-{question}",
        "inspection": inspection,
        "body": body.body,
        "framework": framework["framework"],
        "version": framework["version"],
        "question": question,
        "published_on": published_on,
    }
    if grade:
        if framework["scale"] == "ofsted-2009" and grade == "requires-improvement":
            grade = "adequate"
        row |= {"scale": framework["scale"], "grade": grade}
    return row


def scale_rows() -> list[Row]:
    return [
        {name: scale[name] for name in ("scale", "label", "definition")} | {"owner": OFSTED}
        for scale in FRAMEWORKS["scales"]
    ]


def grade_rows() -> list[Row]:
    return [
        {"scale": scale["scale"], "rank": str(rank), **grade}
        for scale in FRAMEWORKS["scales"]
        for rank, grade in enumerate(scale["grades"], start=1)
    ]


def mapping_rows() -> list[Row]:
    return [
        {
            "from_scale": "ofsted-2009",
            "from_grade": entry["from"],
            "to_scale": "ofsted-2013",
            "to_grade": entry["to"],
            "comparable": entry["comparable"],
            "declared_by": DECLARED_BY,
            "note": entry["note"],
        }
        for entry in FRAMEWORKS["mappings"]
    ]


def framework_rows(judgements: list[Row]) -> list[Row]:
    """Say when each framework was in force: by its own dates, else by the months of its reports."""
    out = []
    for entry in FRAMEWORKS["frameworks"]:
        days = [
            row["published_on"]
            for row in judgements
            if (row["framework"], row["version"]) == (entry["framework"], entry["version"])
        ]
        row = {name: str(entry.get(name, "")) for name in _FRAMEWORK_FIELDS} | {"inspector": OFSTED}
        if not row["in_force_from"]:
            row["in_force_from"] = f"{min(days)[:8]}01"
            row["in_force_to"] = _month_end(max(days))
            row["definition"] += " Dates are those of the first and the last month of reports."
        out.append(row)
    return out


_FRAMEWORK_FIELDS = (
    "framework",
    "version",
    "label",
    "short_label",
    "definition",
    "service",
    "in_force_from",
    "in_force_to",
    "criteria",
    "comparable_with_previous",
    "change_note",
)


def _month_end(day: str) -> str:
    date = datetime.date.fromisoformat(day)
    return date.replace(day=calendar.monthrange(date.year, date.month)[1]).isoformat()


def question_rows() -> list[Row]:
    return [
        {
            "framework": entry["framework"],
            "version": entry["version"],
            "question": question["question"],
            "label": question["label"],
            "scale": entry["scale"],
            "is_overall": "true" if question.get("is_overall") else "false",
            "sort_order": str(place),
        }
        for entry in FRAMEWORKS["frameworks"]
        for place, question in enumerate(entry["questions"], start=1)
    ]

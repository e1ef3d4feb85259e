"""May two judgements be compared? One function decides, with every reason.

In:   two judgements, the versions of their framework with what each declares, and mappings of grades
Out:  a verdict of compare.verdict: like for like, with care, or not comparable, and the reasons

Grades are an order in the inspectorate's own words. Those of two scales, or of two frameworks, compare only where
somebody declares it, and the reason says who. A question that was merged with another or split is another question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compare.verdict import COMPARABLE, Level, Reason, Verdict, join_reasons

# Two bodies judged further apart than this are told so.
_A_YEAR = dt.timedelta(days=366)

# Judgements by those outside the body who inspect are of one sort, whatever they are called.
_INSPECTED = frozenset({"inspection", "focused-visit", "monitoring-visit"})


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgement with all that decides whether it may stand beside another.

    grade       None for a visit that gives findings only
    is_overall  whether its question gives the overall grade of its framework
    kind        inspection, peer-review, self-assessment …
    made_on     the day it was made, or published where only that day is known
    """

    body: str
    framework: str
    version: str
    question: str
    question_label: str
    is_overall: bool
    scale: str | None
    grade: str | None
    kind: str
    made_on: dt.date


@dataclass(frozen=True, slots=True)
class Asked:
    """One version of a framework and what it declares of a question.

    is_asked    whether the version grades this question by itself
    comparable  how grades stand to those of the version before: "yes", "with-care", "no"; None for a first one
    """

    version: str
    is_asked: bool
    comparable: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What somebody declares of a grade of each of two scales: how far they compare, who says so, and the caveat.

    joins_frameworks   it is declared of the two frameworks too, not of the grades alone
    """

    comparable: str
    declared_by: str
    note: str = ""
    joins_frameworks: bool = False


def judgement_verdict(
    a: Judged,
    b: Judged,
    *,
    asked: Mapping[str, Sequence[Asked]] | None = None,
    mapped: Sequence[Mapped] = (),
) -> Verdict:
    """Decide whether two judgements may be compared.

    asked   for each of the two questions: the versions of its framework, oldest first; needed where both
            judgements are of one framework
    mapped  what is declared of the two grades where they are of two scales or two frameworks: empty unless
            each of the two has a mapping to the other scale

    The order of a and b makes no difference to the level. Every rule that has something to say is heard.
    """
    reasons = [*_about_grades(a, b), *_about_kinds(a, b)]
    if a.framework == b.framework:
        reasons += _about_questions(a, b, asked or {})
    else:
        reasons += _about_frameworks(a, b, [one for one in mapped if one.joins_frameworks])
    if a.scale != b.scale and a.grade is not None and b.grade is not None:
        evidence = {"scale": (a.scale or "", b.scale or "")}
        reasons += _about_mappings("scale", "They are graded on two scales.", mapped, evidence)
    return join_reasons(reasons)


def _about_grades(a: Judged, b: Judged) -> Iterator[Reason]:
    if a.grade is None or b.grade is None:
        evidence = {"grade": (a.grade or "", b.grade or "")}
        yield Reason("no-grade", Level.NOT_COMPARABLE, "One of them gives findings and no grade.", evidence)


def _about_kinds(a: Judged, b: Judged) -> Iterator[Reason]:
    if a.kind != b.kind and not {a.kind, b.kind} <= _INSPECTED:
        yield Reason(
            "judgement-kind",
            Level.NOT_COMPARABLE,
            "They are of different kinds: who judged, and how, is not the same.",
            {"kind": (a.kind, b.kind)},
        )
    if a.body != b.body and abs(a.made_on - b.made_on) > _A_YEAR:
        yield Reason(
            "made-on",
            Level.WITH_CARE,
            "The two bodies were judged more than a year apart.",
            {"made_on": (a.made_on.isoformat(), b.made_on.isoformat())},
        )


def _about_frameworks(a: Judged, b: Judged, mapped: Sequence[Mapped]) -> Iterator[Reason]:
    if not (a.is_overall and b.is_overall):
        yield Reason(
            "question",
            Level.NOT_COMPARABLE,
            "They answer questions of two frameworks.",
            {"question": (a.question_label, b.question_label)},
        )
    text = "They were made under two frameworks, which ask different questions."
    evidence = {"framework": (f"{a.framework} {a.version}", f"{b.framework} {b.version}")}
    yield from _about_mappings("framework", text, mapped, evidence)


def _about_mappings(
    code: str, text: str, mapped: Sequence[Mapped], evidence: Mapping[str, tuple[str, str]]
) -> Iterator[Reason]:
    """Say that two frameworks or scales differ, and who declares that they compare all the same."""
    if not mapped:
        yield Reason(code, Level.NOT_COMPARABLE, f"{text} Nobody declares how they compare.", evidence)
        return
    for one in dict.fromkeys(mapped):
        # Whoever declares it, another rule book needs care.
        level = max(COMPARABLE[one.comparable], Level.WITH_CARE)
        verb = "do not compare" if level is Level.NOT_COMPARABLE else "may be compared with care"
        said = f"{text} {one.declared_by} declares that they {verb}. {one.note}".strip()
        yield Reason(code, level, said, evidence)


def _about_questions(a: Judged, b: Judged, asked: Mapping[str, Sequence[Asked]]) -> Iterator[Reason]:
    """Hold two judgements of one framework together: the same question, and what changed between its versions."""
    if a.question != b.question:
        notes = [
            one.note
            for judged in (a, b)
            for one in asked.get(judged.question, ())
            if one.version == judged.version and one.is_asked and one.comparable == "no" and one.note
        ]
        yield Reason(
            "question",
            Level.NOT_COMPARABLE,
            " ".join(["They answer different questions.", *dict.fromkeys(notes)]),
            {"question": (a.question_label, b.question_label)},
        )
    elif a.version != b.version:
        yield from _about_versions(a, b, asked.get(a.question, ()))


def _about_versions(a: Judged, b: Judged, steps: Sequence[Asked]) -> Iterator[Reason]:
    """Walk from the older version of a framework to the newer and hear what each step declares."""
    evidence = {"version": (a.version, b.version)}
    order = [step.version for step in steps]
    if a.version not in order or b.version not in order:
        text = "Nobody has said how these two versions of the framework compare."
        yield Reason("framework-version", Level.NOT_COMPARABLE, text, evidence)
        return
    first, last = sorted((order.index(a.version), order.index(b.version)))
    for step in steps[first + 1 : last + 1]:
        if not step.is_asked:
            text = f"Version {step.version} between the two does not grade this question by itself."
            yield Reason("framework-version", Level.NOT_COMPARABLE, f"{text} {step.note}".strip(), evidence)
            continue
        level = COMPARABLE[step.comparable or "no"]
        if level is not Level.LIKE_FOR_LIKE:
            text = f"The framework changed with version {step.version}."
            yield Reason("framework-version", level, f"{text} {step.note}".strip(), evidence)

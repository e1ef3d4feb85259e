"""What must be said beside an answer before anybody repeats it.

In:   an answer of the API
Out:  sentences, the gravest first; none where nothing is due

They follow from what the answer holds and decide nothing: whether figures compare is decided by compare/.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.sentences import count, listed, status_words

Answer = Mapping[str, Any]

_VERDICTS = {
    "not-comparable": "These may not be compared",
    "with-care": "These may be compared with care only",
}

# What a definition that is not in use is called.
_STAGES = {
    "draft": "is a draft and may change",
    "consultation": "is under consultation and may change",
    "withdrawn": "was withdrawn",
}


def cautions_of(answer: Answer) -> list[str]:
    """Say what must be said beside an answer."""
    items = [one for one in answer.get("items") or () if isinstance(one, Mapping)]
    figures = [one for one in items if _is_figure(one)]
    series = [one for one in items if isinstance(one.get("points"), list)]
    figures += [point for one in series for point in one["points"]]
    figures += [answer[side] for side in ("a", "b") if _is_figure(answer.get(side) or {})]
    told = [*_on_edition(answer), *_on_verdict(answer), *_on_count(answer), *_on_figures(figures)]
    if not answer.get("verdict"):
        told += _on_rows([one for one in items if _is_figure(one)], series)
        told += _on_judgements(items)
    if any("signal" in one for one in items):
        told.append("A signal is a reason to look, not a finding: say how many chance alone would make.")
    return [*told, *_on_definitions(items)]


def _is_figure(one: Answer) -> bool:
    return "value_text" in one and "status" in one


def _on_edition(answer: Answer) -> Iterator[str]:
    if answer.get("preview"):
        yield "This is a preview: it is not published yet and must not be repeated."


def _on_verdict(answer: Answer) -> Iterator[str]:
    """Say the verdict of an answer that is one, or who was left out of a comparison."""
    out = answer.get("left_out")
    if out:
        named = count(len(out), "area is", "areas are")
        yield f"{named} left out, because the figures may not be compared: left_out says why."
    words = _VERDICTS.get(str(answer.get("verdict")))
    reasons = [one for one in answer.get("reasons") or () if not out or one["level"] == "with-care"]
    if words and (reasons or not out):
        if out:
            words = _VERDICTS["with-care"]
        yield f"{words}. {' '.join(one['text'] for one in reasons)}".strip()


def _on_count(answer: Answer) -> Iterator[str]:
    """Say that an answer is a part, or empty."""
    items = answer.get("items")
    if not isinstance(items, Sequence):
        return
    if not items:
        yield "Nothing is published that fits. That does not mean zero."
    elif answer.get("next"):
        yield f"This is a part: {len(items):,} of {answer.get('count', 0):,}. Go on with the cursor in next."
    elif answer.get("most") == len(items):
        yield f"The answer ends at {count(len(items), 'row', 'rows')}; there may be more."


def _on_figures(figures: Sequence[Answer]) -> Iterator[str]:
    """Say which figures have no value and why, and which are special."""
    for has_value, words in (
        (False, "No value, which is not zero"),
        (True, "Not final or not exact"),
    ):
        found = Counter(
            str(one["status"])
            for one in figures
            if (one.get("value") is not None) == has_value and one.get("status") not in (None, "normal")
        )
        if found:
            named = [
                f"{status_words(status).lower()} ({number:,})" for status, number in sorted(found.items())
            ]
            yield f"{words}: {found.total():,} of {len(figures):,} figures: {listed(named)}."


def _on_rows(figures: Sequence[Answer], series: Sequence[Answer]) -> Iterator[str]:
    """Say that rows side by side are no comparison yet."""
    indicators = {one["indicator"] for one in figures}
    if len(indicators) < len(figures):
        yield "Figures beside each other are not yet comparable: ask compare_figures before you hold them together."
    for indicator in sorted(indicators):
        versions = sorted({str(one.get("version")) for one in figures if one["indicator"] == indicator})
        if len(versions) > 1:
            yield f"Figures of {indicator} were counted by versions {listed(versions)} of its definition."
    broken = sum(any(point.get("verdict") == "not-comparable" for point in one["points"]) for one in series)
    if broken:
        told = f"In {broken:,} of {count(len(series), 'series', 'series')}"
        yield f"{told} a figure may not be compared with the one before: verdict_reasons of the point say why."


def _on_judgements(items: Sequence[Answer]) -> Iterator[str]:
    """Say that grades of several frameworks are no comparison yet."""
    frameworks = {
        (one["framework"], one.get("version")) for one in items if "grade" in one and "framework" in one
    }
    if len(frameworks) > 1:
        yield "Grades of different frameworks, or versions of one, compare only where a mapping is declared."


def _on_definitions(items: Sequence[Answer]) -> Iterator[str]:
    """Say which definitions are not in use, and which have caveats."""
    definitions = [one for one in items if "polarity" in one and "numerator" in one and "caveats" in one]
    for one in definitions:
        stage = _STAGES.get(str(one.get("status")))
        if stage:
            yield f"The definition {one['indicator']} {one['version']} {stage}."
    if any(one.get("caveats") for one in definitions):
        yield "Say the caveats of a definition beside its figures."

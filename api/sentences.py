"""Figures become words, by a fixed grammar.

In:   values as decimals with their unit and decimals, periods, statuses, standings and changes
Out:  the texts that tables, cards and charts show, and sentences of 25 words at most

Nothing here asks the catalogue, so each text can be tried in a test. A sentence and a table cell about one
figure come from the same function on the same value. Nothing is called good or bad: which way is better is
said as the definition says it, beside the figure.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from compare import Change, Distribution, NotKnown, Quartile, Ranked, Standing, Trend
from schemas import load_model

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"
MILLION = Decimal(1_000_000)

_ONE_OF = {
    " people": " person",
    " homes": " home",
    " years": " year",
    " minutes": " minute",
    " days": " day",
    " tonnes": " tonne",
    " percentage points": " percentage point",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """What one of a value is. `symbol` stands after the number, or before it if it is a currency sign."""

    notation: str
    label: str
    symbol: str

    @property
    def is_money(self) -> bool:
        return _is_currency(self.symbol)


@cache
def _is_currency(symbol: str) -> bool:
    return len(symbol) == 1 and unicodedata.category(symbol) == "Sc"


@dataclass(frozen=True, slots=True)
class Span:
    """A period as words need it: its short label, and its first and last day."""

    label: str
    start_on: dt.date
    end_on: dt.date


def exact(value: float) -> Decimal:
    """Take a number that SQLite keeps as the decimal it was: the shortest that reads back the same.

    >>> exact(0.1 + 0.2)
    Decimal('0.3')
    """
    return Decimal(str(round(value, 9)))


def number(value: Decimal, decimals: int) -> str:
    """Write a number with commas, a real minus sign and so many decimal places, halves away from zero.

    >>> number(Decimal("-1234.55"), 1)
    '−1,234.6'
    """
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,}"
    return f"{MINUS}{text}" if rounded < 0 else text


def figure_parts(value: Decimal, unit: Unit, decimals: int) -> tuple[str, str]:
    """Give the number and what stands after it, which a page may set in a smaller size.

    A currency sign belongs to the number. Money of a million and more is told in millions.

    >>> figure_parts(Decimal("64.31"), Unit("percent", "Percent", "%"), 1)
    ('64.3', '%')
    """
    if unit.is_money:
        sign = MINUS if value < 0 else ""
        if abs(value) >= MILLION:
            return f"{sign}{unit.symbol}{number(abs(value) / MILLION, 1)}", " million"
        return f"{sign}{unit.symbol}{number(abs(value), decimals)}", ""
    text = number(value, decimals)
    after = unit.symbol
    return text, _ONE_OF.get(after, after) if text in {"1", f"{MINUS}1"} else after


def figure(value: Decimal, unit: Unit, decimals: int) -> str:
    """Write a value with its unit, as it stands in sentences, tables and charts.

    >>> figure(Decimal("1234"), Unit("pounds-per-person", "Pounds per person", "£"), 0)
    '£1,234'
    """
    return "".join(figure_parts(value, unit, decimals))


def short_figure(value: Decimal, unit: Unit, decimals: int) -> str:
    """Write a value for a chart, where a unit of more than one sign is left to the words around it.

    >>> short_figure(Decimal("1250000"), Unit("pounds", "Pounds", "£"), 0)
    '£1.3m'
    """
    text, after = figure_parts(value, unit, decimals)
    if unit.is_money:
        return text + after.replace(" million", "m")
    return text + after if len(after) == 1 else text


def difference(amount: Decimal, unit: Unit, decimals: int) -> str:
    """Write the size of a difference, without its sign. Percentages differ by percentage points.

    A difference that the definition's decimals would round away is told as less than the smallest step.

    >>> difference(Decimal("-0.04"), Unit("percent", "Percent", "%"), 1)
    'less than 0.1 percentage points'
    """
    size = abs(amount)
    if unit.notation in {"percent", "percentage-points"}:
        unit = Unit("percentage-points", unit.label, " percentage points")
    step = Decimal(1).scaleb(-decimals)
    if size and size.quantize(step, rounding=ROUND_HALF_UP) == 0:
        return f"less than {figure(step, unit, decimals)}"
    return figure(size, unit, decimals)


def range_words(low: Decimal, high: Decimal, unit: Unit, decimals: int) -> str:
    """Write a range from its lower to its upper end; a unit of several signs is said once.

    >>> range_words(Decimal("62.8"), Decimal("65.8"), Unit("percent", "Percent", "%"), 1)
    '62.8% to 65.8%'
    >>> range_words(Decimal(2), Decimal(4), Unit("days", "Days", " days"), 0)
    '2 to 4 days'
    """
    first = figure(low, unit, decimals) if unit.is_money else short_figure(low, unit, decimals)
    return f"{first} to {figure(high, unit, decimals)}"


def day(date: dt.date) -> str:
    """Write a date in words.

    >>> day(dt.date(2025, 3, 1))
    '1 March 2025'
    """
    return f"{date.day} {date:%B} {date.year}"


def count(how_many: int, one: str, several: str) -> str:
    """Write a number of things.

    >>> count(1, "council", "councils"), count(1200, "council", "councils")
    ('1 council', '1,200 councils')
    """
    return f"{how_many:,} {one if how_many == 1 else several}"


def listed(words: Sequence[str]) -> str:
    """Join words with commas and a last "and".

    >>> listed(["Kent", "Surrey", "Essex"])
    'Kent, Surrey and Essex'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def period_words(span: Span) -> str:
    """Write a period in words: by years, by months, or by days where it starts or ends inside a month.

    >>> period_words(Span("2024/25", dt.date(2024, 4, 1), dt.date(2025, 3, 31)))
    'April 2024 to March 2025'
    """
    start, end = span.start_on, span.end_on
    if start == end:
        return day(start)
    if start.day != 1 or (end + dt.timedelta(days=1)).day != 1:
        return f"{day(start)} to {day(end)}"
    if start.month == 1 and end.month == 12:
        return str(start.year) if start.year == end.year else f"{start.year} to {end.year}"
    if start.year != end.year:
        return f"{start:%B} {start.year} to {end:%B} {end.year}"
    if start.month == end.month:
        return f"{end:%B} {end.year}"
    return f"{start:%B} to {end:%B} {end.year}"


def period_short(span: Span) -> str:
    """Write a period for an axis or a narrow column.

    >>> period_short(Span("", dt.date(2024, 4, 1), dt.date(2025, 3, 31)))
    '2024/25'
    """
    start, end = span.start_on, span.end_on
    if start == end:
        return f"{end:%b} {end.year}"
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return str(start.year) if start.year == end.year else f"{start.year}–{end.year % 100:02}"
    months = round((end - start).days / 30.44)
    if months == 12:
        return f"{start.year}/{end.year % 100:02}"
    if months > 12:
        return f"{start.year}–{end.year % 100:02}"
    return f"{end:%b} {end.year}" if months < 2 else f"{start:%b}–{end:%b} {end.year}"


def in_period(span: Span) -> str:
    """Write a period with the word that leads to it.

    >>> in_period(Span("2024/25", dt.date(2024, 4, 1), dt.date(2025, 3, 31)))
    'from April 2024 to March 2025'
    """
    words = period_words(span)
    if span.start_on == span.end_on:
        return f"on {words}"
    return f"from {words}" if " to " in words else f"in {words}"


def before_words(earlier: Span, later: Span) -> str:
    """Name the earlier of two periods as seen from the later one.

    >>> year = Span("2024", dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    >>> before_words(year, Span("2025", dt.date(2025, 1, 1), dt.date(2025, 12, 31)))
    'the year before'
    """
    moments = earlier.start_on == earlier.end_on and later.start_on == later.end_on
    if moments and _months(earlier.start_on, later.start_on) == 12:
        return "a year before"
    follows = earlier.end_on + dt.timedelta(days=1) == later.start_on
    length = _months(later.start_on, later.end_on + dt.timedelta(days=1))
    same_length = _months(earlier.start_on, earlier.end_on + dt.timedelta(days=1)) == length
    names = {12: "the year before", 6: "the half year before", 3: "the quarter before", 1: "the month before"}
    if follows and same_length and length in names:
        return names[length]
    return period_words(earlier)


def _months(start: dt.date, end: dt.date) -> int | None:
    """Count whole months from one day to the same day of a later month; None if the days differ."""
    if start.day != end.day:
        return None
    return (end.year - start.year) * 12 + end.month - start.month


def status_words(status: str) -> str:
    """Say a status in the words of its code list; a normal figure has none.

    >>> status_words("suppressed")
    'Hidden to protect people'
    """
    return str(load_model().code_lists["status"].code(status).more["words"])


def polarity_words(polarity: str, evidence: str, band: str = "") -> str:
    """Say which way is better. Context is never judged, whatever is declared."""
    if evidence == "context" or polarity == "neither":
        return "Neither higher nor lower is better."
    if polarity == "band":
        return f"A figure from {band} is better." if band else "A figure inside a band is better."
    return f"{polarity.capitalize()} is better."


def figure_sentence(place: str, text: str, span: Span) -> str:
    """Say a figure. `text` is what figure() wrote."""
    return f"{place}: {text} {in_period(span)}."


def missing_sentence(place: str, status: str, span: Span) -> str:
    """Say that there is no figure, and why."""
    words = status_words(status)
    if status == "not-provided":
        return f"{place} does not run this service."
    return f"{place}: no figure for {period_words(span)}. {words}."


def change_sentence(change: Change, unit: Unit, decimals: int, earlier: Span, later: Span) -> str:
    """Say how a figure changed. A change is clear if the two ranges do not meet."""
    before = before_words(earlier, later)
    if change.direction == "no-clear-change":
        return f"No {'clear ' if change.is_range_known else ''}change on {before}."
    word = "Up" if change.direction == "up" else "Down"
    return f"{word} {difference(change.amount, unit, decimals)} on {before}."


def change_words(change: Change | None, unit: Unit, decimals: int) -> str:
    """Say a change in a cell of a table or a tag."""
    if change is None:
        return "Not comparable"
    if change.direction == "no-clear-change":
        return "No clear change" if change.is_range_known else "No change"
    return f"{'Up' if change.direction == 'up' else 'Down'} {difference(change.amount, unit, decimals)}"


STANDING_WORDS = {"higher": "Higher", "lower": "Lower", "no-clear-difference": "No clear difference"}


def standing_words(standing: Standing | None) -> str:
    """Say a standing in a cell of a table."""
    if standing is None:
        return "Not compared"
    if standing.direction == "no-clear-difference" and not standing.is_range_known:
        return "The same"
    return STANDING_WORDS[standing.direction]


def standing_sentence(standing: Standing, middle: str) -> str:
    """Say how a figure stands against the middle council. `middle` is the median as figure() wrote it."""
    lead = {
        "higher": "Higher than",
        "lower": "Lower than",
        "no-clear-difference": "No clear difference from",
    }[standing.direction]
    if standing.direction == "no-clear-difference" and not standing.is_range_known:
        lead = "The same as"
    tail = "" if standing.is_range_known else "; the range is not known"
    return f"{lead} the middle council of {standing.among:,} ({middle}){tail}."


def glance_sentence(label: str, standing: Standing, here: str, middle: str) -> str:
    """Say in one line what stands out. The label of the indicator comes first, so a page can link it."""
    than = "higher than" if standing.direction == "higher" else "lower than"
    return f"{label}: {here}, {than} the middle council ({middle})."


def spread_sentence(spread: Distribution, unit: Unit, decimals: int) -> str:
    """Say what a distribution strip shows."""
    middle = figure(spread.median, unit, decimals)
    half = range_words(spread.lower_quartile, spread.upper_quartile, unit, decimals)
    return f"The middle council of {spread.area_count:,} has {middle}. Half of them lie from {half}."


def trend_sentence(trend: Trend | NotKnown) -> str:
    """Say what a series does over its newest figures; nothing where there are too few of them.

    >>> trend_sentence(NotKnown("all-equal"))
    'All figures are the same.'
    """
    if isinstance(trend, NotKnown):
        return trend.text if trend.code == "all-equal" else ""
    word = {"rising": "Rising", "falling": "Falling", "no-clear-trend": "No clear trend"}[trend.direction]
    return f"{word} over the newest {trend.points} figures that compare."


def limit_words(method: str | None) -> str:
    """Say how a range was found, where its publisher did not give it.

    >>> limit_words("wilson"), limit_words("published"), limit_words(None)
    ("worked out by Wilson's method", '', '')
    """
    if method is None or method == "published":
        return ""
    return str(load_model().code_lists["limit-method"].code(method).more["words"])


def comparator_words(method: str, area_count: int, missing: int) -> str:
    """Say how the value that stands for many councils was made.

    >>> comparator_words("unweighted-mean", 32, 1)
    'unweighted mean of 32 councils, 1 more has no figure'
    """
    words = str(load_model().code_lists["comparator-method"].code(method).more["words"])
    if method == "published":
        return words
    words += f" {'of ' if method == 'unweighted-mean' else '('}{count(area_count, 'council', 'councils')}"
    words += "" if method == "unweighted-mean" else ")"
    if missing:
        words += f", {missing:,} more {'has' if missing == 1 else 'have'} no figure"
    return words


def chance_sentence(tested: int, clear: int, expected: Decimal) -> str:
    """Say how many of many tests chance alone would flag.

    >>> chance_sentence(40, 23, Decimal(2))
    'Of 40 figures with a known range, 23 differ clearly. Chance alone would make about 2 seem to.'
    """
    about = number(expected, 0 if expected == int(expected) else 1)
    return (
        f"Of {tested:,} figures with a known range, {clear:,} {'differs' if clear == 1 else 'differ'} clearly."
        f" Chance alone would make about {about} seem to."
    )


def place_sentence(ranked: Ranked, among: int) -> str:
    """Say the place of a figure with the places it may as well have."""
    told = f"Place {ranked.place:,} of {among:,}, counted from the highest"
    if not ranked.is_range_known:
        return f"{told}. Its range is not known, so nobody can say how sure that is."
    if ranked.highest_place == ranked.lowest_place:
        return f"{told}. No other figure's range meets its own."
    others = count(ranked.cannot_be_told_apart, "other", "others")
    return (
        f"{told}. It may be anywhere from {ranked.highest_place:,} to {ranked.lowest_place:,}:"
        f" it cannot be told apart from {others}."
    )


def interval_words(ranked: Ranked) -> str:
    """Say in a cell of a table which places a figure may have. A place never stands alone."""
    if not ranked.is_range_known:
        return f"{ranked.place:,}, range not known"
    if ranked.highest_place == ranked.lowest_place:
        return f"{ranked.place:,}, apart from all others"
    return f"{ranked.highest_place:,} to {ranked.lowest_place:,}"


_QUARTER_WORDS: Mapping[Quartile, str] = {
    "highest-quarter": "Its figure lies in the highest quarter.",
    "upper-middle": "Its figure lies in the middle half, above the middle.",
    "lower-middle": "Its figure lies in the middle half, not above the middle.",
    "lowest-quarter": "Its figure lies in the lowest quarter.",
}


def quarter_sentence(quartile: Quartile) -> str:
    """Say in which quarter of a set a figure lies.

    >>> quarter_sentence("highest-quarter")
    'Its figure lies in the highest quarter.'
    """
    return _QUARTER_WORDS[quartile]


_TARGET_WORDS = {
    "met": "Met",
    "not-met": "Not met",
    "cannot-tell": "Nobody can tell: its range lies on both sides",
    "no-figure": "No figure",
    "no-benchmark": "Nobody can tell: what it is measured from is not published",
}


def target_words(result: str, is_range_known: bool | None) -> str:
    """Say whether a target is met, in a cell of a table.

    result          a code of the list target-result
    is_range_known  whether the figure's range decided; None where nothing was decided

    >>> target_words("met", False)
    'Met; the range is not known'
    """
    if result == "cannot-tell" and is_range_known is None:
        return "Nobody can tell: the figure was counted in another way"
    told = _TARGET_WORDS[result]
    return f"{told}; the range is not known" if is_range_known is False else told

"""Expressions are pure functions of a row's texts; periods and registers answer or say why they cannot."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_world import REGISTERS

from ingest.period import PeriodUnknown
from ingest.recipe_conditions import Condition, Rule
from ingest.recipe_expressions import (
    Cased,
    Column,
    DateOf,
    Expression,
    Fault,
    FirstOf,
    Fixed,
    Joined,
    ListTable,
    LookUp,
    Mapped,
    Match,
    Notation,
    Replaced,
    Template,
    World,
)
from ingest.recipe_figures import Figure, Value
from ingest.recipe_periods import PeriodPattern, PeriodStyle
from ingest.recipe_registers import Ambiguous, NotFound, Registers, plain_name

A, B = Column("a"), Column("b")


@pytest.mark.parametrize(
    ("expression", "texts", "wanted"),
    [
        (Template((Fixed("x-"), A)), {"a": "1"}, "x-1"),
        (Template((Fixed("x-"), A)), {"a": ""}, ""),
        (FirstOf((A, B)), {"a": "", "b": "2"}, "2"),
        (FirstOf((Mapped(A, {"x": "y"}), B)), {"a": "z", "b": "2"}, "2"),
        (Joined((A, B, A), "; "), {"a": "1", "b": ""}, "1"),
        (Match(A, "([0-9]+) .*"), {"a": "12 men"}, "12"),
        (Match(A, "x(y)?"), {"a": "x"}, ""),
        (Match(A, "[0-9]+", "keep"), {"a": "men"}, "men"),
        (Match(A, "[0-9]+", "empty"), {"a": "men"}, ""),
        (Replaced(A, (("[|]", ", "), ("^Dr ", ""))), {"a": "Dr A|B"}, "A, B"),
        (Mapped(A, {"": "nothing"}), {"a": ""}, "nothing"),
        (Mapped(A, {"x": "y"}), {"a": ""}, ""),
        (DateOf(A, ("%d/%m/%Y", "serial")), {"a": "45809"}, "2025-06-01"),
        (DateOf(A, ("%d/%m/%Y",)), {"a": "06/05/2026"}, "2026-05-06"),
        (Cased(A, "sentence"), {"a": "two words"}, "Two words"),
        (Notation(A), {"a": "Île-de-France & Co. (2019)"}, "ile-de-france-and-co-2019"),
        (Value(Figure(A, multiply=Fixed("1000"))), {"a": "-0.0005"}, "-0.5"),
        (Value(Figure(A, multiply=Fixed("1000"))), {"a": "1.5E+2"}, "150000"),
    ],
)
def test_expression_gives(expression: Expression, texts: Mapping[str, str], wanted: str) -> None:
    assert expression.read(texts, World()) == wanted


def test_first_fault_is_told_if_nothing_is_given() -> None:
    both = FirstOf((Mapped(A, {"x": "1"}), Match(A, "[0-9]")))
    with pytest.raises(Fault) as raised:
        both.read({"a": "xx"}, World())
    assert raised.value.facts["nearest"] == "x"


def test_look_up_needs_rows_that_agree() -> None:
    table = ListTable("t", ("k", "v", "w"), (("1", "a", "x"), ("1", "a", "y"), ("2", "b", "z")))
    world = World(tables={"t": table})
    assert LookUp("t", (("k", A),), "v").read({"a": "1"}, world) == "a"
    assert LookUp("t", (("k", A), ("w", B)), "v").read({"a": "2", "b": "z"}, world) == "b"
    assert LookUp("t", (("k", A),), "v", "keep").read({"a": "9"}, world) == "9"
    assert LookUp("t", (("k", A),), "v").read({"a": ""}, world) == ""
    with pytest.raises(Fault, match="recipe-answers-differ"):
        LookUp("t", (("k", A),), "w").read({"a": "1"}, world)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9),
    st.sampled_from(["1000", "100", "0.01", "1000000"]),
)
def test_multiplying_is_exact(number: object, factor: str) -> None:
    from decimal import Decimal

    product = Value(Figure(A, multiply=Fixed(factor))).read({"a": f"{number:f}"}, World())
    assert Decimal(product) == Decimal(str(number)) * Decimal(factor)
    assert "E" not in product


def test_a_long_text_fits_no_pattern() -> None:
    with pytest.raises(Fault, match="recipe-text-unknown"):
        Match(A, "a*").read({"a": "a" * 5000}, World())
    assert not Condition(A, "matches", ("a*",)).holds({"a": "a" * 5000}, World())


def test_rule_does_not_hold_where_a_text_cannot_be_read() -> None:
    rule = Rule((Condition(Mapped(A, {"x": "y"}), "is", ("y",)),), "because")
    assert rule.holds({"a": "x"}, World())
    assert not rule.holds({"a": "z"}, World())


SPAN = PeriodStyle("span", (PeriodPattern("(?P<start>[0-9]{4})-(?P<end>[0-9]{2})"),))
FINANCIAL = PeriodStyle(
    "financial",
    (
        PeriodPattern("(?P<end>[0-9]{4})", starts="04-01"),
        PeriodPattern("(?P<start>[0-9]{4})-(?P<end>[0-9]{2})", starts="04-01", years=1),
        PeriodPattern("(?P<start>[0-9]{4})/[0-9]{2}-[0-9]{2}/(?P<end>[0-9]{2})", starts="04-01"),
    ),
)


@pytest.mark.parametrize(
    ("style", "text", "wanted"),
    [
        (SPAN, "2014-16", "2014-01-01_P3Y"),
        (SPAN, "1999-01", "1999-01-01_P3Y"),
        (FINANCIAL, "2024", "2023-04-01_P1Y"),
        (FINANCIAL, "1999-00", "1999-04-01_P1Y"),
        (FINANCIAL, "2013/14-15/16", "2013-04-01_P3Y"),
        (PeriodStyle("s", (PeriodPattern("(?P<start>[0-9]{4})", on="09-30"),)), "2024", "2024-09-30_P1D"),
        (PeriodStyle("s", (PeriodPattern("(?P<start>[0-9]{4})", month=1),)), "2024", "2024-01-01_P1M"),
        (
            PeriodStyle("s", (PeriodPattern("(?P<month>[A-Z][a-z]+) (?P<start>[0-9]{4})"),)),
            "Mar 2024",
            "2024-03-01_P1M",
        ),
        (
            PeriodStyle("s", (PeriodPattern("Q(?P<quarter>[1-4]) (?P<start>[0-9]{4})"),)),
            "Q3 2024",
            "2024-07-01_P3M",
        ),
        (
            PeriodStyle("s", (PeriodPattern("(?P<day>[0-9]+)/(?P<month>[0-9]+)/(?P<start>[0-9]{4})"),)),
            "15/5/2024",
            "2024-05-15_P1D",
        ),
        (PeriodStyle("iso"), "2011-01-01/P3Y", "2011-01-01_P3Y"),
        (PeriodStyle("school-year", kind="school-year"), "2023/24", "2023-09-01_P1Y"),
    ],
)
def test_style_reads_a_period(style: PeriodStyle, text: str, wanted: str) -> None:
    assert style.read(text) == wanted


@pytest.mark.parametrize(
    ("style", "text", "reason"),
    [
        (FINANCIAL, "2023-25", "From 2023 to 2025 is 2 years; wanted 1"),
        (SPAN, "2014-13", "P100Y"),
        (FINANCIAL, "last year", "has no such form"),
        (PeriodStyle("iso"), "2007-08", "It can be"),
        (PeriodStyle("s", (PeriodPattern("(?P<start>[0-9]{2})"),)), "24", "century"),
        (
            PeriodStyle("s", (PeriodPattern("(?P<month>[A-Za-z]+) (?P<start>[0-9]{4})"),)),
            "Mai 2024",
            "no month",
        ),
        (PeriodStyle("s", (PeriodPattern("(?P<start>[0-9]{4})", on="02-29"),)), "2023", "no such day"),
    ],
)
def test_period_that_does_not_fit_is_refused(style: PeriodStyle, text: str, reason: str) -> None:
    with pytest.raises(PeriodUnknown) as raised:
        style.read(text)
    assert reason in raised.value.reason


@pytest.mark.parametrize(
    ("by", "text", "on", "types", "wanted"),
    [
        ("name", "shire", "2018-06-30", frozenset[str](), "E10000001"),
        ("name", "shire", "2020-01-01_P1Y", frozenset[str](), "E06000001"),
        ("name", "Shire", "", frozenset({"county"}), "E10000001"),
        ("mapit", "77", "", frozenset[str](), "E08000001"),
        ("dfe", "901", "2018-01-01_P1Y", frozenset[str](), "E10000001"),
        ("code", "E07000001", "2018-01-01", frozenset[str](), "E07000001"),
    ],
)
def test_register_finds_an_area(by: str, text: str, on: str, types: frozenset[str], wanted: str) -> None:
    assert REGISTERS.find_area(by, text, on, types) == wanted


@pytest.mark.parametrize(
    ("by", "text", "on", "wanted"),
    [
        ("name", "Shire County Council", "2018-01-01", "shire-county-council"),
        ("name", "Shire", "2018-01-01", "shire-county-council"),
        ("name", "Shire", "2020-01-01", "shire-council"),
        ("area", "E06000001", "2020-01-01", "shire-council"),
        ("e-code", "E0001", "", "st-marys-council"),
    ],
)
def test_register_finds_a_body(by: str, text: str, on: str, wanted: str) -> None:
    assert REGISTERS.find_body(by, text, on) == wanted


def test_area_that_got_another_code_within_a_period_answers_with_the_one_it_began_with() -> None:
    areas = {"E08000016": ("", "2025-03-31"), "E08000038": ("2025-04-01", "")}
    dates = [{"area": area, "start_on": first, "end_on": last} for area, (first, last) in areas.items()]
    recoded = Registers(
        {
            "areas": [row | {"label": "Barnsley", "area_type": "metropolitan-district"} for row in dates],
            "bodies": [{"body": "barnsley", "label": "Barnsley Council", "body_type": "unitary-council"}],
            "body_identifiers": [{"body": "barnsley", "scheme": "dfe", "identifier": "370"}],
            "body_areas": [row | {"body": "barnsley"} for row in dates],
        }
    )
    assert recoded.find_area("dfe", "370", "2024-09-01_P1Y") == "E08000016"
    assert recoded.find_area("dfe", "370", "2025-04-01_P1Y") == "E08000038"
    with pytest.raises(Ambiguous):
        recoded.find_area("dfe", "370")


def test_register_does_not_guess() -> None:
    with pytest.raises(Ambiguous, match="E06000001, E10000001"):
        REGISTERS.find_area("name", "Shire")
    with pytest.raises(NotFound, match="did not exist then"):
        REGISTERS.find_area("name", "Newtown", "2020-01-01")
    with pytest.raises(NotFound, match="had no area then"):
        REGISTERS.find_area("dfe", "901", "2020-01-01")
    with pytest.raises(NotFound, match="no such body"):
        REGISTERS.find_body("name", "Newtown", "2018-01-01")
    with pytest.raises(NotFound) as raised:
        REGISTERS.find_area("name", "Newton")
    assert raised.value.nearest == "Newtown"


@given(st.text(max_size=40))
def test_plain_name_is_plain_already_when_read_again(name: str) -> None:
    assert plain_name(plain_name(name)) == plain_name(name)

"""Near definitions are found for their own reasons, part by part, in bounded work."""

from __future__ import annotations

import doctest
import importlib
import time

import pytest

from compare.ages import ages_in_words
from compare.nearness import Answer, Match, Register, Statement, unit_kind
from compare.reasons import nearness_words, reason_line, reasons
from compare.wording import MOST_TERMS, Lexicon, stem
from schemas.definitions import ModelFaults
from schemas.sector_words import load_sector_words, read_sector_words

KNOWN = (
    Statement(
        "looked-after",
        "Children looked after by the council",
        "How many children does the council look after?",
        "Children looked after on 31 March for every ten thousand under 18.",
        "Children looked after on 31 March.",
        "Children under 18 who live in the area.",
        "per-10000-children",
    ),
    Statement(
        "protection-plans",
        "Children with a child protection plan",
        "How many children have a plan that protects them?",
        "Children with a plan on 31 March for every ten thousand under 18.",
        "Children who have a child protection plan on 31 March.",
        "Children under 18 who live in the area.",
        "per-10000-children",
    ),
    Statement("reading", "Pupils at the expected standard in reading at 11", unit="percent"),
    Statement("writing", "Pupils at the expected standard in writing at 11", unit="percent"),
    Statement(
        "out-of-work", "People out of work and looking", "How many people look for work?", unit="percent"
    ),
    Statement("pay", "Weekly pay of the employee in the middle", unit="pounds-per-week"),
    Statement("meals", "Results of pupils with free school meals", unit="score"),
    Statement("no-meals", "Results of pupils not eligible for free school meals", unit="score"),
)


@pytest.fixture(scope="module")
def register() -> Register:
    return Register(KNOWN, load_sector_words())


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(load_sector_words())


def find(register: Register, label: str, **columns: str) -> Answer:
    return register.find(Statement(label=label, **columns))


def first(register: Register, label: str, **columns: str) -> Match:
    return find(register, label, **columns).matches[0]


@pytest.mark.parametrize(
    ("label", "indicator"),
    [
        ("Kids in care", "looked-after"),
        ("LAC rate", "looked-after"),
        ("Children on a CPP", "protection-plans"),
        ("Unemployment", "out-of-work"),
        ("Joblessness among adults", "out-of-work"),
        ("Wages", "pay"),
        ("Year 6 pupils who read as well as expected", "reading"),
    ],
)
def test_synonym_of_the_sector_finds_its_definition(register: Register, label: str, indicator: str) -> None:
    assert first(register, label).known.indicator == indicator


def test_slip_of_the_pen_finds_its_definition(register: Register) -> None:
    assert first(register, "Weekly pay of emploiees in the midle").known.indicator == "pay"


def test_other_subject_is_not_near_though_all_other_words_are_the_same(register: Register) -> None:
    found = find(register, "Pupils at the expected standard in writing at 11").matches
    assert [match.known.indicator for match in found[:2]] == ["writing", "reading"]
    assert found[0].score > 0.95
    assert found[1].score < 0.6 * found[0].score


@pytest.mark.parametrize(
    "label", ["Results without free school meals", "Results, pupils who are not on FSM", "Results non-FSM"]
)
def test_denial_turns_a_meaning_into_its_opposite(register: Register, label: str) -> None:
    assert first(register, label).known.indicator == "no-meals"


def test_parts_are_scored_apart(register: Register) -> None:
    match = first(
        register,
        "Children in care",
        numerator="Children in care on 31 March",
        denominator="All people aged 65 and over",
        unit="percent",
    )
    assert match.known.indicator == "looked-after"
    standings = {name: part.standing for name, part in match.parts.items()}
    assert standings["numerator"] == "same"
    assert standings["denominator"] == "other"
    assert standings["unit"] == "other"
    assert match.parts["numerator"].both[0] == "children looked after"
    assert match.parts["unit"].only_proposed == ("percent",)
    assert match.parts["unit"].only_known == ("per 10,000",)


def test_reasons_name_what_is_the_same_and_what_is_not(register: Register) -> None:
    match = first(register, "Children in care under 18", numerator="Looked after children", unit="count")
    line = reason_line(match)
    assert line.startswith("Same numerator: children looked after; ")
    assert "same population: children looked after, aged under 18" in line
    assert line.endswith("other unit (proposed: number, there: per 10,000)")
    assert {reason.part for reason in reasons(match)} == {"numerator", "population", "wording", "unit"}


def test_part_that_one_of_two_does_not_say_gives_no_reason(register: Register) -> None:
    match = first(register, "Wages", numerator="Wages added up")
    assert match.parts["numerator"].score is None
    assert "numerator" not in reason_line(match)


def test_nothing_is_near_that_shares_one_everyday_word(register: Register) -> None:
    for label in ("Trees planted by the council", "Cheese eaten at home by children on Sundays"):
        assert all(nearness_words(match.score) is None for match in find(register, label).matches), label


@pytest.mark.parametrize("label", ["", "the of and", "…", "\N{ZERO WIDTH SPACE}"])
def test_label_without_a_word_finds_nothing(register: Register, label: str) -> None:
    assert find(register, label).matches == ()


def test_no_definitions_give_no_matches() -> None:
    assert Register((), load_sector_words()).find(Statement(label="Children in care")).matches == ()


def test_same_proposal_gives_same_matches_in_same_order(register: Register) -> None:
    again = Register(KNOWN, load_sector_words())
    assert find(register, "Children and pupils") == find(again, "Children and pupils")


@pytest.mark.parametrize(
    "text",
    [
        "word " * 40_000,
        "w" * 200_000,
        " ".join(f"a{number}b" for number in range(30_000)),
        "1" * 200_000,
        "at 1-" * 40_000,
        "aged 1 to " * 20_000,
        "under 9 and over " * 12_000,
        "not " * 50_000,
        "\u0301" * 200_000,
        "ß" * 200_000,
    ],
    ids=[
        "one word",
        "one long word",
        "many words",
        "digits",
        "at",
        "aged",
        "under",
        "not",
        "accents",
        "sharp s",
    ],
)
def test_text_of_200_kb_takes_bounded_work_and_says_that_it_was_cut(register: Register, text: str) -> None:
    began = time.process_time()
    answer = find(register, "Children in care", definition=text)
    assert time.process_time() - began < 2
    assert answer.is_cut
    assert answer.matches[0].known.indicator in ("looked-after", "protection-plans")


def test_ten_thousand_definitions_are_searched_in_bounded_work() -> None:
    known = [
        Statement(f"d{number}", f"{KNOWN[number % 8].label} in ward {number}", unit="percent")
        for number in range(10_000)
    ]
    register = Register(known, load_sector_words())
    began = time.process_time()
    answer = find(register, "Kids in care in ward 4000")
    assert time.process_time() - began < 1
    assert answer.matches[0].known.indicator == "d4000"


def test_terms_are_capped(lexicon: Lexicon) -> None:
    read = lexicon.read(
        " ".join(
            f"{letter}{other}{third}q"
            for letter in "bcdfghjkl"
            for other in "mnpqrstvw"
            for third in "xzbcdfgh"
        )
    )
    assert len(read.said) == MOST_TERMS
    assert read.is_cut


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("people aged 65 and over", (65, 120)),
        ("over 65s", (65, 120)),
        ("aged 12+", (12, 120)),
        ("under 18", (0, 17)),
        ("children under sixteen", (0, 15)),
        ("aged 17 years and under", (0, 17)),
        ("16 and 17 year olds", (16, 17)),
        ("aged 15-24", (15, 24)),
        ("15-17 yr olds", (15, 17)),
        ("adults 40 to 74", (40, 74)),
        ("by the age of 19", (19, 19)),
        ("at 13", (13, 13)),
        ("a 65 year old", (65, 65)),
    ],
)
def test_ages_are_read_however_they_are_written(lexicon: Lexicon, text: str, ages: tuple[int, int]) -> None:
    assert lexicon.read(text).ages == (ages,)


@pytest.mark.parametrize(
    "text",
    [
        "within 20 weeks", "at 31 March", "three or more placements", "9-5 pass", "per 10,000", "2 years or more",
        "under 10 days", "over 20 miles", "over 50%", "6-8 weeks",
    ],
)  # fmt: skip
def test_number_that_is_no_age_is_read_as_none(lexicon: Lexicon, text: str) -> None:
    assert lexicon.read(text).ages == ()


def test_ages_are_told_as_a_reader_would() -> None:
    assert ages_in_words(0, 17) == "aged under 18"


@pytest.mark.parametrize(
    ("one", "other"),
    [("vaccinations", "vaccinated"), ("obese", "obesity"), ("pupils", "pupil"), ("spending", "spend")],
)
def test_forms_of_a_word_have_one_stem_or_one_meaning(lexicon: Lexicon, one: str, other: str) -> None:
    assert next(iter(lexicon.read(one).said)) == next(iter(lexicon.read(other).said))


def test_stem_of_a_short_word_is_the_word() -> None:
    assert [stem(word) for word in ("bed", "use", "gas", "bus")] == ["bed", "use", "gas", "bus"]


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        ("percent", "percent"),
        ("% of pupils", "percent"),
        ("per-100000-people", "per 100,000"),
        ("Rate per 1000 live births", "per 1,000"),
        ("pounds-per-week", "pounds"),
        ("score-0-to-10", "score"),
        ("years", "years"),
        ("homes", "number"),
        ("", None),
    ],
)
def test_kind_of_unit_is_read_from_a_code_or_a_text(unit: str, kind: str | None) -> None:
    assert unit_kind(unit) == kind


def test_no_two_meanings_are_said_in_the_same_words(lexicon: Lexicon) -> None:
    found: dict[tuple[str, ...], str] = {}
    for stems, meaning in lexicon.phrases():
        assert found.setdefault(stems, meaning) == meaning, stems


def test_every_axis_tells_at_least_two_meanings_apart() -> None:
    words = load_sector_words()
    for axis in words.axes:
        assert sum(meaning.axis == axis for meaning in words.meanings.values()) >= 2, axis


def test_contradicting_sector_words_are_refused_all_at_once() -> None:
    told = {
        "small": [],
        "denials": [],
        "axes": {"subject": {"label": "subject", "part": "verb"}},
        "meanings": {
            "reading": {"label": "reading", "words": ["read"], "axis": "topic", "broader": ["books"]},
            "writing": {"label": "writing", "words": ["READ"], "opposite": "silence"},
            "speaking": {"words": ["speak"]},
        },
    }
    with pytest.raises(ModelFaults) as found:
        read_sector_words(told)
    assert found.value.faults == [
        "sector_words.yaml: 'READ' means both 'reading' and 'writing'.",
        "sector_words.yaml: 'reading' is on the axis 'topic', which there is not.",
        "sector_words.yaml: 'reading' names the meaning 'books', which there is not.",
        "sector_words.yaml: 'speaking' lacks a label or words, or says something unknown.",
        "sector_words.yaml: 'writing' names the meaning 'silence', which there is not.",
        "sector_words.yaml: the axis 'subject' needs a label and a part.",
    ]


@pytest.mark.parametrize("name", ["ages", "nearness", "reasons", "wording"])
def test_examples_in_docstrings_are_true(name: str) -> None:
    told = doctest.testmod(importlib.import_module(f"compare.{name}"))
    assert (told.failed, told.attempted > 0) == (0, True)

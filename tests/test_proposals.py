"""Proposed definitions are read from every form of file, and their faults are problems with a place."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ingest.problems import Problem
from ingest.proposals import LONGEST_FILE, LONGEST_TEXT, MOST_PROPOSALS, Proposal, read_proposals

WANTED = {"label": "Children in care", "unit": "percent", "themes": "children;care"}


def read(folder: Path, name: str, content: str | bytes) -> tuple[list[Proposal], list[Problem]]:
    file = folder / name
    file.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return read_proposals(file)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one.yaml", "label: Children in care\nunit: percent\nthemes: [children, care]\n"),
        ("list.yml", "- label: Children in care\n  unit: percent\n  themes: children;care\n"),
        ("one.json", '{"label": "Children in care", "unit": "percent", "themes": ["children", "care"]}'),
        ("list.json", '[{"label": "Children in care", "unit": "percent", "themes": "children;care"}]'),
        ("table.csv", "label,unit,themes,question\nChildren in care,percent,children;care,\n"),
        ("marked.csv", "\ufefflabel,unit,themes\r\n Children in care ,percent,children;care\r\n"),
    ],
)
def test_every_form_says_the_same(tmp_path: Path, name: str, content: str) -> None:
    proposals, problems = read(tmp_path, name, content)
    assert problems == []
    assert [dict(one.columns) for one in proposals] == [WANTED]


def test_values_stay_as_they_are_written(tmp_path: Path) -> None:
    proposals, problems = read(tmp_path, "a.yaml", "label: 2024-01-01\ndecimals: 1.50\nquestion: no\n")
    assert problems == []
    assert proposals[0].columns == {"label": "2024-01-01", "decimals": "1.50", "question": "no"}
    proposals, _ = read(tmp_path, "a.json", '{"label": 1.50, "question": null}')
    assert proposals[0].columns == {"label": "1.50"}


def test_faulty_proposal_leaves_the_others_whole(tmp_path: Path) -> None:
    proposals, problems = read(tmp_path, "a.yaml", "- label: Wages\n- question: What?\n- label: Rent\n")
    assert [one.label for one in proposals] == ["Wages", "Rent"]
    assert [(found.code, found.row, found.column) for found in problems] == [("value-missing", 2, "label")]


def test_every_fault_is_told_with_its_place(tmp_path: Path) -> None:
    content = f"label: {'x' * 161}\nlable: Wages\nfrequency: Every two years\ntier: uper-tier\n"
    proposals, problems = read(tmp_path, "a.yaml", content)
    assert proposals == []
    assert [(found.code, found.row, found.column) for found in problems] == [
        ("value-too-long", 1, "label"),
        ("column-unknown", 2, "lable"),
        ("code-unknown", 3, "frequency"),
        ("code-unknown", 4, "tier"),
    ]
    assert "Closest: label." in problems[1].message
    assert "Closest: biennial." in problems[2].message
    assert "Closest: upper-tier." in problems[3].message


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.csv"])
def test_200_kb_of_one_word_is_a_problem_that_shows_its_start(tmp_path: Path, name: str) -> None:
    word = "w" * 200_000
    content = {
        "a.yaml": f"label: Wages\ndefinition: {word}\n",
        "a.json": f'{{"label": "Wages", "definition": "{word}"}}',
        "a.csv": f"label,definition\nWages,{word}\n",
    }[name]
    began = time.process_time()
    proposals, problems = read(tmp_path, name, content)
    assert time.process_time() - began < 5
    assert proposals == []
    assert [(found.code, found.column) for found in problems] == [("value-too-long", "definition")]
    assert f"at most {LONGEST_TEXT:,} characters" in problems[0].message
    assert len(problems[0].message) < 300


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.yaml", "", "file-empty"),
        ("a.csv", " \n\n", "file-empty"),
        ("a.yaml", b"label: \xff\xfe", "encoding-wrong"),
        ("a.xlsx", "label", "format-unknown"),
        ("a.yaml", "label: [", "file-unreadable"),
        ("a.yaml", "label: &a x\nquestion: *a\n", "file-unreadable"),
        ("a.yaml", "label: \x07", "file-unreadable"),
        ("a.yaml", "just a text", "proposal-misshapen"),
        ("a.yaml", "label: {inner: x}", "proposal-misshapen"),
        ("a.yaml", "label: a\nlabel: b\n", "proposal-misshapen"),
        ("a.yaml", "? [a]\n: b\n", "proposal-misshapen"),
        ("a.yaml", "[" * 100_000, "proposal-misshapen"),
        ("a.json", "[" * 100_000, "proposal-misshapen"),
        ("a.json", '{"label": "a", "label": "b"}', "proposal-misshapen"),
        ("a.json", '{"label": {"en": "a"}}', "proposal-misshapen"),
        ("a.json", '["a"]', "proposal-misshapen"),
        ("a.json", '{"label": "a",}', "file-unreadable"),
        ("a.json", '{"label": "a\\ud800"}', "value-malformed"),
        ("a.json", '{"label": "a\\u0000"}', "value-malformed"),
        ("a.csv", 'label\n"x\n', "file-unreadable"),
        ("a.csv", "label,label\na,b\n", "proposal-misshapen"),
        ("a.csv", "label\na,b\n", "proposal-misshapen"),
        ("a.yaml", "- label: x\n" * (MOST_PROPOSALS + 1), "proposals-too-large"),
        ("a.yaml", "# " + "x" * LONGEST_FILE, "proposals-too-large"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_is_one_problem(
    tmp_path: Path, name: str, content: str | bytes, code: str
) -> None:
    proposals, problems = read(tmp_path, name, content)
    assert proposals == []
    assert [found.code for found in problems] == [code]
    assert problems[0].mend

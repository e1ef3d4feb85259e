"""A recipe that is wrong is refused when it loads, with the line, the key and a sentence."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from recipe_world import PLAIN, REGISTERS, apply, faults_of, read, rows_of

from ingest.problems import ProblemsFound
from ingest.recipe import Registers, shipped_recipes
from ingest.recipe_expressions import Mapped
from ingest.recipe_language import MOST_PARTS, read_recipe
from ingest.recipe_reader import KEYS


def with_read(keys: str) -> str:
    return PLAIN.replace("    write:", f"    read: {{{keys}}}\n    write:")


def with_source(lines: str) -> str:
    return PLAIN.replace("    write:", textwrap.indent(lines, "    ") + "\n    write:")


def with_field(text: str) -> str:
    return PLAIN.replace('area: "{area}"', f"area: {text}")


CASES = [
    # keys
    (PLAIN + "recipes: x", "recipes", "'recipes' means nothing here; closest: 'recipe'"),
    (PLAIN.replace("title: A test", ""), "", "'title' is missing"),
    (PLAIN.replace("recipe: test", "recipe: My Test"), "recipe", "lower-case letters"),
    ("recipe: test\ntitle: A test", "", "needs sources or fixed rows"),
    (PLAIN.replace("files: [figures.csv]", "file: figures.csv"), "sources.figures.file", "closest: 'files'"),
    (PLAIN.replace("title: A test", "title: A test\ntitle: B"), "title", "the key is there twice"),
    # tables and fields
    (
        PLAIN.replace("observations", "observation"),
        "sources.figures.write[0].table",
        "closest: 'observations'",
    ),
    (
        PLAIN.replace("fields: {indicator:", "fields: {areas: A, indicator:"),
        "sources.figures.write[0].fields.areas",
        "'observations' has no field 'areas'; closest: 'area'",
    ),
    (
        PLAIN.replace(', period: "2024"', ""),
        "sources.figures.write[0].fields",
        "'period' is missing; every row of observations has it",
    ),
    (
        PLAIN.replace("{indicator: crime", "{value: '1', indicator: crime"),
        "sources.figures.write[0].fields.value",
        "the figure gives 'value' already",
    ),
    (
        PLAIN.replace("{indicator: crime", "{status: hidden, indicator: crime").replace(
            '        figure: {cell: "{value}"}\n', ""
        ),
        "sources.figures.write[0].fields.status",
        "'hidden' is not a code of observations.status",
    ),
    (
        PLAIN.replace('cell: "{value}"', 'cell: "{value}", statuses: {from: "{s}", map: {c: supressed}}'),
        "sources.figures.write[0].fields.status",
        "closest: 'suppressed'",
    ),
    (
        PLAIN.replace('cell: "{value}"', 'cell: "{value}", marks: {c: hidden}'),
        "sources.figures.write[0].figure.marks",
        "'hidden' is not a status",
    ),
    (
        PLAIN + "fixed:\n  codes:\n    - {code_list: theme, code: crime, labl: Crime}",
        "fixed.codes[0].labl",
        "'codes' has no field 'labl'; closest: 'label'",
    ),
    (
        PLAIN + "fixed:\n  codes:\n    - {code_list: theme, code: crime}",
        "fixed.codes[0]",
        "'label' is missing; every row of codes has it",
    ),
    (
        PLAIN + "fixed:\n  bodies:\n    - {body: us, label: Us, body_type: office}",
        "fixed.bodies[0].body_type",
        "'office' is not a code of bodies.body_type",
    ),
    (
        PLAIN.replace("        fields:", "        dimensions: {Sex: '{sex}'}\n        fields:"),
        "sources.figures.write[0].dimensions.Sex",
        "only observations have dimensions, named in lower case",
    ),
    # ranges
    (
        with_read("first_row: 9, last_row: 5"),
        "sources.figures.read.last_row",
        "ends in row 5 before it begins in row 9",
    ),
    (
        with_read("headings: 7, first_row: 5"),
        "sources.figures.read.headings",
        "heading row 7 lies inside the table",
    ),
    (with_read("first_row: 0"), "sources.figures.read.first_row", "a row is wanted, counted from 1; found 0"),
    (with_read("rest: later"), "sources.figures.read.rest", "there is no rest"),
    (with_read("delimiter: '||'"), "sources.figures.read.delimiter", "a delimiter is one character"),
    (with_read("format: doc"), "sources.figures.read.format", "'doc' is not a format"),
    (
        PLAIN + "  again: {files: [figures.csv], read: {first_row: 30}}",
        "sources.again.read",
        "its rows overlap with those of 'figures'",
    ),
    # expressions
    (with_field('{from: "{a}", mapp: {}}'), "sources.figures.write[0].fields.area.mapp", "closest: 'map'"),
    (with_field("{map: {a: b}}"), "sources.figures.write[0].fields.area", "begins with one of"),
    (
        with_field('{from: "{a", map: {}}'),
        "sources.figures.write[0].fields.area.from",
        "a brace is not closed",
    ),
    (with_field('{from: "{a}", map: names}'), "sources.figures.write[0].fields.area.map", "no list 'names'"),
    (
        with_field('{from: "{a}", map: {a: yes}, other: drop}'),
        "sources.figures.write[0].fields.area.other",
        "keep",
    ),
    (
        with_field('{from: "{a}", map: {a: true}}'),
        "sources.figures.write[0].fields.area.map.a",
        "a text is wanted",
    ),
    (
        with_field('{from: "{a}", notation: true, other: keep}'),
        "sources.figures.write[0].fields.area.other",
        "belongs",
    ),
    (
        with_field('{from: "{a}", match: "(a"}'),
        "sources.figures.write[0].fields.area.match",
        "cannot be read",
    ),
    (
        with_field('{from: "{a}", match: "(a+)+b"}'),
        "sources.figures.write[0].fields.area.match",
        "endless repeat",
    ),
    (
        with_field('{from: "{a}", match: "(?:x|(?:y*)*)z"}'),
        "sources.figures.write[0].fields.area.match",
        "endless",
    ),
    (
        with_field('{from: "{a}", period: fiscal}'),
        "sources.figures.write[0].fields.area.period",
        "no period style",
    ),
    (
        with_field('{from: "{a}", area: {by: names}}'),
        "sources.figures.write[0].fields.area.area.by",
        "no way to find",
    ),
    (
        with_field('{from: "{a}", area: {by: name, types: [borough]}}'),
        "sources.figures.write[0].fields.area.area.types",
        "'borough' is not a type of area",
    ),
    (
        with_field('{look_up: {in: other, where: {a: "{a}"}, take: b}}'),
        "sources.figures.write[0].fields.area.look_up.in",
        "there is no list and no source 'other'",
    ),
    (
        with_field('{look_up: {in: codes, where: {a: "{a}"}, take: b}}')
        + "lists:\n  codes: {columns: [a, c], rows: [[x, y]]}",
        "sources.figures.write[0].fields.area.look_up",
        "the list 'codes' has no column 'b'",
    ),
    (
        PLAIN + "lists:\n  codes: {columns: [a, c], rows: [[x]]}",
        "lists.codes.rows[0]",
        "a row of 2 texts is wanted: a, c",
    ),
    (PLAIN + "lists:\n  figures: {a: b}", "lists.figures", "a list and a source have the same name"),
    (
        PLAIN.replace('cell: "{value}"', 'cell: "{value}", thousands: "1"'),
        "sources.figures.write[0].figure.thousands",
        "one character",
    ),
    # rules, turning, corrections, styles
    (
        with_source("leave_out: [{when: {text: a, is: b}}]"),
        "sources.figures.leave_out[0]",
        "'reason' is missing",
    ),
    (
        with_source("leave_out: [{when: {text: a}, reason: b}]"),
        "sources.figures.leave_out[0].when",
        "a condition says one of",
    ),
    (
        with_source("leave_out: [{when: {area: a, existed: true}, reason: b}]"),
        "sources.figures.leave_out[0].when",
        "need 'on'",
    ),
    (
        with_source(
            "corrections: [{column: a, found: b, corrected: c, reason: d, provided_by: e, declared_on: May}]"
        ),
        "sources.figures.corrections[0].declared_on",
        "a day is wanted",
    ),
    (
        PLAIN.replace("        figure:", '        for_each: {columns: [a], matching: "b"}\n        figure:'),
        "sources.figures.write[0].for_each",
        "one of 'columns', 'matching' and 'split'",
    ),
    (
        PLAIN.replace("        figure:", '        for_each: [{a: "{b} and c"}]\n        figure:'),
        "sources.figures.write[0].for_each[0].a",
        "either a text or one column",
    ),
    (
        PLAIN.replace("        figure:", "        for_each: [{a: x}, {b: y}]\n        figure:"),
        "sources.figures.write[0].for_each",
        "every entry must give the same names",
    ),
    (
        PLAIN + 'period_styles:\n  ours: [{pattern: "(?P<year>[0-9]{4})"}]',
        "period_styles.ours[0]",
        "the group 'year' means nothing in a period",
    ),
    (
        PLAIN + 'period_styles:\n  ours: [{pattern: "(?P<start>[0-9]{4})", on: 03-31, years: 2}]',
        "period_styles.ours[0]",
        "years, on and month exclude each other",
    ),
    (
        with_source("let: {file.name: x}"),
        "sources.figures.let.file.name",
        "the name is given already",
    ),
]


@pytest.mark.parametrize(
    ("text", "key", "sentence"), CASES, ids=[f"{c[1] or 'recipe'}: {c[2]}" for c in CASES]
)
def test_wrong_recipe_is_refused(text: str, key: str, sentence: str) -> None:
    faults = faults_of(text)
    assert any(key == at and sentence in message for at, message in faults), faults


def test_all_faults_are_told_at_once_with_their_lines() -> None:
    text = "recipe: test\ntitle: A test\nsources:\n  a:\n    file: x\n  b:\n    files: [y]\n    reed: {}\n"
    with pytest.raises(ProblemsFound) as raised:
        read_recipe(text, Path("mine.yaml"))
    assert [(fault.file, fault.row, fault.column) for fault in raised.value.problems] == [
        ("mine.yaml", 4, "sources.a"),
        ("mine.yaml", 5, "sources.a.file"),
        ("mine.yaml", 8, "sources.b.reed"),
    ]


def test_yaml_that_cannot_be_read_names_its_line() -> None:
    with pytest.raises(ProblemsFound) as raised:
        read("recipe: test\ntitle: [a\nsources: x\n")
    [fault] = raised.value.problems
    assert (fault.code, fault.row) == ("recipe-wrong", 3)


def test_only_true_and_false_are_booleans_and_no_text_is_a_date() -> None:
    recipe = read(
        PLAIN.replace(
            'area: "{area}"', 'area: {from: "{area}", map: {yes: no, on: off, d: 2024-03-31, 04-01: x}}'
        )
    )
    area = recipe.sources[0].blocks[0].fields["area"]
    assert isinstance(area, Mapped)
    assert area.mapping == {"yes": "no", "on": "off", "d": "2024-03-31", "04-01": "x"}


def test_recipe_cannot_grow_by_its_aliases() -> None:
    lines = ["recipe: test", "title: A test", "lists:", "  l0: &l0 {a: b}"]
    lines += [f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 8)]
    with pytest.raises(ProblemsFound, match=f"more than {MOST_PARTS:,} parts"):
        read("\n".join(lines))
    with pytest.raises(ProblemsFound, match=r"nested too deep|parts"):
        read("recipe: test\ntitle: A test\nlists: &l {a: *l}")
    with pytest.raises(ProblemsFound, match="characters"):
        read("#" * 1_000_001)


def test_later_names_use_earlier_ones_and_blocks_add_their_own() -> None:
    recipe = read(
        PLAIN.replace("    write:", '    let: {a: "{x}", b: "{a}-{y}"}\n    write:').replace(
            "        figure:", '        let: {c: "{b}"}\n        figure:'
        )
    )
    [source] = recipe.sources
    assert list(source.lets) == ["a", "b"]
    assert list(source.blocks[0].lets) == ["a", "b", "c"]
    assert source.lets["b"].uses == {"\0let:a", "y"}


@pytest.mark.parametrize("part", KEYS)
def test_every_word_of_the_language_is_explained(part: str, root: Path) -> None:
    page = (root / "docs" / "recipes.md").read_text(encoding="utf-8")
    blocks, prose = re.findall(r"(?s)```.*?```", page), re.sub(r"(?s)```.*?```", "", page)
    in_code = " ".join([*blocks[1:], *re.findall(r"`[^`]+`", prose)])
    missing = [key for key in KEYS[part] if not re.search(rf"\b{key}\b", in_code)]
    assert not missing


def test_every_shipped_recipe_is_listed(root: Path) -> None:
    page = (root / "docs" / "recipes.md").read_text(encoding="utf-8")
    listed = page.split("## Recipes that ship with the product")[1]
    assert set(re.findall(r"(?m)^\| `([a-z-]+)`", listed)) == set(shipped_recipes())


def test_the_recipe_on_the_page_does_what_the_page_says(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "recipes.md").read_text(encoding="utf-8")
    table = page.split("```csv\n")[1].split("```")[0]
    recipe = page.split("```yaml\n")[1].split("```")[0]
    areas = [{**row, "end_on": ""} if row["label"] == "Newtown" else row for row in REGISTERS.tables["areas"]]
    applied = apply(tmp_path, recipe, {"crime.csv": table}, Registers({"areas": areas}))
    assert rows_of(applied, "observations", "area", "period", "value", "status") == [
        ("E10000001", "2018-01-01_P1Y", "1204", None),
        ("E06000001", "2019-01-01_P1Y", None, "suppressed"),
        ("E07000001", "2018-01-01_P1Y", "17", None),
        ("E07000001", "2019-01-01_P1Y", None, "not-available"),
    ]
    assert [left.count for left in applied.leave_outs] == [1]
    assert not applied.problems

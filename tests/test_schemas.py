"""The model loads whole, and a model that contradicts itself is refused with the name of the fault.

Each case of FAULTS damages one file of the shipped model and says what the loader must answer. A last test
reads the loader's own sentences and fails if one of them is never heard.
"""

from __future__ import annotations

import ast
import re
import shutil
import string
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import frictionless
import frictionless.errors
import pytest
import yaml

from schemas import ModelFaults, load_model
from schemas.model import FOLDER, RULES, read_model

# A cell that stands in every table file, to put something before it.
FIRST_FIELD = "fields:\n"


@dataclass(frozen=True)
class Fault:
    """One damage: in `file`, `old` becomes `new` (None removes the file), and the loader says `said`."""

    file: str
    old: str
    new: str | None
    said: str


def _field(**said: str) -> str:
    """Write a field in front of the others; every word of it may be wrong."""
    entries = {"name": "odd", "title": "Odd", "description": "Odd.", "type": "string"} | said
    inside = ", ".join(f"{key}: {value}" for key, value in entries.items() if value)
    return f"fields:\n  - {{{inside}}}\n"


FAULTS = [
    # What cannot be read.
    Fault("forms.yaml", "", None, "forms.yaml: the file is missing."),
    Fault(
        "kinds.yaml",
        "area:  ",
        "area: {",
        "kinds.yaml: the file is not YAML with each name once. Look at line",
    ),
    Fault(
        "kinds.yaml",
        "body:  ",
        "area:  ",
        "kinds.yaml: the file is not YAML with each name once. Look at line 4",
    ),
    Fault(
        "tables/areas.yaml",
        "rules:",
        "fields:",
        "areas.yaml: the file is not YAML with each name once. Look at",
    ),
    Fault("prefixes.yaml", "rdf: ", "--- words\n---\nrdf: ", "prefixes.yaml: the file has no named entries."),
    Fault(
        "kinds.yaml",
        "label: Area, ",
        "",
        "kinds.yaml: 'area' wants a label, an address and a table (or null).",
    ),
    Fault("problems.yaml", "row-blank:\n", "odd: text\nrow-blank:\n", "problems.yaml: 'odd' has no entries."),
    Fault(
        "problems.yaml",
        "row-blank:\n",
        "row-blank:\n  fix: x\n",
        "problems.yaml, 'row-blank': 'fix' is not something a problem says.",
    ),
    Fault(
        "problems.yaml",
        'message: "The row is empty."\n  mend: Remove the row.\n',
        'message: "The row is empty."\n',
        "problems.yaml, 'row-blank': no mend.",
    ),
    Fault(
        "problems.yaml",
        "row-blank:\n  title: Row is empty\n  severity: error",
        "row-blank:\n  title: Row is empty\n  severity: bad",
        "problems.yaml, 'row-blank': the severity 'bad' is not error or warning.",
    ),
    Fault(
        "words.yaml",
        "area:\n",
        "odd: text\narea:\n",
        "words.yaml: 'odd' wants a meaning, a standard and the words it replaces.",
    ),
    Fault("words.yaml", "standard: Table Schema", "standard: ''", "words.yaml, 'table': no standard."),
    Fault("display.yaml", "order:", "colour:", "display.yaml: 'colour' is not something the display says."),
    # Code lists.
    Fault(
        "codelists/statuses.yaml",
        "label: Normal,",
        "label: '',",
        "statuses.yaml: a code of 'status' has no label",
    ),
    Fault(
        "codelists/statuses.yaml",
        "label: Observation statuses",
        "label: TODO",
        "statuses.yaml: the code list 'status' has no label.",
    ),
    Fault(
        "codelists/statuses.yaml",
        "code: provisional",
        "code: normal",
        "the code list 'status' has a code twice.",
    ),
    Fault(
        "codelists/judgements.yaml",
        "code_list: rung",
        "code_list: roll-up-kind",
        "judgements.yaml: the code list 'roll-up-kind' is there twice.",
    ),
    Fault(
        "codelists/statuses.yaml",
        "code: provisional",
        "code: Not final",
        "the code 'Not final' of 'status' would need escaping in a URL.",
    ),
    Fault(
        "codelists/judgements.yaml",
        "code_list: rung",
        "code_list: unused\nlabel: Unused\ndefinition: Unused.\ncodes: []\n---\ncode_list: rung",
        "the code list 'unused' is used by no field.",
    ),
    # Tables.
    Fault(
        "tables/areas.yaml",
        "name: areas\n",
        "name: places\n",
        "the table calls itself 'places', its file 'areas'.",
    ),
    Fault(
        "tables/areas.yaml",
        "kind: area\n",
        "colour: red\n",
        "areas.yaml: 'colour' is not something a table says.",
    ),
    Fault("tables/areas.yaml", "title: Areas\n", "", "areas.yaml: the table has no title."),
    Fault(
        "derived/edition.yaml",
        "fields:",
        "rules:\n  - {rule: one-of}\nsome:",
        "edition.yaml: the table has no fields.",
    ),
    Fault(
        "tables/body_areas.yaml",
        "fields: [body], reference: {resource: bodies, fields: [body]}",
        "fields: [body], reference: {resource: bodies, fields: [body, area]}",
        "body_areas.yaml: a foreign key wants fields, a resource and as many fields of it; found",
    ),
    Fault(
        "tables/areas.yaml",
        "primaryKey: [area]",
        "primaryKey: []",
        "areas.yaml: the table has no primary key.",
    ),
    Fault("tables/areas.yaml", "primaryKey: [area]", "primaryKey: [aera]", "the primary key names 'aera'"),
    Fault(
        "tables/areas.yaml", "rdfSubject: area/{area}", "rdfSubject: area/{aera}", "the subject names 'aera'"
    ),
    Fault(
        "tables/areas.yaml",
        "kind: area\n",
        "kind: place\n",
        "areas.yaml: the kind 'place' is not in kinds.yaml.",
    ),
    Fault(
        "tables/areas.yaml",
        "rdfSubject: area/{area}",
        "rdfSubject: place/{area}",
        "areas.yaml: the subject 'place/{area}' begins with no kind of kinds.yaml.",
    ),
    Fault(
        "tables/areas.yaml",
        "rdfType: skos:",
        "rdfType: skso:",
        "the prefix of 'skso:Concept' is not in prefixes",
    ),
    Fault("tables/areas.yaml", "{name: label,", "{name: area,", "areas.yaml: two fields have one name."),
    Fault(
        "tables/areas.yaml",
        "rule: dates-in-order",
        "rule: in-sequence",
        "areas.yaml: there is no rule 'in-sequence'.",
    ),
    Fault(
        "tables/areas.yaml",
        "fields: [start_on, end_on]",
        "fields: [start_on]",
        "areas.yaml: the rule 'dates-in-order' is about 2 fields, not 1.",
    ),
    Fault(
        "tables/areas.yaml",
        "fields: [start_on, end_on]",
        "fields: [start_on, until]",
        "areas.yaml: the rule 'dates-in-order' names 'until', which is not a field.",
    ),
    Fault(
        "derived/edition.yaml",
        "fields:",
        "rules:\n  - {rule: one-of}\nfields:",
        "derived/edition.yaml: a rule checks what is submitted, and this table is not.",
    ),
    # Foreign keys.
    Fault(
        "tables/body_areas.yaml",
        "resource: areas",
        "resource: places",
        "names the table 'places', which does not",
    ),
    Fault(
        "tables/body_areas.yaml",
        "{fields: [area]",
        "{fields: [place]",
        "a foreign key names 'place', which is not",
    ),
    Fault(
        "tables/body_areas.yaml",
        "resource: areas, fields: [area]",
        "resource: areas, fields: [code]",
        "body_areas.yaml: a foreign key names 'areas.code', which does not exist.",
    ),
    Fault(
        "tables/body_areas.yaml",
        "resource: areas, fields: [area]",
        "resource: areas, fields: [start_on]",
        "body_areas.yaml: 'area' and 'areas.start_on' are of different types.",
    ),
    Fault(
        "tables/body_areas.yaml",
        "resource: areas, fields: [area]",
        "resource: areas, fields: [label]",
        "body_areas.yaml: label is not where the key of 'areas' begins.",
    ),
    # Fields.
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(colour="red"),
        "'odd': 'colour' is not something a field says.",
    ),
    Fault(
        "tables/areas.yaml", FIRST_FIELD, _field(description=""), "areas.yaml, field 'odd': no description."
    ),
    Fault(
        "tables/areas.yaml", FIRST_FIELD, _field(type="text"), "the type 'text' is not one of boolean, date"
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(constraints="{unique: true}"),
        "'unique' is not a constraint.",
    ),
    Fault(
        "tables/areas.yaml", FIRST_FIELD, _field(form="postcode"), "the form 'postcode' is not in forms.yaml."
    ),
    Fault("tables/areas.yaml", FIRST_FIELD, _field(codeList="colours"), "there is no code list 'colours'."),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(codeList="tier", constraints="{enum: [a]}"),
        "areas.yaml, field 'odd': a field has a code list or an enum, not both.",
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(listOf="areas"),
        "listOf 'areas' is not of the form table.field.",
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(name="Odd"),
        "a name is lower-case words joined by underscores.",
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(constraints='{pattern: "[a"}'),
        "areas.yaml, field 'odd': the pattern '[a' is not a regular expression.",
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(constraints='{pattern: "(a|b)|c"}'),
        "areas.yaml, field 'odd': an alternative in a pattern stands in brackets.",
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(type="number", constraints="{maxLength: 3}"),
        "areas.yaml, field 'odd': max_length is for a string, not for a number.",
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(type="number", constraints="{minimum: 3, maximum: 2}"),
        "areas.yaml, field 'odd': 3 is more than 2, so no value is permitted.",
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(type="boolean"),
        "says what is written for true and for false.",
    ),
    Fault(
        "tables/areas.yaml", FIRST_FIELD, _field(type="list"), "has a delimiter and says what its items are."
    ),
    Fault(
        "tables/datasets.yaml",
        "listOf: dimensions.dimension",
        "listOf: sides.side",
        "it lists sides.side, which",
    ),
    Fault(
        "tables/datasets.yaml",
        "listOf: dimensions.dimension",
        "listOf: dimensions.label",
        "datasets.yaml, field 'dimensions': it lists dimensions.label, which is not the key of 'dimensions'.",
    ),
    Fault(
        "tables/indicators.yaml",
        "codes.code(code_list=theme)",
        "codes.code(code_list=mood)",
        "indicators.yaml, field 'themes': there is no code list 'mood'.",
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(rdfLink="place/x"),
        "the link 'place/x' begins with no kind of",
    ),
    Fault(
        "tables/areas.yaml",
        FIRST_FIELD,
        _field(rdfLink='"area/{x}"'),
        "the link names 'x', which is not a field.",
    ),
    # Kinds, properties, problems, forms, rules, display.
    Fault(
        "kinds.yaml",
        "address: areas,",
        "address: All Areas,",
        "'area' or its address would need escaping in a URL.",
    ),
    Fault(
        "kinds.yaml", "address: bodies,", "address: areas,", "kinds.yaml: 'body' and 'area' have one address."
    ),
    Fault(
        "kinds.yaml",
        "table: bodies}",
        "table: people}",
        "kinds.yaml: 'body' names the table 'people', which does",
    ),
    Fault(
        "kinds.yaml",
        "table: bodies}",
        "table: areas}",
        "'body' names the table 'areas', whose rows are of another",
    ),
    Fault(
        "tables/areas.yaml",
        'rdfProperty: "skos:note"',
        'rdfProperty: "def:areaType"',
        "'def:areaType' names a thing in areas.area_type and holds a text or a number in areas.note.",
    ),
    Fault(
        "problems.yaml",
        "row-blank:",
        "Row blank:",
        "problems.yaml: the code 'Row blank' would need escaping in a URL.",
    ),
    Fault(
        "problems.yaml",
        "The row is empty.",
        "The row is {empty.",
        "problems.yaml, 'row-blank': a brace of 'The row is {empty.' is not closed.",
    ),
    Fault(
        "problems.yaml",
        "The row is empty.",
        "The row is {0}.",
        "problems.yaml, 'row-blank': '{0}' is not the name of a fact.",
    ),
    Fault(
        "problems.yaml",
        "row-blank:\n",
        "row-blank:\n  rule: filled\n",
        "problems.yaml, 'row-blank': there is no rule 'filled'.",
    ),
    Fault(
        "forms.yaml",
        "  wanted: an area code",
        "  hint: an area code",
        "forms.yaml: 'area-code' wants a pattern and",
    ),
    Fault(
        "forms.yaml",
        "notation:\n",
        "odd:\n  pattern: a\n  wanted: a\nnotation:\n",
        "the form 'odd' is used by no field.",
    ),
    Fault(
        "tables/judgements.yaml",
        "  - {rule: grade-known}\n",
        "",
        "the rule 'grade-known' is asked for by no table.",
    ),
    Fault(
        "problems.yaml",
        "  rule: framework-in-force\n",
        "",
        "problems.yaml: no problem says that the rule 'framework-in-force' is broken.",
    ),
    Fault("display.yaml", "areas: label", "places: label", "display.yaml: there is no table 'places'."),
    Fault("display.yaml", "areas: label", "areas: size", "display.yaml: 'areas' has no column 'size'."),
    Fault(
        "display.yaml",
        "- observation_rows",
        "- observations",
        "display.yaml: 'observations' is described for readers, so it is not hidden.",
    ),
]


@cache
def hear(fault: Fault) -> list[str]:
    """Damage a copy of the model and give what the loader says of it."""
    with tempfile.TemporaryDirectory() as scratch:
        ignore = shutil.ignore_patterns("*.py", "__pycache__")
        folder = Path(shutil.copytree(FOLDER, Path(scratch) / "schemas", ignore=ignore))
        path = folder / fault.file
        if fault.new is None:
            path.unlink()
        else:
            text = path.read_text(encoding="utf-8")
            assert fault.old in text
            path.write_text(text.replace(fault.old, fault.new, 1), encoding="utf-8")
        with pytest.raises(ModelFaults) as refused:
            read_model(folder)
    return refused.value.faults


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.said)
def test_broken_model_is_refused_with_the_fault_named(fault: Fault) -> None:
    assert any(fault.said in said for said in hear(fault)), hear(fault)


def test_every_fault_the_loader_knows_is_heard_once() -> None:
    heard = [said for fault in FAULTS for said in hear(fault) if fault.said in said]
    unheard = [
        sentence
        for module in ("model.py", "contradictions.py")
        for sentence in _sentences(ast.parse((FOLDER / module).read_text(encoding="utf-8")))
        if not any(re.search(sentence, said) for said in heard)
    ]
    assert unheard == []


def _sentences(tree: ast.Module) -> list[str]:
    """Give each sentence that the loader yields or appends to its faults, facts left open."""
    spoken: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Yield) and node.value is not None:
            spoken.append(node.value)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "append"
            and ast.unparse(node.func.value).endswith("faults")
        ):
            spoken.extend(node.args)
    sentences = []
    for value in spoken:
        if isinstance(value, ast.Constant):
            sentences.append(re.escape(str(value.value)))
        elif isinstance(value, ast.JoinedStr):
            parts = [
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*"
                for part in value.values
            ]
            sentences.append("".join(parts))
    assert len(sentences) > 20
    return sentences


def test_shipped_model_loads() -> None:
    model = load_model()
    assert len(model.tables) == 37
    assert set(model.derived) >= {
        "observations",
        "figures",
        "periods",
        "breakdowns",
        "distributions",
        "sources",
    }
    assert read_model(FOLDER).tables == model.tables


@pytest.mark.parametrize("name", sorted(load_model().tables))
def test_descriptor_loads_in_frictionless(name: str) -> None:
    descriptor = load_model().tables[name].descriptor()
    schema = frictionless.Schema.from_descriptor(descriptor)
    assert [field.name for field in schema.fields] == [
        field.name for field in load_model().tables[name].fields
    ]
    assert all(
        field.type == wanted["type"]
        for field, wanted in zip(schema.fields, descriptor["fields"], strict=True)
    )


@pytest.mark.parametrize("name", sorted(load_model().tables))
def test_pattern_means_the_same_to_frictionless(name: str) -> None:
    """Frictionless reads ^pattern$, so a text with more before or after must not pass."""
    for field in load_model().tables[name].fields:
        if field.pattern is not None:
            anchored = re.compile(f"^{field.pattern}$")
            for text in ("", "a b", "x\ny", "-a", "a-", "1..2"):
                assert bool(anchored.match(text)) == bool(re.fullmatch(field.pattern, text)), (
                    field.name,
                    text,
                )


def test_every_thing_a_cell_names_has_an_address() -> None:
    model = load_model()
    for table in model.tables.values():
        for field in table.fields:
            link = model.link(table, field)
            if link is not None and field.rdf_property is not None:
                assert link.split("/")[0] in model.kinds, (table.name, field.name)


def test_version_of_an_indicator_and_the_indicator_have_two_addresses() -> None:
    model = load_model()
    observations = model.tables["observations"]
    assert model.link(observations, observations.field("indicator")) == "indicator/{indicator}"
    assert model.link(observations, observations.field("version")) == "indicator/{indicator}/v{version}"
    judgements = model.tables["judgements"]
    assert model.link(judgements, judgements.field("grade")) == "grade/{scale}/{grade}"
    assert model.link(judgements, judgements.field("made_on")) is None


# What Frictionless can report about a row, a heading or a table that is not in a problem of ours.
NOT_REPORTED = {
    "ascii-value": "made only by a check that somebody asks for",
    "cell-error": "the class of others, never reported itself",
    "deviated-cell": "made only by a check that somebody asks for",
    "deviated-value": "made only by a check that somebody asks for",
    "duplicate-row": "made only by a check that somebody asks for",
    "field-count": "counts against a property that no Data Package standard has",
    "file-error": "the class of others, never reported itself",
    "forbidden-value": "made only by a check that somebody asks for",
    "header-error": "the class of others, never reported itself",
    "label-error": "the class of others, never reported itself",
    "required-value": "made only by a check that somebody asks for",
    "row-count": "counts against a property that no Data Package standard has",
    "row-constraint": "made only by a check that somebody asks for",
    "row-error": "the class of others, never reported itself",
    "sequential-value": "made only by a check that somebody asks for",
    "table-dimensions": "made only by a check that somebody asks for",
    "table-error": "the class of others, never reported itself",
    "truncated-value": "made only by a check that somebody asks for",
}


def test_every_error_of_frictionless_has_a_problem_of_ours() -> None:
    known = vars(frictionless.errors).values()
    reported = {
        error.type
        for error in known
        if isinstance(error, type) and issubclass(error, frictionless.errors.DataError)
    } - {"data-error"}
    ours = {name for kind in load_model().problems.values() for name in kind.frictionless}
    assert reported - ours == set(NOT_REPORTED)
    assert ours - reported <= {
        "compression-error",
        "encoding-error",
        "format-error",
        "package-error",
        "resource-error",
        "schema-error",
        "scheme-error",
        "source-error",
    }


# Problems that nothing in the product finds, each with its reason.
NOT_FOUND: dict[str, str] = {
    "column-repeated": "worded for the check of headings, which does not look for this one",
    "column-unnamed": "worded for the check of headings, which does not look for this one",
}


def test_every_problem_is_found_by_something() -> None:
    rooms = [FOLDER.parent / room for room in ("ingest", "compare", "publish", "api")]
    code = "".join(path.read_text(encoding="utf-8") for room in rooms for path in sorted(room.rglob("*.py")))
    unfound = {name for name in load_model().problems if f'"{name}"' not in code}
    assert unfound <= set(NOT_FOUND)


def _facts_given() -> Iterator[tuple[str, str, set[str]]]:
    """List the calls of problem(…) in the product whose code and facts are written out."""
    for path in sorted((FOLDER.parent / "ingest").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "problem" and node.args):
                continue
            code, facts = node.args[0], {keyword.arg for keyword in node.keywords}
            if isinstance(code, ast.Constant) and None not in facts:
                yield f"{path.name}, line {node.lineno}", str(code.value), {fact or "" for fact in facts}


def test_every_sentence_is_given_its_facts() -> None:
    calls = list(_facts_given())
    assert len(calls) > 40
    for place, code, given in calls:
        kind = load_model().problems[code]
        texts = string.Formatter().parse(kind.message + kind.mend)
        wanted = {name for _, name, _, _ in texts if name is not None} - {"nearest"}
        assert wanted <= given, (place, code)


def test_every_rule_has_a_table_and_a_problem() -> None:
    model = load_model()
    assert {rule.name for table in model.tables.values() for rule in table.rules} == RULES
    assert {kind.rule for kind in model.problems.values()} - {None} == RULES


# Words that blame, beg or say nothing, and words that stand for a text nobody wrote.
NOT_WRITTEN = re.compile(
    r"\b(please|invalid|illegal|failed|simply|just|robust|powerful|KPI|metric|metrics|TODO|TBC|FIXME|lorem)\b|!|\?\?",
    re.IGNORECASE,
)


def _texts(node: object, key: str = "") -> list[tuple[str, str]]:
    if isinstance(node, dict):
        return [text for name, value in node.items() for text in _texts(value, str(name))]
    if isinstance(node, list):
        return [text for value in node for text in _texts(value, key)]
    return [(key, node)] if isinstance(node, str) else []


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.stem)
def test_texts_are_written_in_our_words(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        for key, text in _texts(document):
            if key in ("pattern", "instead_of"):
                continue
            assert not NOT_WRITTEN.search(text), text
            if key in ("definition", "description", "meaning"):
                assert text.strip().endswith("."), text
                assert text == text.strip() or "\n" in text, text


def test_problem_codes_are_sorted_inside_their_section() -> None:
    text = (FOLDER / "problems.yaml").read_text(encoding="utf-8")
    for section in re.split(r"(?m)^# ---- .* ----$", text):
        codes = re.findall(r"(?m)^([a-z-]+):$", section)
        assert codes == sorted(codes)

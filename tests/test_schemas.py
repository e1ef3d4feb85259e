"""The model loads whole, and a model that contradicts itself is refused with the name of the fault.

Each case of data/model_faults.yaml damages one file of the shipped model and gives the loader's answer to it.
A test reads the loader's own sentences and fails if one of them is never heard.
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
from schemas.documents import read_documents
from schemas.model import FOLDER, RULES, model_files, read_model


@dataclass(frozen=True)
class Fault:
    """One damage: in `file`, `old` becomes `new` (None removes the file), and the loader says `said`."""

    file: str
    old: str
    new: str | None
    said: str


FAULTS = [
    Fault(**entry)
    for entry in yaml.safe_load(
        (Path(__file__).parent / "data" / "model_faults.yaml").read_text(encoding="utf-8")
    )
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


def test_documents_at_hand_say_what_their_file_says(tmp_path: Path) -> None:
    edited = tmp_path / "edited.yaml"
    for path in model_files():
        text = path.read_text(encoding="utf-8")
        assert read_documents(path) == list(yaml.safe_load_all(text))
        # Of other bytes nothing is at hand.
        edited.write_text(f"{text}\n---\nadded: here\n", encoding="utf-8")
        assert read_documents(edited) == [*read_documents(path), {"added": "here"}]


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
    assert len(model.tables) == 43
    assert set(model.derived) >= {
        "observations",
        "figures",
        "periods",
        "breakdowns",
        "distributions",
        "restated_figures",
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

"""Table Schemas become SHACL shapes of the things that their rows are about.

In:   a Model, and shapes_beyond_tables.ttl, written by hand
Out:  the text of shapes.ttl

Shapes are relative to the site's base, like the vocabulary, and every node has a name: a list is spelled out
cell by cell, so the same model gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from schemas.definitions import WHOLE_OF_VERSIONS, Field, Model, TableSchema
from schemas.model import FOLDER

_DATATYPES = {"number": "xsd:decimal", "integer": "xsd:integer", "boolean": "xsd:boolean", "date": "xsd:date"}
# Classes that have members in the standards' own vocabularies too.
_NOT_OURS_ALONE = frozenset({"qb:DimensionProperty"})

_IN_ORDER = frozenset({"dates-in-order", "in-order", "limits-in-order"})

# Standard properties that a thing may have more than once, whatever one table says.
_SEVERAL = frozenset(
    {"skos:altLabel", "skos:prefLabel", "skos:note", "rdfs:comment", "dct:source", "dct:identifier"}
)

# Observations and their kin have shapes written by hand: what is published differs from what is submitted.
_BY_HAND = frozenset({"observations"})


def make_shapes(model: Model) -> str:
    """Write the shapes of everything that is published, as Turtle."""
    text = (FOLDER / "shapes_beyond_tables.ttl").read_text(encoding="utf-8").rstrip()
    parts = [text, "# ---- Derived from the tables: python -m schemas.derive ----"]
    for table in model.tables.values():
        if table.rdf_type is not None and table.name not in _BY_HAND:
            parts.extend(_shape_of_table(model, table))
    for name in (
        "definition_changes",
        "definition_steps",
        "grade_shares",
        "periods",
        "recomputed_grades",
        "signal_checks",
        "signals",
    ):
        parts.extend(_shape_of_table(model, model.derived[name]))
    return "\n\n".join(parts) + "\n"


def class_of(model: Model, link: str) -> str:
    """Say which class the things of a link belong to.

    >>> from schemas import load_model
    >>> class_of(load_model(), "body/{publisher}")
    'org:FormalOrganization'
    >>> class_of(load_model(), "indicator/{indicator}")
    'def:Indicator'
    """
    kind = link.split("/")[0]
    table = model.table(model.kinds[kind].table or "")
    if kind in WHOLE_OF_VERSIONS and link.count("/") < table.subject.count("/"):
        return WHOLE_OF_VERSIONS[kind]
    if table.rdf_type is None:
        raise ValueError(f"the rows of '{table.name}' have no class")
    return table.rdf_type


def _shape_of_table(model: Model, table: TableSchema) -> Iterator[str]:
    """Write the shape of a table's things and of each property they have."""
    name = table.kind or table.name
    properties = list(_properties(model, table))
    lines = [f"shape:{name} a sh:NodeShape", *(f"    {target}" for target in _targets(model, table))]
    lines.append(f"    sh:class {table.rdf_type}")
    lines.extend(f"    sh:property shape:{name}-{_local(path)}" for path, _ in properties)
    choices = [_choice(name, table, rule.fields) for rule in table.rules if rule.name == "one-of"]
    lines.extend(f"    sh:or shape:{name}-choice-1" for _ in choices)
    yield " ;\n".join(lines) + " ."
    for path, said in properties:
        yield (
            " ;\n".join([f"shape:{name}-{_local(path)} a sh:PropertyShape", f"    sh:path {path}", *said])
            + " ."
        )
    yield from choices


def _targets(model: Model, table: TableSchema) -> list[str]:
    """Say which nodes a table's shape is about.

    They are the members of its class, or, where several tables share one, what only its rows say or are
    named by.
    """
    alike = [other for other in model.tables.values() if other.rdf_type == table.rdf_type]
    if len(alike) <= 1 and table.rdf_type not in _NOT_OURS_ALONE:
        return [f"sh:targetClass {table.rdf_type}"]
    named_by, said_by_others, own = set(), set(), set()
    for other in model.tables.values():
        for field in other.fields:
            if field.rdf_property is None:
                continue
            link = model.link(other, field)
            if link is not None and _is_whole_subject(link, table):
                named_by.add(field.rdf_property)
            else:
                said_by_others.add(field.rdf_property)
            if other is table and field.required and field.rdf_property.startswith("def:"):
                own.add(field.rdf_property)
    only_here = own - {
        field.rdf_property for other in model.tables.values() if other is not table for field in other.fields
    }
    return [
        *(f"sh:targetSubjectsOf {path}" for path in sorted(only_here)),
        *(f"sh:targetObjectsOf {path}" for path in sorted(named_by - said_by_others)),
    ]


def _is_whole_subject(link: str, table: TableSchema) -> bool:
    return link.split("/")[0] == table.subject.split("/")[0] and link.count("/") == table.subject.count("/")


def _properties(model: Model, table: TableSchema) -> Iterator[tuple[str, list[str]]]:
    """Give each property of a table's things with what must hold of it."""
    after = {
        rule.fields[0]: rule.fields[1]
        for rule in table.rules
        if rule.name in _IN_ORDER and len(rule.fields) == 2
    }
    for field in table.fields:
        if field.rdf_property is None:
            continue
        later = table.field(after[field.name]).rdf_property if field.name in after else None
        yield field.rdf_property, list(_constraints(model, table, field, later))
    for other in model.tables.values():
        if other.rdf_type is None and other.subject.split("/")[0] == table.subject.split("/")[0]:
            for field in other.fields:
                path = field.rdf_property
                if path is not None and path not in {own.rdf_property for own in table.fields}:
                    yield (
                        path,
                        [line for line in _constraints(model, other, field, None) if "Count" not in line],
                    )


def _constraints(model: Model, table: TableSchema, field: Field, later: str | None) -> Iterator[str]:
    path = field.rdf_property or ""
    if field.required:
        yield "    sh:minCount 1"
    is_translated = model.is_translatable(table) and model.is_in_words(table, field)
    if is_translated and path not in _SEVERAL - {"skos:prefLabel"}:
        # Once in each language.
        yield "    sh:uniqueLang true"
    elif field.list_of is None and path not in _SEVERAL:
        yield "    sh:maxCount 1"
    link = model.link(table, field)
    if link is not None:
        yield "    sh:nodeKind sh:IRI"
        yield f"    sh:class {class_of(model, link)}"
        yield f"    sh:pattern {_text('/id/' + re.sub(r'{.*?}', '[^/]+', link) + '$')}"
    elif field.format == "uri":
        yield "    sh:nodeKind sh:IRI"
    elif field.type in _DATATYPES:
        yield f"    sh:datatype {_DATATYPES[field.type]}"
    else:
        yield "    sh:nodeKind sh:Literal"
        if field.pattern is not None and field.form != "period":
            yield f"    sh:pattern {_text(f'^({field.pattern})$')}"
        if field.max_length is not None:
            yield f"    sh:maxLength {field.max_length}"
    if field.minimum is not None:
        yield f"    sh:minInclusive {_number(field.minimum)}"
    if field.maximum is not None:
        yield f"    sh:maxInclusive {_number(field.maximum)}"
    if later is not None:
        yield f"    sh:lessThanOrEquals {later}"
    yield f"    sh:name {_text(field.title)}"
    yield f"    sh:description {_text(field.description)}"


def _choice(name: str, table: TableSchema, fields: tuple[str, ...]) -> str:
    """Write that one of several properties is there, as a list whose cells have names."""
    parts = []
    for place, field in enumerate(fields, 1):
        path = table.field(field).rdf_property or ""
        cell, filled = f"shape:{name}-choice-{place}", f"shape:{name}-has-{_local(path)}"
        rest = f"shape:{name}-choice-{place + 1}" if place < len(fields) else "rdf:nil"
        parts.append(f"{cell} rdf:first {filled} ;\n    rdf:rest {rest} .")
        parts.append(f"{filled} a sh:NodeShape ;\n    sh:property {filled}-once .")
        parts.append(f"{filled}-once a sh:PropertyShape ;\n    sh:path {path} ;\n    sh:minCount 1 .")
    return "\n\n".join(parts)


def _local(path: str) -> str:
    return path.split(":")[1]


def _number(number: float) -> str:
    return f"{Decimal(str(number)):f}"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

"""What one file of the model says of another that is not so.

In:   a Model that was read whole
Out:  one sentence for each fault, with the file's name

Every fault that can be found without data is found here, when the model loads.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from schemas.definitions import CHANGES, OPEN_LISTS, RULES, Field, Model, TableSchema

PLACEHOLDER = re.compile(r"\?\?|\bTODO\b|\bTBC\b|\bFIXME\b|^\s*$")

_CURIE = re.compile(r"([a-z][a-z-]*):([A-Za-z][A-Za-z0-9-]*)")
_NOTATION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FOUND_BY_TYPE = {"pattern": "string", "min_length": "string", "max_length": "string"}

# How many fields a rule is about; None for any number, and 0 where the rule knows its columns by name.
_FIELDS_OF_RULE = {
    "dates-in-order": 2,
    "extension-agrees": None,
    "in-order": 2,
    "language-known": 1,
    "no-cycle": 2,
    "one-of": None,
    "list-items-known": None,
}


def find_contradictions(model: Model) -> Iterator[str]:
    """Find every contradiction in a model. The order of what comes back has no meaning."""
    for table in model.tables.values():
        yield from _faults_of_table(model, table, f"{table.name}.yaml")
        if not table.primary_key:
            yield f"{table.name}.yaml: the table has no primary key."
    for table in model.derived.values():
        yield from _faults_of_table(model, table, f"derived/{table.name}.yaml")
        if table.rules:
            yield f"derived/{table.name}.yaml: a rule checks what is submitted, and this table is not."
    yield from _faults_of_kinds(model)
    yield from _faults_of_properties(model)
    yield from _faults_of_problems(model)
    yield from _faults_of_display(model)
    yield from _unused(model)
    for code_list in model.code_lists.values():
        for code in code_list.codes:
            if not _NOTATION.fullmatch(code.code):
                yield f"the code '{code.code}' of '{code_list.code_list}' would need escaping in a URL."
    for name, form in model.forms.items():
        if not isinstance(form, dict) or not form.get("wanted") or not form.get("pattern"):
            yield f"forms.yaml: '{name}' wants a pattern and the words that say what is wanted."


def _faults_of_table(model: Model, table: TableSchema, file: str) -> Iterator[str]:
    names = table.field_names
    if len(set(names)) != len(names):
        yield f"{file}: two fields have one name."
    for name in table.primary_key:
        if name not in names:
            yield f"{file}: the primary key names '{name}', which is not a field."
    for name in re.findall(r"{(\w+)}", table.subject):
        if name not in names:
            yield f"{file}: the subject names '{name}', which is not a field."
    if table.kind is not None and table.kind not in model.kinds:
        yield f"{file}: the kind '{table.kind}' is not in kinds.yaml."
    if table.subject and not _kinds_of_subject(table) <= set(model.kinds):
        yield f"{file}: the subject '{table.subject}' begins with no kind of kinds.yaml."
    for curie in (table.rdf_type, *(field.rdf_property for field in table.fields)):
        if curie is None:
            continue
        match = _CURIE.fullmatch(curie)
        if match is None or (match[1] != "def" and match[1] not in model.prefixes):
            yield f"{file}: the prefix of '{curie}' is not in prefixes.yaml."
    for rule in table.rules:
        if rule.name not in RULES:
            yield f"{file}: there is no rule '{rule.name}'."
            continue
        wanted = _FIELDS_OF_RULE.get(rule.name, 0)
        if wanted is not None and len(rule.fields) != wanted:
            yield f"{file}: the rule '{rule.name}' is about {wanted} fields, not {len(rule.fields)}."
        for name in (*rule.fields, *rule.within):
            if name not in names:
                yield f"{file}: the rule '{rule.name}' names '{name}', which is not a field."
    yield from _faults_of_foreign_keys(model, table, file)
    for field in table.fields:
        for fault in _faults_of_field(model, table, field):
            yield f"{file}, field '{field.name}': {fault}"


def _kinds_of_subject(table: TableSchema) -> set[str]:
    """Give the kinds that a table's rows are about: one, or those that a column may name."""
    start = table.subject.split("/")[0]
    column = re.fullmatch(r"{(\w+)}", start)
    if column is None or column[1] not in table.field_names:
        return {start}
    return set(table.field(column[1]).enum or {start})


def _faults_of_foreign_keys(model: Model, table: TableSchema, file: str) -> Iterator[str]:
    for key in table.foreign_keys:
        target = model.tables.get(key.table) or model.derived.get(key.table)
        if target is None:
            yield f"{file}: a foreign key names the table '{key.table}', which does not exist."
            continue
        for name, target_name in zip(key.fields, key.table_fields, strict=True):
            if name not in table.field_names:
                yield f"{file}: a foreign key names '{name}', which is not a field."
            elif target_name not in target.field_names:
                yield f"{file}: a foreign key names '{key.table}.{target_name}', which does not exist."
            elif table.field(name).type != target.field(target_name).type:
                yield f"{file}: '{name}' and '{key.table}.{target_name}' are of different types."
        if target.primary_key[: len(key.table_fields)] != key.table_fields:
            yield f"{file}: {', '.join(key.table_fields)} is not where the key of '{key.table}' begins."


def _faults_of_field(model: Model, table: TableSchema, field: Field) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", field.name):
        yield "a name is lower-case words joined by underscores."
    if field.pattern is not None:
        try:
            re.compile(field.pattern)
        except re.error:
            yield f"the pattern '{field.pattern}' is not a regular expression."
        # Frictionless puts ^ and $ around the text, so an alternative must stand in brackets.
        if "|" in re.sub(r"\[[^]]*\]|\([^()]*\)", "", field.pattern):
            yield "an alternative in a pattern stands in brackets."
    for name, wanted in _FOUND_BY_TYPE.items():
        if getattr(field, name) is not None and field.type != wanted:
            yield f"{name} is for a {wanted}, not for a {field.type}."
    for low, high in ((field.minimum, field.maximum), (field.min_length, field.max_length)):
        if low is not None and high is not None and low > high:
            yield f"{low} is more than {high}, so no value is permitted."
    if (field.type == "boolean") != bool(field.true_values and field.false_values):
        yield "a boolean, and nothing else, says what is written for true and for false."
    if (field.type == "list") != bool(field.delimiter and field.list_of):
        yield "a list, and nothing else, has a delimiter and says what its items are."
    if field.change not in (None, *CHANGES):
        yield f"a change of it is none, patch, minor or major, not '{field.change}'."
    elif (field.change in (None, "none")) != (field.changed is None):
        yield "a field whose change makes a step, and no other, says in words that it changed."
    if field.list_of is not None:
        yield from _faults_of_list(model, field)
    if field.link is not None:
        if field.link.split("/")[0] not in model.kinds:
            yield f"the link '{field.link}' begins with no kind of kinds.yaml."
        for name in re.findall(r"{(\w+)}", field.link):
            if name not in table.field_names:
                yield f"the link names '{name}', which is not a field."


def _faults_of_list(model: Model, field: Field) -> Iterator[str]:
    assert field.list_of is not None
    target = model.tables.get(field.list_of.table)
    if target is None or field.list_of.field not in target.field_names:
        yield f"it lists {field.list_of.table}.{field.list_of.field}, which does not exist."
    elif field.list_of.code_list is None:
        if target.primary_key != (field.list_of.field,):
            yield f"it lists {target.name}.{field.list_of.field}, which is not the key of '{target.name}'."
    elif field.list_of.code_list not in {*model.code_lists, *OPEN_LISTS}:
        yield f"there is no code list '{field.list_of.code_list}'."


def _faults_of_kinds(model: Model) -> Iterator[str]:
    addresses: dict[str, str] = {}
    for kind in model.kinds.values():
        if not (_NOTATION.fullmatch(kind.kind) and _NOTATION.fullmatch(kind.address)):
            yield f"kinds.yaml: '{kind.kind}' or its address would need escaping in a URL."
        if kind.address in addresses:
            yield f"kinds.yaml: '{kind.kind}' and '{addresses[kind.address]}' have one address."
        addresses[kind.address] = kind.kind
        if kind.table is None:
            continue
        table = model.tables.get(kind.table) or model.derived.get(kind.table)
        if table is None:
            yield f"kinds.yaml: '{kind.kind}' names the table '{kind.table}', which does not exist."
        elif table.kind != kind.kind or table.subject.split("/")[0] != kind.kind:
            yield f"kinds.yaml: '{kind.kind}' names the table '{kind.table}', whose rows are of another kind."


def _faults_of_properties(model: Model) -> Iterator[str]:
    """A property names things or holds texts and numbers, one of the two, wherever it is used."""
    uses: dict[str, dict[bool, str]] = {}
    for table in [*model.tables.values(), *model.derived.values()]:
        for field in table.fields:
            if field.rdf_property is None:
                continue
            try:
                names_things = model.link(table, field) is not None or field.format == "uri"
            except KeyError:
                continue  # its foreign key or list is at fault, and that is said where it is found
            uses.setdefault(field.rdf_property, {}).setdefault(names_things, f"{table.name}.{field.name}")
    for curie, used in uses.items():
        if len(used) == 2:
            yield f"'{curie}' names a thing in {used[True]} and holds a text or a number in {used[False]}."


def _faults_of_problems(model: Model) -> Iterator[str]:
    for code, kind in model.problems.items():
        if not _NOTATION.fullmatch(code):
            yield f"problems.yaml: the code '{code}' would need escaping in a URL."
        for text in (kind.message, kind.mend):
            try:
                names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
            except ValueError:
                yield f"problems.yaml, '{code}': a brace of '{text}' is not closed."
                continue
            for name in names:
                if not re.fullmatch(r"[a-z][a-z_]*", name):
                    yield f"problems.yaml, '{code}': '{{{name}}}' is not the name of a fact."
        if kind.rule is not None and kind.rule not in RULES:
            yield f"problems.yaml, '{code}': there is no rule '{kind.rule}'."


def _faults_of_display(model: Model) -> Iterator[str]:
    display = model.display
    columns: dict[str, list[str]] = {name: [*names] for name, names in display.facets.items()}
    for name, column in display.order.items():
        columns.setdefault(name, []).append(column.removeprefix("-"))
    for name in {*columns, *display.page_size}:
        table = model.derived.get(name) or model.tables.get(name)
        if table is None:
            yield f"display.yaml: there is no table '{name}'."
            continue
        for column in columns.get(name, ()):
            if column not in table.field_names:
                yield f"display.yaml: '{name}' has no column '{column}'."
    for name in display.reference:
        if name not in model.tables or name in model.derived:
            yield f"display.yaml: '{name}' is no submitted table, so it is no reference."
    for name in display.hidden:
        if name in model.tables or name in model.derived:
            yield f"display.yaml: '{name}' is described for readers, so it is not hidden."


def _unused(model: Model) -> Iterator[str]:
    """Find what is defined and never used: lists, forms, rules and prefixes of problems."""
    tables = [*model.tables.values(), *model.derived.values()]
    fields = [field for table in tables for field in table.fields]
    lists = {field.code_list for field in fields} | {
        field.list_of.code_list for field in fields if field.list_of is not None
    }
    for notation in sorted(set(model.code_lists) - lists):
        yield f"the code list '{notation}' is used by no field."
    for form in sorted(set(model.forms) - {field.form for field in fields}):
        yield f"forms.yaml: the form '{form}' is used by no field."
    asked = {rule.name for table in tables for rule in table.rules}
    for name in sorted(RULES - asked):
        yield f"the rule '{name}' is asked for by no table."
    for name in sorted(asked & RULES - {kind.rule for kind in model.problems.values()}):
        yield f"problems.yaml: no problem says that the rule '{name}' is broken."

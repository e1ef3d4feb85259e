"""Rules of languages: a tag that a language has, and translations of words that are there, in other languages.

A translation names its thing as its URI does and the words by their column, so no key of the schema can find them.
"""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.checking.faults import Example, Fault
from ingest.checking.found import Found, find
from ingest.checking.grammar import among, literal, name
from ingest.checking.near import find_codes_of
from ingest.checking.rules_plain import has_rows
from ingest.checking.wording import list_codes
from ingest.checking.world import StandardTable, World
from ingest.problems import Place, Problem, find_nearest, problem
from schemas import Rule
from schemas.definitions import WHOLE_OF_VERSIONS, TableSchema
from schemas.languages import ENGLISH, is_known, primary, shorter_tag

# Beyond this many things nobody is told which one is nearest.
_MANY = 20_000


def check_languages(world: World, table: StandardTable, rule: Rule) -> Iterator[Found]:
    """Find tags that no language has. What is no tag at all is told where cells are checked."""
    cell = name(rule.fields[0])
    form = re.compile(str(world.model.forms["language"]["pattern"]))
    tags = [tag for (tag,) in world.rows(f"SELECT DISTINCT {cell} FROM {table.view} ORDER BY 1")]
    unknown = [tag for tag in tags if form.fullmatch(tag) and not is_known(tag)]
    if not unknown:
        return
    query = f"SELECT _source, _row, {cell} AS cell FROM {table.view} WHERE {among(cell, unknown)}"

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        return problem(fault.type, place, value=example.cell, nearest=shorter_tag(example.cell))

    yield find("language-unknown", rule.fields[0], query, word=word)


def check_translations(world: World, table: StandardTable, _rule: Rule) -> Iterator[Found]:
    """Find translations of nothing, into English, and those that say nothing."""
    rows = f"SELECT _source, _row, kind || ' ' || thing AS thing, language FROM {table.view}"
    blank = f"{rows.replace(', language', ', language, text AS cell')} WHERE text <> '' AND trim(text) = ''"
    if has_rows(world, blank):
        yield find("translation-blank", "text", blank, "thing", "language")
    tags = [tag for (tag,) in world.rows(f"SELECT DISTINCT language FROM {table.view} ORDER BY 1")]
    english = [tag for tag in tags if primary(tag) == ENGLISH]
    if english:
        query = f"{rows.replace(', language', ', language AS cell')} WHERE {among('language', english)}"
        yield find("translation-in-english", "language", query, "thing")
    for (kind,) in world.rows(f"SELECT DISTINCT kind FROM {table.view} ORDER BY 1"):
        known = world.model.kinds.get(kind)
        schema = world.model.tables.get(known.table or "") if known else None
        if schema is not None:
            yield from _check_columns(world, table, kind, schema)
            yield from _check_things(world, table, kind, schema)


def _check_columns(world: World, table: StandardTable, kind: str, schema: TableSchema) -> Iterator[Found]:
    columns = [field.name for field in schema.fields if world.model.is_in_words(schema, field)]
    query = (
        f'SELECT _source, _row, "column" AS cell FROM {table.view}'
        f""" WHERE kind = {literal(kind)} AND "column" <> '' AND NOT {among('"column"', columns)}"""
    )

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        nearest = find_nearest(example.cell, columns)
        wanted = list_codes(columns)
        return problem(
            fault.type, place, value=example.cell, table=schema.name, nearest=nearest, wanted=wanted
        )

    if has_rows(world, query):
        yield find("translation-column-unknown", "column", query, word=word)


def _check_things(world: World, table: StandardTable, kind: str, schema: TableSchema) -> Iterator[Found]:
    here = f"FROM {table.view} WHERE kind = {literal(kind)} AND thing <> ''"
    if not world.has(schema.name):
        world.miss(schema.name, None, f"SELECT 1 {here}")
        return
    things = world.make_table("things_to_translate", _things(world, kind, schema))
    query = f"SELECT _source, _row, thing AS cell {here} AND thing NOT IN (SELECT path FROM {things})"
    if not has_rows(world, query):
        return
    paths = [path for (path,) in world.rows(f"SELECT path FROM {things} ORDER BY path LIMIT {_MANY}")]
    columns = re.findall(r"{(\w+)}", schema.subject)
    by_name = find_codes_of(world, schema.name, columns[0]) if len(columns) == 1 else None

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        nearest = by_name(example.cell) if by_name else find_nearest(example.cell, paths)
        label = world.model.kinds[kind].label.lower()
        return problem(fault.type, place, value=example.cell, nearest=nearest, kind=label, table=schema.name)

    yield find("translation-thing-unknown", "thing", query, word=word)


def _things(world: World, kind: str, schema: TableSchema) -> str:
    """Give the query of what can follow a kind in a URI: rows, wholes of versions, and codes that are built in."""
    _, _, template = schema.subject.partition("/")
    view = world.view(schema.name)
    pieces = [
        name(piece) if at % 2 else literal(piece)
        for at, piece in enumerate(re.split(r"{(\w+)}", template))
        if piece
    ]
    parts = [f"SELECT {' || '.join(pieces)} AS path FROM {view}"]
    if kind in WHOLE_OF_VERSIONS:
        whole = re.findall(r"{(\w+)}", template)[0]
        parts.append(f"SELECT {name(whole)} FROM {view}")
    built_in = _built_in(world, kind)
    if built_in:
        parts.append(f"SELECT * FROM (VALUES {', '.join(f'({literal(path)})' for path in built_in)})")
    return f"SELECT DISTINCT path FROM ({' UNION ALL '.join(parts)})"


def _built_in(world: World, kind: str) -> Sequence[str]:
    lists = world.model.code_lists
    if kind == "code-list":
        return list(lists)
    if kind == "code":
        return [f"{one.code_list}/{code}" for one in lists.values() for code in one.notations]
    return ()

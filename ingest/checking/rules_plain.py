"""Rules that look at the cells of one row, or at codes in another table."""

# ruff: noqa: S608 - statements are put together here; every name and text passes through grammar.py

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from ingest.checking.faults import Example, Fault
from ingest.checking.found import Found, Word, find
from ingest.checking.grammar import among, literal, name
from ingest.checking.near import find_codes_of
from ingest.checking.wording import list_codes, list_words
from ingest.checking.world import StandardTable, World
from ingest.problems import Place, Problem, find_nearest, problem
from schemas import Rule
from schemas.model import OPEN_LISTS


def has_rows(world: World, query: str) -> bool:
    """Say whether a query gives any row."""
    return bool(world.rows(f"SELECT 1 FROM ({query}) LIMIT 1"))


def check_dates_in_order(world: World, table: StandardTable, rule: Rule) -> Iterator[Found]:
    """Find rows whose later date lies before the earlier one."""
    early, late = map(name, rule.fields)
    query = (
        f"SELECT _source, _row, {late} AS cell, {early} AS earlier_date FROM {table.view}"
        f" WHERE TRY_CAST({late} AS DATE) < TRY_CAST({early} AS DATE)"
    )
    titles = [table.schema.field(field).name for field in rule.fields]

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        return problem(
            fault.type,
            place,
            value=example.cell,
            earlier=titles[0],
            later=titles[1],
            earlier_date=example.facts["earlier_date"] or "",
            later_date=example.cell,
        )

    if has_rows(world, query):
        yield find("dates-out-of-order", rule.fields[1], query, "earlier_date", word=word)


def check_numbers_in_order(world: World, table: StandardTable, rule: Rule) -> Iterator[Found]:
    """Find rows whose lower number is more than the higher one."""
    low, high = map(name, rule.fields)
    query = (
        f"SELECT _source, _row, {low} AS cell, {high} AS higher_number FROM {table.view}"
        f" WHERE TRY_CAST({low} AS DOUBLE) > TRY_CAST({high} AS DOUBLE)"
    )

    def word(example: Example, fault: Fault, place: Place) -> Problem:
        return problem(
            fault.type,
            place,
            value=example.cell,
            lower=rule.fields[0],
            higher=rule.fields[1],
            lower_number=example.cell,
            higher_number=example.facts["higher_number"] or "",
        )

    if has_rows(world, query):
        yield find("numbers-out-of-order", rule.fields[0], query, "higher_number", word=word)


def check_choices(world: World, table: StandardTable, rule: Rule) -> Iterator[Found]:
    """Find rows that fill none of several columns."""
    empty = " AND ".join(f"{name(field)} = ''" for field in rule.fields)
    query = f"SELECT _source, _row, '' AS cell FROM {table.view} WHERE {empty}"
    wanted = list_words([f"'{field}'" for field in rule.fields])

    def word(_example: Example, fault: Fault, place: Place) -> Problem:
        return problem(fault.type, place, wanted=wanted)

    if has_rows(world, query):
        yield find("choice-missing", "", query, word=word)


def check_loops(world: World, table: StandardTable, rule: Rule) -> Iterator[Found]:
    """Find rows that follow each other in a circle, and parents that are not there."""
    own, other = rule.fields
    within = [name(field) for field in rule.within]
    rows = world.rows(
        f"SELECT DISTINCT {name(own)}, {name(other)}{''.join(', ' + field for field in within)}"
        f" FROM {table.view} WHERE {name(other)} <> '' ORDER BY ALL"
    )
    ways: dict[str, str] = {}
    followers: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for row in rows:
        followers.setdefault((row[0], *row[2:]), []).append((row[1], *row[2:]))
    for start in followers:
        way = _find_loop(start, followers)
        if way:
            ways[start[0]] = " → ".join(way)
    if ways:
        query = (
            f"SELECT _source, _row, {name(own)} AS cell FROM {table.view}"
            f" WHERE {name(other)} <> '' AND {among(name(own), sorted(ways))}"
        )

        def word(example: Example, fault: Fault, place: Place) -> Problem:
            return problem(fault.type, place, value=example.cell, way=ways[example.cell])

        yield find("loop-found", other, query, word=word)
    # Where a foreign key says that the other row must be there, it is heard where keys are checked.
    is_held_by_key = any(key.fields == (other,) for key in table.schema.foreign_keys)
    if world.has(table.schema.name) and not is_held_by_key:
        yield from _check_parents(world, table, rule)


def _find_loop(
    start: tuple[str, ...], followers: Mapping[tuple[str, ...], Sequence[tuple[str, ...]]]
) -> list[str]:
    """Follow a row until every way ends or one comes back to where it began; give the shortest such way."""
    before: dict[tuple[str, ...], tuple[str, ...]] = {}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for after in followers.get(here, ()):
            if after == start:
                way = [start[0]]
                while here != start:
                    way.append(here[0])
                    here = before[here]
                return [start[0], *reversed(way)]
            if after not in before:
                before[after] = here
                waiting.append(after)
    return []


def _check_parents(world: World, table: StandardTable, rule: Rule) -> Iterator[Found]:
    """Find parents that are no rows of the same list; a foreign key of the schema cannot say this."""
    own, other = map(name, rule.fields)
    same = "".join(f" AND there.{name(field)} = here.{name(field)}" for field in rule.within)
    query = (
        f"SELECT _source, _row, {other} AS cell FROM {table.view} AS here WHERE {other} <> '' AND NOT EXISTS"
        f" (SELECT 1 FROM {table.view} AS there WHERE there.{own} = here.{other}{same})"
    )
    near = find_codes_of(world, table.schema.name, rule.fields[0])

    def word(example: Example, _fault: Fault, place: Place) -> Problem:
        nearest = near(example.cell)
        return problem(
            "reference-unknown", place, value=example.cell, table=table.schema.name, nearest=nearest
        )

    if not has_rows(world, query):
        return
    if world.is_partial and not rule.within:
        # The other row may stand in a package that was not given: a club extends what another package defines.
        world.missed.add(f"some rows of the table {table.schema.name}")
    else:
        yield find("reference-unknown", rule.fields[1], query, word=word)


def check_list_items(world: World, table: StandardTable) -> Iterator[Found]:
    """Find items of list columns that are not in the table they refer to."""
    for field in table.schema.fields:
        if field.list_of is None:
            continue
        cell, to = name(field.name), field.list_of
        if not (world.has_list(to.code_list) if to.code_list else world.has(to.table)):
            world.miss(to.table, to.code_list, f"SELECT 1 FROM {table.view} WHERE {cell} <> ''")
            continue
        rows = world.rows(f"SELECT DISTINCT {cell} FROM {table.view} WHERE {cell} <> '' ORDER BY 1")
        known = _find_items(world, to.table, to.field, to.code_list)
        unknown = {
            text: items for (text,) in rows if (items := _unknown_items(text, field.delimiter or ",", known))
        }
        if not unknown:
            continue
        texts = sorted(unknown)
        query = f"SELECT _source, _row, {cell} AS cell FROM {table.view} WHERE {among(cell, texts)}"
        where = f"the code list {to.code_list}" if to.code_list else f"the table {to.table}"
        yield find("list-item-unknown", field.name, query, word=_word_item(unknown, known, where))


def _find_items(world: World, table: str, column: str, code_list: str | None) -> frozenset[str]:
    if code_list is not None:
        return frozenset(world.codes(code_list))
    return frozenset(row[0] for row in world.rows(f"SELECT DISTINCT {name(column)} FROM {world.view(table)}"))


def _unknown_items(text: str, delimiter: str, known: frozenset[str]) -> list[str]:
    return [item for item in text.split(delimiter) if item not in known]


def _word_item(unknown: dict[str, list[str]], known: frozenset[str], where: str) -> Word:
    def word(example: Example, fault: Fault, place: Place) -> Problem:
        item = unknown[example.cell][0]
        nearest = find_nearest(item, known)
        return problem(fault.type, place, value=item, cell=example.cell, table=where, nearest=nearest)

    return word


def check_open_codes(world: World, table: StandardTable) -> Iterator[Found]:
    """Find codes that are not on lists which packages may extend, and codes of breakdowns."""
    lists = {
        field.name: field.code_list
        for field in table.schema.fields
        if field.code_list in OPEN_LISTS and field.code_list is not None
    }
    for dimension in table.dimensions:
        if dimension in world.dimension_lists:
            lists[dimension] = world.dimension_lists[dimension]
        elif world.has("dimensions"):
            yield _unknown_column(world, table, dimension)
    for column, code_list in lists.items():
        if not world.has_list(code_list):
            continue
        cell, known = name(column), world.codes(code_list)
        query = (
            f"SELECT _source, _row, {cell} AS cell FROM {table.view}"
            f" WHERE {cell} <> '' AND NOT {among(cell, known)}"
        )
        if has_rows(world, query):
            yield find("code-unknown", column, query, word=_word_code(code_list, known))


def _word_code(code_list: str, known: list[str]) -> Word:
    def word(example: Example, fault: Fault, place: Place) -> Problem:
        nearest = find_nearest(example.cell, known)
        return problem(
            fault.type, place, value=example.cell, list=code_list, nearest=nearest, wanted=list_codes(known)
        )

    return word


def _unknown_column(world: World, table: StandardTable, column: str) -> Found:
    query = (
        f"SELECT _source, 1::BIGINT AS _row, {literal(column)} AS cell"
        f" FROM {table.view} WHERE {name(column)} <> '' GROUP BY _source"
    )
    known = [*table.schema.field_names, *world.dimension_lists]

    def word(example: Example, _fault: Fault, place: Place) -> Problem:
        nearest = find_nearest(example.cell, known)
        return problem("column-unknown", place, value=example.cell, table=table.schema.name, nearest=nearest)

    return find("column-unknown", column, query, word=word)

"""The model becomes the pages of docs/reference/: tables, problems and words.

In:   a Model
Out:  Markdown text

A page says what the YAML files say, in the same words, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from schemas.definitions import Field, Model, ProblemKind, TableSchema

_NOTICE = "<!-- Made from schemas/ by `python -m schemas.derive`. Change the YAML, not this page. -->"

_ABOUT_TABLES = """\
What a package may hold, what an edition holds beside it, and what every column means. The complete Table
Schema of each submitted table, for a package of your own, is in [table-schemas/](table-schemas/)."""

_ABOUT_LISTS = """\
The built-in lists. A package may add codes to the lists of units and themes, and lists of its own for
breakdowns."""

_ABOUT_PROBLEMS = """\
A problem is something in a package that its publisher can put right. Each has a code that never changes. An
error stops publication; a warning does not. In the messages below, words in {braces} stand for what is
found in your file."""

_ABOUT_WORDS = """\
A word has one meaning here, in columns, addresses, pages and messages. The meaning comes from a standard
wherever one exists. The last column has words that are used for the same thing elsewhere, and not here."""


# What a change of a field means for the version of its row.
_CHANGES = {
    "none": "It may change under the same version.",
    "patch": "A change of it is a patch.",
    "minor": "A change of it makes a minor version at least.",
    "major": "A change of it makes a major version.",
}


def make_tables_page(model: Model) -> str:
    """Write the page of every table and field, submitted first, then derived."""
    parts = [
        _NOTICE,
        "# Tables",
        _ABOUT_TABLES,
        "## Submitted tables",
        _contents(model.tables.values(), ""),
        "## Derived tables",
        "The product makes these; no package holds them.",
        _contents(model.derived.values(), "derived-"),
    ]
    for table in model.tables.values():
        parts.extend(_table_section(model, table, ""))
    for table in model.derived.values():
        parts.extend(_table_section(model, table, "derived-"))
    parts.append("## Code lists")
    parts.append(_ABOUT_LISTS)
    for code_list in model.code_lists.values():
        parts.append(
            f'### <a id="list-{code_list.code_list}"></a>{code_list.label} (`{code_list.code_list}`)'
        )
        parts.append(code_list.definition.strip())
        rows = ((f"`{code.code}`", code.label, code.definition) for code in code_list.codes)
        parts.append(_markdown_table(("Code", "Label", "Meaning"), rows))
    return _page(parts)


def make_problems_page(model: Model) -> str:
    """Write the page of every problem; a problem's code is its anchor."""
    parts = [
        _NOTICE,
        "# Problems",
        _ABOUT_PROBLEMS,
        _markdown_table(
            ("Code", "Problem", ""),
            (
                (f"[`{code}`](#{code})", kind.title, "" if kind.severity == "error" else "warning")
                for code, kind in sorted(model.problems.items())
            ),
        ),
    ]
    for code, kind in sorted(model.problems.items()):
        parts.extend(_problem_section(code, kind))
    return _page(parts)


def make_words_page(model: Model) -> str:
    """Write the page of every word, with its standard and the words it replaces."""
    rows = (
        (
            f'<a id="{word.word.replace(" ", "-")}"></a>**{word.word}**',
            word.meaning,
            word.standard,
            ", ".join(word.instead_of),
        )
        for word in sorted(model.words, key=lambda word: word.word)
    )
    return _page(
        [
            _NOTICE,
            "# Words",
            _ABOUT_WORDS,
            _markdown_table(("Word", "Meaning here", "Standard", "Not"), rows),
        ]
    )


def _contents(tables: Iterable[TableSchema], prefix: str) -> str:
    rows = ((f"[`{table.name}`](#{prefix}{table.name})", table.title) for table in tables)
    return _markdown_table(("Table", "What it holds"), rows)


def _table_section(model: Model, table: TableSchema, prefix: str) -> Iterator[str]:
    yield f'## <a id="{prefix}{table.name}"></a>{table.title} (`{table.name}`)'
    yield table.description.strip()
    facts = []
    if table.primary_key:
        facts.append(f"Key: {_columns(table.primary_key)}.")
    if table.rdf_type and table.subject:
        facts.append(f"A row is about `{{base}}id/{table.subject}`, a `{table.rdf_type}`.")
    elif table.subject:
        facts.append(f"A row adds to `{{base}}id/{table.subject}`.")
    if facts:
        yield "\n".join(f"- {fact}" for fact in [*facts, *_rules(table)])
    yield _markdown_table(
        ("Column", "Title", "Type", "Meaning", "RDF property"),
        (
            (
                f"`{field.name}`",
                field.title,
                ", ".join(_type_words(model, table, field)),
                f"{field.description} {_CHANGES.get(field.change or '', '')}".strip(),
                f"`{field.rdf_property}`" if field.rdf_property else "",
            )
            for field in table.fields
        ),
    )


def _rules(table: TableSchema) -> Iterator[str]:
    for rule in table.rules:
        about = f": {_columns(rule.fields)}" if rule.fields else ""
        within = f", within one {_columns(rule.within)}" if rule.within else ""
        yield f"Rule `{rule.name}`{about}{within}."


def _type_words(model: Model, table: TableSchema, field: Field) -> Iterator[str]:
    yield {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        field.type, field.type
    )
    if field.required:
        yield "required"
    if field.code_list in model.code_lists:
        yield f"[code](#list-{field.code_list})"
    elif field.enum:
        yield "one of " + " and ".join(f"`{code}`" for code in field.enum)
    if field.form is not None:
        yield str(model.forms[field.form]["wanted"])
    elif field.pattern is not None:
        yield f"as `{field.pattern}`"
    if field.format == "uri":
        yield "an address"
    if field.minimum is not None:
        yield f"{field.minimum:g} or more"
    if field.maximum is not None:
        yield f"{field.maximum:g} or less"
    if field.max_length is not None and field.form is None:
        yield f"at most {field.max_length:,} characters"
    for key in table.foreign_keys:
        if key.fields[-1] == field.name:
            with_others = f" with {_columns(key.fields[:-1])}" if len(key.fields) > 1 else ""
            anchor = key.table if key.table in model.tables else f"derived-{key.table}"
            yield f"in [{key.table}](#{anchor}){with_others}"
    if field.list_of is not None:
        yield f"each in [{field.list_of.table}](#{field.list_of.table})"


def _problem_section(code: str, kind: ProblemKind) -> Iterator[str]:
    yield f'## <a id="{code}"></a>{kind.title}'
    yield f"`{code}`, {'an error' if kind.severity == 'error' else 'a warning'}."
    yield f"**When.** {kind.when}"
    yield f"**Message.** {kind.message}"
    yield f"**Mend.** {kind.mend}"
    also = []
    if kind.rule is not None:
        also.append(f"Breaks the rule `{kind.rule}`.")
    if kind.frictionless:
        also.append(f"Frictionless reports it as {_columns(kind.frictionless)}.")
    if also:
        yield " ".join(also)


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _markdown_table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "| " + " | ".join("---" for _ in headings) + " |"]
    lines.extend("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows)
    return "\n".join(lines)


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def _page(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"

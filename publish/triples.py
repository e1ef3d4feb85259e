"""Rows of any standard table become lines of N-Triples, a table at a time.

In:   a table's schema (its subject, type and properties) and its rows as canonical text
Out:  one text for each row: all its statements, a line each

Nothing here knows a particular table. What a cell says follows from the schema: a cell that names a thing
becomes its URI, a number, date or truth value a typed literal, words a literal in English. An empty cell says
nothing. There are no blank nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from publish.lines import Text, together
from schemas import Field, Model, TableSchema

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_DATATYPES = {"number": "decimal", "integer": "integer", "date": "date", "boolean": "boolean"}

# An absolute web address that any parser of RDF accepts; other texts in a field of addresses stay texts.
_HARMLESS_ADDRESS = (
    r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?"
    r"(/([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?"
    r"(\?([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
    r"(#([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$"
)

_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"))


class Names:
    """The IRIs of one site: things under {base}id/, terms under {base}def/, and those of known prefixes."""

    def __init__(self, base: str, model: Model) -> None:
        self.base = base
        self.prefixes = {**model.prefixes, "def": f"{base}def/"}

    def thing(self, path: str) -> str:
        """Give the IRI of a thing from its path, such as area/E09000015."""
        return f"{self.base}id/{path}"

    def iri(self, curie: str) -> str:
        """Write a prefixed name out. Raises KeyError for an unknown prefix."""
        prefix, _, name = curie.partition(":")
        return self.prefixes[prefix] + name


def escape(text: str) -> str:
    r"""Make a text fit to stand between quotation marks in N-Triples.

    >>> escape('say "no"\n')
    'say \\"no\\"\\n'
    """
    for found, written in _ESCAPES:
        text = text.replace(found, written)
    return text


def english(text: str) -> str:
    """Write a text in English as a literal."""
    return f'"{escape(text)}"@en'


def literal(text: str, datatype: str | None = None) -> str:
    """Write a plain literal, or one with a datatype of XML Schema: literal("12.5", "decimal")."""
    return f'"{escape(text)}"' + (f"^^<{XSD}{datatype}>" if datatype else "")


def is_harmless_address(text: str) -> bool:
    """Tell whether a text can stand as an IRI."""
    return re.match(_HARMLESS_ADDRESS, text) is not None


def line(subject: str, predicate: str, thing: str) -> str:
    """Write a statement: two IRIs, and an object that is written already ("<…>" or a literal)."""
    return f"<{subject}> <{predicate}> {thing} .\n"


def table_lines(model: Model, names: Names, schema: TableSchema, rows: pa.Table) -> pa.StringArray:
    """Write every row of a table: one text for each, all the row's lines.

    rows    the table's columns as canonical text, null where empty; its list fields are left to list_lines
    """
    subject = _path(names, schema.subject, rows)
    lines: list[Text] = []
    if schema.rdf_type:
        lines.append(_join([subject, f" <{RDF_TYPE}> <{names.iri(schema.rdf_type)}> .\n"]))
    for field in schema.fields:
        if field.rdf_property is None or field.type == "list":
            continue
        predicate = f" <{names.iri(field.rdf_property)}> "
        lines.append(_join([subject, predicate, *_object(model, names, schema, field, rows), " .\n"]))
    return together(lines, rows.num_rows)


def list_lines(
    model: Model, names: Names, schema: TableSchema, field: Field, items: pa.Table
) -> pa.StringArray:
    """Write the items of a list field: a line each.

    items    the table's key columns, and the column "item" with one item of the list
    """
    path = model.link(schema, field)
    if path is None or field.rdf_property is None:
        raise ValueError(f"{schema.name}.{field.name} names no things")
    subject, thing = _path(names, schema.subject, items), _path(names, path, items)
    return together([subject, f" <{names.iri(field.rdf_property)}> ", thing, " .\n"], items.num_rows)


def shown_properties(schema: TableSchema) -> Iterator[Field]:
    """Give the fields of a table that become statements."""
    return (field for field in schema.fields if field.rdf_property is not None)


def _object(model: Model, names: Names, schema: TableSchema, field: Field, rows: pa.Table) -> list[Text]:
    """Write a cell as the object of a statement: texts to join, one of them null where the cell is empty."""
    cell = rows[field.name].combine_chunks()
    path = model.link(schema, field)
    if path is not None:
        return [_path(names, path, rows)]
    if field.type in _DATATYPES:
        return ['"', cell, f'"^^<{XSD}{_DATATYPES[field.type]}>']
    if field.format == "uri":
        is_harmless = pc.match_substring_regex(cell, _HARMLESS_ADDRESS)
        as_text = _join(['"', escaped(cell), f'"^^<{XSD}anyURI>'])
        return [pc.if_else(is_harmless, _join(["<", cell, ">"]), as_text)]
    return ['"', escaped(cell), *_after_text(model, schema, field, rows)]


def _after_text(model: Model, schema: TableSchema, field: Field, rows: pa.Table) -> list[Text]:
    """Close a text: in English unless it is verbatim, or the row has a column that says its language."""
    if not model.is_in_words(schema, field):
        return ['"']
    if field.rdf_property == "skos:altLabel" and "language" in rows.column_names:
        return ['"@', rows["language"].combine_chunks().fill_null("en")]
    return ['"@en']


def escaped(texts: pa.StringArray) -> pa.StringArray:
    """Make a column of texts fit to stand between quotation marks, as `escape` does for one."""
    for found, written in _ESCAPES:
        texts = pc.replace_substring(texts, found, written)
    return texts


def _path(names: Names, path: str, rows: pa.Table) -> Text:
    """Write the IRI of a path with {columns}, in angle brackets; null where one of the columns is."""
    texts = re.split(r"{(\w+)}", path)
    pieces = [rows[text].combine_chunks() if at % 2 else text for at, text in enumerate(texts)]
    return _join([f"<{names.thing(texts[0])}", *pieces[1:], ">"])


def _join(texts: Sequence[Text]) -> Text:
    """Put texts together row by row; null where one of them is."""
    return pc.binary_join_element_wise(*texts, "")

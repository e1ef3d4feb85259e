"""Words in other languages stand in linked data where the English ones do, each with its language.

In:   Contents
Out:  lines of N-Triples, in key order
"""

from __future__ import annotations

from collections.abc import Iterator

from publish.contents import Contents
from publish.triples import Names, escape, line


def translation_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Write each translation under the property of the column whose words it gives."""
    model = contents.model
    for row in contents.rows("translations"):
        schema = model.tables[model.kinds[row["kind"]].table or ""]
        told = schema.field(row["column"]).rdf_property or ""
        text = f'"{escape(row["text"])}"@{row["language"]}'
        yield line(names.thing(f"{row['kind']}/{row['thing']}"), names.iri(told), text)

"""The model becomes the files that are derived from it and committed.

In:   the model that ships, shapes_beyond_tables.ttl
Out:  metadata.json, schemas/documents.json, schemas/shapes.ttl, docs/reference/ and docs/examples.md, in a checkout

`python -m schemas.derive` rewrites them all. With --check it writes nothing, names each stale file and exits
1.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from schemas.context import make_context
from schemas.datasette import make_metadata
from schemas.definitions import Model
from schemas.documents import derive_documents
from schemas.model import FOLDER, load_model, model_files
from schemas.reference import make_problems_page, make_tables_page, make_words_page
from schemas.shapes import make_shapes
from schemas.worked import load_worked, make_examples_page

ROOT = FOLDER.parent

# The base that a new site has; the context in docs/reference/ is the one such a site serves.
EXAMPLE_BASE = "http://127.0.0.1:8001/"

_TABLE_SCHEMAS = "docs/reference/table-schemas"


def derive_files(model: Model) -> dict[str, str]:
    """Make the text of every derived file, by its path from the root of the repository."""
    files = {
        "metadata.json": _json(make_metadata(model)),
        "schemas/documents.json": derive_documents(model_files()),
        "schemas/shapes.ttl": make_shapes(model),
        "docs/reference/context.jsonld": _json(make_context(model, EXAMPLE_BASE)),
        "docs/reference/tables.md": make_tables_page(model),
        "docs/reference/problems.md": make_problems_page(model),
        "docs/reference/words.md": make_words_page(model),
        "docs/examples.md": make_examples_page(load_worked()),
    }
    for table in model.tables.values():
        files[f"{_TABLE_SCHEMAS}/{table.name}.json"] = _json(make_table_schema(model, table.name))
    return files


def make_table_schema(model: Model, table: str) -> dict[str, Any]:
    """Give a table's complete Table Schema, for publishers to copy."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        **model.tables[table].descriptor(),
    }


def find_stale(root: Path, model: Model) -> list[str]:
    """Name the derived files under a root that differ from the model, are missing, or are left over."""
    files = derive_files(model)
    stale = [
        path
        for path, text in files.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]
    kept = (path.relative_to(root).as_posix() for path in (root / _TABLE_SCHEMAS).glob("*"))
    return sorted({*stale, *(path for path in kept if path not in files)})


def write_files(root: Path, model: Model) -> list[str]:
    """Write the derived files that are stale, remove those left over, and name them."""
    files = derive_files(model)
    stale = find_stale(root, model)
    for path in stale:
        if path in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(files[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return stale


def main(arguments: list[str]) -> int:
    """Rewrite or check the derived files. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m schemas.derive", description="Rewrite the derived files."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    check = parser.parse_args(arguments).check
    model = load_model()
    stale = find_stale(ROOT, model) if check else write_files(ROOT, model)
    verb = "stale" if check else "written"
    for path in stale:
        sys.stderr.write(f"{verb}: {path}\n")
    sys.stderr.write(f"{len(derive_files(model))} derived files, {len(stale)} {verb}.\n")
    return 1 if check and stale else 0


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

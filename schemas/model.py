"""The YAML files of this folder become one checked model.

In:   tables/*.yaml, derived/*.yaml, codelists/*.yaml, kinds.yaml, forms.yaml, prefixes.yaml, problems.yaml,
      words.yaml, display.yaml
Out:  a Model, or ModelFaults that names every fault with its file

Nothing else in the project reads these files. A model that names a field, list, kind or prefix that does not
exist is refused when it loads, so a slip can never reach what is published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from schemas import definitions
from schemas.contradictions import PLACEHOLDER, find_contradictions
from schemas.definitions import OPEN_LISTS, RULES, TYPES, Field, Model, ModelFaults, TableSchema
from schemas.documents import FOLDER, NotDocuments, read_documents

__all__ = ["FOLDER", "OPEN_LISTS", "RULES", "TYPES", "ModelFaults", "TableSchema", "load_model", "read_model"]

_FIELD_KEYS = frozenset(
    [
        "name",
        "title",
        "description",
        "type",
        "format",
        "form",
        "codeList",
        "listOf",
        "delimiter",
        "rdfProperty",
        "rdfLink",
        "unit",
        "change",
        "changed",
        "constraints",
        "trueValues",
        "falseValues",
    ]
)
_CONSTRAINTS = frozenset(["required", "pattern", "minimum", "maximum", "minLength", "maxLength", "enum"])
_TABLE_KEYS = frozenset(
    [
        "name",
        "title",
        "description",
        "kind",
        "rdfSubject",
        "rdfType",
        "primaryKey",
        "foreignKeys",
        "fields",
        "rules",
    ]
)
_PROBLEM_KEYS = ("title", "severity", "when", "message", "mend")


# The files of a model.
_FILES = (
    *("prefixes.yaml", "forms.yaml", "kinds.yaml", "problems.yaml", "words.yaml", "display.yaml"),
    *("codelists/*.yaml", "tables/*.yaml", "derived/*.yaml"),
)


def model_files() -> list[Path]:
    """Name the YAML files that the model which ships is read from."""
    return [path for pattern in _FILES for path in sorted(FOLDER.glob(pattern))]


@cache
def load_model() -> Model:
    """Load the model that ships with the product.

    Raises ModelFaults with every fault found.
    """
    return read_model(FOLDER)


def read_model(folder: Path) -> Model:
    """Read a model from a folder laid out like this one.

    Raises ModelFaults with every fault found, each naming its file.
    """
    faults: list[str] = []
    prefixes = {str(name): str(uri) for name, uri in _read_entries(folder / "prefixes.yaml", faults)}
    forms = {name: entry for name, entry in _read_entries(folder / "forms.yaml", faults) if entry}
    code_lists: dict[str, definitions.CodeList] = {}
    for path in sorted((folder / "codelists").glob("*.yaml")):
        for code_list in _read_code_lists(path, faults):
            if code_list.code_list in code_lists:
                faults.append(f"{path.name}: the code list '{code_list.code_list}' is there twice.")
            code_lists[code_list.code_list] = code_list
    reader = _TableReader(code_lists, forms, faults)
    model = Model(
        tables=reader.read_folder(folder / "tables", submitted=True),
        derived=reader.read_folder(folder / "derived", submitted=False),
        code_lists=code_lists,
        kinds=dict(_read_kinds(folder / "kinds.yaml", faults)),
        forms=forms,
        prefixes=prefixes,
        problems=dict(_read_problems(folder / "problems.yaml", faults)),
        words=tuple(_read_words(folder / "words.yaml", faults)),
        display=_read_display(folder / "display.yaml", faults),
    )
    # A model that could not be read whole would contradict itself in many ways that are not its own faults.
    faults.extend(() if faults else find_contradictions(model))
    if faults:
        raise ModelFaults(sorted(set(faults)))
    return model


def _read_documents(path: Path, faults: list[str]) -> Iterator[dict[str, Any]]:
    """Read the YAML documents of a file, each a set of named entries."""
    try:
        documents = read_documents(path)
    except FileNotFoundError:
        faults.append(f"{path.name}: the file is missing.")
        return
    except NotDocuments as fault:
        place = "" if fault.line is None else f" Look at line {fault.line}."
        faults.append(f"{path.name}: the file is not YAML with each name once.{place}")
        return
    for document in documents:
        if isinstance(document, dict):
            yield document
        else:
            faults.append(f"{path.name}: the file has no named entries.")


def _read_entries(path: Path, faults: list[str]) -> Iterator[tuple[str, Any]]:
    for document in _read_documents(path, faults):
        yield from document.items()


def _read_kinds(path: Path, faults: list[str]) -> Iterator[tuple[str, definitions.Kind]]:
    for name, entry in _read_entries(path, faults):
        if not isinstance(entry, dict) or set(entry) != {"label", "address", "table"}:
            faults.append(f"{path.name}: '{name}' wants a label, an address and a table (or null).")
            continue
        yield name, definitions.Kind(name, entry["label"], entry["address"], entry["table"])


def _read_problems(path: Path, faults: list[str]) -> Iterator[tuple[str, definitions.ProblemKind]]:
    for code, entry in _read_entries(path, faults):
        if not isinstance(entry, dict):
            faults.append(f"{path.name}: '{code}' has no entries.")
            continue
        for key in sorted(set(entry) - {*_PROBLEM_KEYS, "rule", "frictionless"}):
            faults.append(f"{path.name}, '{code}': '{key}' is not something a problem says.")
        for key in _PROBLEM_KEYS:
            if PLACEHOLDER.search(str(entry.get(key, ""))):
                faults.append(f"{path.name}, '{code}': no {key}.")
        severity = entry.get("severity")
        if severity not in ("error", "warning"):
            faults.append(f"{path.name}, '{code}': the severity '{severity}' is not error or warning.")
            continue
        types = entry.get("frictionless", ())
        yield (
            code,
            definitions.ProblemKind(
                code=code,
                title=str(entry.get("title")),
                severity="error" if severity == "error" else "warning",
                when=str(entry.get("when")).strip(),
                message=str(entry.get("message")).strip(),
                mend=str(entry.get("mend")).strip(),
                rule=entry.get("rule"),
                frictionless=(types,) if isinstance(types, str) else tuple(types),
            ),
        )


def _read_words(path: Path, faults: list[str]) -> Iterator[definitions.Word]:
    for word, entry in _read_entries(path, faults):
        if not isinstance(entry, dict) or not set(entry) <= {"meaning", "standard", "instead_of"}:
            faults.append(f"{path.name}: '{word}' wants a meaning, a standard and the words it replaces.")
            continue
        for key in ("meaning", "standard"):
            if PLACEHOLDER.search(str(entry.get(key, ""))):
                faults.append(f"{path.name}, '{word}': no {key}.")
        yield definitions.Word(
            word, str(entry.get("meaning")), str(entry.get("standard")), tuple(entry.get("instead_of", ()))
        )


_OF_DISPLAY = frozenset({"hidden", "provenance", "facets", "order", "page_size", "statuses", "reference"})


def _read_display(path: Path, faults: list[str]) -> definitions.Display:
    entries = dict(_read_entries(path, faults))
    for key in sorted(set(entries) - _OF_DISPLAY):
        faults.append(f"{path.name}: '{key}' is not something the display says.")
    return definitions.Display(
        hidden=tuple(entries.get("hidden", ())),
        provenance=dict(entries.get("provenance", {})),
        facets={table: tuple(columns) for table, columns in entries.get("facets", {}).items()},
        order=dict(entries.get("order", {})),
        page_size=dict(entries.get("page_size", {})),
        statuses=dict(entries.get("statuses", {})),
        reference=tuple(entries.get("reference", ())),
    )


def _read_code_lists(path: Path, faults: list[str]) -> Iterator[definitions.CodeList]:
    for entry in _read_documents(path, faults):
        notation = str(entry.get("code_list", ""))
        codes = []
        for row in entry.get("codes", ()):
            row = dict(row)
            code = definitions.Code(
                str(row.pop("code", "")), str(row.pop("label", "")), str(row.pop("definition", "")), row
            )
            for name, text in (("code", code.code), ("label", code.label), ("definition", code.definition)):
                if PLACEHOLDER.search(text):
                    faults.append(f"{path.name}: a code of '{notation}' has no {name}: {code.code!r}.")
            codes.append(code)
        for name in ("code_list", "label", "definition"):
            if PLACEHOLDER.search(str(entry.get(name, ""))):
                faults.append(f"{path.name}: the code list '{notation}' has no {name}.")
        if len({code.code for code in codes}) != len(codes):
            faults.append(f"{path.name}: the code list '{notation}' has a code twice.")
        yield definitions.CodeList(
            notation, str(entry.get("label")), str(entry.get("definition")), tuple(codes)
        )


class _TableReader:
    """Reads table files against the code lists and forms that they name; adds to `faults`."""

    def __init__(
        self, code_lists: Mapping[str, definitions.CodeList], forms: Mapping[str, Any], faults: list[str]
    ) -> None:
        self.code_lists = code_lists
        self.forms = forms
        self.faults = faults

    def read_folder(self, folder: Path, *, submitted: bool) -> dict[str, TableSchema]:
        """Read every table of a folder, in the order of their names."""
        tables = {}
        for path in sorted(folder.glob("*.yaml")):
            for entry in _read_documents(path, self.faults):
                place = path.name if submitted else f"derived/{path.name}"
                table = self._read_table(place, path.stem, entry, submitted=submitted)
                tables[table.name] = table
        return tables

    def _read_table(self, place: str, stem: str, entry: Mapping[str, Any], *, submitted: bool) -> TableSchema:
        name = str(entry.get("name", ""))
        if name != stem:
            self.faults.append(f"{place}: the table calls itself '{name}', its file '{stem}'.")
        for key in sorted(set(entry) - _TABLE_KEYS):
            self.faults.append(f"{place}: '{key}' is not something a table says.")
        for key in ("title", "description", *(("rdfSubject",) if submitted else ())):
            if PLACEHOLDER.search(str(entry.get(key, ""))):
                self.faults.append(f"{place}: the table has no {key}.")
        if not entry.get("fields"):
            self.faults.append(f"{place}: the table has no fields.")
        return TableSchema(
            name=name,
            title=str(entry.get("title")),
            description=str(entry.get("description")),
            fields=tuple(
                self._read_field(f"{place}, field '{row.get('name')}'", row)
                for row in entry.get("fields", ())
            ),
            primary_key=tuple(entry.get("primaryKey", ())),
            foreign_keys=tuple(self._read_foreign_keys(place, entry.get("foreignKeys", ()))),
            subject=str(entry.get("rdfSubject", "")),
            rdf_type=entry.get("rdfType"),
            kind=entry.get("kind"),
            rules=tuple(
                definitions.Rule(
                    str(row.get("rule")), tuple(row.get("fields", ())), tuple(row.get("within", ()))
                )
                for row in entry.get("rules", ())
            ),
        )

    def _read_foreign_keys(self, place: str, rows: list[dict[str, Any]]) -> Iterator[definitions.ForeignKey]:
        for row in rows:
            reference = row.get("reference", {})
            fields, table_fields = tuple(row.get("fields", ())), tuple(reference.get("fields", ()))
            if not fields or len(fields) != len(table_fields) or "resource" not in reference:
                self.faults.append(
                    f"{place}: a foreign key wants fields, a resource and as many fields of it; found {row}."
                )
                continue
            yield definitions.ForeignKey(fields, reference["resource"], table_fields)

    def _read_field(self, place: str, row: Mapping[str, Any]) -> Field:
        faults = self.faults
        for key in sorted(set(row) - _FIELD_KEYS):
            faults.append(f"{place}: '{key}' is not something a field says.")
        for key in ("name", "title", "description"):
            if PLACEHOLDER.search(str(row.get(key, ""))):
                faults.append(f"{place}: no {key}.")
        if row.get("type") not in TYPES:
            faults.append(f"{place}: the type '{row.get('type')}' is not one of {', '.join(sorted(TYPES))}.")
        constraints = dict(row.get("constraints", {}))
        for key in sorted(set(constraints) - _CONSTRAINTS):
            faults.append(f"{place}: '{key}' is not a constraint.")
        form = row.get("form")
        if form is not None:
            if form in self.forms:
                constraints = {k: v for k, v in self.forms[form].items() if k != "wanted"} | constraints
            else:
                faults.append(f"{place}: the form '{form}' is not in forms.yaml.")
        enum = constraints.get("enum")
        code_list = row.get("codeList")
        if code_list is not None:
            if enum is not None:
                faults.append(f"{place}: a field has a code list or an enum, not both.")
            if code_list not in {*self.code_lists, *OPEN_LISTS}:
                faults.append(f"{place}: there is no code list '{code_list}'.")
            elif code_list not in OPEN_LISTS:
                enum = self.code_lists[code_list].notations
        return Field(
            name=str(row.get("name")),
            title=str(row.get("title")),
            description=str(row.get("description")),
            type=str(row.get("type")),
            format=str(row.get("format", "default")),
            form=form,
            code_list=code_list,
            list_of=self._read_list_of(place, row.get("listOf")),
            delimiter=row.get("delimiter"),
            rdf_property=row.get("rdfProperty"),
            link=row.get("rdfLink"),
            unit=row.get("unit"),
            change=row.get("change"),
            changed=row.get("changed"),
            required=bool(constraints.get("required", False)),
            enum=tuple(str(code) for code in enum) if enum is not None else None,
            pattern=constraints.get("pattern"),
            minimum=constraints.get("minimum"),
            maximum=constraints.get("maximum"),
            min_length=constraints.get("minLength"),
            max_length=constraints.get("maxLength"),
            true_values=tuple(row.get("trueValues", ())),
            false_values=tuple(row.get("falseValues", ())),
        )

    def _read_list_of(self, place: str, text: str | None) -> definitions.ListOf | None:
        """Read "table.field" or "codes.code(code_list=theme)"."""
        if text is None:
            return None
        match = re.fullmatch(r"(\w+)\.(\w+)(?:\(code_list=([\w-]+)\))?", text)
        if match is None:
            self.faults.append(f"{place}: listOf '{text}' is not of the form table.field.")
            return None
        return definitions.ListOf(match[1], match[2], match[3])

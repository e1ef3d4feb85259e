"""The descriptor of a package becomes resources.

In:   datapackage.json (or .yaml), Data Package 1.0 or 2.0, and the files of the package
Out:  what the descriptor says of the package, and Resource values; problems that name the property at fault

A property that means nothing here is left alone; one that has a meaning must have the right form.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.package_files import ALGORITHMS, Files, PackageFile
from ingest.problems import Place, find_nearest, problem
from ingest.reading import FORMATS, Selection, Staged, find_format, stage
from ingest.reading.selection import Format
from ingest.reading.structured import json_text, read_json
from schemas import load_model

MOST_BYTES = 32 * 1024**2

# Media types of the formats that are read, for descriptors that name one and no format.
_MEDIA_TYPES: dict[str, Format] = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """One table of a package, or one set of files that a recipe makes tables of.

    table        the standard table that its rows are, if they are one
    dataset      the notation of the dataset that its observations belong to
    recipe       a shipped recipe's name, or the path of a recipe in the package
    schema       the Table Schema of the descriptor, if it gives one
    dialect      the Table Dialect of the descriptor, {} if it gives none
    format       None where nothing says it; reading then says which are read
    files        in the order of the descriptor; several are parts of one table
    descriptor   all that the descriptor says of it
    """

    name: str
    title: str
    table: str | None
    dataset: str | None
    recipe: str | None
    schema: Mapping[str, Any] | None
    dialect: Mapping[str, Any]
    encoding: str | None
    format: Format | None
    files: tuple[PackageFile, ...]
    descriptor: Mapping[str, Any]

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of its files in the package."""
        return tuple(file.path for file in self.files)

    @property
    def selection(self) -> Selection:
        """What the descriptor says of how its files are to be read."""
        return read_selection(self.dialect, self.format, self.encoding)


def stage_resource(resource: Resource, scratch: Path) -> tuple[Staged, ...]:
    """Stage each file of a resource, in order.

    A later part of a table may repeat the headings of the first, or go on with rows.
    """
    staged: list[Staged] = []
    for file in resource.files:
        part = stage(file.location, resource.selection, scratch, place=Place(file.path))
        if staged and part.headings != staged[0].headings and resource.selection.heading_rows:
            bare = replace(resource.selection, heading_rows=(), first_row=resource.selection.first_row or 1)
            part = stage(file.location, bare, scratch, place=Place(file.path))
        staged.append(part)
    return tuple(staged)


class NotADescriptor(Exception):  # noqa: N818 - becomes a problem
    """A text is not an object of JSON or YAML. The argument says why; `row` is the line."""

    def __init__(self, reason: str, row: int | None = None) -> None:
        self.row = row
        super().__init__(reason)


def read_descriptor(content: bytes, name: str) -> dict[str, Any]:
    """Read an object of JSON, or of YAML where the name of its file says so.

    Raises NotADescriptor.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        row = content[: fault.start].count(b"\n") + 1
        raise NotADescriptor("it is not text in UTF-8.", row) from fault
    read = _read_yaml if name.lower().endswith((".yaml", ".yml")) else _read_json
    try:
        told = read(text)
    except RecursionError as fault:
        raise NotADescriptor("it has lists in lists without end.") from fault
    if not isinstance(told, dict):
        raise NotADescriptor("it is not an object with names and values.")
    return told


def load_descriptor(file: PackageFile) -> bytes:
    """Load the text of a descriptor. Raises NotADescriptor if it is too long to be one."""
    if file.bytes > MOST_BYTES:
        raise NotADescriptor(f"it has more than {MOST_BYTES:,} bytes.")
    return file.location.read_bytes()


# What the reader of JSON says, in plain words.
_JSON_FAULTS = {
    "Expecting value": "a value is missing, or is not written as JSON, at",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing before",
    "Expecting ':' delimiter": "a colon is missing before",
    "Expecting property name enclosed in double quotes": "a name in double quotation marks is missing at",
    "Illegal trailing comma before end of array": "a comma stands after the last entry, at",
    "Illegal trailing comma before end of object": "a comma stands after the last entry, at",
    "Unterminated string starting at": "a quotation mark is not closed on its line, opened at",
    "Invalid control character at": "a line break or another control character stands in a text, at",
    "Invalid \\escape": "a backslash stands before something it cannot, at",
    "Invalid \\uXXXX escape": "a backslash and u stand without four hexadecimal digits, at",
    "Extra data": "the text goes on after its end, from",
}


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as fault:
        if not text.strip():
            raise NotADescriptor("it is empty.", 1) from fault
        if text.lstrip().startswith("<"):
            raise NotADescriptor("it is a web page or another text with tags.", 1) from fault
        words = _JSON_FAULTS.get(fault.msg, f"{fault.msg} at")
        raise NotADescriptor(f"{words} character {fault.colno} of the line.", fault.lineno) from fault


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise NotADescriptor(f"'{twice[0]}' is there twice in one object.")
    return dict(pairs)


def _refuse_constant(name: str) -> None:
    raise NotADescriptor(f"{name} is not JSON.")


def _read_yaml(text: str) -> Any:
    import yaml

    try:
        # An alias repeats a part of the text; a few lines of them can stand for more than memory holds.
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise NotADescriptor("it has an alias (*), which is not permitted.")
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as fault:
        row = fault.problem_mark.line + 1 if fault.problem_mark else None
        raise NotADescriptor(f"{fault.problem}.", row) from fault
    except (yaml.YAMLError, ValueError) as fault:
        raise NotADescriptor("a value in it cannot be read.") from fault


@dataclass(frozen=True, slots=True)
class Inline:
    """Where rows that stand in the descriptor go, and the descriptor's text, which has their digits."""

    content: bytes
    folder: Path


class DescriptorReader:
    """Reads what a descriptor says; what is wrong is noted in the problems of `files`."""

    def __init__(
        self, told: Mapping[str, Any], files: Files, place: Place, inline: Inline | None = None
    ) -> None:
        self._told = told
        self._files = files
        self._place = place
        self._inline = inline

    def read_resources(self) -> tuple[Resource, ...]:
        """Read every resource that can be read."""
        rows = self._told.get("resources")
        if not isinstance(rows, list) or not rows:
            fault = "is missing" if rows is None else "is empty" if rows == [] else "is not a list"
            self._malformed("'resources'", fault, "a list of at least one resource")
            return ()
        resources = []
        names: Counter[str] = Counter()
        for number, row in enumerate(rows):
            at = f"resources[{number}]"
            if not isinstance(row, dict):
                self._malformed(f"'{at}'", "is not an object", "an object with name and path")
                continue
            name = self.text(row, "name", at)
            if not name:
                if "name" not in row:
                    self._malformed(f"'{at}.name'", "is missing", "a name of its own for each resource")
                continue
            names[name] += 1
            if names[name] == 2:
                self._malformed(f"'{at}.name'", f"is '{name}' again", "a name of its own for each resource")
            resource = self._read_resource(row, name, at)
            if resource is not None:
                resources.append(resource)
        return tuple(resources)

    def _read_resource(self, row: Mapping[str, Any], name: str, at: str) -> Resource | None:
        noted = len(self._files.problems)
        encoding = self.text(row, "encoding", at)
        schema = self._read_part(row, "schema", at)
        dialect = self._read_part(row, "dialect", at) or {}
        self._check_dialect(dialect, f"{at}.dialect")
        resource = Resource(
            name=name,
            title=self.text(row, "title", at) or name,
            table=self._read_table(row, name, at),
            dataset=self.text(row, "dataset", at),
            recipe=self._read_recipe(row, at),
            schema=schema,
            dialect=dialect,
            encoding=encoding,
            format=self._read_format(row, at),
            files=self._read_files(row, name, at),
            descriptor=row,
        )
        return resource if len(self._files.problems) == noted else None

    def _read_table(self, row: Mapping[str, Any], name: str, at: str) -> str | None:
        tables = load_model().tables
        table = self.text(row, "table", at)
        if table is None:
            return name if name in tables else None
        if table not in tables:
            nearest = find_nearest(table, tables)
            self._files.problems.append(problem("table-unknown", self._place, value=table, nearest=nearest))
        return table

    def _read_recipe(self, row: Mapping[str, Any], at: str) -> str | None:
        recipe = self.text(row, "recipe", at)
        if recipe is not None and ("/" in recipe or recipe.endswith((".yaml", ".yml"))):
            self._files.find(recipe, self._place)
        return recipe

    def _read_format(self, row: Mapping[str, Any], at: str) -> Format | None:
        named = self.text(row, "format", at)
        media_type = self.text(row, "mediatype", at)
        if named is not None:
            format = find_format(f".{named}")
            # A document beside the tables may have any format.
            is_table = "schema" in row or "table" in row or row.get("name") in load_model().tables
            if format is None and is_table:
                self._files.problems.append(
                    problem("format-unknown", self._place, value=named, wanted=", ".join(FORMATS))
                )
            return format
        if media_type is not None and media_type.partition(";")[0].strip().lower() in _MEDIA_TYPES:
            return _MEDIA_TYPES[media_type.partition(";")[0].strip().lower()]
        if "data" in row:
            return "csv" if isinstance(row["data"], str) else "json"
        paths = row.get("path")
        first = paths[0] if isinstance(paths, list) and paths else paths
        return find_format(first) if isinstance(first, str) else None

    def _read_files(self, row: Mapping[str, Any], name: str, at: str) -> tuple[PackageFile, ...]:
        if ("path" in row) == ("data" in row):
            fault = "has both path and data" if "path" in row else "has neither path nor data"
            self._malformed(f"'{at}'", fault, "one of the two")
            return ()
        if "data" in row:
            return self._write_data(row["data"], name, at)
        paths = row["path"] if isinstance(row["path"], list) else [row["path"]]
        if not paths or not all(isinstance(path, str) and path for path in paths):
            self._malformed(f"'{at}.path'", "is not a path or a list of paths", "paths in the package")
            return ()
        algorithm, wanted = self._read_hash(row, at) if len(paths) == 1 else (None, None)
        found = [self._files.find(path, self._place, algorithm) for path in paths]
        files = tuple(file for file in found if file is not None)
        if len(files) == len(paths) == 1:
            self._check_file(files[0], row, algorithm, wanted, at)
        return files

    def _read_hash(self, row: Mapping[str, Any], at: str) -> tuple[str | None, str | None]:
        """Read (algorithm, hash in small letters). Without an algorithm it is MD5, as the standard has it."""
        said = self.text(row, "hash", at)
        if not said:
            return None, None
        algorithm, _, digits = said.lower().rpartition(":")
        algorithm = (algorithm or "md5").replace("-", "")
        if algorithm not in ALGORITHMS or not re.fullmatch("[0-9a-f]+", digits):
            wanted = f"a hash by one of {', '.join(sorted(ALGORITHMS))}, such as sha256:…"
            self._malformed(f"'{at}.hash'", "cannot be checked", wanted)
            return None, None
        return algorithm, digits

    def _check_file(
        self, file: PackageFile, row: Mapping[str, Any], algorithm: str | None, wanted: str | None, at: str
    ) -> None:
        """Compare a file with the size and the hash that the descriptor gives for it."""
        size = row.get("bytes")
        if size is not None and (not isinstance(size, int) or isinstance(size, bool)):
            self._malformed(f"'{at}.bytes'", "is not a whole number", "the size of the file in bytes")
        elif size is not None and size != file.bytes:
            found = f"{file.bytes:,}"
            self._files.problems.append(
                problem("size-differs", Place(file.path), value=found, wanted=f"{size:,}")
            )
        if algorithm is not None:
            found = f"{algorithm}:{self._files.hash_of(file, algorithm)}"
            if found != f"{algorithm}:{wanted}":
                self._files.problems.append(
                    problem("digest-differs", Place(file.path), value=found, wanted=f"{algorithm}:{wanted}")
                )

    def _write_data(self, data: Any, name: str, at: str) -> tuple[PackageFile, ...]:
        """Write the rows that stand in the descriptor itself to a file, in the digits they have there."""
        if not isinstance(data, str | list | dict):
            self._malformed(f"'{at}.data'", "holds no rows", "a list of rows, or text")
            return ()
        number = int(at.removeprefix("resources[").removesuffix("]"))
        assert self._inline is not None
        if isinstance(data, str):
            text = data
        else:
            try:
                text = json_text(read_json(self._inline.content)["resources"][number]["data"])
            except ValueError:
                # The descriptor is YAML, whose numbers have no digits of their own.
                text = json.dumps(data, ensure_ascii=False, default=str)
        self._inline.folder.mkdir(parents=True, exist_ok=True)
        location = self._inline.folder / f"inline-{number}"
        location.write_text(text, encoding="utf-8", newline="")
        # Its digest is part of the descriptor's.
        return (PackageFile(f"{self._place.file}#{name}", location, location.stat().st_size, ""),)

    def _read_part(self, row: Mapping[str, Any], key: str, at: str) -> dict[str, Any] | None:
        """Read a schema or a dialect, which stands there or is named by its path in the package."""
        part = row.get(key)
        if part is None or isinstance(part, dict):
            return part
        if not isinstance(part, str):
            self._malformed(f"'{at}.{key}'", "is not an object or a path", "an object, or its path")
            return None
        file = self._files.find(part, self._place)
        if file is None:
            return None
        try:
            return read_descriptor(load_descriptor(file), file.path)
        except NotADescriptor as fault:
            place = Place(file.path, row=fault.row)
            self._files.problems.append(problem("descriptor-not-json", place, reason=str(fault)))
            return None

    def _check_dialect(self, dialect: Mapping[str, Any], at: str) -> None:
        told = {**dialect, **_nested(dialect)}
        for key, (holds, wanted) in _DIALECT.items():
            if told.get(key) is not None and not holds(told[key]):
                self._malformed(f"'{at}.{key}'", f"is {json.dumps(told[key], default=str)[:40]}", wanted)

    def text(self, row: Mapping[str, Any], key: str, at: str = "") -> str | None:
        """Read a text; None where it is not there, or is not one, which is noted."""
        value = row.get(key)
        if value is None or isinstance(value, str):
            return value
        self._malformed(f"'{at}.{key}'" if at else f"'{key}'", "is not a text", "a text")
        return None

    def objects(self, key: str) -> tuple[Mapping[str, Any], ...]:
        """Read a list of objects of the package, () where it is not there, or is not one, which is noted."""
        rows = self._told.get(key)
        if rows is None:
            return ()
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._malformed(f"'{key}'", "is not a list of objects", "a list of objects")
            return ()
        return tuple(rows)

    def _malformed(self, name: str, fault: str, wanted: str) -> None:
        self._files.problems.append(
            problem("descriptor-malformed", self._place, property=name, fault=fault, wanted=wanted)
        )


def _is_character(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_count_list(value: object) -> bool:
    return isinstance(value, list) and all(_is_count(item) for item in value)


# What a dialect may say that has a meaning here, and the form it must have.
_DIALECT = {
    "delimiter": (_is_character, "one character"),
    "quoteChar": (lambda value: value == "" or _is_character(value), "one character"),
    "escapeChar": (_is_character, "one character"),
    "lineTerminator": (lambda value: _is_text(value) and value != "", "a text"),
    "commentChar": (lambda value: _is_text(value) and value != "", "one character"),
    "doubleQuote": (_is_flag, "true or false"),
    "skipInitialSpace": (_is_flag, "true or false"),
    "header": (_is_flag, "true or false"),
    "headerRows": (lambda value: _is_count_list(value) and value != [], "a list of row numbers from 1"),
    "headerJoin": (_is_text, "a text"),
    "commentRows": (_is_count_list, "a list of row numbers from 1"),
    "skipBlankRows": (_is_flag, "true or false"),
    "sheetNumber": (_is_count, "the number of a sheet, from 1"),
    "sheetName": (_is_text, "the name of a sheet"),
    "property": (_is_text, "names joined by dots"),
}


def _nested(dialect: Mapping[str, Any]) -> dict[str, Any]:
    """Gather what frictionless writes one step down: {"csv": {"delimiter": ";"}}, {"excel": {"sheet": 2}}."""
    told: dict[str, Any] = {}
    for part in ("csv", "excel", "ods", "json"):
        inside = dialect.get(part)
        if isinstance(inside, dict):
            told.update(inside)
    sheet = told.pop("sheet", None)
    if sheet is not None:
        told["sheetNumber" if isinstance(sheet, int) else "sheetName"] = sheet
    return told


def read_selection(dialect: Mapping[str, Any], format: Format | None, encoding: str | None) -> Selection:
    """Read a dialect, which has been checked, as a Selection."""
    told = {**dialect, **_nested(dialect)}
    has_headings = told.get("header", True)
    path = told.get("property")
    return Selection(
        format=format,
        encoding=encoding,
        delimiter=told.get("delimiter"),
        quote=told.get("quoteChar"),
        escape=told.get("escapeChar"),
        double_quote=told.get("doubleQuote", True),
        skip_initial_space=told.get("skipInitialSpace", False),
        line_terminator=told.get("lineTerminator"),
        comment=told.get("commentChar"),
        sheet=told.get("sheetName", told.get("sheetNumber")),
        heading_rows=tuple(told.get("headerRows", (1,))) if has_headings else (),
        heading_join=told.get("headerJoin", " "),
        comment_rows=tuple(told.get("commentRows", ())),
        skip_blank_rows=told.get("skipBlankRows", False),
        json_path=tuple(path.split(".")) if path else (),
    )

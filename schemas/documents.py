"""YAML files become documents; those of the model that ships are at hand as JSON, which is read twenty times faster.

In:   a YAML file, and documents.json beside this module
Out:  its documents

documents.json is derived from the YAML files, and has the documents of each by the digest of its bytes. So a file that
was edited is read as it stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yaml import CSafeLoader

FOLDER = Path(__file__).parent
DERIVED = FOLDER / "documents.json"


class NotDocuments(ValueError):  # noqa: N818 - named as what is wrong
    """A file is not YAML with each name once. `line` says where, from 1, if that is known."""

    def __init__(self, line: int | None) -> None:
        self.line = line
        super().__init__(f"not YAML with each name once, line {line}")


def read_documents(path: Path) -> list[Any]:
    """Read the documents of a YAML file.

    Raises FileNotFoundError, and NotDocuments.
    """
    raw = path.read_bytes()
    known = _known().get(hashlib.sha256(raw).hexdigest())
    return _parse(raw) if known is None else known


def derive_documents(paths: Iterable[Path]) -> str:
    """Make the text of documents.json from the files of the model: a line for each document."""
    return "{\n" + ",\n".join(_entries(paths)) + "\n}\n"


def _entries(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        raw = path.read_bytes()
        documents = _parse(raw)
        lines = [json.dumps(document, ensure_ascii=False) for document in documents]
        assert [json.loads(line) for line in lines] == documents, f"{path.name} says what JSON cannot"
        yield f'"{hashlib.sha256(raw).hexdigest()}": [\n' + ",\n".join(lines) + "\n]"


def _parse(raw: bytes) -> list[Any]:
    import yaml

    try:
        return list(yaml.load_all(raw.decode(), Loader=_loader()))
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        line = getattr(getattr(fault, "problem_mark", None), "line", None)
        raise NotDocuments(None if line is None else line + 1) from None


@cache
def _loader() -> type[CSafeLoader]:
    """Give what reads YAML safely, and refuses a name that is there twice, where YAML itself keeps the last."""
    import yaml

    class Loader(yaml.CSafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            names = [self.construct_object(name, deep=True) for name, _ in node.value]
            for place, name in enumerate(names):
                if name in names[:place]:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"'{name}' is there twice", node.value[place][0].start_mark
                    )
            return super().construct_mapping(node, deep)

    return Loader


@cache
def _known() -> Mapping[str, list[Any]]:
    """Give the documents by the digest of their file."""
    if not DERIVED.is_file():
        # Only until it is derived.
        return {}
    known: Mapping[str, list[Any]] = json.loads(DERIVED.read_text(encoding="utf-8"))
    return known

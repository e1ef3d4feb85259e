"""Reads a page as a reader does: elements with their text, found by name, class or id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "rect", "path", "circle"})


@dataclass
class Element:
    """An element. `text` has everything inside it as one line; what only screen readers hear is left out."""

    name: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        if "unseen" in self.classes or self.name in {"title", "desc"}:
            return
        for part in self.inside:
            if isinstance(part, str):
                yield part
            else:
                # Blocks stand apart, words inside a line do not.
                gap = "" if part.name in {"a", "b", "code", "small", "span", "strong"} else " "
                yield f"{gap}{''.join(part._texts())}{gap}"

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(self.attributes.get("class", "").split())

    def every(self, name: str = "", class_name: str = "", id_: str = "") -> Iterator[Element]:
        """Find elements inside this one."""
        for part in self.inside:
            if isinstance(part, Element):
                if (
                    (not name or part.name == name)
                    and (not class_name or class_name in part.classes)
                    and (not id_ or part.attributes.get("id") == id_)
                ):
                    yield part
                yield from part.every(name, class_name, id_)

    def one(self, name: str = "", class_name: str = "", id_: str = "") -> Element:
        """Get the first element inside this one."""
        return next(self.every(name, class_name, id_))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        closed = self._open.pop()
        assert closed.name == tag, f"</{tag}> closes <{closed.name}>"

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def read_page(html: bytes) -> Element:
    """Read a page. Fails on an element that is not closed where it should be."""
    reader = _Reader()
    reader.feed(html.decode("utf-8"))
    reader.close()
    assert reader._open == [reader.root], "an element is not closed"
    return reader.root


def sentences_of(text: str) -> list[str]:
    """Split a text into sentences at a full stop that a capital follows."""
    return re.split(r"(?<=[a-z%)\d]\.) (?=[A-Z])", text)

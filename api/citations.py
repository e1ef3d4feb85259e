"""A citation as text, BibTeX, CSL-JSON and RIS.

In:   what is cited: who made it, what it is called, in which edition, at which address
Out:  the four forms; each says the same

Nothing here knows the day: a citation of one edition is the same on every day.

Source: BibTeX's own manual for its fields and signs; the CSL data schema 1.0 for CSL-JSON; the RIS format
as reference managers read it.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from api.sentences import listed

if TYPE_CHECKING:
    from api.pages.made import Since


@dataclass(frozen=True, slots=True)
class Citation:
    """What is cited.

    kind      in words, as it stands in brackets after the title
    is_data   figures, datasets and editions are data; everything else is a page
    key       a short name, letters of ASCII, digits and hyphens
    authors   bodies, never people
    note      what else must be said: the licence, and a figure's value
    since     what became of it since the edition that is cited; no part of the citation, which stays as it is
    """

    kind: str
    is_data: bool
    key: str
    title: str
    authors: Sequence[str]
    site: str
    edition: str
    published_on: dt.date
    address: str
    note: str
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class CitationForm:
    """One form of a citation: its name in addresses, its media type, how it is written."""

    name: str
    label: str
    media_type: str
    write: Callable[[Citation], str]


def write_text(one: Citation) -> str:
    """Write a citation as a sentence of a list of sources."""
    who = listed(list(one.authors))
    stop = "" if one.note.endswith(".") or not one.note else "."
    note = f" {one.note}{stop}" if one.note else ""
    return (
        f"{who} ({one.published_on.year}). {one.title} [{one.kind}]. {one.site}, edition {one.edition}."
        f" {one.address}{note}"
    )


# Signs that mean something to TeX, and how they are written.
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def write_bibtex(one: Citation) -> str:
    """Write a citation as a BibTeX entry.

    Names of bodies stand in braces of their own, so that they are not taken for people's.
    """
    fields = {
        "title": f"{{{_tex(one.title)}}}",
        "author": " and ".join(f"{{{_tex(name)}}}" for name in one.authors),
        "year": str(one.published_on.year),
        "month": str(one.published_on.month),
        "howpublished": _tex(f"{one.site} [{one.kind}]"),
        "edition": _tex(one.edition),
        "url": _url(one.address),
        "note": _tex(one.note),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{one.key},\n{lines}\n}}\n"


def _tex(words: str) -> str:
    return "".join(_TEX.get(char, char) for char in words)


def _url(address: str) -> str:
    """Write an address between braces: what would end or escape them has a percent sign anyway."""
    return re.sub(r"[{}\\]", lambda match: f"%{ord(match[0]):02X}", address)


def csl_item(one: Citation) -> Mapping[str, object]:
    """Give a citation as one item of CSL data."""
    day = one.published_on
    return {
        "id": one.key,
        "type": "dataset" if one.is_data else "webpage",
        "title": one.title,
        "author": [{"literal": name} for name in one.authors],
        "container-title": one.site,
        "publisher": one.site,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "version": one.edition,
        "URL": one.address,
        "genre": one.kind,
        "language": "en-GB",
        **({"note": one.note} if one.note else {}),
    }


def write_csl(one: Citation) -> str:
    """Write a citation as CSL-JSON: a list of one item."""
    return orjson.dumps([csl_item(one)], option=orjson.OPT_INDENT_2).decode() + "\n"


def write_ris(one: Citation) -> str:
    """Write a citation as RIS: one tag a line, ended by ER."""
    tags = [
        ("TY", "DATA" if one.is_data else "ELEC"),
        *(("AU", name) for name in one.authors),
        ("TI", one.title),
        ("T2", one.site),
        ("PB", one.site),
        ("PY", str(one.published_on.year)),
        ("DA", f"{one.published_on:%Y/%m/%d}"),
        ("ET", one.edition),
        ("UR", one.address),
        ("M3", one.kind),
        ("N1", one.note),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {_one_line(value)}\r\n" for tag, value in tags if value or tag == "ER")


def _one_line(words: str) -> str:
    return " ".join(words.split())


def key_of(words: str) -> str:
    """Make a short name of ASCII letters, digits and hyphens.

    >>> key_of("Ynys Môn, 2023/24"), key_of("???")
    ('ynys-mon-2023-24', 'page')
    """
    bare = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", bare))[:60].strip("-") or "page"


FORMS = (
    CitationForm("text", "Text", "text/plain", write_text),
    CitationForm("bibtex", "BibTeX", "application/x-bibtex", write_bibtex),
    CitationForm("csl", "CSL-JSON", "application/vnd.citationstyles.csl+json", write_csl),
    CitationForm("ris", "RIS", "application/x-research-info-systems", write_ris),
)
BY_NAME = {form.name: form for form in FORMS}

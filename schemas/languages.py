"""Which languages there are, what they are called, and how their tags are written.

In:   languages.yaml
Out:  a Language for each, by the first part of its tag; what a tag says, and what is wrong with one

A tag is that of BCP 47 in its usual spelling: a language, and if need be a script, a region and variants, as in
cy, pt-BR or zh-Hant. The tables are in English, so English is never a translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# The language of every column of words, and of the pages' own words.
ENGLISH = "en"

# Columns that hold what a thing is called; the first that a thing has is the one that is shown.
NAMES = ("everyday_label", "label", "title", "short_label")


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    label    its name in English
    own      what it calls itself; its name in English where we do not know
    longer   tags of three letters that mean it too, and are not to be used
    """

    tag: str
    label: str
    own: str
    longer: tuple[str, ...] = ()


@cache
def load_languages() -> Mapping[str, Language]:
    """Load the languages by the first part of their tags."""
    import yaml

    text = (Path(__file__).parent / "languages.yaml").read_text(encoding="utf-8")
    return {
        tag: Language(tag, said["label"], said.get("own", said["label"]), tuple(said.get("longer", ())))
        for tag, said in yaml.load(text, Loader=yaml.CSafeLoader).items()
    }


@cache
def _shorter() -> Mapping[str, str]:
    return {longer: one.tag for one in load_languages().values() for longer in one.longer}


def primary(tag: str) -> str:
    """Give the language of a tag without script, region and variants.

    >>> primary("pt-BR"), primary("cy")
    ('pt', 'cy')
    """
    return tag.split("-")[0].lower()


def shorter_tag(tag: str) -> str | None:
    """Find the tag to be used in place of one that begins with three letters where two are enough.

    >>> shorter_tag("cym"), shorter_tag("wel-GB"), shorter_tag("cy")
    ('cy', 'cy-GB', None)
    """
    head, dash, rest = tag.partition("-")
    shorter = _shorter().get(head)
    return None if shorter is None else f"{shorter}{dash}{rest}"


def is_known(tag: str) -> bool:
    """Say whether a tag of the right form begins with a language.

    Of three letters there are thousands; only those that stand for one with two letters are refused.

    >>> is_known("cy"), is_known("xx"), is_known("cym"), is_known("sco")
    (True, False, False, True)
    """
    head = primary(tag)
    return head in load_languages() or (len(head) == 3 and head not in _shorter())


def name_of(tag: str) -> str:
    """Name the language of a tag in English; the tag itself where it has no name here.

    >>> name_of("cy"), name_of("pt-BR"), name_of("tlh")
    ('Welsh', 'Portuguese (BR)', 'tlh')
    """
    return _named(tag, own=False)


def own_name(tag: str) -> str:
    """Name the language of a tag in that language, as a link to it says it.

    >>> own_name("cy"), own_name("tlh")
    ('Cymraeg', 'tlh')
    """
    return _named(tag, own=True)


def _named(tag: str, *, own: bool) -> str:
    head, _, rest = tag.partition("-")
    found = load_languages().get(head.lower())
    if found is None:
        return tag
    name = found.own if own else found.label
    return f"{name} ({rest})" if rest else name

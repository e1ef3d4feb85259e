"""The triple patterns of a query, without paths: what must match, and what may.

In:   triples of rdflib's algebra, whose predicates may be paths
Out:  parts: a subject, the properties of which one matches, an object

A path is taken apart where that changes no solution. What cannot be taken apart becomes parts of which none
need match (`is_loose`): they say which statements may be needed and narrow nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.term import BNode, URIRef, Variable

Term = Any  # a term of rdflib: it has no common class that says what is a variable


def is_variable(term: Term) -> bool:
    """Say whether a term of a pattern stands for any: a blank node does, too."""
    return isinstance(term, Variable | BNode)


@dataclass(frozen=True, slots=True)
class Part:
    """One of some statements.

    predicates  the properties, one of which matches; any where None
    variable    what stands for the property; None where it is known
    is_loose    whether it need not match for the whole to match
    is_zero     whether it also matches where subject and object are one, whatever that is
    ends        what a path of any number of steps leads from and to, where this is one of its steps
    """

    subject: Term
    predicates: tuple[str, ...] | None
    object: Term
    is_loose: bool = False
    is_zero: bool = False
    variable: Term = None
    ends: tuple[Term, ...] = ()

    @property
    def variables(self) -> set[Term]:
        """The variables in it."""
        return {term for term in (self.subject, self.variable, self.object) if is_variable(term)}


# What stands between the steps of a path: never twice the same, for what is known of one is not so of another.
# With a space in their names they are none of the query's.
_FRESH = (Variable(f"between {number}") for number in count())


def take_apart(triples: Iterable[tuple[Term, Term, Term]]) -> list[Part]:
    """Take the patterns of a group apart."""
    return [part for triple in triples for part in _parts(*triple, _FRESH, is_loose=False)]


def _parts(
    subject: Term, path: Term, thing: Term, fresh: Iterator[Variable], *, is_loose: bool
) -> Iterator[Part]:
    if isinstance(path, URIRef):
        yield Part(subject, (str(path),), thing, is_loose)
    elif not isinstance(path, Path):
        yield Part(subject, None, thing, is_loose, variable=path)
    elif isinstance(path, InvPath):
        yield from _parts(thing, path.arg, subject, fresh, is_loose=is_loose)
    elif isinstance(path, SequencePath):
        at = subject
        for step in path.args[:-1]:
            to = next(fresh)
            yield from _parts(at, step, to, fresh, is_loose=is_loose)
            at = to
        yield from _parts(at, path.args[-1], thing, fresh, is_loose=is_loose)
    elif isinstance(path, AlternativePath):
        if all(isinstance(arg, URIRef) for arg in path.args):
            yield Part(subject, tuple(map(str, path.args)), thing, is_loose)
        else:
            for arg in path.args:
                yield from _parts(subject, arg, thing, fresh, is_loose=True)
    elif isinstance(path, MulPath):
        # Between the ends are nodes of which nothing is known.
        steps = _parts(next(fresh), path.path, next(fresh), fresh, is_loose=True)
        yield from (replace(part, ends=(subject, thing)) for part in steps)
        if path.zero:
            yield Part(subject, (), thing, is_loose=True, is_zero=True)
    elif isinstance(path, NegatedPath):
        yield Part(subject, None, thing, is_loose=True)
        yield Part(thing, None, subject, is_loose=True)
    else:
        raise ValueError(f"unknown path {path!r}")

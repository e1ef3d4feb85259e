"""Triple patterns of a group as single steps: what is said of a subject, without sequences.

In:   triples of rdflib's algebra, whose predicates may be paths or variables
Out:  Step
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.term import BNode, URIRef, Variable

from api.cube.patterns import is_variable
from api.cube.sql.making import Making
from api.cube.sql.numbers import Uncertain


@dataclass(frozen=True, slots=True)
class Step:
    """A pattern without sequences.

    predicates   those of which one matches
    path         as SPARQL has it
    variable     what stands for the property, where that is a variable
    is_zero      whether it also matches where subject and object are one, of which one is a constant
    is_free      whether nothing else says which property it is
    named        a variable that has the one property as its value
    names_row    of other statements, whether those are meant whose object is an observation
    """

    subject: Any
    predicates: tuple[str, ...]
    path: str
    thing: Any
    may_be_row: bool
    variable: Any = None
    is_zero: bool = False
    is_free: bool = False
    named: Any = None
    names_row: bool = False


def take_steps(making: Making, triples: Iterable[Any]) -> list[Step]:
    """Take the patterns of a group apart. Raises Uncertain."""
    listed = list(triples)
    named = {path: _named_in(making, listed, path) for _, path, _ in listed if isinstance(path, Variable)}
    return [step for triple in listed for step in _flat(making, named, *triple)]


def _named_in(making: Making, triples: Iterable[Any], variable: Variable) -> tuple[str, ...] | None:
    """Give the properties that a variable may stand for: what another pattern, of other statements, has for it.

    None where there is no such pattern: then it may be any.
    """
    for _, path, thing in triples:
        step = path.args[-1] if isinstance(path, SequencePath) else path
        if thing == variable and isinstance(step, URIRef) and str(step) not in making.cube.predicates:
            return making.terms.objects(step.n3())
    return None


def _flat(
    making: Making, named: Mapping[Any, tuple[str, ...] | None], subject: Any, path: Any, thing: Any
) -> Iterable[Step]:
    """Take a path of steps apart, as Oxigraph's parser does."""
    if path in named:
        those = named[path]
        yield Step(subject, those or (), path.n3(), thing, True, path, is_free=those is None)
        return
    if isinstance(path, SequencePath):
        at = subject
        for step in path.args[:-1]:
            to = BNode()
            yield from _flat(making, named, at, step, to)
            at = to
        yield from _flat(making, named, at, path.args[-1], thing)
        return
    if isinstance(path, InvPath):
        yield from _flat(making, named, thing, path.arg, subject)
        return
    is_zero = isinstance(path, MulPath) and path.zero and not (is_variable(subject) and is_variable(thing))
    if is_zero:
        if not making.scope.has_rest and making.scope.has_rows:
            raise Uncertain("what is named in rows alone")
        path = MulPath(path.path, "+") if path.more else path.path
    predicates = tuple(sorted(_predicates_of(path)))
    of_rows = making.cube.predicates.intersection(predicates)
    if of_rows and (is_zero or not isinstance(path, URIRef)):
        plain = (
            not is_zero
            and isinstance(path, AlternativePath)
            and all(isinstance(step, URIRef) for step in path.args)
        )
        if not plain:
            raise Uncertain("a path through observations")
    yield Step(subject, predicates, _written(path), thing, bool(of_rows), is_zero=is_zero)


def _written(path: Any) -> str:
    """Write a path as SPARQL has it. rdflib does so too, but leaves out brackets that ((p)+)+ and ^(^p) need."""
    if isinstance(path, InvPath):
        return f"^{_bracketed(path.arg)}"
    if isinstance(path, MulPath):
        return f"{_bracketed(path.path)}{path.mod}"
    if isinstance(path, SequencePath | AlternativePath):
        return ("/" if isinstance(path, SequencePath) else "|").join(map(_bracketed, path.args))
    return str(path.n3())


def _bracketed(path: Any) -> str:
    return _written(path) if isinstance(path, URIRef) else f"({_written(path)})"


def _predicates_of(path: Any) -> set[str]:
    """Give the properties of a path. Raises Uncertain if it may be of no steps, or is no path."""
    if isinstance(path, URIRef):
        # What was lifted out is no property of the edition: nothing has it.
        return {str(path)}
    if isinstance(path, SequencePath | AlternativePath):
        return {predicate for step in path.args for predicate in _predicates_of(step)}
    if isinstance(path, InvPath):
        return _predicates_of(path.arg)
    if isinstance(path, MulPath) and not path.zero:
        return _predicates_of(path.path)
    if isinstance(path, Path | NegatedPath | Variable | BNode):
        raise Uncertain("a property that is not named")
    raise Uncertain(f"no property: {path!r}")

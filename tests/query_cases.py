"""The query tests of the SPARQL working groups, read from where `make suites` puts them.

In:   their manifests and files
Out:  cases, each a query, the statements it is about and the result it has to have
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import pyoxigraph as ox

_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
_DAWGT = "http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#"
_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_DATA = {".ttl": ox.RdfFormat.TURTLE, ".rdf": ox.RdfFormat.RDF_XML, ".nt": ox.RdfFormat.N_TRIPLES}
_RESULTS = {
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}

# A result that can be compared: whether there is one, or solutions or statements in one way of naming blank nodes.
Result = bool | Counter[str]


@dataclass(frozen=True)
class Case:
    """One test: files by their paths. `name` is its folder and its name in that."""

    name: str
    query_file: Path
    data_files: tuple[Path, ...]
    result_file: Path

    @cached_property
    def query(self) -> str:
        """The query, with a base where it cannot do without."""
        text = self.query_file.read_text("utf-8")
        try:
            ox.Store().query(text)
        except SyntaxError:
            return f"BASE <{self.query_file.as_uri()}>\n{text}"
        return text

    @cached_property
    def statements(self) -> bytes:
        """What the query is about, as N-Triples."""
        return b"".join(_read(path) for path in self.data_files)

    def wanted(self) -> Result:
        """Read the result that it has to have; a value of a number counts, not its digits."""
        if self.result_file.suffix in _RESULTS:
            found = ox.parse_query_results(
                self.result_file.read_bytes(), format=_RESULTS[self.result_file.suffix]
            )
            return told(found, by_value=True)
        store = ox.Store()
        store.load(_read(self.result_file), ox.RdfFormat.N_TRIPLES)
        (is_table,) = [store.query(f"ASK {{ ?set a <{_RS}ResultSet> }}")]
        if not is_table:
            return told(store.query("CONSTRUCT WHERE { ?s ?p ?o }"), by_value=True)
        for _, _, truth, _ in store.quads_for_pattern(None, ox.NamedNode(f"{_RS}boolean"), None):
            return truth.value == "true"
        solutions = []
        for solution in _objects(store, None, "solution"):
            bindings = _objects(store, solution, "binding")
            solutions.append(
                [
                    (_objects(store, one, "variable")[0].value, _objects(store, one, "value")[0])
                    for one in bindings
                ]
            )
        return _solutions(solutions, by_value=True)


def read_cases(folder: Path) -> Iterator[Case]:
    """Read the cases of one folder that evaluate a query over a default graph, and have a result that can be read."""
    store = ox.Store()
    store.load(_read(folder / "manifest.ttl"), ox.RdfFormat.N_TRIPLES)
    query = f"""SELECT ?case ?query ?result ?data {{
        ?case a <{_MF}QueryEvaluationTest> ; <{_MF}action> ?act ; <{_MF}result> ?result .
        ?case <{_DAWGT}approval> <{_DAWGT}Approved> . ?act <{_QT}query> ?query . OPTIONAL {{ ?act <{_QT}data> ?data }}
        FILTER NOT EXISTS {{ ?act <{_QT}graphData>|<{_QT}serviceData> ?x }} }} ORDER BY ?case ?data"""
    found = store.query(query)
    assert isinstance(found, ox.QuerySolutions)
    for (name, text, result), solutions in groupby(found, lambda solution: tuple(solution)[:3]):
        data = tuple(_path(one["data"].value) for one in solutions if one["data"] is not None)
        case = Case(
            f"{folder.name}/{name.value.rpartition('#')[2]}", _path(text.value), data, _path(result.value)
        )
        is_there = case.query_file.exists() and case.result_file.exists()
        if is_there and case.result_file.suffix in (*_DATA, *_RESULTS) and not _names_graphs(case):
            yield case


def _names_graphs(case: Case) -> bool:
    words = case.query_file.read_text("utf-8").upper().split()
    return "FROM" in words or "GRAPH" in words


def _path(address: str) -> Path:
    return Path(address.removeprefix("file://"))


def _read(path: Path) -> bytes:
    """Read statements as N-Triples. Names of blank nodes go on within one file."""
    quads = ox.parse(path.read_bytes(), _DATA[path.suffix], base_iri=path.as_uri(), lenient=True)
    written = ox.serialize(quads, format=ox.RdfFormat.N_TRIPLES)
    assert written is not None
    return written


def _objects(store: ox.Store, subject: Any, name: str) -> list[Any]:
    return [quad.object for quad in store.quads_for_pattern(subject, ox.NamedNode(f"{_RS}{name}"), None)]


# ---- results that can be compared ----


def told(result: Any, *, by_value: bool = False) -> Result:
    """Give a result so that it can be compared with another, whatever its blank nodes are called.

    by_value   whether numbers with one value are the same
    """
    if isinstance(result, ox.QueryBoolean):
        return bool(result)
    if isinstance(result, ox.QueryTriples):
        return _named([tuple(triple) for triple in result], by_value=by_value)
    names = [variable.value for variable in result.variables]
    return told_rows(names, result, by_value=by_value)


def told_rows(names: Sequence[str], rows: Iterable[Any], *, by_value: bool = False) -> Result:
    """Give rows of terms so that they can be compared."""
    return _solutions(
        [[(name, term) for name, term in zip(names, row, strict=True) if term is not None] for row in rows],
        by_value=by_value,
    )


def _solutions(solutions: Iterable[Sequence[tuple[str, Any]]], *, by_value: bool) -> Result:
    triples = []
    for at, solution in enumerate(solutions):
        node = ox.BlankNode(f"solution{at}")
        triples.append((node, ox.NamedNode(f"{_RDF}type"), ox.NamedNode(f"{_RS}solution")))
        triples += [(node, ox.NamedNode(f"x:{name}"), term) for name, term in solution]
    return _named(triples, by_value=by_value)


def _named(triples: Sequence[tuple[Any, ...]], *, by_value: bool) -> Result:
    if by_value:
        triples = [tuple(map(_by_value, triple)) for triple in triples]
    dataset = ox.Dataset(ox.Quad(*triple, ox.DefaultGraph()) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return Counter(map(str, dataset))


def _by_value(term: Any) -> Any:
    if not isinstance(term, ox.Literal) or not term.datatype.value.startswith(_XSD):
        return term
    kind = term.datatype.value.removeprefix(_XSD)
    if kind not in ("integer", "decimal", "double", "float"):
        return term
    try:
        return ox.Literal(f"{float(term.value):.12g}", datatype=term.datatype)
    except ValueError:
        return term

"""The words of a query are read as groups and elements, and only where they are certain."""

from __future__ import annotations

import pytest

from api.cube.parts.reading import Unread, read_groups
from api.cube.sql.lifting import lift


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p ?o FILTER(?a<3)FILTER(?b>3) }",
        "SELECT * { ?s ?p ?o FILTER(?a<?b&&?c>?d) }",
        "SELECT * { ?s ?p 'a\\u0027 }",
        "SELECT * { ?s ?p 5.?t ?q 6 }",
        "SELECT * { << ?s ?p ?o >> ?q ?r }",
        "SELECT * { ?s ?p ?o {| ?q ?r |} }",
        "SELECT * { ?s ?p ?o LATERAL { ?o ?q ?r } }",
        "SELECT * { ?s ex:a\\(b ?o }",
        "SELECT * { ?s ?p ?o } }",
        "SELECT * { ?s ?p ?o ",
        "SELECT * { ?s ?p (1 2] }",
        "DESCRIBE <http://a/>",
        "DELETE WHERE { ?s ?p ?o }",
    ],
)
def test_words_that_are_not_certain_are_not_read(query: str) -> None:
    lifted = lift(query, set(), "http://s/observation/", keeps_all=True)
    assert lifted is not None
    with pytest.raises(Unread):
        read_groups(lifted.words)


def test_groups_are_read_as_they_stand() -> None:
    text = """PREFIX e: <http://e/> SELECT ?s (COUNT(?o) AS ?n) FROM <http://g/> WHERE {
        # a comment with { in it
        ?s e:p "a } b" ; e:q [ e:r ?o ] . ?o e:p/^e:q* ?x FILTER(?o > 3 && REGEX(?x, "{")) .
        { SELECT * { ?s ?p ?o } LIMIT 3 } UNION { VALUES (?a ?b) { (1 UNDEF) } }
        OPTIONAL { ?s e:z ?z } MINUS { ?s e:y ?y } GRAPH ?g { ?s e:w ?w } BIND(EXISTS { ?s ?q ?r } AS ?e)
        FILTER NOT EXISTS { ?s e:v ?v } FILTER e:f(?s) VALUES ?u { 1 2 } } GROUP BY ?s HAVING (COUNT(?o) > 1)"""
    lifted = lift(text, set(), "http://s/observation/")
    assert lifted is not None
    elements = read_groups(lifted.words).where.elements
    assert [element.kind for element in elements] == [
        *("triples", "triples", "filter", "group", "optional", "minus", "graph", "bind", "filter", "filter"),
        "values",
    ]
    union = elements[3].groups
    assert [(group.inner is not None, group.is_all) for group in union] == [(True, True), (False, False)]
    assert elements[0].names == {"s", "o"}
    # What EXISTS looks at is not looked into.
    assert not elements[7].groups
    assert not elements[8].groups

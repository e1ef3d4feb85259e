"""Queries that every kind of store is asked, and where Virtuoso answers otherwise."""

from __future__ import annotations

from test_cube_queries import DISTINCT, NARROWED

# In every kind of store; `{base}` is the address of the site.
EVERYWHERE = {
    "everything is in the default graph": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "sums": """SELECT (AVG(?v) AS ?a) (SUM(?v) AS ?s) (MIN(?v) AS ?m) (MAX(?v) AS ?x)
        { ?o sdmx-measure:obsValue ?v }""",
    "groups": """SELECT ?i (SUM(?v) AS ?s) (COUNT(DISTINCT ?a) AS ?n) { ?o sdmx-measure:obsValue ?v ;
        def:indicator ?i ; sdmx-dimension:refArea ?a } GROUP BY ?i HAVING (COUNT(*) > 1)""",
    "different solutions, counted": """SELECT ?i (COUNT(DISTINCT *) AS ?n)
        { [ def:indicator ?i ; sdmx-dimension:refArea/skos:broader ?a ] sdmx-dimension:refPeriod [] } GROUP BY ?i""",
    "the sum of nothing": "SELECT (SUM(?v) AS ?s) { ?o def:nothing ?v }",
    "the first of an order": """SELECT ?a ?v { ?o sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?a }
        ORDER BY ?v ?a LIMIT 3""",
    "a path of any length": "SELECT * { ?a a def:Area ; skos:broader* ?b }",
    "casts": """SELECT (xsd:integer(?v) AS ?i) (STR(?v) AS ?t) (datatype(?v) AS ?d)
        { ?o sdmx-measure:obsValue ?v }""",
    "languages": "SELECT ?t (LANG(?t) AS ?l) { area:E06000002 ?p ?t FILTER(isLiteral(?t)) }",
    "every kind of term": "SELECT ?x { VALUES ?x { 1 'a' 'b'@en <http://x/> 1.5 true } }",
    "a graph that is made": """CONSTRUCT { ?a def:has ?v }
        { ?o sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?a }""",
    "a description": "DESCRIBE area:E06000002",
    "words of another store's own": "SELECT * { ?s <bif:contains> 'x' }",
    **{name: f"SELECT * {{ {pattern} }}" for name, pattern in NARROWED.items()},
    **DISTINCT,
}
# Where there are named graphs: in the virtual cube, and outside.
NAMED = {
    "a dataset by GRAPH": "SELECT (COUNT(*) AS ?n) { GRAPH dataset:waste { ?s ?p ?o } }",
    "a dataset by FROM": "SELECT (COUNT(*) AS ?n) FROM dataset:work { ?s ?p ?o }",
    "two graphs by FROM": """SELECT (COUNT(*) AS ?n) FROM dataset:work FROM <{base}catalog>
        { ?o sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?a . ?a skos:prefLabel ?l }""",
    "names are not in a dataset": """SELECT (COUNT(*) AS ?n) FROM dataset:work
        { ?o sdmx-measure:obsValue ?v ; sdmx-dimension:refArea ?a . ?a skos:prefLabel ?l }""",
    "the graphs there are": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }",
    "a count for each graph": "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "what is said of a graph": """SELECT ?g ?t { GRAPH ?g { ?s a qb:Observation } ?g <http://purl.org/dc/terms/title>
        ?t }""",
    "a filter inside of GRAPH": "SELECT * { GRAPH ?g { ?s a qb:Observation FILTER(?g = dataset:waste) } }",
    "a filter outside of GRAPH": "SELECT * { GRAPH ?g { ?s a qb:Observation } FILTER(?g = dataset:waste) }",
    "a graph that names itself": "SELECT * { GRAPH ?g { ?s qb:dataSet ?g } }",
    "two graphs": "SELECT * { GRAPH ?g { ?s qb:dataSet dataset:waste } GRAPH ?h { ?g ?p ?o } }",
    "different solutions": "SELECT DISTINCT * { GRAPH ?g { ?s qb:dataSet ?d } }",
    "GRAPH under OPTIONAL": """SELECT * { ?d a qb:DataSet
        OPTIONAL { GRAPH ?d { ?s sdmx-measure:obsValue ?v } } }""",
    "GRAPH under NOT EXISTS": """SELECT * { ?d a qb:DataSet
        FILTER NOT EXISTS { GRAPH ?d { ?s sdmx-measure:obsValue 0 } } }""",
    "GRAPH under MINUS": """SELECT * { ?d a qb:DataSet
        MINUS { GRAPH ?d { ?s sdmx-dimension:refArea area:E06000001 } } }""",
    "GRAPH in a sub-query": """SELECT ?g ?n { { SELECT * { GRAPH ?g { ?s qb:dataSet ?x } } }
        BIND(STR(?g) AS ?n) }""",
    "GRAPH or not": "SELECT (COUNT(*) AS ?n) { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o } }",
    "an unknown graph by GRAPH": "ASK { GRAPH <http://x/never> { ?s ?p ?o } }",
    "an unknown graph by FROM": "ASK FROM dataset:nothing { ?s ?p ?o }",
    "no graph that can be named": "ASK FROM NAMED dataset:nothing { GRAPH ?g { ?s ?p ?o } }",
    "a graph that cannot be named": "ASK FROM NAMED dataset:work { GRAPH dataset:waste { ?s ?p ?o } }",
    "what the store says to itself": "ASK { GRAPH <{base}id/edition/register> { ?s ?p ?o } }",
    "an edition by GRAPH": "SELECT (COUNT(*) AS ?n) { GRAPH <{edition}> { ?s ?p ?o } }",
    "an edition by FROM": "SELECT (COUNT(*) AS ?n) FROM <{edition}> { ?s ?p ?o }",
    "a name under a base": "BASE <{base}> SELECT (COUNT(*) AS ?n) { GRAPH <catalog> { ?s ?p ?o } }",
    "a name with an escape": r"SELECT (COUNT(*) AS ?n) { GRAPH dataset:was\-te { ?s ?p ?o } }",
    "comments": "SELECT * # FROM dataset:work\n{ ?o qb:dataSet ?d # GRAPH ?g {\n }",
}
# How Virtuoso 7.2.5 answers otherwise than the standard has it. docs/outside-stores.md says the same in words.
DIFFERS = {
    "Oxigraph": set(),
    "Virtuoso": {
        "a value from outside of OPTIONAL",
        "a value from outside of MINUS",
        "a value from outside of EXISTS",
        "one side of UNION",
        "the sum of nothing",
    },
}

"""Parts of a query that are answered from rows, where the query as a whole is not.

In:   a query for which there is no certain SQL
Out:  the query with the solutions of its parts in their place, as VALUES; Oxigraph answers the rest

reading     the words of a query as groups and their elements
trees       the same elements as rdflib reads them
splitting   which elements become one statement of SQL
testing     what Oxigraph makes for SQL: tests of one term, long lists
solutions   the parts of queries by shape, and what their statements find
writing     what was found, written into the query

Solutions of a group of SPARQL follow from the solutions of its parts alone; only EXISTS looks at what is around it. So
a part may be replaced by what it finds, as often as it finds it, without changing what the whole means.
"""

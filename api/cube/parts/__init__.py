"""Parts of a query that are answered from rows, where the query as a whole is not.

In:   a query for which there is no certain SQL
Out:  the query with the solutions of its parts in their place, as VALUES; Oxigraph answers the rest

reading     the words of a query as groups and their elements
splitting   which elements become one statement of SQL
solutions   what the statements find, written back into the query

Solutions of a group of SPARQL follow from the solutions of its parts alone; only EXISTS looks at what is around it. So
a part may be replaced by what it finds, as often as it finds it, without changing what the whole means.
"""

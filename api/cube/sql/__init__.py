"""Queries over observations become one statement of SQL each, where that is certain.

In:   a query, the coded rows of an edition, and its other statements
Out:  an answer, or Uncertain: then the query is answered from statements, as if this was not there

lifting      the constants of a query, lifted out, so that queries of one shape have one plan
numbers      decimals to the last digit, as two numbers of SQLite
terms        terms as whole numbers, and tables of what is said with a property
columns      variables as columns, and relations of them
needs        whether a query may be about observations at all
scopes       the graphs of a query, as rows and other statements
making       what a part of a query is made with
steps        triple patterns as single steps, without sequences
properties   a pattern of any property is each property in turn
groups       a group of triple patterns becomes a relation
graphs       patterns in each of some graphs at once
operators    the operators of SPARQL's algebra on relations
expressions  filters and computed values
apart        tests that Oxigraph makes for every term of a column
languages    the languages of texts
aggregates   counts, sums, means
unions       solutions of several relations together, and counts of them
ranges       counts of what is more or less
plans        plans are kept by shape, and run

Whatever has no certain translation raises Uncertain: in the making of a plan, or while it runs.
"""

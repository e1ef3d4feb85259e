"""The virtual cube: observations are rows, and become statements when a query asks for them.

In:   an edition whose store holds everything but its observations, and their coded rows in its catalogue
Out:  the answers that a store with everything would give

pieces    rows of observations, and the statements that they are
demand    which statements about observations a query can need: never too few
graphs    the named graphs of an edition, and the dataset that a query is about
sql       queries that become one statement of SQL over the rows, where that is certain
parts     parts of any other query that become SQL, and the query with their solutions in their place
engine    a query is answered: from SQL alone where it compiles, else in a store with what it needs

Only the standard library, pyoxigraph and (in demand, sql and parts) the parser of rdflib are used: this runs in
processes that have to start quickly.
"""

"""A store outside answers the queries of visitors, over the graphs of the edition that is served.

In:   a site whose site.toml names a store outside, as publish has loaded it (publish/outside.py)
Out:  the answers that the store in the edition's own folder would give

queries   a query is read here, refused here, and written anew over the names that graphs have in the store outside
results   what the store answers becomes terms again
pool      the way of a query: read in a process that can be ended, sent, limited, and written in the client's form

What only the product's own engine answers as it does is answered by that: a query that names an edition as a graph,
DESCRIBE, whose meaning the standard leaves to each service, and what is no plain SPARQL 1.1.
"""

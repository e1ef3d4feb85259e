"""Pages for citizens: one function for each kind of thing, each list and each single page.

In:   an edition, the parts of a notation and the query of a request, both as a visitor wrote them
Out:  Page: title, bytes, status; None where there is no such thing

What other modules may call:

    PAGES[kind](edition, notation, query)     the page of one thing; None if the edition has no such thing
    LISTS[address](edition, query)            the page of a list: "areas", "indicators", "datasets" …
    PARAMETERS[name]                          the query parameters that a page or a list understands
    home(edition)                             the first page
    search(edition, text, hits, nearest)      hits and nearest: objects with kind, notation, label
    compare(edition, query)                   councils beside each other for one indicator
    area_inspections(edition, area, query)    the judgements of an area's council; None if no such area
    downloads(edition)                        every file of the edition, from its manifest
    sparql(edition, query, results, failure)  the form; results is SPARQL 1.1 JSON, or Turtle as text
    api_reference(edition, openapi)           every operation, from the OpenAPI document
    problem(edition, code)                    what a problem or a failure means, and its mend; None if unknown
    problems(edition)                         all of them
    vocabulary(edition)                       the terms of {base}def/
    accessibility(edition)  not_for(edition)  two statements
    not_found(edition, path)                  404
    failure(edition, failure)                 any other refusal or fault, as a page with its status

A page is the same bytes for the same edition and the same address. Nothing here opens a file of the edition
but through Edition, and nothing asks the network.
"""

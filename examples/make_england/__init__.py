"""The bundled example is made from the publishers' own files.

In:   the publishers' files as they lie (LIKEFORLIKE_SOURCES, else ../shared/data beside the repository)
Out:  examples/england/: ordinary Data Packages that hold the standard tables of schemas/tables/

Run `python -m examples.make_england` from the top of the repository. The same files give the same bytes.
No row is dropped in silence: the run ends with how many rows each source has, how many were used, and
how many were left out and why.
"""

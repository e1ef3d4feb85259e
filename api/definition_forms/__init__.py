"""The forms in which people use a definition: to fill in, to check against, and to read by machine.

In:   a version of an indicator, as an edition has it
Out:  a submission template, schemas and shapes that judge its figures, and structures for other systems

blank.py works out once what a figure of exactly this version may hold; every form says that in its own
language. A form is the same bytes for the same edition.
"""

"""Datasette over the current edition: mounted at /data/, in our frame, within bounds.

In:   an edition's catalogue
Out:  Datasette's pages, JSON and CSV, "as Datasette gives it": our promise of stability covers /api/v1 only
"""

"""The formats of a run directory: typed records, manifest, summary, paths.

Everything here is plain data. Writers and readers of every process agree on
this package and on nothing else.
"""

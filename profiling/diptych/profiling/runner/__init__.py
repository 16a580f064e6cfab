"""Launches a workload, watches it and ends it. No Qt, no reading of results.

`launch` is what a window or a command calls; `supervise` is the process in
between; the rest are its parts. What a run *was* is told by its directory.
"""

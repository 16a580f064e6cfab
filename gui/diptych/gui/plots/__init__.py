"""Plots that share one time axis; the only users of pyqtgraph.

Times are seconds since each run began. `reduce`, `series` and `scale` are pure
numpy; the rest draws.
"""

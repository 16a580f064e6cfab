"""Profiler output of both frameworks: read, understood, written as valid Chrome traces.

``kineto`` and ``mxnet`` read what the frameworks wrote, ``nesting`` finds who
contains whom, ``operators`` sums up, ``chrome`` writes, ``finish`` puts the
five together for one profile window.
"""

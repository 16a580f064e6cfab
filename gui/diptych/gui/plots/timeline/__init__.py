"""The timeline of a trace: lanes, curves, rulers and overview, painted by hand."""

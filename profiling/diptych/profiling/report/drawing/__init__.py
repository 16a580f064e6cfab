"""The figures of a report, each a few elements of SVG."""

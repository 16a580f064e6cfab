"""What goes wrong with a report, in one line each."""

from __future__ import annotations


class ReportError(Exception):
    """Nothing was written; the text says why and what to do."""

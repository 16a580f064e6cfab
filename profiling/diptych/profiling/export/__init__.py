"""Runs out of Diptych: steps as CSV, summaries as JSON, Chrome traces."""

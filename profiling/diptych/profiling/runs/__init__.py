"""Runs: the live session, its snapshots, summaries, and the store of all runs."""

"""The tab Timeline: a trace file as lanes, with what is known of a slice and of a stretch."""

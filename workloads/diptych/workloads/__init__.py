"""Matched training workloads: a catalogue that the app imports, scripts that it runs by path."""

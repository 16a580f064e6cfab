"""The Compare dialog, in parts."""

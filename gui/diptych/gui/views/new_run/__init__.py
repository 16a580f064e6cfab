"""The New run dialog, in parts."""

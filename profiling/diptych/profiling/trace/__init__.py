"""Placeholder; replaced by the package docstring."""

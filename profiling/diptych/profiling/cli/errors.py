"""Errors that the command line shows as one line."""

from __future__ import annotations


class CliError(Exception):
    """The message goes to stderr as it is; ``status`` becomes the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status

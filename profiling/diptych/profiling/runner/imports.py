"""Which framework a script imports, and whether it is a Python script at all."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from pathlib import Path

_MEANS = {
    "torch": "torch",
    "torchvision": "torch",
    "torchaudio": "torch",
    "pytorch_lightning": "torch",
    "lightning": "torch",
    "timm": "torch",
    "mxnet": "mxnet",
    "gluoncv": "mxnet",
    "gluonnlp": "mxnet",
}


class NotPythonError(ValueError):
    """The file is no Python source."""


def read_source(path: Path) -> str:
    """Return the text of a script.

    A ``.py`` file need not parse: its interpreter may be newer than ours.

    Raises:
        NotPythonError: binary, of an unknown encoding, or neither named
            ``.py`` nor parseable.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    if b"\0" in data:
        raise NotPythonError("it is a binary file")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        raise NotPythonError("its encoding cannot be read") from None
    if path.suffix not in (".py", ".pyw") and _parse(text) is None:
        raise NotPythonError("its text is not Python")
    return text


def frameworks(source: str) -> tuple[str, ...]:
    """Return the frameworks that the text imports by name; follows nothing."""
    tree = _parse(source)
    if tree is None:
        return ()
    roots: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.partition(".")[0])
    return tuple(sorted({_MEANS[root] for root in roots if root in _MEANS}))


def _parse(source: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the script's own invalid escapes and the like
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

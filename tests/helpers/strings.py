"""What the window says: the texts for translators, and the ones that nobody can translate.

``python -m tests.helpers.strings`` writes the template that translations begin with
(``resources/diptych/resources/languages/diptych.pot``). `untranslated` finds literals
that a person reads and that do not pass through ``tr``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
WINDOW = ROOT / "gui" / "diptych" / "gui"
TEMPLATE = ROOT / "resources" / "diptych" / "resources" / "languages" / "diptych.pot"

# Which arguments of a call a person reads.
SHOWN: dict[str, tuple[int, ...]] = {
    "setText": (0,),
    "setToolTip": (0,),
    "setStatusTip": (0,),
    "setWindowTitle": (0,),
    "setPlaceholderText": (0,),
    "setAccessibleName": (0,),
    "setAccessibleDescription": (0,),
    "setTitle": (0,),
    "setSpecialValueText": (0,),
    "setSuffix": (0,),
    "setPrefix": (0,),
    "show_text": (0,),
    "showText": (1,),
    "QAction": (0,),
    "QLabel": (0,),
    "QPushButton": (0,),
    "QCheckBox": (0,),
    "QRadioButton": (0,),
    "QGroupBox": (0,),
    "QMenu": (0,),
    "addAction": (0, 1),
    "addMenu": (0,),
    "addItem": (0,),
    "addTab": (1,),
    "label": (0,),
    "link": (0, 1),
    "primary": (0,),
    "icon_button": (1,),
    "Elided": (0,),
    "Trouble": (0, 1, 2),
    "Nothing": (0, 1),
    "Check": (1,),
    "ask": (1, 2, 3, 4, 5),
    "getSaveFileName": (1,),
    "getOpenFileName": (1,),
    "getExistingDirectory": (1,),
    "ProgressLine": (0,),
    "Plain": (0,),
}
GATES = ("tr", "trn")
_SILENT = (*GATES, "write", "compile", "setStyleSheet", "warn", "search", "sub", "TypeVar")
_WORDS = re.compile(r"[A-Za-z,;:’']{2,} [A-Za-z]{2,}|[a-z]{2,} $|^ [a-z]{2,}")
_STYLE = re.compile(r"[{};]|^#|\(\*")
_HOLES = re.compile(r"{(\w+)")
_LETTERS = re.compile(r"[A-Za-z]{2,}")


@dataclass
class Message:
    """One text, the plural if it has one, and where it is said."""

    one: str
    many: str | None = None
    places: list[str] = field(default_factory=list)


def files(folder: Path = WINDOW) -> list[Path]:
    """Return every module of the window, in order."""
    return sorted(folder.rglob("*.py"))


def called(node: ast.Call) -> str:
    """Return the name of what is called, without where it comes from."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def messages(paths: list[Path]) -> list[Message]:
    """Return every text that passes through ``tr`` or ``trn``, in order of the files."""
    found: dict[tuple[str, str | None], Message] = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or called(node) not in GATES:
                continue
            texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
            words = [text for text in texts if isinstance(text, str)]
            if words:
                many = words[1] if called(node) == "trn" and len(words) > 1 else None
                message = found.setdefault((words[0], many), Message(words[0], many))
                message.places.append(f"{path.relative_to(ROOT).as_posix()}:{node.lineno}")
    return list(found.values())


def not_literal(path: Path) -> list[str]:
    """Return calls of the gate whose text no translator can be shown."""
    wrong = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and called(node) in GATES:
            count = 2 if called(node) == "trn" else 1
            if not all(isinstance(arg, ast.Constant) for arg in node.args[:count]):
                wrong.append(f"{path.name}:{node.lineno} {ast.unparse(node)[:80]}")
    return wrong


def unfilled(path: Path) -> list[str]:
    """Return calls of the gate that name a value in braces and do not give it."""
    wrong = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and called(node) in GATES:
            given = {keyword.arg for keyword in node.keywords}
            # Without a value a text is only looked up, to be filled in later.
            if None in given or not given:
                continue
            given |= {"n"} if called(node) == "trn" else set()
            texts = "".join(_text(arg) for arg in node.args[:2])
            missing = set(_HOLES.findall(texts)) - given
            if missing:
                wrong.append(f"{path.name}:{node.lineno} {sorted(missing)}")
    return wrong


def untranslated(path: Path) -> list[str]:
    """Return ``file:line text`` of literals that a person reads as they are written."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    wrong = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for literal in _shown(node):
                text = _text(literal)
                if _LETTERS.search(text):
                    wrong.append(f"{path.name}:{literal.lineno} {text[:70]!r}")
    return sorted(set(wrong))


def sentences(path: Path) -> list[str]:
    """Return ``file:line text`` of literals of two words or more that no gate ever sees.

    Documentation, what is raised or written to the terminal, patterns, style sheets and
    file filters are no sentences of the window.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    wrong = []
    for node in _said(tree):
        text = _text(node)
        if _WORDS.search(text) and not _STYLE.search(text):
            wrong.append(f"{path.name}:{node.lineno} {text[:70]!r}")
    return sorted(set(wrong))


def _said(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Return the literals below ``node`` that may be said to a person."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        yield node
        return
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and called(node) in _SILENT):
        return
    for child in ast.iter_child_nodes(node):
        documentation = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not documentation:
            yield from _said(child)


def _shown(node: ast.Call) -> Iterator[ast.expr]:
    name = called(node)
    if name in SHOWN:
        for at in SHOWN[name]:
            if at < len(node.args):
                yield from _literals(node.args[at])
    named = ("text", "title", "what", "why", "do", "tip", "hint", "help")
    for keyword in node.keywords:
        if keyword.arg in named and name[:1].isupper():
            yield from _literals(keyword.value)


def _literals(node: ast.expr) -> Iterator[ast.expr]:
    """Return the literals that an expression may come to."""
    if isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _literals(value)
    elif isinstance(node, ast.BinOp):
        yield from _literals(node.left)
        yield from _literals(node.right)
    elif isinstance(node, ast.Constant | ast.JoinedStr):
        yield node


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        constants = (part for part in node.values if isinstance(part, ast.Constant))
        return "".join(str(part.value) for part in constants)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


_HEAD = """\
# What the window of Diptych says. Written by `make strings`.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


def template(found: list[Message]) -> str:
    """Return the template in GNU gettext's form."""
    parts = [_HEAD]
    for message in sorted(found, key=lambda m: m.one):
        files_only = sorted({place.partition(":")[0] for place in message.places})
        lines = [f"#: {place}" for place in files_only]
        if "{" in message.one:
            lines.append("#, python-brace-format")
        lines.append(f"msgid {_quoted(message.one)}")
        if message.many is None:
            lines.append('msgstr ""')
        else:
            lines += [f"msgid_plural {_quoted(message.many)}", 'msgstr[0] ""', 'msgstr[1] ""']
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def main() -> None:
    """Write the template."""
    TEMPLATE.parent.mkdir(parents=True, exist_ok=True)
    TEMPLATE.write_text(template(messages(files())), encoding="utf-8")


if __name__ == "__main__":
    main()

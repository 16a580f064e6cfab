"""The knobs of a workload, in rows. New knobs of the catalogue find their place by themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from diptych.gui.text.tr import tr
from diptych.gui.views.new_run.knob_input import KnobInput
from diptych.gui.views.new_run.rows import Rows
from diptych.workloads.catalogue import Knob

_ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (tr("Device"), ("device", "precision", "threads")),
    (tr("Batch"), ("batch_size", "image_size", "seq_len", "features")),
    (tr("Length"), ("steps", "mode")),
    (tr("Execution"), ("execution",)),
    (tr("Optimizer"), ("optimizer", "lr")),
    (tr("Data"), ("data", "workers", "seed")),
)
_WORDS = {
    "batch_size": "",
    "steps": "",
    "device": "",
    "data": "",
    "optimizer": "",
    "image_size": tr("image size"),
    "seq_len": tr("sequence"),
    "lr": tr("learning rate"),
    "mode": tr("mode"),
}


_ALONE = {"mode": tr("Mode")}
"""What a row is called that has only this knob."""


class KnobRows(Rows):
    """``changed`` comes when the user changed a knob: key, text."""

    changed = Signal(str, str)

    def __init__(self, knobs: Sequence[Knob], key_of: Callable[[Knob], str]) -> None:
        super().__init__()
        self.inputs: list[KnobInput] = []
        self._key_of = key_of
        placed = {name for _, names in _ROWS for name in names}
        rest = tuple(dict.fromkeys(knob.name for knob in knobs if knob.name not in placed))
        for title, names in (*_ROWS, (tr("More"), rest)):
            self._add_row(title, names, knobs)

    def input(self, key: str) -> KnobInput | None:
        """Return the input of a knob."""
        return next((item for item in self.inputs if item.key == key), None)

    def order(self, before: QWidget) -> QWidget:
        """Let Tab go through the inputs after ``before``; return the last of them."""
        for item in self.inputs:
            QWidget.setTabOrder(before, item.widget)
            before = item.widget
        return before

    def mark(self, errors: dict[str, str]) -> None:
        """Mark the inputs that are wrong."""
        for item in self.inputs:
            item.mark(errors.get(item.key) or errors.get(item.knob.name))

    def _add_row(self, title: str, names: Sequence[str], knobs: Sequence[Knob]) -> None:
        parts: list[QWidget | str] = []
        present = [name for name in names if any(knob.name == name for knob in knobs)]
        alone = _ALONE.get(present[0]) if len(present) == 1 else None
        title = alone or title
        for name in present:
            for knob in (knob for knob in knobs if knob.name == name):
                words = "" if alone else _WORDS.get(name, name)
                words = "/".join(knob.applies_to) if len(knob.applies_to) == 1 else words
                if words:
                    parts.append(words)
                parts.append(self._input(knob).widget)
                if knob.unit in ("px", "tokens", "steps"):
                    parts.append(knob.unit)
        if parts:
            self.add(title, *parts)

    def _input(self, knob: Knob) -> KnobInput:
        made = KnobInput(knob, self._key_of(knob), self)
        made.changed.connect(self.changed)
        self.inputs.append(made)
        return made

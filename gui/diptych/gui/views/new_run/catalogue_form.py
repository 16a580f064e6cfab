"""The knobs of a workload, in rows. New knobs of the catalogue find their place by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from diptych.gui.models.draft import Draft, knob_key
from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.text.tr import tr
from diptych.gui.views.new_run.knob_input import KnobInput
from diptych.gui.views.new_run.rows import Rows
from diptych.gui.views.new_run.runtime_card import RuntimeCard
from diptych.workloads import catalogue
from diptych.workloads.catalogue import FRAMEWORKS, Framework, Knob

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


class CatalogueForm(QWidget):
    """``changed`` comes when the user changed anything; the draft has it then."""

    changed = Signal()
    runtimes_wanted = Signal()

    def __init__(self, draft: Draft, runtimes: RuntimeModel) -> None:
        super().__init__()
        self._draft, self._runtimes = draft, runtimes
        self._inputs: list[KnobInput] = []
        self._rows: Rows | None = None
        self.cards = {framework: RuntimeCard(framework, runtimes) for framework in FRAMEWORKS}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(11)
        top = Rows()
        line = QHBoxLayout()
        line.setSpacing(10)
        for card in self.cards.values():
            card.changed.connect(self._card_changed)
            card.runtimes_wanted.connect(self.runtimes_wanted)
            line.addWidget(card, 1)
        top.add_layout(tr("Run under"), line)
        self._column.addWidget(top)
        self.rebuild()

    def input(self, key: str) -> KnobInput | None:
        """Return the input of a knob."""
        return next((item for item in self._inputs if item.key == key), None)

    def rebuild(self) -> None:
        """Make the inputs of the draft's workload."""
        if self._rows is not None:
            self._column.takeAt(self._column.count() - 1)
            self._column.removeWidget(self._rows)
            # At once: until it is deleted Tab would go through it.
            self._rows.hide()
            self._rows.deleteLater()
        self._inputs = []
        self._rows = Rows()
        chosen = catalogue.workload(self._draft.workload)
        placed = {name for _, names in _ROWS for name in names}
        rest = tuple(dict.fromkeys(k.name for k in chosen.knobs if k.name not in placed))
        for title, names in (*_ROWS, (tr("More"), rest)):
            self._add_row(title, names, chosen.knobs)
        self._column.addWidget(self._rows)
        self._column.addStretch(1)
        self._order()
        self.refresh()

    def _order(self) -> None:
        """Let Tab go through the new inputs where they stand, not after all that was there."""
        before: QWidget = list(self.cards.values())[-1].last
        for item in self._inputs:
            QWidget.setTabOrder(before, item.widget)
            before = item.widget

    def _add_row(self, title: str, names: Sequence[str], knobs: Sequence[Knob]) -> None:
        parts: list[QWidget | str] = []
        for name in names:
            for knob in (knob for knob in knobs if knob.name == name):
                words = _WORDS.get(name, name)
                words = "/".join(knob.applies_to) if len(knob.applies_to) == 1 else words
                if words:
                    parts.append(words)
                parts.append(self._input(knob).widget)
                if knob.unit in ("px", "tokens", "steps"):
                    parts.append(knob.unit)
        if parts and self._rows is not None:
            self._rows.add(title, *parts)

    def _input(self, knob: Knob) -> KnobInput:
        key = knob_key(knob.name, self._draft.workload, knob.applies_to[0])
        made = KnobInput(knob, key, self._rows)
        made.changed.connect(self._typed)
        self._inputs.append(made)
        return made

    def refresh(self) -> None:
        """Show the draft, and what the runtimes offer."""
        for framework, card in self.cards.items():
            card.show_state(
                checked=framework in self._draft.frameworks,
                python=self._draft.pythons.get(framework, ""),
            )
        for item in self._inputs:
            framework = item.knob.applies_to[0]
            text = self._draft.knob(item.knob.name, framework)
            if item.knob.kind == "device":
                item.offer(self._devices(), text)
            else:
                item.show_text(text)
            ours = any(name in self._draft.frameworks for name in item.knob.applies_to)
            item.widget.setEnabled(ours)

    def _devices(self) -> list[str]:
        """Return the devices that every chosen runtime has."""
        counts = []
        for framework in self._draft.frameworks:
            info = self.cards[_framework(framework)].info
            found = info.frameworks.get(framework) if info else None
            counts.append(found.device_count if found and found.cuda_available else 0)
        return ["cpu", *(f"cuda:{index}" for index in range(min(counts, default=0)))]

    def mark(self, errors: dict[str, str]) -> None:
        """Mark the inputs that are wrong."""
        for item in self._inputs:
            item.mark(errors.get(item.key) or errors.get(item.knob.name))

    def _typed(self, key: str, text: str) -> None:
        self._draft.set_knob(key, text)
        self.changed.emit()

    def _card_changed(self) -> None:
        chosen = [name for name, card in self.cards.items() if card.check.isChecked()]
        self._draft.frameworks = list(chosen)
        for framework, card in self.cards.items():
            if card.python:
                self._draft.pythons[framework] = card.python
            else:
                self._draft.pythons.pop(framework, None)
        self.refresh()
        self.changed.emit()


def _framework(name: str) -> Framework:
    return next(known for known in FRAMEWORKS if known == name)
